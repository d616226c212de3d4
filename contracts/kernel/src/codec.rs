//! Accounts, instruments and leg slots: `abi/Types.sol` bit for bit.
//!
//! | what | layout, high bits first |
//! | --- | --- |
//! | account | owner 160 · subaccount 96 |
//! | instrument | venue 16 · underlying 16 · kind 2 · expiry day 16 · strike 24 · zero 54 |
//! | perpetual or future, one slot | the instrument's high 64 bits · size 64 in lots · quote 128 in 1e-18 cash |
//! | option, half a slot | the instrument's high 74 bits · size 54 in lots |
//!
//! Every decoder is total: any bits in, a value or `None` out. One economic instrument has exactly one id, and
//! only canonical ids decode, so equality of ids is equality of instruments.
#![expect(
    clippy::cast_possible_truncation,
    reason = "fields of packed words: what is cut off belongs to other fields"
)]
use ruint::aliases::U256;

/// Bits of an instrument id below the strike: zero in an id, the size in an option leg.
const OPTION_SIZE_BITS: u32 = 54;
const OPTION_SIZE_MASK: u128 = (1 << OPTION_SIZE_BITS) - 1;
/// Largest size of an option leg, in lots; the smallest is its negative.
pub const OPTION_SIZE_MAX: i64 = (1 << (OPTION_SIZE_BITS - 1)) - 1;
/// Bit 88 of a subaccount number marks the clearing accounts, see [`Account::clearing`].
const CLEARING_BIT: u128 = 1 << 88;
const SUBACCOUNT_MASK: u128 = (1 << 96) - 1;

/// An account: who owns it, and which of his it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(pub [u8; 32]);

impl Account {
    /// The account number `subaccount` (its low 96 bits) of `owner`.
    #[must_use]
    pub fn new(owner: [u8; 20], subaccount: u128) -> Self {
        let mut bytes = [0; 32];
        let (head, tail) = bytes.split_at_mut(20);
        head.copy_from_slice(&owner);
        // The low 96 bits, big-endian, are the last 12 of the 16 bytes.
        let number = (subaccount & SUBACCOUNT_MASK).to_be_bytes();
        tail.iter_mut()
            .zip(number.iter().skip(4))
            .for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// The insurance fund of the vault at this address.
    #[must_use]
    pub fn fund(vault: [u8; 20]) -> Self {
        Self::new(vault, 0)
    }

    /// The clearing account of an instrument: it takes over the quote of a closed leg and pays or receives the
    /// cash, so that cash and quotes both sum to what they must at every moment.
    #[must_use]
    pub fn clearing(vault: [u8; 20], instrument: InstrumentId) -> Self {
        Self::new(vault, CLEARING_BIT | (instrument.0 >> OPTION_SIZE_BITS))
    }

    /// The first 20 bytes.
    #[must_use]
    pub fn owner(&self) -> [u8; 20] {
        let mut owner = [0; 20];
        owner
            .iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        owner
    }

    /// The last 12 bytes as a number.
    #[must_use]
    pub fn subaccount(&self) -> u128 {
        self.0
            .iter()
            .skip(20)
            .fold(0, |number, byte| (number << 8) | u128::from(*byte))
    }
}

/// What kind of contract an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// No expiry, no strike; funding keeps it near the spot.
    Perpetual = 0,
    /// Expiry, no strike.
    Future = 1,
    /// Expiry and strike.
    Call = 2,
    /// Expiry and strike.
    Put = 3,
}

impl Kind {
    /// From its two bits; higher bits are ignored.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Perpetual,
            1 => Self::Future,
            2 => Self::Call,
            _ => Self::Put,
        }
    }

    /// True for calls and puts: two legs fit a slot and they have no quote.
    #[must_use]
    pub fn is_option(self) -> bool {
        matches!(self, Self::Call | Self::Put)
    }
}

/// A strike price: `mantissa · 10^(exponent − 8)` settlement coins, from 1e-8 to about 1e13.
///
/// Canonical: the mantissa is not 0 and not a multiple of ten unless the exponent is at its maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strike(u32);

impl Strike {
    const MANTISSA_BITS: u32 = 20;
    const EXPONENT_MAX: u32 = 15;

