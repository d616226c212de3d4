//! Parameters of margin: checked as a set here, by the kernel (`plimsoll_kernel::portfolio::terms`), when they are set,
//! and stored in `margin`, which trusts them.
//!
//! Apart from `margin` because every check of every account would pay for this code.
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

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, I256, U256};
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    abi_struct,
    interface::{margin, vault},
    market::{self, Remote, Terms},
    store::Word,
};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    portfolio::{
        scenario::Set,
        snapshot::{ASSET, RULES, UNDERLYING},
        terms::{self, AssetTerms, MAX_TOKEN_DECIMALS, RateTerms, RuleTerms, TermsRefusal},
    },
    price,
};
use stylus_sdk::prelude::*;

use sol::{
    AssetDecimalsFrozen, AssetFeedRequired, AssetSet, EnvelopeExceeded, FeedRequired,
    FeedsDisagree, InitialBelowMaintenance, LinkFrozen, LotFrozen, RateOutOfRange, RateTooFine,
    RulesSet, TooManyAssetDecimals, UnderlyingSet, UnknownAsset, UnknownScenarioSet,
    UnknownUnderlying, ZeroLot,
};

/// 1e18 in millionths: the scale of the ABI over the scale of storage.
const FINENESS: u64 = 1_000_000_000_000;

