//! What the house sees in a portfolio, for traders, venues and keepers: greeks, what a change would do, what can be
//! withdrawn. Views only: no contract of the house depends on it.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]
extern crate alloc;

pub mod sol;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Ownable, Revert, abi_struct, at_most,
    errors::{BadAnswer, TooManyItems},
    interface::{Assessment, AssetBalance, Portfolio, margin, vault},
    market::{self, Remote},
    store::Word,
};
use plimsoll_kernel::{
    book::{self, MAX_ASSETS, MAX_SLOTS},
    codec::{Account, InstrumentId},
    num::{Int256, from_wad_down, to_wad_down, u128_to_u256},
    portfolio::{Portfolio as View, explain, market::Market},
};
use sol::{InvalidInstrument, SizeOutOfRange, UnknownLeg};
use stylus_sdk::prelude::*;

/// Most legs of one call.
pub const MAX_LEGS: usize = 128;

abi_struct! {
    /// A leg in the open, or a change of one; `abi/Types.sol` documents the fields.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Leg {
        /// Its id.
        instrument: u128,
        /// Lots.
        size: i64,
        /// 1e-18 cash.
        quote: i128,
    }

    /// Sensitivities to one underlying; `abi/Types.sol` documents the fields.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Greeks {
        /// Its number.
        underlying: u16,
        /// 1e18 units.
        delta: i128,
        /// 1e18.
        gamma: i128,
        /// 1e18 cash.
        vega: i128,
        /// 1e18 cash.
        theta: i128,
    }

    /// One leg in one scenario; `abi/Types.sol` documents the fields.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Contribution {
        /// Its id.
        instrument: u128,
        /// 1e18 cash.
        mark: i128,
        /// 1e18 cash.
        change: i128,
    }
}

/// The contract.
#[storage]
pub struct Lens {
    ownable: Ownable,
    vault: Word,
    margin: Word,
    oracle: Word,
}

plimsoll_common::entrypoint!(
    Lens,
    methods = [
        initialize,
        vault,
        margin,
        oracle,
        greeks,
        contributions,
        assess_legs,
        what_if,
        max_withdraw,
    ]
);

impl Lens {
    /// Names its siblings. Deployer only, once; nobody owns it afterwards.
    pub fn initialize(
        &mut self,
        vault: Address,
        margin: Address,
        oracle: Address,
    ) -> Result<(), Revert> {
        self.ownable.use_up()?;
        self.vault.set_address(vault);
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// The ledger.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// The margin calculator.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// The oracle hub.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Sensitivities of a portfolio to each underlying it holds, at the last prices.
    ///
    /// # Errors
    /// [`TooManyItems`].
    pub fn greeks(&self, portfolio: Portfolio) -> Result<Vec<Greeks>, Revert> {
        let mut all = Vec::new();
        self.with_market(&portfolio, &mut |market, view| {
            for (place, underlying) in market.underlyings.iter().enumerate() {
                let explain::Greeks {
                    delta,
                    gamma,
                    vega,
                    theta,
                } = explain::greeks(market, view, place);
                all.push(Greeks {
                    underlying: underlying.id,
                    delta,
                    gamma,
                    vega,
                    theta,
                });
            }
        })?;
        Ok(all)
    }

    /// What each leg on an underlying is worth, and by how much that changes, times the weight, in scenario `scenario`:
    /// the worst one is in the explainer's answer.
    ///
    /// # Errors
    /// [`TooManyItems`].
    pub fn contributions(
        &self,
        portfolio: Portfolio,
        underlying: u16,
        scenario: u8,
    ) -> Result<Vec<Contribution>, Revert> {
        let mut all = Vec::new();
        self.with_market(&portfolio, &mut |market, view| {
            let place = market.underlyings.iter().position(|u| u.id == underlying);
            let place = place.unwrap_or(usize::MAX);
            for part in explain::contributions(market, view, place, scenario.into()) {
                all.push(Contribution {
                    instrument: part.instrument.0,
                    mark: part.mark,
                    change: part.change,
                });
            }
        })?;
        Ok(all)
    }

    /// Assesses a portfolio given as legs, for a protocol that clears nothing here. Legs of one instrument net.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`SizeOutOfRange`], [`TooManyItems`].
    pub fn assess_legs(
        &self,
        cash: i128,
        collateral: Vec<AssetBalance>,
        legs: Vec<Leg>,
    ) -> Result<Assessment, Revert> {
        let empty = Portfolio {
            cash,
            collateral,
            legs: vec![],
        };
        self.first(vec![changed(&empty, 0, &legs)?])
    }

    /// What margin says of a portfolio, and what it would say after `cash` and the legs are added to it.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`UnknownLeg`] for a change of size 0 of a leg that is not held, [`SizeOutOfRange`],
    /// [`TooManyItems`].
    pub fn what_if(
        &self,
        portfolio: Portfolio,
        cash: i128,
        changes: Vec<Leg>,
    ) -> Result<(Assessment, Assessment), Revert> {
        let after = changed(&portfolio, cash, &changes)?;
        let answers = self.assess(vec![portfolio, after])?;
        match answers.as_slice() {
            [before, after] => Ok((*before, *after)),
            _ => Err(self.bad_answer()),
        }
    }

    /// Most of an asset that the vault would pay out of an account now, in the token's own decimals: one unit more is
    /// refused.
    ///
    /// # Errors
    /// The vault's `UnknownAsset`.
    pub fn max_withdraw(&self, account: B256, asset: u8) -> Result<U256, Revert> {
        let (vm, vault) = (self.vm(), self.vault());
        let (_, decimals, _, held) = vault::ASSET.ask(vm, vault, &(asset,))?;
        let (portfolio, _, in_auction) = vault::ACCOUNT.ask(vm, vault, &(account,))?;
        if in_auction || Account(account.0).owner() == vault.0.0 {
            return Ok(U256::ZERO);
        }
        let cash = u128::try_from(portfolio.cash).unwrap_or(0);
        let most = match asset {
            0 => from_wad_down(cash, decimals).unwrap_or(0),
            _ => balance(&portfolio, asset),
        };
        let most = most.min(held);
        // neither legs nor debt: it may leave whatever any feed says
        if portfolio.legs.is_empty() && portfolio.cash >= 0 {
            return Ok(u128_to_u256(most));
        }
        self.search_max(&portfolio, asset, decimals, most)
    }
}

impl Lens {
    #[inline(never)]
    fn with_market(
        &self,
        portfolio: &Portfolio,
        f: &mut dyn FnMut(&Market<'_>, &View<'_>),
    ) -> Result<(), Revert> {
        at_most(portfolio.collateral.len(), MAX_ASSETS)?;
        at_most(portfolio.legs.len(), MAX_SLOTS)?;
        let collateral = market::collateral(portfolio);
        let view = market::view(portfolio, &collateral);
        let terms = Remote {
            vm: self.vm(),
            margin: self.margin(),
        };
        let oracle = self.oracle();
        market::with_market(self.vm(), oracle, &terms, &[view], |market| {
            f(market, &view)
        })
    }

