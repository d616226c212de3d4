//! Portfolios after something was added to them or taken out.
use crate::sol::{InvalidInstrument, Leg, SizeOutOfRange, UnknownLeg};
use alloy_primitives::U256;
use plimsoll_common::{Revert, at_most, errors::TooManyItems, interface::Portfolio};
use plimsoll_kernel::{
    book::{self, MAX_ASSETS, MAX_SLOTS},
    codec::InstrumentId,
    num::to_wad_down,
};

/// Most legs of one call.
pub const MAX_LEGS: usize = 128;

/// Refuses what no account can hold.
///
/// # Errors
/// [`TooManyItems`].
pub(crate) fn check(portfolio: &Portfolio) -> Result<(), Revert> {
    at_most(portfolio.collateral.len(), MAX_ASSETS)?;
    at_most(portfolio.legs.len(), MAX_SLOTS)
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
