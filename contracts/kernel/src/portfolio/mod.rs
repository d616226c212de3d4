//! Portfolio margin: a pure function of (portfolio, market). `docs/method.md` states it.
//!
//! [`assess`] is the one entry. It is total: whatever the vault can hold gets an answer, clamped against its owner
//! where a number leaves its range. Nothing is stored between calls; [`Scratch`] is the only memory, given by the caller.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`market`] | what the calculator is told: prices, expiries, rates, rules |
//! | [`snapshot`], [`terms`] | that, from the words of the oracle and of stored parameters |
//! | `holdings` | what is held, item by item: values, and sums by underlying and expiry |
//! | `ends` | what may be of prices that are not fresh |
//! | `underlyings`, [`scan`], [`scenario`] | what each underlying loses in every scenario |
//! | [`aggregate`] | the requirement across underlyings |
//! | [`multipliers`] | what the size and the mood of a market add to it |
//! | [`charges`], `add_ons` | the table of rates and charges; what is charged besides |
//! | [`venues`] | what legs are worth by venue |
//! | [`mark`], [`explain`] | marks of single instruments; greeks, contributions, distances |
//! | [`money`] | cash that cannot overflow |

mod add_ons;
pub mod aggregate;
pub mod charges;
mod ends;
pub mod explain;
mod holdings;
pub mod mark;
pub mod market;
pub mod money;
pub mod multipliers;
pub mod scan;
pub mod scenario;
pub mod snapshot;
pub mod terms;
mod underlyings;
pub mod venues;

use crate::{
    black76::Factor,
    codec::OptionLeg,
    fixed::{ONE_Q40, Q40, mul_shift_ceil},
    num::U256,
};
use add_ons::Requirement;
pub use add_ons::{AddOn, AddOns};
pub use charges::{CHARGES, Charge};
use ends::End;
use market::{Expiry, Market, Underlying};
pub use market::{MAX_EXPIRIES, MAX_LEGS, MAX_UNDERLYINGS};
use money::{Cash, LIMIT, clamp, minus, plus, scale_ceil, worth_ceil, worth_floor};
use multipliers::Surcharge;
use scan::{ExpiryScan, MAX_NODES, Scan};

/// Everything margin depends on, as the vault stores it.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    /// Signed balance in the settlement coin, 1e-18.
    pub cash: Cash,
    /// (asset, amount in the token's decimals), by ascending asset.
    pub collateral: &'a [(u8, u128)],
    /// Leg slots as stored.
    pub slots: &'a [U256],
}

/// What margin says about a portfolio. Healthy: equity ≥ im and not stale. Liquidatable: equity < mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Assessment {
    /// Cash + collateral, not haircut + marks of all legs; rounded down.
    pub equity: Cash,
    /// Initial requirement, rounded up; never below `mm`. Without multipliers and jumps not even below an `mm` that has any.
    pub im: Cash,
    /// Maintenance requirement, rounded up.
    pub mm: Cash,
    /// The part of equity that is legs; rounded down.
    pub marks: Cash,
    /// What a bidder must meet: `im` with the multipliers of the maintenance requirement. mm ≤ bid_im ≤ im.
    pub bid_im: Cash,
    /// No less than equity − mm with every stale item at the best it could be worth.
    pub best: Cash,
    /// No more than equity − mm with every stale item at the worst.
    pub worst: Cash,
    /// Equity with every stale item at the best it could be worth.
    pub best_equity: Cash,
    /// Some price it rests on is stale or missing.
    pub stale: bool,
    /// Bits 2i and 2i + 1: the first and the second leg of slot i rest on such a price; bit 2i also where slot i holds
    /// no leg.
    pub stale_legs: u128,
    /// Bit i: collateral asset i has no usable price.
    pub stale_assets: u16,
    /// Some number left its range and was clamped, a leg could not be read, or there are more legs, underlyings or
    /// expiries than a market holds: cannot be opened.
    pub out_of_range: bool,
}

/// Sums per (underlying, expiry).
#[derive(Clone, Copy, Debug)]
struct Group {
    /// One more than the index into `legs` of the first option; 0 for none.
    head: u8,
    /// Futures' notional at the variable forward.
    notional: Cash,
    /// Net futures, calls, puts, 1e18 units.
    futures: i128,
    calls: i128,
    puts: i128,
}

/// Sums per underlying.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    used: bool,
    /// Cash per unit of relative move of spot of everything linear in it.
    notional: Cash,
    /// The part of it that is known but for what spot is.
    rides: Cash,
    /// The most the skew can take of what is not fresh, at the bad end.
    skew: Cash,
    /// Gross units of legs without a forward, at the bad end.
    unsure: i128,
    /// Net perpetuals and linked collateral, 1e18 units.
    net: i128,
    /// Gross perpetuals and futures, gross options, options short after netting by strike, 1e18 units.
    linear: i128,
    options: i128,
    short_options: i128,
}