abi_struct! {
    /// Terms of an underlying; `abi/Types.sol` documents the fields.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct UnderlyingTerms {
        /// Oracle feed of its spot.
        feed: u16,
        /// 1e18 units.
        lot: u64,
        /// 1, 2 or 3.
        scenario_set: u8,
        /// 1e18, as all that follow.
        beta: u64,
        /// Per √year.
        vol_floor: u64,
        /// Move of the variable forward.
        basis_move: u64,
        /// Share that counts at expiry.
        basis_at_expiry: u64,
        /// And per year to it.
        basis_per_year: u64,
        /// Largest accepted price move.
        max_move: u64,
        /// Share of spot.
        short_option_im: u64,
        /// Share of spot.
        short_option_mm: u64,
        /// Share of spot.
        linear_cost_im: u64,
        /// Share of spot.
        linear_cost_mm: u64,
        /// Share of spot.
        option_cost_im: u64,
        /// Share of spot.
        option_cost_mm: u64,
        /// Per unit below the peg.
        depeg_im: u64,
        /// Per unit below the peg.
        depeg_mm: u64,
    }
}

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
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        margin,
        oracle,
        vault,
        set_rules,
        set_underlying,
        set_asset,
        rules,
        underlying,
        asset,
        scenarios,
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

    /// Changes the rules for all portfolios. Owner only.
    ///
    /// # Arguments
    /// * `im_factor`, `mm_factor` - of the scan, 1e18, 1e18 ≤ mm ≤ im ≤ 2e18.
    /// * `max_offset` - most that offsets across underlyings take off the sum of stand-alone scans, 1e18, ≤ 0.6e18.
    /// * `calm_reach`, `together_reach` - how far one underlying may move on its own, share of the grid, 1e18.
    /// * `coin_feed` - oracle feed of the settlement coin in dollars; 0: it counts as one dollar.
    ///
    /// # Errors
    /// [`RateTooFine`], [`RateOutOfRange`], [`InitialBelowMaintenance`], the oracle's `UnknownFeed`.
    ///
    /// # Events
    /// [`RulesSet`].
    pub fn set_rules(
        &mut self,
        im_factor: u64,
        mm_factor: u64,
        max_offset: u64,
        calm_reach: u64,
        together_reach: u64,
        coin_feed: u16,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let given = [im_factor, mm_factor, max_offset, calm_reach, together_reach];
        let rules = RuleTerms {
            rates: narrow(&given)?,
            coin_feed,
        };
        rules.check().map_err(|r| explain(r, 0, &given, 0))?;
        self.check_feed(None, coin_feed)?;
        self.write_rules(&rules)
    }

    /// Lists an underlying or changes its terms. Owner only.
    ///
    /// While the listed feed is fresh, another must be too, and agree with it within 2 %; when it is dead, any may take
    /// its place.
    ///
    /// # Errors
    /// [`UnknownUnderlying`] for 0, [`FeedRequired`], the oracle's `UnknownFeed`, [`ZeroLot`], [`LotFrozen`],
    /// [`UnknownScenarioSet`], [`RateTooFine`], [`RateOutOfRange`], [`InitialBelowMaintenance`], [`EnvelopeExceeded`],
    /// [`FeedsDisagree`].
    ///
    /// # Events
    /// [`UnderlyingSet`].
    pub fn set_underlying(
        &mut self,
        underlying: u16,
        terms: UnderlyingTerms,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        let UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            ..
        } = terms;
        if feed == 0 {
            return Err(FeedRequired { underlying }.into());
        }
        let given = rates_of(&terms);
        let stored = terms::UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            rates: RateTerms(narrow(&given)?),
        };
        stored
            .check()
            .map_err(|refusal| explain(refusal, underlying, &given, scenario_set))?;
        let old = self.listed(underlying)?;
        if let Some(old) = &old
            && old.lot != lot
        {
            return Err(LotFrozen {
                underlying,
                lot: old.lot,
                given: lot,
            }
            .into());
        }
        self.check_feed(old.map(|old| old.feed), feed)?;
        self.write(UNDERLYING | u64::from(underlying), stored.encode().to_vec())?;
        UnderlyingSet { underlying, terms }.emit(self.vm());
        Ok(())
    }

    /// Sets the terms of a collateral asset, before the vault lists it and later. Owner only.
    ///
    /// While the vault does not list the index nobody holds the asset, so all its terms may change. Once it does,
    /// decimals and link are frozen, and the feed is replaced as that of an underlying is.
    ///
    /// # Arguments
    /// * `asset` - its index in the vault's list, below 16.
    /// * `feed` - the oracle's feed of its price; 0 = the settlement coin itself, price 1: asset 0 and no other.
    /// * `underlying` - what it moves with; 0 = nothing, and for the settlement coin nothing else. Of a listed asset
    ///   frozen once it is not 0: a hedge must not vanish.
    /// * `decimals` - the token's, at most 24.
    /// * `im_haircut`, `mm_haircut` - 1e18, mm ≤ im, below 1e18; at most 0.2e18 with an underlying.
    ///
    /// # Errors
    /// [`UnknownAsset`], [`FeedRequired`], [`UnknownUnderlying`], [`AssetFeedRequired`], the oracle's `UnknownFeed`,
    /// [`TooManyAssetDecimals`], [`AssetDecimalsFrozen`], [`LinkFrozen`], [`RateTooFine`], [`RateOutOfRange`],
    /// [`InitialBelowMaintenance`], [`FeedsDisagree`], the vault's `Locked`.
    ///
    /// # Events
    /// [`AssetSet`].
    pub fn set_asset(
        &mut self,
        asset: u8,
        feed: u16,
        underlying: u16,
        decimals: u8,
        im_haircut: u64,
        mm_haircut: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if usize::from(asset) >= MAX_ASSETS {
            return Err(UnknownAsset { asset }.into());
        }
        if underlying != 0 {
            if feed == 0 {
                return Err(FeedRequired { underlying }.into());
            }
            self.listed(underlying)?
                .ok_or(UnknownUnderlying { underlying })?;
        }
        if asset != 0 && feed == 0 {
            return Err(AssetFeedRequired { asset }.into());
        }
        let given = [im_haircut, mm_haircut];
        let terms = AssetTerms {
            feed,
            underlying,
            decimals,
            haircuts: narrow(&given)?,
        };
        terms
            .check()
            .map_err(|refusal| explain(refusal, underlying, &given, decimals))?;
        let old = self.frozen_asset(asset)?;
        if let Some(old) = &old {
            if old.decimals != decimals {
                return Err(AssetDecimalsFrozen {
                    asset,
                    decimals: old.decimals,
                    given: decimals,
                }
                .into());
            }
            if old.underlying != 0 && old.underlying != underlying {
                return Err(LinkFrozen {
                    asset,
                    underlying: old.underlying,
                    given: underlying,
                }
                .into());
            }
        }
        self.check_feed(old.map(|old| old.feed), feed)?;
        self.write(ASSET | u64::from(asset), vec![terms.encode()])?;
        AssetSet {
            asset,
            feed,
            underlying,
            decimals,
            im_haircut,
            mm_haircut,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Initial and maintenance factor, largest offset, calm and together reach, feed of the coin.
    pub fn rules(&self) -> Result<(u64, u64, u64, u64, u64, u16), Revert> {
        let [word] = self.read(RULES)?;
        let RuleTerms { rates, coin_feed } = RuleTerms::decode(word);
        let [im, mm, offset, calm, together] = rates.map(widen);
        Ok((im, mm, offset, calm, together, coin_feed))
    }

    /// Terms of an underlying; zeros when not listed.
    pub fn underlying(&self, underlying: u16) -> Result<UnderlyingTerms, Revert> {
        let terms::UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            rates: RateTerms(rates),
        } = self.listed(underlying)?.unwrap_or_default();
        let [
            beta,
            vol_floor,
            basis_move,
            basis_at_expiry,
            basis_per_year,
            max_move,
            short_option_im,
            short_option_mm,
            linear_cost_im,
            linear_cost_mm,
            option_cost_im,
            option_cost_mm,
            depeg_im,
            depeg_mm,
        ] = rates.map(widen);
        Ok(UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            beta,
            vol_floor,
            basis_move,
            basis_at_expiry,
            basis_per_year,
            max_move,
            short_option_im,
            short_option_mm,
            linear_cost_im,
            linear_cost_mm,
            option_cost_im,
            option_cost_mm,
            depeg_im,
            depeg_mm,
        })
    }

    /// Feed, underlying, decimals, initial and maintenance haircut; zeros when not listed.
    pub fn asset(&self, asset: u8) -> Result<(u16, u16, u8, u64, u64), Revert> {
        let AssetTerms {
            feed,
            underlying,
            decimals,
            haircuts,
        } = self.listed_asset(asset)?.unwrap_or_default();
        let [initial, maintenance] = haircuts.map(widen);
        Ok((feed, underlying, decimals, initial, maintenance))
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
    /// The words behind a key, as many as there should be.
    fn read<const N: usize>(&self, key: u64) -> Result<[U256; N], Revert> {
        let margin = Remote {
            vm: self.vm(),
            margin: self.margin(),
        };
        let words = margin.ask(&[U256::from(key)])?;
        words.try_into().map_err(|_| {
            plimsoll_common::errors::BadAnswer {
                callee: margin.margin,
            }
            .into()
        })
    }

    fn write(&self, key: u64, words: Vec<U256>) -> Result<(), Revert> {
        margin::SET_TERMS.call(self.vm(), self.margin(), &(U256::from(key), words))
    }

    fn listed(&self, underlying: u16) -> Result<Option<terms::UnderlyingTerms>, Revert> {
        let words = self.read(UNDERLYING | u64::from(underlying))?;
        Ok(terms::UnderlyingTerms::decode(words))
    }

    fn listed_asset(&self, asset: u8) -> Result<Option<AssetTerms>, Revert> {
        let [word] = self.read(ASSET | u64::from(asset))?;
        Ok(AssetTerms::decode(word))
    }

    /// The terms of an asset that the vault lists, so that somebody may hold it; `None` as long as nobody can.
    fn frozen_asset(&self, asset: u8) -> Result<Option<AssetTerms>, Revert> {
        let Some(terms) = self.listed_asset(asset)? else {
            return Ok(None);
        };
        let (count,) = vault::ASSET_COUNT.static_call(self.vm(), self.vault(), &())?;
        Ok((asset < count).then_some(terms))
    }

    fn write_rules(&self, rules: &RuleTerms) -> Result<(), Revert> {
        self.write(RULES, vec![rules.encode()])?;
        let [im_factor, mm_factor, max_offset, calm_reach, together_reach] = rules.rates.map(widen);
        RulesSet {
            im_factor,
            mm_factor,
            max_offset,
            calm_reach,
            together_reach,
            coin_feed: rules.coin_feed,
        }
        .emit(self.vm());
        Ok(())
    }

    /// The oracle must list a feed before it is named here, so that fetching prices cannot fail later; and it must not
    /// move a price that is fresh.
    fn check_feed(&self, old: Option<u16>, feed: u16) -> Result<(), Revert> {
        let quote = |feed| market::quote(self.vm(), self.oracle(), feed);
        let new = quote(feed)?;
        let Some(old_feed) = old.filter(|old| *old != feed) else {
            return Ok(());
        };
        let old = quote(old_feed)?;
        let new_price = if new.fresh { new.value } else { 0 };
        if old.fresh && new_price.abs_diff(old.value) > price::max_jump(old.value) {
            return Err(FeedsDisagree {
                old_feed,
                new_feed: feed,
                old_price: old.value,
                new_price,
            }
            .into());
        }
        Ok(())
    }
}

