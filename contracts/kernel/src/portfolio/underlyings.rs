//! What each underlying of a portfolio loses in every scenario, and what it is charged besides.
use super::{
    Group, Run, Scratch,
    charges::Charge,
    market::{Expiry, MAX_PRICE, MAX_UNDERLYINGS, Underlying},
    money::{add, minus, part_of_one, plus, scale_ceil, scale_floor},
    multipliers::CostRates,
    scan::{ExpiryScan, Nodes, OptionView, Tenor, forward_factor},
};
use crate::{
    black76::Price,
    codec::OptionLeg,
    fixed::{ONE_Q40, mul_shift_ceil},
    num,
};

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
        if !expiry.is_settled(self.market.now) {
            let short = self.net_short(head);
            let short = self.units(short, underlying.lot);
            if let Some(sums) = self.scratch.sums.get_mut(place) {
                add(&mut sums.short_options, short);
            }
        }
        let tenor = Tenor::new(underlying, expiry, self.market.now);
        let price = Price::new(expiry.forward());
        for (factor, node) in self.scratch.factors.iter_mut().zip(nodes.all()) {
            *factor = forward_factor(expiry, node);
        }
        self.scratch.expiry = ExpiryScan::ZERO;
        let mut at = head;
        while let Some((leg, next)) = self.leg(at) {
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
        let rates = &underlying.rates;
        let rate = rates
            .basis_at_expiry
            .saturating_add(mul_shift_ceil::<40>(rates.basis_per_year, tenor.years))
            .min(32 * ONE_Q40);
        let add_ons = &mut self.scratch.add_ons;
        add_ons.charge(Charge::Basis, loss, (rate, rate));
        let of_value = |rate| mul_shift_ceil::<40>(rate, tenor.years).min(ONE_Q40);
        let rate = (of_value(rates.rate.0), of_value(rates.rate.1));
        add_ons.charge(Charge::Rate, value.wrapping_abs(), rate);
        if let Some(scan) = self.scratch.scans.get_mut(place) {
            scan.add(&self.scratch.expiry, nodes);
        }
    }

    /// Lots that the options of the list from `head` on are short, calls and puts of a strike netted. At most 128 legs, so at
    /// most 2^14 steps.
    #[inline(never)]
    fn net_short(&self, head: u8) -> i64 {
        let (mut sum, mut at) = (0_i64, head);
        while let Some((leg, next)) = self.leg(at) {
            let (mut net, mut last, mut other) = (0_i64, 0, head);
            while let Some((same, following)) = self.leg(other) {
                if same.instrument.strike_bits() == leg.instrument.strike_bits() {
                    // SAFETY: 128 sizes below 2^53
                    net = net.wrapping_add(same.size);
                    last = other;
                }
                other = following;
            }
            // a strike counts once, where it is last
            if last == at {
                sum = sum.wrapping_sub(net.min(0));
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

    /// Add-ons of an underlying that are rates on sizes.
    #[inline(never)]
    fn charges(&mut self, place: usize, underlying: &Underlying<'_>, first: usize) {
        let Some(sums) = self.scratch.sums.get(place).copied() else {
            return;
        };
        // If spot is unknown, `spot` is only an upper bound. Charges on it would lower `best` without evidence, so the
        // base is 0.
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
