use super::*;
use proptest::prelude::*;
use ruint::aliases::U512;
use std::hint::black_box;

/// Numbers as attackers choose them: anything, small, and next to powers of two and ten.
fn edgy() -> impl Strategy<Value = u128> {
    prop_oneof![
        any::<u128>(),
        any::<u128>().prop_map(|x| x >> (x % 128)),
        (0_u32..128, 0_u128..3).prop_map(|(k, d)| (1_u128 << k).wrapping_sub(1).wrapping_add(d)),
        (0_u32..39, 0_u128..3).prop_map(|(k, d)| 10_u128.pow(k) - 1 + d),
        Just(u128::MAX),
    ]
}

fn edgy_u64() -> impl Strategy<Value = u64> {
    prop_oneof![
        edgy().prop_map(|x| x as u64),
        Just(u64::MAX),
        Just(WAD),
        Just(1 << 63)
    ]
}

fn edgy_signed() -> impl Strategy<Value = i128> {
    prop_oneof![
        edgy().prop_map(u128::cast_signed),
        edgy().prop_map(|x| (x >> 1).cast_signed().wrapping_neg()),
        Just(i128::MIN),
        Just(i128::MAX),
    ]
}

fn edgy_u256() -> impl Strategy<Value = U256> {
    prop_oneof![
        any::<[u64; 4]>().prop_map(U256::from_limbs),
        (any::<[u64; 4]>(), 0_usize..256).prop_map(|(l, s)| U256::from_limbs(l) >> s),
        Just(U256::MAX),
        edgy().prop_map(u128_to_u256),
    ]
}

/// Floor and ceiling by the reference.
fn reference(a: U256, b: U256, d: U256) -> Option<(U512, U512)> {
    if d.is_zero() {
        return None;
    }
    let (product, d) = (U512::from(a) * U512::from(b), U512::from(d));
    let (quotient, remainder) = product.div_rem(d);
    let ceiling = if remainder.is_zero() {
        quotient
    } else {
        quotient + U512::from(1)
    };
    Some((quotient, ceiling))
}

fn narrow(value: U512) -> Option<u128> {
    u128::try_from(value).ok()
}

/// Sign and magnitude of a·b/d rounded towards −∞ (`up` false) or +∞.
fn signed_reference(a: i128, b: i128, d: u128, up: bool) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let (floor, ceiling) = reference(
        U256::from(a.unsigned_abs()),
        U256::from(b.unsigned_abs()),
        U256::from(d),
    )?;
    let magnitude = narrow(if negative != up { ceiling } else { floor })?;
    match (negative, i128::try_from(magnitude)) {
        (false, Ok(m)) => Some(m),
        (true, Ok(m)) => Some(-m),
        (true, Err(_)) if magnitude == 1 << 127 => Some(i128::MIN),
        _ => None,
    }
}

/// I-RND-4: primitive overflow must trap in every profile this suite runs in; a build whose checks are off
/// fails here.
#[test]
#[should_panic(expected = "overflow")]
fn i_rnd_4_canary_overflow_checks_are_on() {
    black_box(black_box(u64::MAX) + black_box(1));
}

/// The last correction of a division step, which almost no operands need: its remainder equals the divisor.
#[test]
fn the_rare_correction_of_a_division_step() {
    for (high, low, d) in [
        (
            9_267_527_002_395_838_938,
            14_914_346_830_424_497_936,
            9_267_527_002_395_838_979,
        ),
        (
            9_223_372_036_854_798_964,
            18_446_744_073_704_058_716,
            9_223_372_036_854_799_083,
        ),
    ] {
        let x = U256::from_limbs([low, high, 0, 0]);
        let exact = x / U256::from(d);
        assert_eq!(exact * U256::from(d), x);
        assert_eq!(Divisor::new(d).unwrap().divide(x), (exact, true));
    }
}

#[test]
fn each_limb_decides_whether_a_number_fits() {
    for limb in [2, 3] {
        for (low, fill) in [(0, 0), (u64::MAX, u64::MAX)] {
            let mut limbs = [low, low, fill, fill];
            assert!(
                Int256::from_raw(U256::from_limbs(limbs))
                    .to_i128()
                    .is_some()
            );
            limbs[limb] = 5;
            assert_eq!(Int256::from_raw(U256::from_limbs(limbs)).to_i128(), None);
            assert_eq!(to_u128(U256::from_limbs(limbs)), None);
        }
    }
}

