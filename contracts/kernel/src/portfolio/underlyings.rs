//! What each underlying of a portfolio loses in every scenario, and what it is charged besides.
use super::{
    Group, Run, Scratch,
    charges::Charge,
    ends::End,
    market::{Expiry, MAX_PRICE, MAX_UNDERLYINGS, Underlying},
    money::{Cash, add, minus, part_of_one, plus, scale_ceil, scale_floor},
    multipliers::CostRates,
    scan::{ExpiryScan, Nodes, OptionView, Tenor, forward_factor, variable_share},
    scenario::{Rule, Scenario},
};
use crate::{
    black76::Price,
    codec::{Kind, OptionLeg, Strike},
    fixed::{ONE_Q40, Q40, mul_shift_ceil},
    num,
};

/// An expiry without a fresh price, at an end of what it may be.
struct Doubt {
    /// Lowest and highest forward.
    low: Price,
    high: Price,
    /// The most the basis can take at the bad end, before its rate.
    moved: Cash,
    /// The same of the skew.
    skew: Cash,
    /// No less than what its options can be worth together.
    worth: Cash,
}

impl Run<'_, '_> {
    pub(super) fn underlyings(&mut self) {
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
        // Where the pockets of a stale surface are nobody knows: at the good end there are none.
        let near = underlying.near.filter(|e| self.end != End::Good || e.fresh);
        let nodes = Nodes::of(
            &Underlying {
                near,
                ..*underlying
            },
            self.market.now,
        );
        self.ride(place, underlying);
        for (offset, expiry) in underlying.expiries.iter().enumerate() {
            self.scan_expiry(place, underlying, expiry, first + offset, &nodes);
        }
        let sums = self.scratch.sums.get(place).copied().unwrap_or_default();
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.finish(sums.notional, sums.skew, nodes.as_slice());
        }
    }

    /// Moves what is linear in a stale spot to its end.
    #[inline(never)]
    fn ride(&mut self, place: usize, underlying: &Underlying<'_>) {
        let Some(sums) = self.scratch.sums.get_mut(place) else {
            return;
        };
        if self.end == End::Last {
            return;
        }
        let (low, high) = underlying.spot_shares();
        let share = if self.end.takes_high(sums.rides > 0) {
            high
        } else {
            low
        };
        let moved = scale_floor(sums.rides, share - ONE_Q40);
        add(&mut sums.notional, moved);
        add(&mut self.equity, moved);
    }

    /// Moves the futures of an expiry without a known forward to their end.
    #[inline(never)]
    fn futures(&mut self, place: usize, expiry: &Expiry, group: Group, doubt: &Doubt) {
        let Group {
            futures, notional, ..
        } = group;
        let price = if self.end.takes_high(futures > 0) {
            doubt.high
        } else {
            doubt.low
        };
        let value = self.cash_of(futures, price.wad);
        let moved = minus(value, self.cash_of(futures, expiry.forward()));
        add(&mut self.equity, moved);
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            let moving = scale_floor(value, variable_share(expiry));
            add(&mut sums.notional, minus(moving, notional));
        }
    }

    /// An option at its end: a call at the highest or the lowest forward, a put the other way round, with volatility up or
    /// down. `long`: whether all that is held of its kind and strike, at whatever venue, is more than nothing.
    #[inline(never)]
    fn at_end(
        &mut self,
        option: &OptionView,
        (leg, long): (&OptionLeg, bool),
        lot: u64,
        expiry: &Expiry,
        doubt: &mut Doubt,
        tenor: &Tenor,
    ) -> Option<OptionView> {
        let high = self.end.takes_high(long);
        let put = leg.instrument.kind() == Kind::Put;
        let forward = if high == put { doubt.low } else { doubt.high };
        let rule = if high { Rule::Up } else { Rule::Down };
        let size = self.units(leg.size, lot).wrapping_abs();
        let exposed = self.cash_of_up(size, doubt.high.wad);
        // a put is worth no more than its strike, a call no more than its forward
        let strike = leg.instrument.decode()?.strike.filter(|_| put);
        let worth = strike.map_or(doubt.high.wad, Strike::to_wad);
        add(&mut doubt.worth, self.cash_of_up(size, worth));
        let [_, up, ..] = option.stdevs;
        add(&mut doubt.moved, exposed);
        add(&mut doubt.skew, scale_ceil(exposed, tenor.most_skewed(up)));
        option.moved(leg, lot, expiry, (forward, rule), tenor)
    }

    /// The charge for the interest on the value of an expiry's options.
    pub(super) fn interest(&mut self, underlying: &Underlying<'_>, years: Q40, value: Cash) {
        let (im, mm) = underlying.rates.rate;
        let rate = |a_year| mul_shift_ceil::<40>(a_year, years).min(ONE_Q40);
        let add_ons = &mut self.scratch.add_ons;
        add_ons.charge(Charge::Rate, value, (rate(im), rate(mm)));
    }

    /// The charge for the calendar basis of an expiry that loses `loss` by it.
    pub(super) fn basis(&mut self, underlying: &Underlying<'_>, years: Q40, loss: Cash) {
        let rates = &underlying.rates;
        let rate = rates
            .basis_at_expiry
            .saturating_add(mul_shift_ceil::<40>(rates.basis_per_year, years))
            .min(32 * ONE_Q40);
        let add_ons = &mut self.scratch.add_ons;
        add_ons.charge(Charge::Basis, loss, (rate, rate));
    }

    #[inline(never)]
    fn scan_expiry(
        &mut self,
        place: usize,
        underlying: &Underlying<'_>,
        expiry: &Expiry,
        number: usize,
        nodes: &Nodes,
    ) {
        let Some(group) = self.scratch.groups.get(number).copied() else {
            return;
        };
        let Group { head, notional, .. } = group;
        if head == 0 && notional == 0 && group.futures == 0 {
            return;
        }
        if !self.is_over(expiry) {
            let short = self.net_short(head);
            let short = self.units(short, underlying.lot);
            if let Some(sums) = self.scratch.sums.get_mut(place) {
                add(&mut sums.short_options, short);
            }
        }
        let tenor = Tenor::new(underlying, expiry, self.market.now);
        let price = Price::new(expiry.forward());
        let mut doubt = self.doubt(underlying, expiry);
        if let Some(doubt) = &doubt
            && !underlying.rides(expiry)
        {
            self.futures(place, expiry, group, doubt);
            // what only waits for its settlement is charged nothing at the good end
            if self.is_over(expiry)
                && let Some(group) = self.scratch.groups.get_mut(number)
            {
                group.futures = 0;
            }
        }
        for (factor, node) in self.scratch.factors.iter_mut().zip(nodes.all()) {
            *factor = forward_factor(expiry, node);
        }
        self.scratch.expiry = ExpiryScan::ZERO;
        let mut at = head;
        while let Some((leg, next)) = self.leg(at) {
            let lot = underlying.lot;
            let mut option = OptionView::new(&leg, lot, expiry, price, &tenor);
            if let (Some(view), Some(doubt)) = (option, &mut doubt) {
                let long = self.net(head, &leg) > 0;
                option = self.at_end(&view, (&leg, long), lot, expiry, doubt, &tenor);
            }
            match option {
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
        if let Some(doubt) = doubt {
            self.bounds(place, underlying, group.futures, &doubt, &tenor, nodes);
            return;
        }
        let (value, down, up) = self.scratch.expiry.marks(nodes.len());
        add(&mut self.equity, value);
        let linear = scale_floor(notional, underlying.rates.basis_move);
        let (falls, rises) = (minus(value, down), minus(value, up));
        let loss = plus(falls, linear).max(minus(rises, linear)).max(0);
        self.basis(underlying, tenor.years, loss);
        self.interest(underlying, tenor.years, value.wrapping_abs());
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.add(&self.scratch.expiry, nodes);
        }
    }

    /// Lots that the options of the list from `head` on are short, calls and puts of a strike netted. At most 128 legs, so at
    /// most 2^13 steps.
    #[inline(never)]
    fn net_short(&self, head: u8) -> i64 {
        // one bit a place: already counted with a leg of its strike
        let bit = |place: u8| {
            1_u128
                .checked_shl(u32::from(place).wrapping_sub(1))
                .unwrap_or(0)
        };
        let (mut sum, mut at, mut counted) = (0_i64, head, 0_u128);
        while let Some((leg, next)) = self.leg(at) {
            if counted & bit(at) == 0 {
                let strike = leg.instrument.strike_bits();
                let (mut net, mut other) = (leg.size, next);
                while let Some((same, following)) = self.leg(other) {
                    if same.instrument.strike_bits() == strike {
                        // SAFETY: 128 sizes below 2^53
                        net = net.wrapping_add(same.size);
                        counted |= bit(other);
                    }
                    other = following;
                }
                sum = sum.wrapping_sub(net.min(0));
            }
            at = next;
        }
        sum
    }

    /// Net lots of the options of the list from `head` on that are of this one's kind and strike, whatever the venue.
    #[inline(never)]
    fn net(&self, head: u8, leg: &OptionLeg) -> i64 {
        let of = |l: &OptionLeg| (l.instrument.kind() == Kind::Put, l.instrument.strike_bits());
        let wanted = of(leg);
        let (mut sum, mut at) = (0_i64, head);
        while let Some((same, next)) = self.leg(at) {
            if of(&same) == wanted {
                // SAFETY: 128 sizes below 2^53
                sum = sum.wrapping_add(same.size);
            }
            at = next;
        }
        sum
    }

    /// The option at `place` of a list, and the place of the next; `None` at its end.
    fn leg(&self, place: u8) -> Option<(OptionLeg, u8)> {
        let index = usize::from(place).checked_sub(1)?;
        self.scratch.legs.get(index).copied()
    }

    /// What an expiry may be, where it is not fresh and this is an end.
    #[inline(never)]
    fn doubt(&self, underlying: &Underlying<'_>, expiry: &Expiry) -> Option<Doubt> {
        let sure = expiry.fresh && underlying.fresh || expiry.is_settled(self.market.now);
        if self.end == End::Last || sure {
            return None;
        }
        let (low, high) = underlying.forwards(Some(expiry), self.market.now);
        Some(Doubt {
            low: Price::new(low),
            high: Price::new(high),
            moved: 0,
            skew: 0,
            worth: 0,
        })
    }

    /// Closes the scan of an expiry at an end. What the skew and the basis take is nothing at the good end; at the bad end
    /// it is no less than at any forward and deviation between the ends.
    #[inline(never)]
    fn bounds(
        &mut self,
        place: usize,
        underlying: &Underlying<'_>,
        futures: i128,
        doubt: &Doubt,
        tenor: &Tenor,
        nodes: &[Scenario],
    ) {
        let scan = &mut self.scratch.expiry;
        scan.unskew(nodes);
        let (value, ..) = scan.marks(nodes.len());
        add(&mut self.equity, value);
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.add(&self.scratch.expiry, nodes);
        }
        if self.end == End::Good {
            return;
        }
        if let Some(sums) = self.scratch.sums.get_mut(place) {
            add(&mut sums.skew, doubt.skew);
        }
        let linear = self.cash_of_up(futures.wrapping_abs(), doubt.high.wad);
        let moved = scale_ceil(plus(doubt.moved, linear), underlying.rates.basis_move);
        self.basis(underlying, tenor.years, moved);
        self.interest(underlying, tenor.years, doubt.worth);
    }

    /// Add-ons of an underlying that are rates on sizes.
    #[inline(never)]
    fn charges(&mut self, place: usize, underlying: &Underlying<'_>, first: usize) {
        let Some(sums) = self.scratch.sums.get(place).copied() else {
            return;
        };
        let (lowest, highest) = underlying.spots();
        let spot = match self.end {
            // If spot is unknown, it is only an upper bound.
            End::Last if !underlying.known => 0,
            End::Last => underlying.spot.min(MAX_PRICE),
            End::Good => lowest,
            End::Bad => highest,
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
            .fold(plus(sums.net.wrapping_abs(), sums.unsure), |sum, v| {
                plus(sum, v.wrapping_abs())
            });
        let unsure = self.cash_of_up(unsure, spot);
        // the jump of a round asks more of who opens, and liquidates nobody
        let jump = underlying.jump.clamp(0, 4 * ONE_Q40);
        let doubt = (
            underlying.confidence.wrapping_add(jump),
            underlying.confidence,
        );
        let coin = (num::WAD / 100 * 99).saturating_sub(self.market.coin);
        let depeg = part_of_one(coin);
        let exposed = scale_ceil(plus(short, linear), depeg);
        let add_ons = &mut self.scratch.add_ons;
        let cost = |pair| CostRates::of(underlying, pair);
        add_ons.cost(Charge::ShortOption, short, cost(rates.short_option));
        add_ons.cost(Charge::OptionCost, options, cost(rates.option_cost));
        add_ons.cost(Charge::LinearCost, linear, cost(rates.linear_cost));
        add_ons.charge(Charge::Depeg, exposed, rates.depeg);
        add_ons.charge(Charge::Confidence, unsure, doubt);
    }
}