    fn bad_answer(&self) -> Revert {
        let callee = self.margin();
        BadAnswer { callee }.into()
    }

    fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        let (answers,) = margin::ASSESS.ask(self.vm(), self.margin(), &(portfolios,))?;
        Ok(answers)
    }

    fn first(&self, portfolios: Vec<Portfolio>) -> Result<Assessment, Revert> {
        let answers = self.assess(portfolios)?;
        answers.first().copied().ok_or_else(|| self.bad_answer())
    }

    /// Largest amount up to `most` without which the portfolio is healthy.
    ///
    /// A requirement is sublinear, so excess is concave in the amount taken out: if nothing can be taken without harm
    /// the answer is 0, else the healthy amounts are an interval from 0, halved until one is left.
    fn search_max(
        &self,
        portfolio: &Portfolio,
        asset: u8,
        decimals: u8,
        most: u128,
    ) -> Result<U256, Revert> {
        // Invariant: `low` is healthy (or 0), everything above `high` is not. All of it comes first: without an asset
        // whose price is stale an account may be healthy, with any rest of it never.
        let (mut low, mut high) = (0, most);
        let mut middle = most;
        while low < high {
            let after = self.first(vec![without(portfolio, asset, decimals, middle)])?;
            let equity = Int256::from_raw(after.equity.into_raw());
            if !after.stale && equity.at_least(after.im) {
                low = middle;
            } else {
                high = middle - 1; // SAFETY: above `low`.
            }
            middle = high - (high - low) / 2;
        }
        Ok(u128_to_u256(low))
    }
}

fn balance(portfolio: &Portfolio, asset: u8) -> u128 {
    let held = portfolio.collateral.iter().find(|held| held.asset == asset);
    held.map_or(0, |held| held.amount)
}

/// The portfolio after an amount has left it.
fn without(portfolio: &Portfolio, asset: u8, decimals: u8, amount: u128) -> Portfolio {
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
fn changed(portfolio: &Portfolio, cash: i128, changes: &[Leg]) -> Result<Portfolio, Revert> {
    at_most(portfolio.collateral.len(), MAX_ASSETS)?;
    at_most(portfolio.legs.len(), MAX_SLOTS)?;
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
            Err(refusal) => return Err(explain_refusal(refusal, instrument)),
        }
    }
    Ok(after)
}

fn explain_refusal(refusal: book::Refusal, instrument: u128) -> Revert {
    match refusal {
        book::Refusal::Full => TooManyItems {
            given: U256::from(MAX_SLOTS + 1),
            limit: U256::from(MAX_SLOTS),
        }
        .into(),
        book::Refusal::OutOfRange => SizeOutOfRange { instrument }.into(),
        book::Refusal::NoLeg => UnknownLeg { instrument }.into(),
        book::Refusal::Instrument => InvalidInstrument { instrument }.into(),
    }
}
