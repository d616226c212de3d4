//! What a portfolio holds, one item after the other: its value into equity, its size into the sums of its underlying.
use super::{
    Run,
    charges::Charge,
    ends::End,
    market::{Expiry, MAX_LEGS, MAX_PRICE, Underlying, years_to},
    money::{Cash, LIMIT, add, clamp, minus, scale_ceil, worth_floor},
    scenario::{Rule, Set},
};
use crate::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg},
    num::{self, U256, low_u8},
};

impl Run<'_, '_> {
    // ---- collateral

    #[inline(never)]
    pub(super) fn collateral(&mut self, index: u8, amount: u128) {
        let bit = 1_u16.checked_shl(index.into()).unwrap_or(0);
        let Some(asset) = self.market.assets.iter().find(|a| a.index == index) else {
            self.stale_assets |= bit;
            if self.end == End::Good {
                add(&mut self.equity, LIMIT);
            }
            return;
        };
        let units = num::to_wad_down(amount, asset.decimals);
        let units = self
            .in_range(units.and_then(|u| Cash::try_from(u).ok()))
            .max(0);
        let mut value = self.cash_of(units, asset.price.min(MAX_PRICE)).max(0);
        if !asset.fresh {
            self.stale_assets |= bit;
            match self.end {
                End::Last => return,
                End::Good => {}
                // its units still count: what is uncertain of spot is of them, whatever they are worth
                End::Bad => value = 0,
            }
        }
        let linked = self.underlying(asset.underlying);
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
            self.unvalued(leg.size.into(), 0, leg.quote);
            return;
        };
        let units = self.units(leg.size, underlying.lot);
        let (mut settled, mut rides) = (false, true);
        let (price, moving) = if kind == Kind::Future {
            let Some((group, expiry)) = self.expiry(place, leg.instrument.expiry_day()) else {
                let day = leg.instrument.expiry_day();
                self.unpushed((place, underlying), units, day, None, leg.quote);
                return;
            };
            let linear = expiry.future();
            let moving = self.cash_of(units, linear.moving.min(MAX_PRICE));
            self.stale_leg |= !expiry.fresh;
            rides = underlying.rides(expiry);
            settled = self.is_over(expiry);
            let done = expiry.is_settled(self.market.now);
            if let Some(group) = self.scratch.groups.get_mut(group)
                && !done
            {
                add(&mut group.notional, moving);
                add(&mut group.futures, units);
            }
            (linear.price(), moving)
        } else {
            let linear = underlying.perpetual(leg.instrument.venue());
            // at the ends what is not known is between nothing and its bound, net of all such legs
            if !linear.known && (self.end == End::Last || underlying.spot == 0) {
                self.unvalued(units, underlying.spot, leg.quote);
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
            if rides {
                add(&mut sums.rides, moving);
            }
            add(&mut sums.linear, units.wrapping_abs());
        }
        self.stale_leg |= !underlying.fresh;
    }

    #[inline(never)]
    fn option(&mut self, leg: OptionLeg) {
        let place = self.underlying(leg.instrument.underlying());
        let instrument = leg.instrument.decode();
        let (Some((place, underlying)), Some(instrument)) = (place, instrument) else {
            self.unvalued(leg.size.into(), 0, 0);
            return;
        };
        let units = self.units(leg.size, underlying.lot);
        let Some((group, expiry)) = self.expiry(place, instrument.expiry_day) else {
            let day = instrument.expiry_day;
            self.unpushed((place, underlying), units, day, Some(instrument), 0);
            return;
        };
        let next = self.legs;
        if next >= MAX_LEGS {
            self.out_of_range = true;
            return;
        }
        self.legs += 1;
        let over = self.is_over(expiry);
        if let (Some(group), Some(entry)) = (
            self.scratch.groups.get_mut(group),
            self.scratch.legs.get_mut(next),
        ) {
            *entry = (leg, group.head);
            group.head = low_u8(next as u64) + 1; // SAFETY: next < 128.
            match instrument.kind {
                _ if over => {}
                Kind::Call => add(&mut group.calls, units),
                _ => add(&mut group.puts, units),
            }
        }
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            sums.used = true;
            if !over {
                add(&mut sums.options, units.wrapping_abs());
            }
        }
        // a settled leg is a sum of cash: it costs nothing to close, and no spot can change it
        let settled = expiry.is_settled(self.market.now);
        self.stale_leg |= !(expiry.fresh && (settled || underlying.fresh));
    }

    /// Whether an expiry has no charges: it is settled, or, at the good end, waits for that with nothing that moves.
    pub(super) fn is_over(&self, expiry: &Expiry) -> bool {
        let now = self.market.now;
        let waits = expiry.variable == 0 && expiry.seconds(now) == 0;
        expiry.is_settled(now) || (self.end == End::Good && waits)
    }

    /// A leg that cannot be valued: each unit is worth anything from 0 to `price`, which is 0 where nothing was ever
    /// known. It counts at its least, at the good end at its most, and nothing can be opened. Returns what it counts.
    fn unvalued(&mut self, units: i128, price: u128, quote: Cash) -> Cash {
        let most = match price {
            0 if units < 0 => -LIMIT,
            0 => LIMIT,
            price => self.cash_of(units, price.min(MAX_PRICE)),
        };
        self.stale_leg = true;
        let counts = if self.end == End::Good {
            most.max(0)
        } else {
            most.min(0)
        };
        add(&mut self.equity, minus(counts, clamp(quote)));
        counts
    }

    /// A leg on an expiry that was never pushed: a put is worth anything from 0 to its strike, a call or a future anything
    /// from 0 to spot, at the ends to the highest forward, and moves with it. At the bad end it has every charge, on no
    /// less than it could be on. `option`: what it is, if not a future.
    #[inline(never)]
    fn unpushed(
        &mut self,
        (place, underlying): (usize, &Underlying<'_>),
        units: i128,
        day: u16,
        option: Option<Instrument>,
        quote: Cash,
    ) {
        let (_, highest) = underlying.forwards(None, self.market.now);
        let put = option.filter(|i| i.kind == Kind::Put);
        let price = match put {
            Some(put) => put.strike.map_or(0, |k| k.to_wad()),
            None if self.end == End::Last => underlying.spot,
            None => highest,
        };
        let counts = self.unvalued(units, price, quote);
        if self.end == End::Last {
            return;
        }
        let size = units.wrapping_abs();
        let exposed = self.cash_of_up(size, highest);
        let Some(sums) = self.scratch.sums.get_mut(place) else {
            return;
        };
        sums.used = true;
        if put.is_none() {
            add(&mut sums.notional, counts);
        }
        if self.end == End::Good {
            return;
        }
        add(&mut sums.unsure, size);
        if option.is_some() {
            add(&mut sums.options, size);
            add(&mut sums.short_options, units.wrapping_neg().max(0));
            add(&mut sums.skew, exposed);
        } else {
            add(&mut sums.linear, size);
        }
        let years = years_to(day, self.market.now);
        let moved = scale_ceil(exposed, underlying.rates.basis_move);
        self.basis(underlying, years, moved);
        if option.is_some() {
            let worth = self.cash_of_up(size, price.min(MAX_PRICE));
            self.interest(underlying, years, worth);
        }
    }
}
