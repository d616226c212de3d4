//! Ids and slots: what survives, what is refused.
use super::*;
use proptest::prelude::*;

fn strike() -> impl Strategy<Value = Strike> {
    (1_u32..1 << 20, 0_u32..16)
        .prop_filter_map("canonical", |(m, e)| Strike::from_bits((m << 4) | e))
}

fn instrument() -> impl Strategy<Value = Instrument> {
    (1..=u16::MAX, 1..=u16::MAX, 0_u8..4, 1..=u16::MAX, strike()).prop_map(
        |(venue, underlying, kind, day, strike)| {
            let kind = Kind::from_bits(kind);
            Instrument {
                venue,
                underlying,
                kind,
                expiry_day: if kind == Kind::Perpetual { 0 } else { day },
                strike: kind.is_option().then_some(strike),
            }
        },
    )
}

fn linear() -> impl Strategy<Value = InstrumentId> {
    instrument().prop_map(|i| {
        let kind = if i.kind.is_option() {
            Kind::Future
        } else {
            i.kind
        };
        Instrument {
            kind,
            strike: None,
            ..i
        }
        .encode()
        .unwrap()
    })
}

fn option() -> impl Strategy<Value = InstrumentId> {
    (instrument(), strike(), 1..=u16::MAX).prop_map(|(i, strike, expiry_day)| {
        let kind = if i.kind.is_option() {
            i.kind
        } else {
            Kind::Put
        };
        Instrument {
            kind,
            expiry_day,
            strike: Some(strike),
            ..i
        }
        .encode()
        .unwrap()
    })
}

#[test]
fn the_layout_is_the_one_in_types_sol() {
    let call = Instrument {
        venue: 0x0102,
        underlying: 0x0304,
        kind: Kind::Call,
        expiry_day: 0x4e21,
        strike: Strike::from_wad(2_500 * 10_u128.pow(18)),
    };
    // 2500 = 25 · 10^(10 − 8).
    let expected = (0x0102_u128 << 112)
        | (0x0304 << 96)
        | (2 << 94)
        | (0x4e21 << 78)
        | (((25 << 4) | 10) << 54);
    assert_eq!(call.encode(), Some(InstrumentId(expected)));
    let leg = PerpLeg {
        instrument: InstrumentId::perpetual(1, 2),
        size: -1,
        quote: -2,
    };
    let mut bytes = [0xff_u8; 32];
    bytes[..8].copy_from_slice(&[0, 1, 0, 2, 0, 0, 0, 0]);
    bytes[31] = 0xfe;
    assert_eq!(leg.encode().to_be_bytes::<32>(), bytes);
    let account = Account::new([7; 20], 1);
    assert_eq!((account.0[19], account.0[20], account.0[31]), (7, 0, 1));
    let clearing = Account::clearing([9; 20], InstrumentId::perpetual(1, 2));
    assert_eq!(clearing.subaccount(), (1 << 88) | (1 << 58) | (2 << 42));
}

#[test]
fn what_is_not_canonical_does_not_decode() {
    let perpetual = InstrumentId::perpetual(1, 1).0;
    let expiry = 20_000_u128 << 78;
    let strike = u128::from(Strike::from_wad(10_u128.pow(18)).unwrap().to_bits()) << 54;
    let call = perpetual | (2 << 94) | expiry | strike;
    assert!(InstrumentId(perpetual).decode().is_some());
    assert!(InstrumentId(call).decode().is_some());
    for id in [
        0,
        perpetual & !(0xffff << 112),                    // venue 0
        perpetual & !(0xffff << 96),                     // underlying 0
        perpetual | expiry,                              // a perpetual that expires
        perpetual | (1 << 94),                           // a future that does not
        perpetual | strike,                              // a perpetual with a strike
        perpetual | (1 << 94) | expiry | strike,         // a future with one
        call & !expiry,                                  // an option that never expires
        call & !(0xff_ffff << 54),                       // without a strike
        (call & !(0xff_ffff << 54)) | ((10 << 4) << 54), // 10e0 is 1e1
        perpetual | 1,                                   // size bits
    ] {
        assert_eq!(InstrumentId(id).decode(), None, "{id:032x}");
    }
    assert!(Strike::from_bits((10 << 4) | 15).is_some());
    assert_eq!(Strike::from_bits(1 << 24 | 1 << 4), None);
    assert_eq!(Strike::from_wad(1), None);
    assert_eq!(
        Strike::from_wad(u128::MAX / 10_000_000_000 * 10_000_000_000),
        None
    );
}

proptest! {
    #[test]
    fn i_mar_11_instruments_round_trip(instrument in instrument()) {
        let id = instrument.encode().unwrap();
        prop_assert_eq!(id.decode(), Some(instrument));
    }

    #[test]
    fn a_strike_has_one_form(strike in strike()) {
        prop_assert_eq!(Strike::from_wad(strike.to_wad()), Some(strike));
    }

    #[test]
    fn perpetual_legs_round_trip(
        instrument in linear(),
        size in any::<i64>().prop_filter("stored", |s| *s != 0),
        quote: i128,
    ) {
        let leg = PerpLeg { instrument, size, quote };
        prop_assert_eq!(PerpLeg::decode(leg.encode()), Some(leg));
        prop_assert_eq!(LegSlot::decode(leg.encode()), Some(LegSlot::Linear(leg)));
    }

    #[test]
    fn option_legs_round_trip(
        a in option(), b in option(),
        x in 1..=OPTION_SIZE_MAX, y in 1..=OPTION_SIZE_MAX,
    ) {
        prop_assume!(a < b);
        let (first, second) =
            (OptionLeg { instrument: a, size: x }, OptionLeg { instrument: b, size: -y });
        prop_assert_eq!(OptionLeg::decode(first.encode().unwrap()), Some(first));
        prop_assert_eq!(OptionLeg::decode(second.encode().unwrap()), Some(second));
        let slot = LegSlot::Options(first, Some(second));
        prop_assert_eq!(LegSlot::decode(slot.encode().unwrap()), Some(slot));
        let swapped = LegSlot::Options(second, Some(first));
        prop_assert_eq!(LegSlot::decode(swapped.encode().unwrap()), None);
        let single = LegSlot::Options(second, None);
        prop_assert_eq!(LegSlot::decode(single.encode().unwrap()), Some(single));
    }

    #[test]
    fn an_option_size_beyond_54_bits_has_no_form(size: i64, instrument in option()) {
        let fits = size.unsigned_abs() <= OPTION_SIZE_MAX.unsigned_abs();
        prop_assert_eq!(OptionLeg { instrument, size }.encode().is_some(), fits);
    }

    #[test]
    fn i_liv_7_decoders_are_total_and_injective(limbs: [u64; 4], id: u128) {
        let slot = U256::from_limbs(limbs);
        if let Some(decoded) = LegSlot::decode(slot) {
            prop_assert_eq!(decoded.encode(), Some(slot));
        }
        if let Some(leg) = OptionLeg::decode(id) {
            prop_assert_eq!(leg.encode(), Some(id));
        }
        if let Some(instrument) = InstrumentId(id).decode() {
            prop_assert_eq!(instrument.encode(), Some(InstrumentId(id)));
        }
    }

    #[test]
    fn accounts_round_trip(owner: [u8; 20], number: u128) {
        let account = Account::new(owner, number);
        prop_assert_eq!(account.owner(), owner);
        prop_assert_eq!(account.subaccount(), number & SUBACCOUNT_MASK);
    }
}
