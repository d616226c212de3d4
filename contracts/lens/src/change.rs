//! Portfolios after a change: legs and cash added, an asset taken out.
use crate::{
    Lens,
    sol::{InvalidInstrument, Leg, SizeOutOfRange, UnknownLeg},
};
use alloy_primitives::{B256, I256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    at_most,
    errors::TooManyItems,
    interface::{Assessment, Portfolio, vault},
};
use plimsoll_kernel::{
    book::{self, MAX_ASSETS, MAX_SLOTS},
    codec::InstrumentId,
    num::{to_u128, to_wad_down},
    portfolio::explain::Alone,
};
use stylus_sdk::prelude::*;

/// Most legs of one call.
pub const MAX_LEGS: usize = 128;

/// Refuses a portfolio with more items than an account can hold.
///
/// # Errors
/// [`TooManyItems`].
pub(crate) fn check(portfolio: &Portfolio) -> Result<(), Revert> {
    at_most(portfolio.collateral.len(), MAX_ASSETS)?;
    at_most(portfolio.legs.len(), MAX_SLOTS)
}

impl Lens {
    /// What a position adds to the requirements of an account that opens it at the mark without fees.
    pub(crate) fn added(
        &self,
        account: B256,
        instrument: u128,
        size: i64,
    ) -> Result<(I256, I256, Assessment), Revert> {
        let Alone { value, .. } = self.position(instrument, size)?;
        let out_of_range = SizeOutOfRange { instrument };
        let (quote, cash) = if InstrumentId(instrument).kind().is_option() {
            (0, value.checked_neg().ok_or(out_of_range)?)
        } else {
            (value, 0)
        };
        let leg = Leg {
            instrument,
            size,
            quote,
        };
        let (portfolio, ..) =
            vault::ACCOUNT.static_call(self.vm(), self.vault.address(), &(account,))?;
        let (before, after) = self.both(portfolio, cash, &[leg])?;
        let added = |after: U256, before: U256| {
            let number = |requirement| i128::try_from(to_u128(requirement)?).ok();
            number(after)?.checked_sub(number(before)?).map(int)
        };
        let both = added(after.im, before.im).zip(added(after.mm, before.mm));
        let (im, mm) = both.ok_or_else(|| self.bad_answer())?;
        Ok((im, mm, after))
    }
}

/// The amount of an asset in a portfolio.
pub(crate) fn balance(portfolio: &Portfolio, asset: u8) -> u128 {
    let held = portfolio.collateral.iter().find(|held| held.asset == asset);
    held.map_or(0, |held| held.amount)
}

/// The portfolio after an amount has left it.
pub(crate) fn without(portfolio: &Portfolio, asset: u8, decimals: u8, amount: u128) -> Portfolio {
    let mut left = portfolio.clone();
    if asset == 0 {
        let cash = to_wad_down(amount, decimals).and_then(|cash| i128::try_from(cash).ok());
        left.cash = left.cash.saturating_sub(cash.unwrap_or(i128::MAX));
    } else if let Some(held) = left.collateral.iter_mut().find(|held| held.asset == asset) {
        held.amount = held.amount.saturating_sub(amount);
    }
    left.collateral.retain(|held| held.amount != 0);
    left
}

/// The portfolio after cash and legs were added to it. A leg that closes leaves minus its quote in cash.
///
/// # Errors
/// [`InvalidInstrument`], [`UnknownLeg`], [`SizeOutOfRange`], [`TooManyItems`].
pub(crate) fn changed(
    portfolio: &Portfolio,
    cash: i128,
    changes: &[Leg],
) -> Result<Portfolio, Revert> {
    check(portfolio)?;
    at_most(changes.len(), MAX_LEGS)?;
    let mut after = portfolio.clone();
    let out_of_range = |instrument| SizeOutOfRange { instrument };
    let mut add = |sum: i128, instrument: u128| {
        after.cash = after
            .cash
            .checked_add(sum)
            .ok_or(out_of_range(instrument))?;
        Ok::<_, Revert>(())
    };
    add(cash, 0)?;
    for change in changes {
        let instrument = change.instrument;
        let delta = book::Leg {
            instrument: InstrumentId(instrument),
            size: change.size,
            quote: change.quote,
        };
        match book::change(&mut after.legs, &delta) {
            Ok(book::Change::Open(_)) => {}
            Ok(book::Change::Closed { quote }) => {
                let paid = quote.checked_neg().ok_or(out_of_range(instrument))?;
                add(paid, instrument)?;
            }
            Err(refusal) => return Err(refused(refusal, instrument)),
        }
    }
    Ok(after)
}

/// The error for a leg change that the book refuses.
fn refused(refusal: book::BookRefusal, instrument: u128) -> Revert {
    match refusal {
        book::BookRefusal::Full => TooManyItems {
            given: U256::from(MAX_SLOTS + 1),
            limit: U256::from(MAX_SLOTS),
        }
        .into(),
        book::BookRefusal::OutOfRange => SizeOutOfRange { instrument }.into(),
        book::BookRefusal::NoLeg => UnknownLeg { instrument }.into(),
        book::BookRefusal::Instrument => InvalidInstrument { instrument }.into(),
    }
}
