//! Portfolio margin calculator: a pure function of (portfolio, market), for anyone who asks.
//!
//! A thin shell: it keeps the terms of underlyings and assets, one word each, fetches every price of a batch from
//! the oracle at once and lets the kernel (`plimsoll_kernel::margin`) compute.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
extern crate alloc;

mod by_hand;
mod market;
mod record;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::Address;
use plimsoll_common::{Ownable, Revert};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    margin::{self, AssetTerms, TermsRefusal, UnderlyingTerms},
    num::WAD,
};
use record::{AssetRecord, UnderlyingRecord};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256},
};

#[allow(missing_docs)] // the macro's own items
pub mod sol {
    //! Events and errors; `abi/IMargin.sol` documents them.
    alloy_sol_types::sol! {
        event UnderlyingSet(uint16 indexed underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor);
        event AssetSet(uint8 indexed asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);

        function scenarios(uint8 scenarioSet) external view returns (int256[] memory shocks, uint256[] memory weights);

        error UnknownUnderlying(uint16 underlying);
        error UnknownAsset(uint8 asset);
        error InvalidFeed(uint16 feed);
        error ZeroLot(uint16 underlying);
        error LotFrozen(uint16 underlying, uint64 lot, uint64 given);
        error UnknownScenarioSet(uint8 scenarioSet);
        error FactorOutOfRange(uint64 factor, uint64 minimum, uint64 maximum);
        error InitialBelowMaintenance(uint64 initial, uint64 maintenance);
        error TooManyDecimals(uint8 decimals, uint8 limit);
        error DecimalsFrozen(uint8 asset, uint8 decimals, uint8 given);
        error HaircutTooLarge(uint64 haircut, uint64 limit);
        error InvalidInstrument(uint128 instrument);
        error UnsupportedKind(uint128 instrument);
        error InvalidLeg(uint256 portfolio, uint256 index, uint256 slot);
        error TooManyItems(uint256 given, uint256 limit);
        error ValueOutOfRange(uint256 portfolio);
    }
}
use sol::{
    AssetSet, DecimalsFrozen, FactorOutOfRange, HaircutTooLarge, InitialBelowMaintenance,
    InvalidFeed, LotFrozen, TooManyDecimals, UnderlyingSet, UnknownAsset, UnknownScenarioSet,
    UnknownUnderlying, ZeroLot,
};

/// The contract.
#[storage]
pub struct Margin {
    ownable: Ownable,
    oracle: StorageAddress,
    /// By number; see [`record`].
    underlyings: StorageMap<u16, StorageU256>,
    /// By index; see [`record`].
    assets: StorageMap<u8, StorageU256>,
}

plimsoll_common::entrypoint!(Margin, by_hand = Margin::by_hand);

#[public]
impl Margin {
    /// Hands the contract to `owner` and names its oracle. Deployer only, once.
    pub fn initialize(&mut self, owner: Address, oracle: Address) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.oracle.set(oracle);
        Ok(())
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

    /// The oracle hub all prices come from.
    pub fn oracle(&self) -> Address {
        self.oracle.get()
    }

    /// Lists an underlying or changes its terms. Owner only.
    ///
    /// # Arguments
    /// * `underlying` - its number, not 0.
    /// * `feed` - the oracle's feed of its spot.
    /// * `lot` - 1e18 units a lot, not 0; frozen once set.
    /// * `scenario_set` - number of a constant set.
    /// * `im_factor`, `mm_factor` - 1e18, 0.25e18 ≤ mm ≤ im ≤ 10e18.
    ///
    /// # Errors
    /// [`UnknownUnderlying`], [`InvalidFeed`], the oracle's `UnknownFeed`, [`LotFrozen`], [`ZeroLot`],
    /// [`UnknownScenarioSet`], [`FactorOutOfRange`], [`InitialBelowMaintenance`].
    ///
    /// # Events
    /// [`UnderlyingSet`].
    pub fn set_underlying(
        &mut self,
        underlying: u16,
        feed: u16,
        lot: u64,
        scenario_set: u8,
        im_factor: u64,
        mm_factor: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        if feed == 0 {
            return Err(InvalidFeed { feed }.into());
        }
        let terms = UnderlyingTerms {
            lot,
            scenario_set,
            im_factor,
            mm_factor,
        };
        terms.check().map_err(|refusal| match refusal {
            TermsRefusal::ZeroLot => ZeroLot { underlying }.into(),
            TermsRefusal::FactorOutOfRange(factor) => FactorOutOfRange {
                factor,
                minimum: margin::MIN_FACTOR,
                maximum: margin::MAX_FACTOR,
            }
            .into(),
            TermsRefusal::InitialBelowMaintenance => InitialBelowMaintenance {
                initial: im_factor,
                maintenance: mm_factor,
            }
            .into(),
            _ => Revert::from(UnknownScenarioSet {
                scenarioSet: scenario_set,
            }),
        })?;
        if let Some(old) = self.underlying_record(underlying)
            && old.terms.lot != lot
        {
            return Err(LotFrozen {
                underlying,
                lot: old.terms.lot,
                given: lot,
            }
            .into());
        }
        self.check_feed(feed)?;
        self.underlyings
            .setter(underlying)
            .set(UnderlyingRecord { feed, terms }.encode());
        self.vm().log(UnderlyingSet {
            underlying,
            feed,
            lot,
            scenarioSet: scenario_set,
            imFactor: im_factor,
            mmFactor: mm_factor,
        });
        Ok(())
    }

