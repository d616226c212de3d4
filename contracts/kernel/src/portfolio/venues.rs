//! What the legs of a portfolio are worth by venue.
use super::{
    Portfolio, Run, Scratch,
    ends::End,
    explain::own_slot,
    market::Market,
    money::{Cash, add, minus},
    scan::{ExpiryScan, OptionView, Tenor},
    scenario::{Rule, Scenario},
};
use crate::{
    black76::{Factor, Price},
    book,
    codec::OptionLeg,
    num::U256,
};

/// Gives the venue and the mark of every leg to `each`, in slot order, as the vault's slots hold them. Each mark is rounded as
/// [`super::assess`] rounds it, so that together they are its `marks`, to the unit.
pub fn marks(
    market: &Market<'_>,
    slots: &[U256],
    scratch: &mut Scratch,
    each: &mut dyn FnMut(u16, Cash),
) {
    let nothing = Portfolio {
        cash: 0,
        collateral: &[],
        slots: &[],
    };
    let mut run = Run::read(market, &nothing, End::Last, scratch);
    for leg in book::all(slots) {
        let Some(slot) = own_slot(&leg) else {
            continue;
        };
        let (equity, options) = (run.equity, run.legs);
        run.slot(0, slot);
        let mut mark = minus(run.equity, equity);
        // an option that can be valued has joined those of its expiry, which the scan would value
        if run.legs != options
            && let Some((option, _)) = run.scratch.legs.get(options).copied()
        {
            add(&mut mark, run.option_mark(&option));
        }
        each(leg.instrument.venue(), mark);
    }
}

impl Run<'_, '_> {
    /// The value of an option as the scan's identity has it; 0 where it leaves its range.
    #[inline(never)]
    fn option_mark(&mut self, leg: &OptionLeg) -> Cash {
        let Some((_, underlying)) = self.underlying(leg.instrument.underlying()) else {
            return 0;
        };
        let Some(expiry) = underlying.expiry(leg.instrument.expiry_day()) else {
            return 0;
        };
        let tenor = Tenor::new(underlying, expiry, self.market.now);
        let forward = Price::new(expiry.forward());
        let Some(option) = OptionView::new(leg, underlying.lot, expiry, forward, &tenor) else {
            return 0;
        };
        // by the code of the scan, at the identity alone
        let identity = Scenario::new(Factor::IDENTITY, Rule::None);
        self.scratch.expiry = ExpiryScan::ZERO;
        self.scratch
            .expiry
            .add(&option, &[identity.factor], &[identity]);
        let (mark, ..) = self.scratch.expiry.marks(0);
        mark
    }
}
