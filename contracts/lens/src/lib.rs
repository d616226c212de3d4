//! Views of accounts and of any portfolio, for traders, venues, keepers, and protocols that clear nothing here. No contract
//! of the house depends on it.
//!
//! All numbers of one answer are of one snapshot. A question without an answer is refused with a reason, an item that rests
//! on a stale or unknown price is flagged, and differences have their sign: no answer is a zero that stands for something
//! else.
//!
//! | module | content |
//! | --- | --- |
//! | `account` | all of an account, from one snapshot |
//! | `change` | portfolios after a change |
//! | `withdrawal` | the most that the vault pays out |
//! | `ask` | questions to the kernel and to `margin` |
//! | `sol` | structs and errors |
//!
//! # Tokens
//! * The contract holds none, and asks none: the vault answers token and decimals of an asset.
//!
//! # Liveness
//! * While the vault's lock is set, methods that read an account revert with the vault's `Locked`.
//! * [`Lens::distances`] costs some hundred assessments, [`Lens::max_withdraw`] up to some hundred calls of `margin`: both
//!   are for `eth_call`.
//! * The siblings are set once. A house with other contracts needs another lens; the clearinghouse names the current one.
//!
//! # Roles
//! * Deployer: [`Lens::initialize`], once. Afterwards the contract has no owner.
//! * Any address: everything else, which only reads.
//!
//! # Warnings
//! * An answer is of the block it was asked in. A transaction that follows it may be judged at other prices.
//! * The lens computes with the kernel it was built with. The vault trusts `margin`, not the lens.
//! * A method that takes a portfolio does not check that any account holds it.
extern crate alloc;

mod account;
mod ask;
mod change;
pub mod sol;
mod withdrawal;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, I256, U256};
pub use change::MAX_LEGS;
use change::changed;
#[cfg(doc)]
use plimsoll_common::errors::TooManyItems;
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    interface::{Assessment, AssetBalance, Portfolio, requirement},
    store::Word,
};
use plimsoll_kernel::portfolio::{
    assess,
    explain::{self, Alone, Direction},
};
#[cfg(doc)]
use sol::*;
use sol::{AccountView, Contribution, Distance, Greeks, Leg};
use stylus_sdk::prelude::*;

/// The contract's storage.
#[storage]
pub struct Lens {
    ownable: Ownable,
    vault: Word,
    clearinghouse: Word,
    auction: Word,
    margin: Word,
    oracle: Word,
}

plimsoll_common::entrypoint!(
    Lens,
    abi = "../../../abi/ILens.json",
    declares = [
        sol::Errors,
        plimsoll_common::errors::NotOwner,
        plimsoll_common::errors::BadAnswer,
        plimsoll_common::errors::TooManyItems,
    ],
    methods = [
        initialize(vault, clearinghouse, auction, margin, oracle),
        siblings() -> (vault, clearinghouse, auction, margin, oracle),
        account(account),
        requirement_of(instrument, size) -> (im, mm),
        requirement_added(account, instrument, size) -> (im, mm, after_),
        max_withdraw(account, asset),
        assess_legs(cash, collateral, legs),
        what_if(portfolio, cash, changes) -> (before, after_),
        explain(portfolio, underlying) -> (losses, charges),
        contributions(portfolio, underlying, scenario),
        greeks(portfolio),
        distances(portfolio) -> (spot_up, spot_down, vol_up, vol_down),
    ]
);