    /// Lists a collateral asset or changes its terms. Owner only.
    ///
    /// # Arguments
    /// * `asset` - its index in the vault's list, below 16.
    /// * `feed` - the oracle's feed of its price; 0 = the settlement coin itself, price 1.
    /// * `underlying` - what it moves with; 0 = nothing, and for the settlement coin nothing else.
    /// * `decimals` - the token's, at most 24; frozen once set.
    /// * `im_haircut`, `mm_haircut` - 1e18, mm ≤ im < 1e18.
    ///
    /// # Errors
    /// [`UnknownAsset`], [`UnknownUnderlying`], [`InvalidFeed`], the oracle's `UnknownFeed`, [`TooManyDecimals`],
    /// [`DecimalsFrozen`], [`HaircutTooLarge`], [`InitialBelowMaintenance`].
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
                return Err(InvalidFeed { feed }.into());
            }
            self.underlying_record(underlying)
                .ok_or(UnknownUnderlying { underlying })?;
        }
        let terms = AssetTerms {
            underlying,
            decimals,
            im_haircut,
            mm_haircut,
        };
        terms.check().map_err(|refusal| match refusal {
            TermsRefusal::Decimals => TooManyDecimals {
                decimals,
                limit: margin::MAX_TOKEN_DECIMALS,
            }
            .into(),
            TermsRefusal::Haircut => HaircutTooLarge {
                haircut: im_haircut,
                limit: WAD,
            }
            .into(),
            _ => Revert::from(InitialBelowMaintenance {
                initial: im_haircut,
                maintenance: mm_haircut,
            }),
        })?;
        if let Some(old) = self.asset_record(asset)
            && old.terms.decimals != decimals
        {
            return Err(DecimalsFrozen {
                asset,
                decimals: old.terms.decimals,
                given: decimals,
            }
            .into());
        }
        if feed != 0 {
            self.check_feed(feed)?;
        }
        self.assets
            .setter(asset)
            .set(AssetRecord { feed, terms }.encode());
        self.vm().log(AssetSet {
            asset,
            feed,
            underlying,
            decimals,
            imHaircut: im_haircut,
            mmHaircut: mm_haircut,
        });
        Ok(())
    }

    /// Feed, lot, scenario set, initial and maintenance factor; zeros when not listed.
    pub fn underlying(&self, underlying: u16) -> (u16, u64, u8, u64, u64) {
        let record = self.underlying_record(underlying).unwrap_or_default();
        let UnderlyingTerms {
            lot,
            scenario_set,
            im_factor,
            mm_factor,
        } = record.terms;
        (record.feed, lot, scenario_set, im_factor, mm_factor)
    }

    /// Feed, underlying, decimals, initial and maintenance haircut; zeros when not listed.
    pub fn asset(&self, asset: u8) -> (u16, u16, u8, u64, u64) {
        let record = self.asset_record(asset).unwrap_or_default();
        let AssetTerms {
            underlying,
            decimals,
            im_haircut,
            mm_haircut,
        } = record.terms;
        (record.feed, underlying, decimals, im_haircut, mm_haircut)
    }
}

impl Margin {
    fn underlying_record(&self, underlying: u16) -> Option<UnderlyingRecord> {
        UnderlyingRecord::decode(self.underlyings.get(underlying))
    }

    fn asset_record(&self, asset: u8) -> Option<AssetRecord> {
        AssetRecord::decode(self.assets.get(asset))
    }

    /// The oracle must list a feed before it is named here, so that fetching prices cannot fail later.
    fn check_feed(&self, feed: u16) -> Result<(), Revert> {
        market::ask(self, &[feed]).map(|_| ())
    }
}
