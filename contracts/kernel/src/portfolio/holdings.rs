//! What a portfolio holds, one item after the other: its value into equity, its size into the sums of its underlying.
use super::{
    Run,
    charges::Charge,
    market::{MAX_LEGS, MAX_PRICE, Underlying},
    money::{Cash, LIMIT, add, clamp, minus, plus, scale_ceil, worth_floor},
    scan::Nodes,
    scenario::{Rule, Set},
};
use crate::{
    codec::{Kind, LegSlot, OptionLeg, PerpLeg},
    num::{self, U256, low_u8},
};

impl Run<'_, '_> {
    // ---- collateral

    #[inline(never)]
    pub(super) fn collateral(&mut self, index: u8, amount: u128) {
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
            let loss = scale_ceil(value, reach);
            let add_ons = &mut self.scratch.add_ons;
            add_ons.charge(Charge::Haircut, loss, self.market.rules.factors);
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
        let (_, mm_factor) = self.market.rules.factors;
        plus(
            scale_ceil(scan, mm_factor),
            scale_ceil(spot, underlying.confidence),
        )
    }

    // ---- legs

    /// `place`: of its first leg in `stale_legs`.
    pub(super) fn slot(&mut self, place: u32, slot: U256) {
        match LegSlot::decode(slot) {
            Some(LegSlot::Linear(leg)) => self.linear(&leg),
            Some(LegSlot::Options(first, second)) => {
                self.option(first);
                if let Some(second) = second {
                    self.note_leg(place);
                    self.option(second);
                    return self.note_leg(place + 1); // SAFETY: of at most 64 slots.
                }
            }
            None => {
                self.stale_leg = true;
                self.out_of_range = true;
            }
        }
        self.note_leg(place);
    }

    /// Notes whether the leg just read is stale.
    #[inline(never)]
    fn note_leg(&mut self, place: u32) {
        if core::mem::take(&mut self.stale_leg) {
            self.stale_legs |= 1_u128.checked_shl(place).unwrap_or(0);
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
        let (price, moving) = if kind == Kind::Future {
            let Some((group, expiry)) = self.expiry(place, leg.instrument.expiry_day()) else {
                // without a forward: anything from 0 to spot
                self.unvalued(Some(place), units, underlying.spot, leg.quote);
                return;
            };
            let linear = expiry.future();
            let moving = self.cash_of(units, linear.moving.min(MAX_PRICE));
            self.rests_on(place, expiry.fresh);
            settled = expiry.is_settled(self.market.now);
            if let Some(group) = self.scratch.groups.get_mut(group)
                && !settled
            {
                add(&mut group.notional, moving);
                add(&mut group.futures, units);
            }
            (linear.price(), moving)
        } else {
            let linear = underlying.perpetual(leg.instrument.venue());
            if !linear.known {
                self.unvalued(Some(place), units, underlying.spot, leg.quote);
                return;
            }
            if let Some(sums) = self.scratch.sums.get_mut(place) {
                add(&mut sums.net, units);
            }
            let moving = self.cash_of(units, linear.moving.min(MAX_PRICE));
            (linear.price(), moving)
        };
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
}
