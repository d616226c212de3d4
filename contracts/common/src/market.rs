//! The market of a batch of portfolios, from one question to the oracle. Shared by the contracts that compute with the
//! kernel.
use crate::{
    Revert,
    abi::Call,
    errors::BadAnswer,
    interface::{self, margin, oracle},
};
use alloc::vec::Vec;
use plimsoll_kernel::portfolio::{
    Portfolio,
    market::Market,
    snapshot::{Dependencies, FEED, Quote, SEQUENCER, Sequencer, SnapshotRequest},
};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    host::VM,
    prelude::*,
};

/// The place where the words of parameters are stored.
pub trait Terms {
    /// The words behind `keys`.
    ///
    /// # Errors
    /// Those of the contract that is asked.
    fn ask(&self, keys: &[U256]) -> Result<Vec<U256>, Revert>;
}

/// The words of a `margin` at an address.
#[derive(Debug)]
pub struct Remote<'a> {
    /// The host of the calls.
    pub vm: &'a VM,
    /// The contract.
    pub margin: Address,
}

impl Terms for Remote<'_> {
    fn ask(&self, keys: &[U256]) -> Result<Vec<U256>, Revert> {
        ask(self.vm, self.margin, &margin::TERMS, keys)
    }
}

#[inline(never)]
fn ask(
    vm: &VM,
    callee: Address,
    call: &Call<(Vec<U256>,), (Vec<U256>,)>,
    keys: &[U256],
) -> Result<Vec<U256>, Revert> {
    Ok(call.static_call(vm, callee, &(keys.to_vec(),))?.0)
}

/// The collateral of an ABI portfolio as the kernel wants it.
#[must_use]
#[inline(never)]
pub fn collateral(portfolio: &interface::Portfolio) -> Vec<(u8, u128)> {
    let held = portfolio.collateral.iter();
    held.map(|b| (b.asset, b.amount)).collect()
}

/// An ABI portfolio as the kernel wants it.
#[must_use]
pub fn view<'a>(
    portfolio: &'a interface::Portfolio,
    collateral: &'a [(u8, u128)],
) -> Portfolio<'a> {
    Portfolio {
        cash: portfolio.cash,
        collateral,
        slots: &portfolio.legs,
    }
}

/// The underlyings, expiries and feeds that these portfolios rest on, those of linked collateral included.
///
/// # Errors
/// Those of `terms`.
#[inline(never)]
pub fn needs(terms: &impl Terms, portfolios: &[Portfolio<'_>]) -> Result<Dependencies, Revert> {
    let mut needs = Dependencies::default();
    portfolios.iter().for_each(|p| needs.add(p));
    needs.link(&terms.ask(&needs.asset_keys())?);
    Ok(needs)
}

/// The portfolios in one group if one market can hold all their dependencies, else one by one.
///
/// # Errors
/// Those of `terms`.
pub fn groups<'a>(
    terms: &impl Terms,
    portfolios: &'a [Portfolio<'a>],
) -> Result<impl Iterator<Item = &'a [Portfolio<'a>]>, Revert> {
    let together = needs(terms, portfolios)?.fits();
    let size = if together { portfolios.len().max(1) } else { 1 };
    Ok(portfolios.chunks(size))
}

/// The result of `f` for the market of these portfolios.
///
/// # Errors
/// As [`of`].
pub fn with_market<T>(
    vm: &VM,
    oracle: Address,
    terms: &impl Terms,
    portfolios: &[Portfolio<'_>],
    f: impl FnOnce(&Market<'_>) -> T,
) -> Result<T, Revert> {
    let (board, words) = of(vm, oracle, terms, needs(terms, portfolios)?)?;
    Ok(board.with_market(vm.block_timestamp(), &words, f))
}

/// The terms of these dependencies, and the oracle's answer.
///
/// # Errors
/// Those of `terms`; those of the oracle, none of them for the state of a feed; [`BadAnswer`].
#[inline(never)]
pub fn of(
    vm: &VM,
    oracle: Address,
    terms: &impl Terms,
    needs: Dependencies,
) -> Result<(SnapshotRequest, Vec<U256>), Revert> {
    let words = terms.ask(&needs.keys())?;
    let board = SnapshotRequest::new(needs, &words);
    let words = ask(vm, oracle, &oracle::SNAPSHOT, &board.keys())?;
    if words.len() != board.answer_len() {
        return Err(BadAnswer { callee: oracle }.into());
    }
    Ok((board, words))
}

/// The oracle's quote of a feed; feed 0 is the settlement coin itself.
///
/// # Errors
/// Its `UnknownFeed`, `InsufficientGas`; [`BadAnswer`].
pub fn quote(vm: &VM, oracle: Address, feed: u16) -> Result<Quote, Revert> {
    if feed == 0 {
        return Ok(Quote::ONE);
    }
    word(vm, oracle, FEED | u64::from(feed)).map(Quote::decode)
}

/// The state of the chain's sequencer.
///
/// # Errors
/// The oracle's `InsufficientGas`; [`BadAnswer`].
pub fn sequencer(vm: &VM, oracle: Address) -> Result<Sequencer, Revert> {
    word(vm, oracle, SEQUENCER).map(Sequencer::decode)
}

/// The one word behind a key.
#[inline(never)]
fn word(vm: &VM, oracle: Address, key: u64) -> Result<U256, Revert> {
    match *ask(vm, oracle, &oracle::SNAPSHOT, &[U256::from(key)])? {
        [word] => Ok(word),
        _ => Err(BadAnswer { callee: oracle }.into()),
    }
}
