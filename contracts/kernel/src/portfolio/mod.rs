//! Portfolio margin: a pure function of (portfolio, market). `docs/method.md` states it.
//!
//! [`assess`] is the one entry. It is total: whatever the vault can hold gets an answer, clamped against its owner
//! where a number leaves its range. Nothing is stored between calls; [`Scratch`] is the only memory, given by the caller.

pub mod aggregate;
pub mod explain;
pub mod mark;
pub mod market;
pub mod money;
pub mod scan;
pub mod scenario;
pub mod snapshot;
pub mod terms;

use crate::{
    black76::{Factor, Price},
    codec::{Kind, LegSlot, OptionLeg, PerpLeg},
    fixed::{ONE_Q40, Q40},
    num::{self, U256, low_u8, low_u32},
};
use market::{Expiry, MAX_PRICE, Market, Rules, Underlying};
pub use market::{MAX_EXPIRIES, MAX_LEGS, MAX_UNDERLYINGS};
use money::{
    Cash, LIMIT, add, clamp, minus, part_of_one, plus, scale_ceil, scale_floor, worth_ceil,
    worth_floor,
};
use scan::{ExpiryScan, MAX_NODES, Nodes, OptionView, Scan, Tenor, forward_factor};
use scenario::{Rule, Set};

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
    /// Initial requirement, rounded up; never below `mm`.
    pub im: Cash,
    /// Maintenance requirement, rounded up.
    pub mm: Cash,
    /// equity − mm at the best the stale items could be worth.
    pub best: Cash,
    /// equity − mm at the worst.
    pub worst: Cash,
    /// Some price it rests on is stale or missing.
    pub stale: bool,
    /// Bit i: leg slot i of the portfolio rests on such a price, or holds no leg.
    pub stale_slots: u64,
    /// Bit i: collateral asset i has no usable price.
    pub stale_assets: u16,
    /// Some number left its range and was clamped, or a leg could not be read: cannot be opened.
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
    stale: bool,
    /// Cash per unit of relative move of spot of everything linear in it.
    notional: Cash,
    /// Net perpetuals and linked collateral, 1e18 units.
    net: i128,
    /// Gross perpetuals and futures, options, short options, 1e18 units.
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
            stale: false,
            notional: 0,
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

/// Assesses one portfolio.
#[must_use]
pub fn assess(market: &Market<'_>, portfolio: &Portfolio<'_>, scratch: &mut Scratch) -> Assessment {
    *scratch = Scratch::NEW;
    let mut run = Run {
        market,
        equity: clamp(portfolio.cash),
        out_of_range: clamp(portfolio.cash) != portfolio.cash,
        stale_slots: 0,
        stale_assets: 0,
        stale_leg: false,
        legs: 0,
        best: 0,
        scratch,
    };
    portfolio
        .collateral
        .iter()
        .for_each(|(asset, amount)| run.collateral(*asset, *amount));
    for (index, slot) in portfolio.slots.iter().enumerate() {
        run.stale_leg = false;
        run.slot(*slot);
        if run.stale_leg {
            run.stale_slots |= 1_u64.checked_shl(low_u32(index as u64)).unwrap_or(0);
        }
    }
    run.underlyings();
    run.result()
}

/// One kind of add-on: its share in the initial and in the maintenance requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AddOn {
    /// In the initial requirement.
    pub im: Cash,
    /// In the maintenance requirement.
    pub mm: Cash,
}

/// What an add-on is for: `docs/method.md` §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Collateral haircuts.
    Haircut,
    /// Calendar basis.
    Basis,
    /// Minimum of short options.
    ShortOption,
    /// Cost of closing options.
    OptionCost,
    /// Cost of closing perpetuals and futures.
    LinearCost,
    /// Settlement coin below its peg.
    Depeg,
    /// Uncertainty of spot.
    Confidence,
}

/// How many kinds of [`Charge`] there are.
pub const CHARGES: usize = 7;

/// The add-ons of a portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AddOns([AddOn; CHARGES]);

impl AddOns {
    const ZERO: Self = Self([AddOn { im: 0, mm: 0 }; CHARGES]);