/// Working memory of one assessment. Its initial value is all zeros, so that a module carries no image of it.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Options, and one more than the index of the next one of the same expiry.
    legs: [(OptionLeg, u8); MAX_LEGS],
    groups: [Group; MAX_EXPIRIES],
    sums: [Sums; MAX_UNDERLYINGS],
    scans: [Scan; MAX_UNDERLYINGS],
    expiry: ExpiryScan,
    factors: [Factor; MAX_NODES],
    add_ons: AddOns,
}

impl Scratch {
    /// Empty.
    pub const NEW: Self = Self {
        legs: [(
            OptionLeg {
                instrument: crate::codec::InstrumentId(0),
                size: 0,
            },
            0,
        ); MAX_LEGS],
        groups: [Group {
            head: 0,
            notional: 0,
            futures: 0,
            calls: 0,
            puts: 0,
        }; MAX_EXPIRIES],
        sums: [Sums {
            used: false,
            notional: 0,
            rides: 0,
            skew: 0,
            unsure: 0,
            net: 0,
            linear: 0,
            options: 0,
            short_options: 0,
        }; MAX_UNDERLYINGS],
        scans: [Scan::ZERO; MAX_UNDERLYINGS],
        expiry: ExpiryScan::ZERO,
        factors: [Factor { value: 0, ln: 0 }; MAX_NODES],
        add_ons: AddOns::ZERO,
    };

    /// The add-ons, after [`assess`].
    #[must_use]
    pub const fn add_ons(&self) -> &AddOns {
        &self.add_ons
    }

    /// What each underlying of the market loses at each node, after [`assess`].
    #[must_use]
    pub fn scans(&self) -> &[Scan] {
        &self.scans
    }
}

/// Assesses one portfolio. Where something is stale, the same assessment is made twice more, with every stale item at the
/// end that is good for its owner and at the bad one.
#[must_use]
pub fn assess(market: &Market<'_>, portfolio: &Portfolio<'_>, scratch: &mut Scratch) -> Assessment {
    let mut run = Run::read(market, portfolio, End::Last, scratch);
    let mut ends = None;
    if run.stale_legs != 0 || run.stale_assets != 0 {
        let good = Run::read(market, portfolio, End::Good, run.scratch).outcome();
        let bad = Run::read(market, portfolio, End::Bad, run.scratch).outcome();
        ends = Some((good, bad));
        run = Run::read(market, portfolio, End::Last, run.scratch);
    }
    run.result(ends)
}

/// One assessment under way.
struct Run<'a, 'm> {
    market: &'a Market<'m>,
    /// Where the stale items stand.
    end: End,
    equity: Cash,
    /// Equity without legs.
    before_legs: Cash,
    stale_legs: u128,
    stale_assets: u16,
    /// The leg being read rests on a stale price.
    stale_leg: bool,
    out_of_range: bool,
    legs: usize,
    scratch: &'a mut Scratch,
}

/// What an assessment comes to.
#[derive(Clone, Copy)]
struct Outcome {
    equity: Cash,
    needs: Requirement,
    /// The largest m′ − 1 of what is held.
    steepest: Q40,
    out_of_range: bool,
}

