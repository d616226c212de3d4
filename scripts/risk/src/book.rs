//! The account of a shape and the market around it, as the kernel takes them.
//!
//! A requirement is homogeneous in prices, so spot at the start counts as 1,000, whatever the coin costs: every strike is
//! then exact. The market is the plainest there is:
//!
//! * one volatility for all strikes and expiries, kept until the account is valued again;
//! * no interest and no basis: forwards and perpetuals are at spot, discount factors are 1;
//! * the expiries of the shape are listed and no others, each the first 08:00 UTC that is at least so many days away;
//! * rates and rules are the kernel's defaults; all prices are fresh and certain.

use crate::shapes::{Item, Shape};
use eyre::{Result, ensure, eyre};
use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q62, WAD},
    num::U256,
    portfolio::{
        Assessment, Portfolio, Scratch, assess,
        charges::{AssetRate, AssetRates, UnderlyingRate},
        market::{Asset, Expiry, Market, Rates, Rules, Underlying, YEAR, expiry_seconds},
    },
    svi::Svi,
};

const VENUE: u16 = 1;
const UNDERLYING: u16 = 1;
const ASSET: u8 = 0;
const DECIMALS: u8 = 18;
/// A lot is one unit.
const LOT: u64 = WAD as u64;
const SECONDS_A_DAY: u64 = 86_400;

/// An account of one shape, opened at some second, and its market.
#[derive(Clone, Debug)]
pub struct Book {
    volatility: f64,
    days: Vec<u16>,
    collateral: Vec<(u8, u128)>,
    slots: Vec<U256>,
}

impl Book {
    /// Spot at the start, in coins.
    pub const SPOT: u64 = 1_000;

    /// The shape, opened at the second `now` with spot at 1, in a market of this volatility (0.8 for 80 % a year).
    ///
    /// # Errors
    ///
    /// The kernel knows no such instrument.
    pub fn open(shape: &Shape, now: u64, volatility: f64) -> Result<Self> {
        let mut book = Self {
            volatility,
            days: Vec::new(),
            collateral: Vec::new(),
            slots: Vec::new(),
        };
        let mut options = Vec::new();
        for leg in shape.legs {
            let (kind, days, strike) = match leg.1 {
                Item::Coin => {
                    book.collateral
                        .push((ASSET, u128::try_from(leg.0)? * WAD as u128));
                    continue;
                }
                Item::Perpetual => (Kind::Perpetual, None, None),
                Item::Future(days) => (Kind::Future, Some(days), None),
                Item::Call(strike, days) => (Kind::Call, Some(days), Some(strike)),
                Item::Put(strike, days) => (Kind::Put, Some(days), Some(strike)),
            };
            let expiry_day = days.map_or(Ok(0), |days| expiry_day(now, days))?;
            if days.is_some() {
                book.days.push(expiry_day);
            }
            let instrument = Instrument {
                venue: VENUE,
                underlying: UNDERLYING,
                kind,
                expiry_day,
                strike: strike.and_then(|percent| Strike::from_wad(wad(percent as f64 / 100.0))),
            };
            let instrument = instrument.encode().ok_or_else(|| {
                eyre!("{}: there is no such instrument as {:?}", shape.name, leg.1)
            })?;
            let size = leg.0;
            if kind.is_option() {
                options.push(OptionLeg { instrument, size });
            } else {
                let leg = PerpLeg {
                    instrument,
                    size,
                    quote: i128::from(size) * i128::from(Self::SPOT) * WAD,
                };
                book.slots.push(leg.encode());
            }
        }
        book.days.sort_unstable();
        book.days.dedup();
        options.sort_by_key(|leg| leg.instrument);
        for pair in options.chunks(2) {
            let slot = LegSlot::Options(pair[0], pair.get(1).copied()).encode();
            book.slots.extend(slot);
        }
        Ok(book)
    }

    /// What the kernel says of it at the second `now`, with spot at so many times what it was at the start, under a scenario
    /// set.
    ///
    /// # Errors
    ///
    /// The kernel could not read it whole: a number out of range, an item without a price.
    pub fn assess(
        &self,
        set: u8,
        now: u64,
        spot: f64,
        scratch: &mut Scratch,
    ) -> Result<Assessment> {
        let spot = wad(spot);
        let expiries: Vec<_> = self
            .days
            .iter()
            .map(|day| self.expiry(*day, now, spot))
            .collect();
        let underlying = Underlying {
            id: UNDERLYING,
            lot: LOT,
            spot,
            known: true,
            confidence: 0,
            fresh: true,
            jump: 0,
            max_basis: 1 << 40,
            multipliers: plimsoll_kernel::portfolio::market::Multipliers::ONE,
            rates: Rates::new(set, &UnderlyingRate::DEFAULT),
            expiries: &expiries,
            near: expiries.iter().find(|e| e.seconds(now) > 0).copied(),
            perpetuals: &[],
        };
        let asset = Asset {
            index: ASSET,
            price: spot,
            decimals: DECIMALS,
            underlying: UNDERLYING,
            haircut: AssetRates::new(&AssetRate::LINKED_TABLE.map(|rate| rate.default)).haircut,
            known: true,
            fresh: true,
        };
        let market = Market {
            now,
            coin: WAD as u64,
            open: true,
            underlyings: &[underlying],
            assets: &[asset],
            rules: Rules::DEFAULT,
        };
        let portfolio = Portfolio {
            cash: 0,
            collateral: &self.collateral,
            slots: &self.slots,
        };
        let a = assess(&market, &portfolio, scratch);
        ensure!(
            !a.stale && !a.out_of_range,
            "the kernel cannot read the account: {a:?}"
        );
        Ok(a)
    }