    /// From its 24 bits, mantissa above exponent; `None` when not canonical.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        let (mantissa, exponent) = (bits >> 4, bits & Self::EXPONENT_MAX);
        let canonical = mantissa != 0
            && mantissa >> Self::MANTISSA_BITS == 0
            && (!mantissa.is_multiple_of(10) || exponent == Self::EXPONENT_MAX);
        canonical.then_some(Self(bits))
    }

    /// The strike of this price (1e18); `None` when 20 bits of mantissa cannot hold it exactly.
    #[must_use]
    pub fn from_wad(price: u128) -> Option<Self> {
        const UNIT: u128 = 10_000_000_000; // 1e-8 in 1e18
        if price == 0 || !price.is_multiple_of(UNIT) {
            return None;
        }
        let (mut mantissa, mut exponent) = (price / UNIT, 0);
        while mantissa.is_multiple_of(10) && exponent < Self::EXPONENT_MAX {
            mantissa /= 10;
            exponent += 1;
        }
        let mantissa = u32::try_from(mantissa)
            .ok()
            .filter(|m| m >> Self::MANTISSA_BITS == 0)?;
        Self::from_bits((mantissa << 4) | exponent)
    }

    /// The 24 bits.
    #[must_use]
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// The price, 1e18. At most 1.05e31, so that it fits easily.
    #[must_use]
    pub fn to_wad(self) -> u128 {
        let exponent = (self.0 & Self::EXPONENT_MAX) + 10;
        u128::from(self.0 >> 4) * 10_u128.pow(exponent)
    }
}

/// The parts of an instrument id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Number of the venue it trades on, not 0.
    pub venue: u16,
    /// Number of what it is written on, not 0.
    pub underlying: u16,
    /// Kind of contract.
    pub kind: Kind,
    /// Days since 1970-01-01; it expires at 08:00 UTC of that day. 0 for perpetuals only.
    pub expiry_day: u16,
    /// Strike of an option, `None` otherwise.
    pub strike: Option<Strike>,
}

/// An instrument id as it appears in the ABI. Only [`InstrumentId::decode`] tells whether it is canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u128);

impl InstrumentId {
    /// The perpetual of `underlying` at `venue`.
    #[must_use]
    pub fn perpetual(venue: u16, underlying: u16) -> Self {
        Self((u128::from(venue) << 112) | (u128::from(underlying) << 96))
    }

    /// Who trades it. Total, also for ids that are not canonical.
    #[must_use]
    pub fn venue(self) -> u16 {
        (self.0 >> 112) as u16
    }

    /// What it is written on. Total.
    #[must_use]
    pub fn underlying(self) -> u16 {
        (self.0 >> 96) as u16
    }

    /// Its kind. Total.
    #[must_use]
    pub fn kind(self) -> Kind {
        Kind::from_bits((self.0 >> 94) as u8)
    }

    /// Its expiry day, 0 for a perpetual. Total.
    #[must_use]
    pub fn expiry_day(self) -> u16 {
        (self.0 >> 78) as u16
    }

    /// The parts, or `None` when the id is not the one canonical id of an instrument.
    #[must_use]
    pub fn decode(self) -> Option<Instrument> {
        let kind = self.kind();
        let expiry_day = self.expiry_day();
        let strike_bits = (self.0 >> OPTION_SIZE_BITS) as u32 & 0xff_ffff;
        let strike = match kind {
            Kind::Perpetual | Kind::Future if strike_bits == 0 => None,
            Kind::Perpetual | Kind::Future => return None,
            Kind::Call | Kind::Put => Some(Strike::from_bits(strike_bits)?),
        };
        let canonical = self.0 & OPTION_SIZE_MASK == 0
            && self.venue() != 0
            && self.underlying() != 0
            && (kind == Kind::Perpetual) == (expiry_day == 0);
        canonical.then_some(Instrument {
            venue: self.venue(),
            underlying: self.underlying(),
            kind,
            expiry_day,
            strike,
        })
    }
}

impl Instrument {
    /// The one id of these parts; `None` when they do not describe an instrument.
    #[must_use]
    pub fn encode(&self) -> Option<InstrumentId> {
        let strike = self.strike.map_or(0, Strike::to_bits);
        let id = InstrumentId(
            InstrumentId::perpetual(self.venue, self.underlying).0
                | (u128::from(self.kind as u8) << 94)
                | (u128::from(self.expiry_day) << 78)
                | (u128::from(strike) << OPTION_SIZE_BITS),
        );
        id.decode().map(|_| id)
    }
}