/// 1e18 of a number with 40 binary places, to nearest.
const fn wad(v: i64) -> i128 {
    (v as i128 * 1_000_000_000_000_000_000 + (1 << 39)) >> 40
}

/// In the order of [`RateTerms`].
const fn rates_of(terms: &UnderlyingTerms) -> [u64; 14] {
    [
        terms.beta,
        terms.vol_floor,
        terms.basis_move,
        terms.basis_at_expiry,
        terms.basis_per_year,
        terms.max_move,
        terms.short_option_im,
        terms.short_option_mm,
        terms.linear_cost_im,
        terms.linear_cost_mm,
        terms.option_cost_im,
        terms.option_cost_mm,
        terms.depeg_im,
        terms.depeg_mm,
    ]
}

/// 1e18 as millionths: exactly.
fn narrow<const N: usize>(given: &[u64; N]) -> Result<[u32; N], Revert> {
    let mut rates = [0; N];
    for ((rate, given), place) in rates.iter_mut().zip(given).zip(0_u8..) {
        if !given.is_multiple_of(FINENESS) {
            let given = *given;
            return Err(RateTooFine { rate: place, given }.into());
        }
        // at most 1.8e7
        *rate = (given / FINENESS) as u32;
    }
    Ok(rates)
}

/// Millionths as 1e18.
const fn widen(rate: u32) -> u64 {
    // below 2^24 · 10^12 < 2^64
    rate as u64 * FINENESS
}