impl Lens {
    /// Names its siblings. Deployer only, once; afterwards the contract has no owner.
    pub fn initialize(
        &mut self,
        vault: Address,
        clearinghouse: Address,
        auction: Address,
        margin: Address,
        oracle: Address,
    ) -> Result<(), Revert> {
        self.ownable.use_up()?;
        self.vault.set_address(vault);
        self.clearinghouse.set_address(clearinghouse);
        self.auction.set_address(auction);
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// Vault, clearinghouse, auction, margin, oracle.
    pub fn siblings(&self) -> (Address, Address, Address, Address, Address) {
        (
            self.vault.address(),
            self.clearinghouse.address(),
            self.auction.address(),
            self.margin.address(),
            self.oracle.address(),
        )
    }

    /// All of an account at once: its holdings with prices, values and requirements, by venue too, and the state of its
    /// auction.
    ///
    /// # Errors
    /// The vault's `Locked`, the auction's `ValueOutOfRange`.
    pub fn account(&self, account: B256) -> Result<AccountView, Revert> {
        self.view(account)
    }

    /// What a position requires by itself, initial and maintenance, 1e18 cash, rounded up. `size` in lots, signed.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`UnknownUnderlying`], [`UnknownLeg`] for a size of 0, [`MarkStale`],
    /// [`SizeOutOfRange`].
    pub fn requirement_of(&self, instrument: u128, size: i64) -> Result<(U256, U256), Revert> {
        let Alone { im, mm, .. } = self.position(instrument, size)?;
        Ok((requirement(im), requirement(mm)))
    }

    /// What a position adds to the requirements of an account that opens it at the mark without fees, initial and
    /// maintenance, 1e18 cash: negative where it hedges; and the account's assessment after that.
    ///
    /// # Errors
    /// As [`Self::requirement_of`]; [`TooManyItems`] where it has no slot left.
    pub fn requirement_added(
        &self,
        account: B256,
        instrument: u128,
        size: i64,
    ) -> Result<(I256, I256, Assessment), Revert> {
        self.added(account, instrument, size)
    }

    /// Most of an asset that the vault would pay out of an account now, in the token's own decimals: one unit more is
    /// refused.
    ///
    /// # Errors
    /// The vault's `UnknownAsset`.
    pub fn max_withdraw(&self, account: B256, asset: u8) -> Result<U256, Revert> {
        self.withdrawable(account, asset)
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

    /// Margin's assessment of a portfolio as it is, and after `cash` and the legs are added to it.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`UnknownLeg`] for a change of size 0 of a leg that is not held,
    /// [`SizeOutOfRange`], [`TooManyItems`].
    pub fn what_if(
        &self,
        portfolio: Portfolio,
        cash: i128,
        changes: Vec<Leg>,
    ) -> Result<(Assessment, Assessment), Revert> {
        self.both(portfolio, cash, &changes)
    }

    /// Losses of a portfolio on one underlying by scenario, and all its charges.
    ///
    /// # Returns
    /// * the loss in each scenario of the underlying's set, then at the moves added for gamma pockets: weighted, rounded
    ///   up, 1e18 cash, negative where it gains; empty where the portfolio holds nothing on it. The largest is its scan;
    /// * the charges beside the scans of all underlyings, initial and maintenance in turn, 1e18 cash, in the order of
    ///   [`Charge`](plimsoll_kernel::portfolio::Charge).
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn explain(
        &self,
        portfolio: Portfolio,
        underlying: u16,
    ) -> Result<(Vec<i128>, Vec<i128>), Revert> {
        self.with_market(&portfolio, |market, view, scratch| {
            let (mut losses, mut charges) = (Vec::new(), Vec::new());
            let _ = assess(market, view, scratch);
            for (scan, held) in scratch.scans().iter().zip(market.underlyings) {
                if held.id == underlying {
                    for loss in scan.losses.iter().take(scan.count) {
                        losses.push(*loss);
                    }
                }
            }
            for charge in scratch.add_ons().all() {
                charges.push(charge.im);
                charges.push(charge.mm);
            }
            (losses, charges)
        })
    }

    /// What each leg on an underlying is worth, and by how much that changes, times the weight, in scenario `scenario`:
    /// [`Self::explain`] says which is the worst. Empty where the portfolio holds nothing on it, or there is no such
    /// scenario.
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn contributions(
        &self,
        portfolio: Portfolio,
        underlying: u16,
        scenario: u8,
    ) -> Result<Vec<Contribution>, Revert> {
        self.with_market(&portfolio, |market, view, _| {
            let mut all = Vec::new();
            let place = market.underlyings.iter().position(|u| u.id == underlying);
            let place = place.unwrap_or(usize::MAX);
            for part in explain::contributions(market, view, place, scenario.into()) {
                all.push(Contribution {
                    instrument: part.instrument.0,
                    mark: part.mark,
                    change: part.change,
                });
            }
            all
        })
    }

    /// Sensitivities of a portfolio to each underlying it holds, at the last prices.
    ///
    /// # Errors
    /// [`TooManyItems`], [`InvalidInstrument`] for a slot that holds no leg,
    /// [`UnknownUnderlying`].
    pub fn greeks(&self, portfolio: Portfolio) -> Result<Vec<Greeks>, Revert> {
        self.with_market(&portfolio, |market, view, _| {
            let mut all = Vec::new();
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
            all
        })
    }

    /// Smallest relative moves at which equity falls below the maintenance requirement: all spots up, all spots down, all
    /// volatilities up, all down. Costs some hundred assessments: for `eth_call`.
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn distances(
        &self,
        portfolio: Portfolio,
    ) -> Result<(Distance, Distance, Distance, Distance), Revert> {
        self.with_market(&portfolio, |market, view, scratch| {
            let [up, down, volatility_up, volatility_down] = Direction::ALL.map(|direction| {
                let crossed = explain::distance(market, view, direction, scratch);
                let share = wad(crossed.unwrap_or(direction.horizon()));
                Distance {
                    found: crossed.is_some(),
                    by: int(if direction.falls() { -share } else { share }),
                }
            });
            (up, down, volatility_up, volatility_down)
        })
    }
}

/// 1e18 of a share with 40 binary places, towards 0.
fn wad(share: i64) -> i128 {
    // at most 3 · 2^40 · 1e18 < 2^103
    (i128::from(share) * 1_000_000_000_000_000_000) >> 40
}
