//! The house's own value of one unit of an instrument, and how far from it a trade may be priced.
use super::{
    market::Market,
    scan::{OptionView, Tenor},
    scenario::Rule,
};
use crate::{
    black76::{Factor, Price},
    codec::{InstrumentId, Kind, OptionLeg},
};

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mark {
    /// 1e18 coins per unit, rounded down; 0 where nothing is known.
    pub value: u128,
    /// Distance from it that is always acceptable for an option, 1e18 coins per unit: the larger of what 5 points more
    /// volatility are worth and 1/2,000 of the forward, because a share of the mark is nothing for an option far out of
    /// the money. 0 for perpetuals and futures.
    pub tolerance: u128,
    /// False when nothing usable is known: the value is then no price.
    pub known: bool,
    /// Everything it rests on is fresh, and the strike is within a factor of 1,024 of the forward.
    pub fresh: bool,
}

/// The tolerance in volatility, as a divisor of 1.00: 5 points.
const VOLATILITY_PARTS: i64 = 20;
/// The tolerance in the forward, as a divisor of it.
const FORWARD_PARTS: u128 = 2_000;
/// Strikes further from the forward than by this factor do not trade.
const FAR: u128 = 1_024;
/// One unit, 1e18, in lots of [`LOT`].
const LOTS: i64 = 1_000_000_000;
const LOT: u64 = 1_000_000_000;

/// The mark of an instrument; the default where it is none, or the market does not know its underlying or its expiry.
#[must_use]
pub fn mark(market: &Market<'_>, instrument: InstrumentId) -> Mark {
    known(market, instrument).unwrap_or_default()
}

fn known(market: &Market<'_>, instrument: InstrumentId) -> Option<Mark> {
    let parts = instrument.decode()?;
    let mut underlyings = market.underlyings.iter();
    let underlying = underlyings.find(|u| u.id == parts.underlying)?;
    if parts.kind == Kind::Perpetual {
        // what is only known to be no more than something has no mark
        let linear = underlying.perpetual(parts.venue);
        return Some(Mark {
            value: if linear.known { linear.mark } else { 0 },
            tolerance: 0,
            known: linear.known,
            fresh: underlying.fresh,
        });
    }
    let expiry = underlying.expiry(parts.expiry_day)?;
    let fresh = if expiry.seconds(market.now) > 0 {
        underlying.fresh && expiry.fresh
    } else {
        expiry.is_settled(market.now)
    };
    let forward = expiry.forward();
    let known = forward != 0;
    if parts.kind == Kind::Future {
        return Some(Mark {
            value: forward,
            tolerance: 0,
            known,
            fresh,
        });
    }
    // further out nothing can be told from nothing, and sizes that fit today may not tomorrow
    let strike = parts.strike?.to_wad();
    let fresh = fresh && strike / FAR <= forward && forward / FAR <= strike;
    let tenor = Tenor::new(underlying, expiry, market.now);
    let unit = OptionLeg {
        instrument,
        size: LOTS,
    };
    let mut option = OptionView::new(&unit, LOT, expiry, Price::new(forward), &tenor)?;
    let value = |option: &OptionView| option.value(Factor::IDENTITY, Rule::None).max(0);
    let mark = value(&option);
    if let Some(stdev) = option.stdevs.first_mut() {
        *stdev += tenor.root / VOLATILITY_PARTS;
    }
    let more = value(&option).saturating_sub(mark).max(0).unsigned_abs();
    Some(Mark {
        value: mark.unsigned_abs(),
        tolerance: more.max(forward / FORWARD_PARTS),
        known,
        fresh,
    })
}