/// I-RND-6.
#[test]
fn i_rnd_6_extremes_of_signed_numbers() {
    assert_eq!(signed_mul_div_floor(i128::MIN, -1, 1), None);
    assert_eq!(signed_mul_div_floor(i128::MIN, 1, 1), Some(i128::MIN));
    assert_eq!(signed_mul_div_floor(i128::MIN, i128::MIN, 1 << 127), None);
    assert_eq!(signed_mul_div_floor(-7, 1, 2), Some(-4));
    assert_eq!(signed_mul_div_trunc(-7, 1, 2), Some(-3));
    assert_eq!(signed_mul_div_floor(7, 1, 2), Some(3));
    assert_eq!(signed_mul_div_floor(1, 1, 0), None);
    assert_eq!(mul_div_floor(u128::MAX, u128::MAX, 0), None);
    assert_eq!(
        mul_div_ceil(u128::MAX, u128::MAX, u128::MAX),
        Some(u128::MAX)
    );
    assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX - 1), None);
    assert_eq!(with_sign(true, 1 << 127), Some(i128::MIN));
    assert_eq!(with_sign(true, (1 << 127) + 1), None);
    assert_eq!(with_sign(false, 1 << 127), None);
}

#[test]
fn decimals_from_0_to_the_limit() {
    assert_eq!(to_wad_down(1_000_000, 6), Some(u128::from(WAD)));
    assert_eq!(from_wad_down(1, 6), Some(0));
    assert_eq!(to_wad_down(1, 24), Some(0));
    assert_eq!(to_wad_down(u128::MAX, 0), None);
    assert_eq!(
        to_wad_down(u128::MAX, 36),
        Some(340_282_366_920_938_463_463)
    );
    assert_eq!(to_wad_down(1, MAX_DECIMALS + 1), None);
    assert_eq!(from_wad_down(1, 77), None);
    assert_eq!(power_of_ten(38), Some(10_u128.pow(38)));
    assert_eq!(power_of_ten(39), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn i_rnd_1_unsigned_directions(a in edgy(), b in edgy(), d in edgy()) {
        let expected = reference(U256::from(a), U256::from(b), U256::from(d));
        prop_assert_eq!(mul_div_floor(a, b, d), expected.and_then(|(f, _)| narrow(f)));
        prop_assert_eq!(mul_div_ceil(a, b, d), expected.and_then(|(_, c)| narrow(c)));
    }

    #[test]
    fn i_rnd_1_signed_directions(a in edgy_signed(), b in edgy_signed(), d in edgy()) {
        prop_assert_eq!(signed_mul_div_floor(a, b, d), signed_reference(a, b, d, false));
        let towards_zero = signed_reference(a, b, d, (a < 0) != (b < 0));
        prop_assert_eq!(signed_mul_div_trunc(a, b, d), towards_zero);
    }

    #[test]
    fn i_rnd_1_division_by_64_bits(x in edgy_u256(), d in edgy_u64()) {
        let expected = (d != 0).then(|| x.div_rem(U256::from(d)));
        let expected = expected.map(|(quotient, remainder)| (quotient, remainder.is_zero()));
        prop_assert_eq!(Divisor::new(d).map(|d| d.divide(x)), expected);
    }

    #[test]
    fn wide_product_is_exact(a in edgy(), b in edgy()) {
        prop_assert_eq!(U512::from(wide_mul(a, b)), U512::from(a) * U512::from(b));
    }

    #[test]
    fn signed_256_agrees_with_128(a in edgy_signed(), b in edgy_signed(), raw in edgy_u256()) {
        let (wide_a, wide_b) = (Int256::from(a), Int256::from(b));
        prop_assert_eq!(wide_a.to_i128(), Some(a));
        prop_assert_eq!(wide_a.cmp(&wide_b), a.cmp(&b));
        prop_assert_eq!(wide_a.is_negative(), a < 0);
        prop_assert_eq!(wide_a.at_least(U256::from(b.unsigned_abs())),
            a >= 0 && a.unsigned_abs() >= b.unsigned_abs());
        let wide = Int256::from_raw(raw);
        prop_assert!(wide.to_i128().is_none_or(|n| Int256::from(n) == wide));
    }

    /// I-ACC-9 in the small: no round trip through the ledger's scale gains a unit.
    #[test]
    fn i_acc_9_decimals_never_gain(amount in edgy(), decimals in 0_u8..=36) {
        if let Some(wad) = to_wad_down(amount, decimals) {
            prop_assert!(from_wad_down(wad, decimals).is_some_and(|back| back <= amount));
            if decimals <= 18 {
                prop_assert_eq!(from_wad_down(wad, decimals), Some(amount));
            }
        }
    }
}