/// The error of refused parameters; `number` is the scenario set or the decimals given.
#[cold]
fn explain(refusal: TermsRefusal, underlying: u16, given: &[u64], number: u8) -> Revert {
    let value = |rate: u8| given.get(usize::from(rate)).copied().unwrap_or(0);
    match refusal {
        TermsRefusal::ZeroLot => ZeroLot { underlying }.into(),
        TermsRefusal::ScenarioSet => UnknownScenarioSet {
            scenario_set: number,
        }
        .into(),
        TermsRefusal::Decimals => TooManyAssetDecimals {
            decimals: number,
            limit: MAX_TOKEN_DECIMALS,
        }
        .into(),
        TermsRefusal::OutOfRange {
            rate,
            minimum,
            maximum,
        } => RateOutOfRange {
            rate,
            given: value(rate),
            minimum: widen(minimum),
            maximum: widen(maximum),
        }
        .into(),
        TermsRefusal::InitialBelowMaintenance { rate } => InitialBelowMaintenance {
            rate,
            initial: value(rate),
            maintenance: value(rate + 1), // SAFETY: at most 12.
        }
        .into(),
        TermsRefusal::Envelope { leg, covered } => EnvelopeExceeded {
            leg_type: leg as u8,
            max_move: value(5),
            covered: widen(covered),
        }
        .into(),
    }
}