    /// One of them.
    #[must_use]
    pub fn get(&self, charge: Charge) -> AddOn {
        self.0.get(charge as usize).copied().unwrap_or_default()
    }

    /// All of them, in the order of [`Charge`].
    #[must_use]
    pub const fn all(&self) -> &[AddOn] {
        &self.0
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> AddOn {
        self.all().iter().fold(AddOn::default(), |sum, a| AddOn {
            im: plus(sum.im, a.im),
            mm: plus(sum.mm, a.mm),
        })
    }

    /// Adds `base` at a pair of rates, rounded up.
    #[inline(never)]
    fn charge(&mut self, charge: Charge, base: Cash, rate: (Q40, Q40)) {
        if let Some(sum) = self.0.get_mut(charge as usize) {
            add(&mut sum.im, scale_ceil(base, rate.0));
            add(&mut sum.mm, scale_ceil(base, rate.1));
        }
    }
}

/// One assessment under way.
struct Run<'a, 'm> {
    market: &'a Market<'m>,
    equity: Cash,
    /// What stale items may add to equity.
    best: Cash,
    stale_slots: u64,
    stale_assets: u16,
    /// The slot being read rests on a stale price.
    stale_leg: bool,
    out_of_range: bool,
    legs: usize,
    scratch: &'a mut Scratch,
}

impl<'m> Run<'_, 'm> {
    // ---- collateral

    #[inline(never)]
    fn collateral(&mut self, index: u8, amount: u128) {
        let bit = 1_u16.checked_shl(index.into()).unwrap_or(0);
        let Some(asset) = self.market.assets.iter().find(|a| a.index == index) else {
            self.stale_assets |= bit;
            add(&mut self.best, LIMIT);
            return;
        };
        let units = num::to_wad_down(amount, asset.decimals);
        let units = self
            .in_range(units.and_then(|u| Cash::try_from(u).ok()))
            .max(0);
        let value = self.cash_of(units, asset.price.min(MAX_PRICE)).max(0);
        let linked = self.underlying(asset.underlying);
        if !asset.fresh {
            self.stale_assets |= bit;
            let relief = linked.map_or(0, |(_, underlying)| self.relief(underlying, value, units));
            add(&mut self.best, plus(value, relief));
            return;
        }
        add(&mut self.equity, value);
        self.scratch
            .add_ons
            .charge(Charge::Haircut, value, asset.haircut);
        if let Some(sums) = linked.and_then(|(place, _)| self.scratch.sums.get_mut(place)) {
            sums.used = true;
            add(&mut sums.notional, value);
            add(&mut sums.net, units);
        } else if asset.underlying != 0 {
            // what it moves with has no place in this market: it is scanned alone, by the widest set
            let reach = Set::widest().reach(Rule::Up);
            let Rules {
                im_factor,
                mm_factor,
                ..
            } = self.market.rules;
            let loss = scale_ceil(value, reach);
            let add_ons = &mut self.scratch.add_ons;
            add_ons.charge(Charge::Haircut, loss, (im_factor, mm_factor));
        }
    }

    /// The most that linked collateral could take off the maintenance requirement: what its opposite would need, by
    /// the scan and by the uncertainty of spot.
    #[inline(never)]
    fn relief(&mut self, underlying: &Underlying<'_>, value: Cash, units: i128) -> Cash {
        let nodes = Nodes::of(underlying, self.market.now);
        let losses = nodes
            .as_slice()
            .iter()
            .map(|n| scale_ceil(scale_ceil(value, n.shock), n.weight));
        let scan = losses.fold(0, Cash::max);
        let spot = self.cash_of_up(units, underlying.spot.min(MAX_PRICE));
        plus(
            scale_ceil(scan, self.market.rules.mm_factor),
            scale_ceil(spot, underlying.confidence),
        )
    }

    // ---- legs

    fn slot(&mut self, slot: U256) {
        match LegSlot::decode(slot) {
            Some(LegSlot::Linear(leg)) => self.linear(&leg),
            Some(LegSlot::Options(first, second)) => {
                self.option(first);
                second.into_iter().for_each(|leg| self.option(leg));
            }
            None => {
                self.stale_leg = true;
                self.out_of_range = true;
            }
        }
    }