/// A perpetual or future leg: value = size · lot · (mark − I) − quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerpLeg {
    /// A perpetual or a future.
    pub instrument: InstrumentId,
    /// Lots, signed, not 0 in a stored leg.
    pub size: i64,
    /// Q, 1e-18 cash: what was paid for the size, signed.
    pub quote: i128,
}

impl PerpLeg {
    /// The slot. The instrument's strike bits must be zero, as in every perpetual and future.
    #[must_use]
    pub fn encode(&self) -> U256 {
        let quote = self.quote.cast_unsigned();
        U256::from_limbs([
            quote as u64,
            (quote >> 64) as u64,
            self.size.cast_unsigned(),
            (self.instrument.0 >> 64) as u64,
        ])
    }

    /// The leg of a slot; `None` when it is not a canonical perpetual or future with a size.
    #[must_use]
    pub fn decode(slot: U256) -> Option<Self> {
        let [low, high, size, header] = *slot.as_limbs();
        let instrument = InstrumentId(u128::from(header) << 64);
        let size = size.cast_signed();
        if instrument.kind().is_option() || instrument.decode().is_none() || size == 0 {
            return None;
        }
        let quote = ((u128::from(high) << 64) | u128::from(low)).cast_signed();
        Some(Self {
            instrument,
            size,
            quote,
        })
    }
}

/// An option leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionLeg {
    /// A call or a put.
    pub instrument: InstrumentId,
    /// Lots, signed, within ±[`OPTION_SIZE_MAX`], not 0 in a stored leg.
    pub size: i64,
}

impl OptionLeg {
    /// The half slot; `None` when the size has no 54-bit form.
    #[must_use]
    pub fn encode(&self) -> Option<u128> {
        if self.size.unsigned_abs() > OPTION_SIZE_MAX.unsigned_abs() {
            return None;
        }
        let size = u128::from(self.size.cast_unsigned()) & OPTION_SIZE_MASK;
        Some(self.instrument.0 | size)
    }

    /// The leg of a half slot; `None` when it is not a canonical option with a size.
    #[must_use]
    pub fn decode(half: u128) -> Option<Self> {
        let instrument = InstrumentId(half & !OPTION_SIZE_MASK);
        // Sign extension: the 54 bits to the top, and back arithmetically.
        let size =
            ((half as u64) << (64 - OPTION_SIZE_BITS)).cast_signed() >> (64 - OPTION_SIZE_BITS);
        let within = size != 0 && size >= -OPTION_SIZE_MAX;
        if !within || !instrument.kind().is_option() || instrument.decode().is_none() {
            return None;
        }
        Some(Self { instrument, size })
    }
}

/// A decoded leg slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegSlot {
    /// A perpetual or future.
    Linear(PerpLeg),
    /// One or two options, in ascending order.
    Options(OptionLeg, Option<OptionLeg>),
}

impl LegSlot {
    /// Any slot the vault can have stored; `None` for everything else.
    #[must_use]
    pub fn decode(slot: U256) -> Option<Self> {
        let [l0, l1, l2, l3] = *slot.as_limbs();
        let high = (u128::from(l3) << 64) | u128::from(l2);
        let low = (u128::from(l1) << 64) | u128::from(l0);
        if !InstrumentId(high).kind().is_option() {
            return PerpLeg::decode(slot).map(Self::Linear);
        }
        let first = OptionLeg::decode(high)?;
        if low == 0 {
            return Some(Self::Options(first, None));
        }
        let second = OptionLeg::decode(low)?;
        (first.instrument < second.instrument).then_some(Self::Options(first, Some(second)))
    }

    /// The slot; `None` when an option's size has no 54-bit form.
    #[must_use]
    pub fn encode(&self) -> Option<U256> {
        match self {
            Self::Linear(leg) => Some(leg.encode()),
            Self::Options(first, second) => {
                let high = first.encode()?;
                let low = match second {
                    Some(leg) => leg.encode()?,
                    None => 0,
                };
                Some(U256::from_limbs([
                    low as u64,
                    (low >> 64) as u64,
                    high as u64,
                    (high >> 64) as u64,
                ]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
}
