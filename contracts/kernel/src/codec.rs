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

    /// The 24 bits of its strike, 0 for a perpetual or future. Total.
    #[must_use]
    pub fn strike_bits(self) -> u32 {
        (self.0 >> OPTION_SIZE_BITS) as u32 & 0xff_ffff
    }

    /// The parts, or `None` when the id is not the one canonical id of an instrument.
    #[must_use]
    pub fn decode(self) -> Option<Instrument> {
        let kind = self.kind();
        let expiry_day = self.expiry_day();
        let strike_bits = self.strike_bits();
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
mod tests;