    fn expiry(&self, day: u16, now: u64, spot: u128) -> Expiry {
        let years = expiry_seconds(day).saturating_sub(now) as f64 / YEAR as f64;
        let variance = self.volatility * self.volatility * years;
        Expiry {
            day,
            variable: spot,
            fixed: 0,
            discount: ONE_Q62,
            surface: Svi::from_wad((variance * WAD as f64) as i128, 0, 0, 0, WAD),
            fresh: true,
        }
    }
}

/// So many times the spot of the start, 1e18.
fn wad(times: f64) -> u128 {
    (times * Book::SPOT as f64 * WAD as f64).round() as u128
}

/// The first day whose expiry is at least `days` after `now`.
fn expiry_day(now: u64, days: u64) -> Result<u16> {
    let least = now + days * SECONDS_A_DAY - expiry_seconds(0);
    Ok(u16::try_from(least.div_ceil(SECONDS_A_DAY))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rule::sets, shapes::SHAPES};

    /// An hour after an expiry.
    const NOW: u64 = 19_000 * SECONDS_A_DAY + 9 * 3_600;

    fn named(name: &str) -> &'static Shape {
        SHAPES.iter().find(|shape| shape.name == name).unwrap()
    }

    fn coins(amount: i128) -> f64 {
        amount as f64 / WAD as f64
    }

    #[test]
    fn an_expiry_is_never_nearer_than_asked() {
        for hour in 0..48 {
            let now = NOW + hour * 3_600;
            let left = expiry_seconds(expiry_day(now, 7).unwrap()) - now;
            assert!((7 * SECONDS_A_DAY..8 * SECONDS_A_DAY).contains(&left));
        }
        let at_expiry = expiry_seconds(19_000);
        assert_eq!(expiry_day(at_expiry, 1).unwrap(), 19_001);
    }

    #[test]
    fn every_shape_is_assessed_under_every_set() {
        let mut scratch = Box::new(Scratch::NEW);
        for shape in &SHAPES {
            let book = Book::open(shape, NOW, 0.8).unwrap();
            for set in sets() {
                for spot in [0.01, 0.5, 1.0, 2.0, 50.0] {
                    let a = book.assess(set.set, NOW, spot, &mut scratch).unwrap();
                    assert!(a.im >= a.mm && a.mm > 0, "{} at {spot}: {a:?}", shape.name);
                }
            }
        }
        let names: std::collections::BTreeSet<_> = SHAPES.iter().map(|s| s.name).collect();
        assert_eq!(names.len(), SHAPES.len());
    }

    #[test]
    fn a_perpetual_by_hand() {
        let mut scratch = Box::new(Scratch::NEW);
        let book = Book::open(named("short perpetual"), NOW, 0.8).unwrap();
        let a = book.assess(2, NOW, 1.0, &mut scratch).unwrap();
        // 18 % of 1,000; a quarter more and 1 % to open, half a percent to keep
        assert_eq!(a.equity, 0);
        assert!((coins(a.im) - 235.0).abs() < 1e-6 && (coins(a.mm) - 185.0).abs() < 1e-6);
        let a = book.assess(2, NOW + 3_600, 1.1, &mut scratch).unwrap();
        assert!((coins(a.equity) + 100.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_opposite_in_every_leg_keeps_its_value() {
        let mut scratch = Box::new(Scratch::NEW);
        for (name, worth) in [
            ("coin + short perpetual", 1_000.0),
            ("cash and carry 90 d", 1_000.0),
            ("futures −30 d +90 d", 0.0),
            ("short box 90/110 30 d", -200.0),
        ] {
            let book = Book::open(named(name), NOW, 0.8).unwrap();
            for spot in [0.5, 1.0, 2.0] {
                let a = book.assess(2, NOW + 3_600, spot, &mut scratch).unwrap();
                assert!((coins(a.equity) - worth).abs() < 1e-6, "{name} at {spot}");
            }
        }
    }

    #[test]
    fn an_option_is_worth_what_is_left_of_it() {
        let mut scratch = Box::new(Scratch::NEW);
        let book = Book::open(named("short put 100 1 d"), NOW - 3_600, 0.8).unwrap();
        let expiry = NOW - 3_600 + SECONDS_A_DAY;
        let a = book.assess(2, expiry, 0.9, &mut scratch).unwrap();
        assert!((coins(a.equity) + 100.0).abs() < 1e-6);
        // at the money a put is worth about 0.4 · volatility · √years of spot
        let a = book.assess(2, NOW - 3_600, 1.0, &mut scratch).unwrap();
        let about = 0.3989 * 0.8 * (1.0_f64 / 365.0).sqrt() * 1_000.0;
        assert!(
            (coins(a.equity) + about).abs() < 0.01,
            "{}",
            coins(a.equity)
        );
    }
}
