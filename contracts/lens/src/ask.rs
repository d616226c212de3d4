//! Questions: a portfolio and its market for the kernel, and portfolios for `margin`.
use crate::{
    Lens,
    change::{changed, check},
    sol::{InvalidInstrument, Leg, MarkStale, SizeOutOfRange, UnknownUnderlying},
};
use alloc::{boxed::Box, vec, vec::Vec};
use alloy_primitives::U256;
use plimsoll_common::{
    Revert,
    errors::BadAnswer,
    interface::{Assessment, Portfolio, margin},
    market::{self, Remote},
};
use plimsoll_kernel::{
    book,
    codec::{InstrumentId, LegSlot},
    portfolio::{Portfolio as View, Scratch, assess, explain::Alone, mark, market::Market},
};
use stylus_sdk::prelude::*;

impl Lens {
    /// The result of `f` for a portfolio and its market. Refuses a portfolio with an item that no market has: it would count
    /// as nothing.
    pub(crate) fn with_market<T>(
        &self,
        portfolio: &Portfolio,
        f: impl Fn(&Market<'_>, &View<'_>, &mut Scratch) -> T,
    ) -> Result<T, Revert> {
        let mut said = None;
        self.visit(portfolio, &mut |market, view, scratch| {
            said = Some(f(market, view, scratch));
        })?;
        // `visit` has called `f`.
        said.ok_or_else(|| self.bad_answer())
    }

    /// As [`Self::with_market`], not generic: the code that builds a market is in the module once.
    #[inline(never)]
    fn visit(
        &self,
        portfolio: &Portfolio,
        f: &mut dyn FnMut(&Market<'_>, &View<'_>, &mut Scratch),
    ) -> Result<(), Revert> {
        check(portfolio)?;
        let collateral = market::collateral(portfolio);
        let view = market::view(portfolio, &collateral);
        let (_, _, _, margin, oracle) = self.siblings();
        let vm = self.vm();
        let terms = Remote { vm, margin };
        market::with_market(vm, oracle, &terms, &[view], |market| {
            check_listed(market, view.slots)?;
            f(market, &view, &mut Box::new(Scratch::NEW));
            Ok(())
        })?
    }

    /// A position opened at its mark, without the rest of an account.
    pub(crate) fn position(&self, instrument: u128, size: i64) -> Result<Alone, Revert> {
        let leg = Leg {
            instrument,
            size,
            quote: 0,
        };
        let portfolio = changed(&Portfolio::default(), 0, &[leg])?;
        self.with_market(&portfolio, |market, view, scratch| {
            let assessed = assess(market, view, scratch);
            if assessed.stale || !mark::mark(market, InstrumentId(instrument)).fresh {
                return Err(MarkStale { instrument }.into());
            }
            if assessed.out_of_range {
                return Err(SizeOutOfRange { instrument }.into());
            }
            Ok(Alone {
                value: assessed.equity,
                im: assessed.im,
                mm: assessed.mm,
            })
        })?
    }

    /// The error of an answer of `margin` with another number of items than asked for.
    pub(crate) fn bad_answer(&self) -> Revert {
        let callee = self.margin.address();
        BadAnswer { callee }.into()
    }

    /// Margin's assessments of portfolios.
    pub(crate) fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        let margin = self.margin.address();
        let (answers,) = margin::ASSESS.static_call(self.vm(), margin, &(portfolios,))?;
        Ok(answers)
    }

    /// Margin's assessment of one portfolio.
    pub(crate) fn first(&self, portfolios: Vec<Portfolio>) -> Result<Assessment, Revert> {
        let answers = self.assess(portfolios)?;
        answers.first().copied().ok_or_else(|| self.bad_answer())
    }

    /// The assessments of a portfolio before and after cash and legs are added to it.
    pub(crate) fn both(
        &self,
        portfolio: Portfolio,
        cash: i128,
        changes: &[Leg],
    ) -> Result<(Assessment, Assessment), Revert> {
        let after = changed(&portfolio, cash, changes)?;
        let answers = self.assess(vec![portfolio, after])?;
        match answers.as_slice() {
            [before, after] => Ok((*before, *after)),
            _ => Err(self.bad_answer()),
        }
    }
}

/// Refuses slots that hold no leg, and legs on underlyings without terms.
fn check_listed(market: &Market<'_>, slots: &[U256]) -> Result<(), Revert> {
    for slot in slots {
        if LegSlot::decode(*slot).is_none() {
            let [.., low, high] = *slot.as_limbs();
            let instrument = u128::from(high) << 64 | u128::from(low);
            return Err(InvalidInstrument { instrument }.into());
        }
    }
    for leg in book::all(slots) {
        let underlying = leg.instrument.underlying();
        if market.underlyings.iter().all(|u| u.id != underlying) {
            return Err(UnknownUnderlying { underlying }.into());
        }
    }
    Ok(())
}