    #[inline(never)]
    fn linear(&mut self, leg: &PerpLeg) {
        let kind = leg.instrument.kind();
        let Some((place, underlying)) = self.underlying(leg.instrument.underlying()) else {
            self.unvalued(None, leg.size.into(), 0, leg.quote);
            return;
        };
        let units = self.units(leg.size, underlying.lot);
        let mut settled = false;
        let (mark, index, moving) = if kind == Kind::Future {
            let Some((group, expiry)) = self.expiry(place, leg.instrument.expiry_day()) else {
                // without a forward: anything from 0 to spot
                self.unvalued(Some(place), units, underlying.spot, leg.quote);
                return;
            };
            let moving = self.cash_of(units, expiry.variable.min(MAX_PRICE));
            self.rests_on(place, expiry.fresh);
            settled = expiry.is_settled(self.market.now);
            if let Some(group) = self.scratch.groups.get_mut(group)
                && !settled
            {
                add(&mut group.notional, moving);
                add(&mut group.futures, units);
            }
            (expiry.variable.saturating_add(expiry.fixed), 0, moving)
        } else {
            let perpetual = underlying
                .perpetuals
                .iter()
                .find(|p| p.venue == leg.instrument.venue());
            let (mark, index) = perpetual.map_or((underlying.spot, 0), |p| (p.mark, p.index));
            if perpetual.is_none() && !underlying.known {
                self.unvalued(Some(place), units, underlying.spot, leg.quote);
                return;
            }
            if let Some(sums) = self.scratch.sums.get_mut(place) {
                add(&mut sums.net, units);
            }
            (mark, index, self.cash_of(units, mark.min(MAX_PRICE)))
        };
        let price = mark
            .min(MAX_PRICE)
            .cast_signed()
            .saturating_sub(clamp(index));
        let (size, price) = if price < 0 {
            (units.wrapping_neg(), price.unsigned_abs())
        } else {
            (units, price.cast_unsigned())
        };
        let worth = worth_floor(size, price).and_then(|v| v.checked_sub(leg.quote));
        let worth = self.in_range(worth);
        add(&mut self.equity, worth);
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            sums.used = true;
            if settled {
                return;
            }
            add(&mut sums.notional, moving);
            add(&mut sums.linear, units.wrapping_abs());
        }
        self.rests_on(place, underlying.fresh);
    }

    #[inline(never)]
    fn option(&mut self, leg: OptionLeg) {
        let place = self.underlying(leg.instrument.underlying());
        let instrument = leg.instrument.decode();
        let (Some((place, underlying)), Some(instrument)) = (place, instrument) else {
            self.unvalued(None, leg.size.into(), 0, 0);
            return;
        };
        let units = self.units(leg.size, underlying.lot);
        let Some((group, expiry)) = self.expiry(place, instrument.expiry_day) else {
            // without a forward: a long option counts as nothing, a short one as the most it can cost
            let most = match instrument.kind {
                Kind::Call => underlying.spot,
                _ => instrument.strike.map_or(0, |k| k.to_wad()),
            };
            self.unvalued(Some(place), units, most, 0);
            return;
        };
        let next = self.legs;
        if next >= MAX_LEGS {
            self.out_of_range = true;
            return;
        }
        self.legs += 1;
        let settled = expiry.is_settled(self.market.now);
        if let (Some(group), Some(entry)) = (
            self.scratch.groups.get_mut(group),
            self.scratch.legs.get_mut(next),
        ) {
            *entry = (leg, group.head);
            group.head = low_u8(next as u64) + 1; // SAFETY: next < 128.
            match instrument.kind {
                _ if settled => {}
                Kind::Call => add(&mut group.calls, units),
                _ => add(&mut group.puts, units),
            }
        }
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            sums.used = true;
            if !settled {
                add(&mut sums.options, units.wrapping_abs());
                add(&mut sums.short_options, units.wrapping_neg().max(0));
            }
        }
        // a settled leg is a sum of cash: it costs nothing to close, and no spot can change it
        self.rests_on(place, expiry.fresh && (settled || underlying.fresh));
    }

    /// A leg that cannot be valued: each unit is worth anything from 0 to `price`, which is 0 where nothing was ever
    /// known. It counts at its least, and nothing can be opened. `place` is of its underlying, if the market has that.
    #[inline(never)]
    fn unvalued(&mut self, place: Option<usize>, units: i128, price: u128, quote: Cash) {
        let most = match price {
            0 if units < 0 => -LIMIT,
            0 => LIMIT,
            price => self.cash_of(units, price.min(MAX_PRICE)),
        };
        self.stale_leg = true;
        if let Some(place) = place {
            self.rests_on(place, false);
        }
        add(&mut self.equity, minus(most.min(0), clamp(quote)));
        add(&mut self.best, most.wrapping_abs());
    }

    /// A leg on the underlying at `place` rests on a price: when it is stale, so is what it hedges there.
    fn rests_on(&mut self, place: usize, fresh: bool) {
        self.stale_leg |= !fresh;
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            sums.stale |= !fresh;
        }
    }

    // ---- underlyings

    fn underlyings(&mut self) {
        let mut first = 0;
        for (place, underlying) in self
            .market
            .underlyings
            .iter()
            .take(MAX_UNDERLYINGS)
            .enumerate()
        {
            if self.scratch.sums.get(place).is_some_and(|s| s.used) {
                self.scan(place, underlying, first);
                self.charges(place, underlying, first);
            }
            first += underlying.expiries.len();
        }
    }

    fn scan(&mut self, place: usize, underlying: &Underlying<'_>, first: usize) {
        let nodes = Nodes::of(underlying, self.market.now);
        for (offset, expiry) in underlying.expiries.iter().enumerate() {
            self.scan_expiry(place, underlying, expiry, first + offset, &nodes);
        }
        let notional = self.scratch.sums.get(place).map_or(0, |s| s.notional);
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.finish(notional, nodes.as_slice());
        }
    }

    #[inline(never)]
    fn scan_expiry(
        &mut self,
        place: usize,
        underlying: &Underlying<'_>,
        expiry: &Expiry,
        group: usize,
        nodes: &Nodes,
    ) {
        let Some(Group { head, notional, .. }) = self.scratch.groups.get(group).copied() else {
            return;
        };
        if head == 0 && notional == 0 {
            return;
        }
        let tenor = Tenor::new(underlying, expiry, self.market.now);
        let forward = expiry.variable.saturating_add(expiry.fixed).min(MAX_PRICE);
        let price = Price::new(forward);
        for (factor, node) in self.scratch.factors.iter_mut().zip(nodes.all()) {
            *factor = forward_factor(expiry, node);
        }
        self.scratch.expiry = ExpiryScan::ZERO;
        let mut at = head;
        while let Some((leg, next)) = usize::from(at)
            .checked_sub(1)
            .and_then(|i| self.scratch.legs.get(i))
            .copied()
        {
            match OptionView::new(&leg, underlying.lot, expiry, price, &tenor) {
                Some(option) => {
                    let Scratch {
                        expiry, factors, ..
                    } = &mut *self.scratch;
                    expiry.add(&option, factors, nodes.all());
                }
                None => self.out_of_range = true,
            }
            at = next;
        }
        let nodes = nodes.as_slice();
        let (value, down, up) = self.scratch.expiry.marks(nodes.len());
        add(&mut self.equity, value);
        let linear = scale_floor(notional, underlying.rates.basis_move);
        let (falls, rises) = (minus(value, down), minus(value, up));
        let loss = plus(falls, linear).max(minus(rises, linear)).max(0);
        let (at_expiry, per_year) = underlying.rates.basis;
        let rate = at_expiry
            .saturating_add(crate::fixed::mul_shift_ceil::<40>(per_year, tenor.years))
            .min(32 * ONE_Q40);
        self.scratch
            .add_ons
            .charge(Charge::Basis, loss, (rate, rate));
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.add(&self.scratch.expiry, nodes);
        }
    }

    /// Add-ons of an underlying that are rates on sizes.
    #[inline(never)]
    fn charges(&mut self, place: usize, underlying: &Underlying<'_>, first: usize) {
        let Some(sums) = self.scratch.sums.get(place).copied() else {
            return;
        };
        // a bound is no base for a charge: at the best it would count as a loss that nobody knows of
        let spot = if underlying.known {
            underlying.spot.min(MAX_PRICE)
        } else {
            0
        };
        let rates = &underlying.rates;
        let short = self.cash_of_up(sums.short_options, spot);
        let options = self.cash_of_up(sums.options, spot);
        let linear = self.cash_of_up(sums.linear, spot);
        let groups = self
            .scratch
            .groups
            .iter()
            .skip(first)
            .take(underlying.expiries.len());
        let unsure: i128 = groups
            .flat_map(|g| [g.futures, g.calls, g.puts])
            .fold(sums.net.wrapping_abs(), |sum, v| {
                plus(sum, v.wrapping_abs())
            });
        let unsure = scale_ceil(self.cash_of_up(unsure, spot), underlying.confidence);
        let coin = (num::WAD / 100 * 99).saturating_sub(self.market.coin);
        let depeg = part_of_one(coin);
        let exposed = scale_ceil(plus(short, linear), depeg);
        let add_ons = &mut self.scratch.add_ons;
        add_ons.charge(Charge::ShortOption, short, rates.short_option);
        add_ons.charge(Charge::OptionCost, options, rates.option_cost);
        add_ons.charge(Charge::LinearCost, linear, rates.linear_cost);
        add_ons.charge(Charge::Depeg, exposed, rates.depeg);
        add_ons.charge(Charge::Confidence, unsure, (ONE_Q40, ONE_Q40));
    }

    // ---- result

    #[inline(never)]
    fn result(self) -> Assessment {
        let scans = &self.scratch.scans;
        let stale = self
            .scratch
            .sums
            .iter()
            .rev()
            .fold(0_u8, |mask, s| mask << 1 | u8::from(s.stale));
        let whole = aggregate::requirement(self.market, scans, u8::MAX);
        let rules = &self.market.rules;
        let add_ons = self.scratch.add_ons.total();
        let mut im = plus(add_ons.im, scale_ceil(whole, rules.im_factor));
        let mut mm = plus(add_ons.mm, scale_ceil(whole, rules.mm_factor));
        if self.out_of_range {
            (im, mm) = (im.max(LIMIT), mm.max(LIMIT));
        }
        let doubt = !self.market.coin_fresh && self.scratch.sums.iter().any(|s| s.used);
        let any_stale = doubt || stale != 0 || self.stale_slots != 0 || self.stale_assets != 0;
        let excess = minus(self.equity, mm);
        let (mut best, mut worst) = (excess, excess);
        if any_stale {
            let fresh = aggregate::requirement(self.market, scans, !stale);
            add(&mut best, self.best);
            add(
                &mut best,
                scale_floor(minus(whole, fresh), rules.mm_factor).max(0),
            );
            for (_, scan) in scans
                .iter()
                .enumerate()
                .filter(|(place, _)| stale >> place & 1 == 1)
            {
                add(&mut best, scan.best_gain());
                worst = minus(worst, scan.worst);
            }
        }
        Assessment {
            equity: self.equity,
            im,
            mm,
            best,
            worst,
            stale: any_stale,
            stale_slots: self.stale_slots,
            stale_assets: self.stale_assets,
            out_of_range: self.out_of_range,
        }
    }

    // ---- look-ups and units

    fn place(&self, id: u16) -> Option<usize> {
        self.market
            .underlyings
            .iter()
            .take(MAX_UNDERLYINGS)
            .position(|u| u.id == id)
    }

    fn underlying(&self, id: u16) -> Option<(usize, &'m Underlying<'m>)> {
        let place = self.place(id)?;
        Some((place, self.market.underlyings.get(place)?))
    }

    /// Group number and market of an expiry.
    #[inline(never)]
    fn expiry(&self, place: usize, day: u16) -> Option<(usize, &'m Expiry)> {
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
        (group < MAX_EXPIRIES).then_some((group, expiries.get(offset)?))
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
