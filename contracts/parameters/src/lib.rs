//! Parameters of margin: checked as a set here, by the kernel (`plimsoll_kernel::portfolio::terms`), when they are set,
//! and stored in `margin`, which trusts them. Rates are those of the table `plimsoll_kernel::portfolio::charges`, by id.
//!
//! Apart from `margin` because every check of every account would pay for this code.
//!
//! # Tokens
//! None is held or called. Decimals of a token are what the owner says here; the vault compares them at listing.
//!
//! # Liveness
//! No call depends on a price being fresh, but for one that names another feed of an underlying or of an asset that the
//! vault lists: while the old feed is fresh the new one must be fresh too and agree within 2 %. The feed of the settlement
//! coin is not compared with the one before. The oracle must list every feed named here. `setAsset` asks the vault and
//! reverts with its `Locked` inside a call of the vault.
//!
//! # Roles
//! The owner alone sets parameters. Ownership moves in two steps. `margin` must have been handed to
//! this contract: its words are written from here alone. Anyone may read.
//!
//! # Warnings
//! * Changes take effect at once, for all accounts: a higher maintenance rate can make accounts liquidatable. The wait and
//!   the right to veto are those of the owner's contract.
//! * What may not change at all is frozen here: the lot of an underlying; decimals and link of an asset that the vault
//!   lists.
//! * The largest move of an underlying is a promise of governance about its feed. The oracle does not enforce it.
//! * The haircut is all that is charged for an asset that is volatile and not linked to an underlying.
extern crate alloc;

mod assets;
mod feeds;
mod rates;
mod rules;
pub mod sol;
mod underlyings;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    errors::BadAnswer,
    interface::margin,
    market::{Remote, Terms},
    store::Word,
};
use plimsoll_kernel::portfolio::{scenario::Set, terms::RuleTerms};
use sol::{RateInfo, UnknownScenarioSet};
use stylus_sdk::prelude::*;

/// The contract.
#[storage]
pub struct Parameters {
    ownable: Ownable,
    margin: Word,
    oracle: Word,
    vault: Word,
}

plimsoll_common::entrypoint!(
    Parameters,
    abi = "../../../abi/IParameters.json",
    declares = [
        sol::Events,
        sol::Errors,
        Ownable,
        plimsoll_common::errors::BadAnswer,
    ],
    methods = [
        initialize(owner, margin, oracle, vault),
        owner(),
        pending_owner(),
        transfer_ownership(new_owner),
        accept_ownership(),
        margin(),
        oracle(),
        vault(),
        set_rules(coin_feed, rates),
        set_underlying(underlying, feed, lot, scenario_set, rates),
        set_asset(asset, feed, underlying, decimals, rates),
        rules() -> (coin_feed, rates),
        underlying(underlying) -> (feed, lot, scenario_set, rates),
        asset(asset) -> (feed, underlying, decimals, rates),
        rate_table() -> (rates, charges),
        scenarios(scenario_set) -> (shocks, vol_rules, weights),
    ]
);

impl Parameters {
    /// Hands the contract to `owner`, names its siblings and sets the default rules. Deployer only, once; `margin`
    /// must have been handed to this contract before.
    pub fn initialize(
        &mut self,
        owner: Address,
        margin: Address,
        oracle: Address,
        vault: Address,
    ) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        self.vault.set_address(vault);
        self.write_rules(&RuleTerms::DEFAULT)
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Whom ownership is offered to.
    pub fn pending_owner(&self) -> Address {
        self.ownable.pending_owner()
    }

    /// Offers ownership.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.ownable.transfer_ownership(new_owner)
    }

    /// Takes offered ownership.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept_ownership()
    }

    /// Where they are stored and used.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// The oracle hub all prices come from.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Whose list of tokens the assets are: what it lists is frozen here.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// Every rate there is, with its name, bounds and default, and the names of the charges that `ILens.explain` answers.
    pub fn rate_table(&self) -> (Vec<RateInfo>, Vec<B256>) {
        (rates::table(), rates::charges())
    }

    /// Spot shocks (1e18, signed), volatility rules (0 as it is, 1 up, 2 down, 3 and 4 skew) and weights (1e18) of a
    /// constant set, the identity first.
    ///
    /// # Errors
    /// [`UnknownScenarioSet`].
    #[allow(clippy::type_complexity)] // the shape of the ABI
    pub fn scenarios(&self, scenario_set: u8) -> Result<(Vec<I256>, Vec<u8>, Vec<U256>), Revert> {
        let set = Set::of(scenario_set).ok_or(UnknownScenarioSet { scenario_set })?;
        let (mut shocks, mut rules, mut weights) = (vec![], vec![], vec![]);
        for scenario in set.scenarios() {
            shocks.push(int(wad(scenario.shock)));
            rules.push(scenario.rule as u8);
            weights.push(U256::from(wad(scenario.weight).unsigned_abs()));
        }
        Ok((shocks, rules, weights))
    }
}

impl Parameters {
    fn only_owner(&self) -> Result<(), Revert> {
        self.ownable.only_owner()
    }

    /// The words behind a key, as many as there should be.
    fn read<const N: usize>(&self, key: u64) -> Result<[U256; N], Revert> {
        let margin = Remote {
            vm: self.vm(),
            margin: self.margin(),
        };
        let words = margin.ask(&[U256::from(key)])?;
        words.try_into().map_err(|_| {
            BadAnswer {
                callee: margin.margin,
            }
            .into()
        })
    }

    fn write(&self, key: u64, words: Vec<U256>) -> Result<(), Revert> {
        margin::SET_TERMS.call(self.vm(), self.margin(), &(U256::from(key), words))
    }
}

/// 1e18 of a number with 40 binary places, to nearest.
const fn wad(v: i64) -> i128 {
    (v as i128 * 1_000_000_000_000_000_000 + (1 << 39)) >> 40
}