impl<'m> Run<'_, 'm> {
    /// Reads what is held.
    #[inline(never)]
    fn read<'a>(
        market: &'a Market<'m>,
        portfolio: &Portfolio<'_>,
        end: End,
        scratch: &'a mut Scratch,
    ) -> Run<'a, 'm> {
        *scratch = Scratch::NEW;
        let mut run = Run {
            market,
            end,
            equity: clamp(portfolio.cash),
            before_legs: 0,
            out_of_range: clamp(portfolio.cash) != portfolio.cash,
            stale_legs: 0,
            stale_assets: 0,
            stale_leg: false,
            legs: 0,
            scratch,
        };
        portfolio
            .collateral
            .iter()
            .for_each(|(asset, amount)| run.collateral(*asset, *amount));
        run.before_legs = run.equity;
        for (place, slot) in (0_u32..).step_by(2).zip(portfolio.slots) {
            run.slot(place, *slot);
        }
        run
    }

    // ---- result

    /// Equity and requirements of what was read.
    #[inline(never)]
    fn outcome(mut self) -> Outcome {
        self.underlyings();
        let whole = aggregate::requirement(self.market, &self.scratch.scans);
        let (im_factor, mm_factor) = self.market.rules.factors;
        let surcharge = Surcharge::of(self.market, &self.scratch.scans);
        let scaled = Requirement {
            im: scale_ceil(plus(whole, surcharge.im), im_factor),
            bid: scale_ceil(plus(whole, surcharge.bid), im_factor),
            mm: scale_ceil(plus(whole, surcharge.mm), mm_factor),
        };
        Outcome {
            equity: self.equity,
            needs: self.scratch.add_ons.join(scaled),
            steepest: surcharge.steepest,
            out_of_range: self.out_of_range,
        }
    }

    #[inline(never)]
    fn result(self, ends: Option<(Outcome, Outcome)>) -> Assessment {
        let Run {
            market,
            before_legs,
            stale_legs,
            stale_assets,
            ..
        } = self;
        let held = self.scratch.sums.iter().any(|s| s.used);
        let (_, mm_factor) = market.rules.factors;
        let Outcome {
            equity,
            needs,
            out_of_range,
            ..
        } = self.outcome();
        let Requirement {
            mut im,
            bid: mut bid_im,
            mut mm,
        } = needs;
        if out_of_range {
            (im, bid_im, mm) = (im.max(LIMIT), bid_im.max(LIMIT), mm.max(LIMIT));
        }
        let excess = minus(equity, mm);
        let (mut best, mut worst, mut best_equity) = (excess, excess, equity);
        if let Some((good, bad)) = ends {
            // How much the requirement can fall per unit that equity does, between the ends, also by what is held at one of
            // them only: f_MM · m′.
            let multiplier = ONE_Q40 + good.steepest.max(bad.steepest);
            let most = mul_shift_ceil::<40>(mm_factor, multiplier);
            let slack = minus(good.equity, bad.equity).max(0);
            let slack = scale_ceil(slack, most - ONE_Q40);
            // A requirement that is everything stays so; a number that leaves its range at an end only has no bound.
            let at = |end: Outcome, unbounded: Cash| {
                let (mm, more) = match (out_of_range, end.out_of_range) {
                    (true, _) => (end.needs.mm.max(LIMIT), 0),
                    (false, true) => (end.needs.mm, unbounded),
                    (false, false) => (end.needs.mm, 0),
                };
                plus(minus(end.equity, mm), more)
            };
            best = best.max(plus(at(good, LIMIT), slack));
            worst = worst.min(minus(at(bad, -LIMIT), slack));
            best_equity = best_equity.max(good.equity);
        }
        Assessment {
            equity,
            im,
            mm,
            marks: minus(equity, before_legs),
            bid_im,
            best,
            worst,
            best_equity,
            stale: ends.is_some() || (!market.open && held),
            stale_legs,
            stale_assets,
            out_of_range,
        }
    }

    // ---- look-ups and units

    fn underlying(&mut self, id: u16) -> Option<(usize, &'m Underlying<'m>)> {
        let mut all = self.market.underlyings.iter().enumerate();
        let found = all.find(|(_, underlying)| underlying.id == id)?;
        self.room(found.0, MAX_UNDERLYINGS)?;
        Some(found)
    }

    /// A leg beyond the limits is *out of range*, not *stale*. Reason: an owner could add dust legs until a losing leg no
    /// longer fits, and would then not be charged for it.
    fn room(&mut self, place: usize, limit: usize) -> Option<()> {
        self.out_of_range |= place >= limit;
        (place < limit).then_some(())
    }

    /// Group number and market of an expiry.
    #[inline(never)]
    fn expiry(&mut self, place: usize, day: u16) -> Option<(usize, &'m Expiry)> {
        let before: usize = self
            .market
            .underlyings
            .iter()
            .take(place)
            .map(|u| u.expiries.len())
            .sum();
        let expiries = self.market.underlyings.get(place)?.expiries;
        let offset = expiries.iter().position(|e| e.day == day)?;
        let group = before + offset;
        self.room(group, MAX_EXPIRIES)?;
        Some((group, expiries.get(offset)?))
    }

    /// Signed 1e18 units of `lots`, clamped.
    #[inline(never)]
    fn units(&mut self, lots: i64, lot: u64) -> i128 {
        let units = i128::from(lots) * i128::from(lot);
        self.in_range(Some(units))
    }

    /// ⌊units · price⌋.
    #[inline(never)]
    fn cash_of(&mut self, units: i128, price: u128) -> Cash {
        self.in_range(worth_floor(units, price))
    }

    /// ⌈units · price⌉ for units ≥ 0 (sums of at most 2^118): the base of a charge, never negative.
    #[inline(never)]
    fn cash_of_up(&mut self, units: i128, price: u128) -> Cash {
        self.in_range(worth_ceil(units, price).or(Some(LIMIT + 1)))
    }

    /// The value inside its bounds; what had no value, or left them, marks the portfolio.
    #[inline(never)]
    fn in_range(&mut self, v: Option<Cash>) -> Cash {
        let v = v.unwrap_or(-LIMIT - 1);
        self.out_of_range |= clamp(v) != v;
        clamp(v)
    }
}
