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

mod market;
mod record;
pub mod sol;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, I256, U256};
use market::Snapshot;
use plimsoll_common::{
    Ownable, Revert,
    interface::{Assessment, Portfolio},
    store::WordMap,
};
use plimsoll_kernel::{
    book::{MAX_ASSETS, MAX_SLOTS},
    codec::{InstrumentId, Kind},
    gate::Assessed,
    margin::{self, AssetTerms, Collateral, Refusal, ScenarioSet, TermsRefusal, UnderlyingTerms},
    num::{Int256, WAD, u128_to_u256},
};
use record::{AssetRecord, UnderlyingRecord};
use stylus_sdk::{prelude::*, storage::StorageAddress};

use sol::{
    AssetDecimalsFrozen, AssetSet, FactorOutOfRange, FeedRequired, HaircutTooLarge,
    InitialBelowMaintenance, InvalidInstrument, InvalidLeg, LotFrozen, PortfolioOutOfRange,
    TooManyAssetDecimals, TooManyItems, UnderlyingSet, UnknownAsset, UnknownScenarioSet,
    UnknownUnderlying, UnsupportedKind, ZeroLot,
};

/// Most portfolios of one `assess` call.
pub const MAX_PORTFOLIOS: usize = 16;
/// Most instruments of one `marks` call.
pub const MAX_INSTRUMENTS: usize = 32;

/// The contract.
#[storage]
pub struct Margin {
    ownable: Ownable,
    oracle: StorageAddress,
    /// By number; see [`record`].
    underlyings: WordMap,
    /// By index; see [`record`].
    assets: WordMap,
}

plimsoll_common::entrypoint!(
    Margin,
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        oracle,
        set_underlying,
        set_asset,
        underlying,
        asset,
        scenarios,
        marks,
        assess,
    ]
);

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
    /// [`UnknownUnderlying`], [`FeedRequired`], the oracle's `UnknownFeed`, [`LotFrozen`], [`ZeroLot`],
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
            return Err(FeedRequired { underlying }.into());
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
            _ => Revert::from(UnknownScenarioSet { scenario_set }),
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
            .set(underlying, UnderlyingRecord { feed, terms }.encode());
        UnderlyingSet {
            underlying,
            feed,
            lot,
            scenario_set,
            im_factor,
            mm_factor,
        }
        .emit(self.vm());
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
    /// [`UnknownAsset`], [`UnknownUnderlying`], [`FeedRequired`], the oracle's `UnknownFeed`, [`TooManyAssetDecimals`],
    /// [`AssetDecimalsFrozen`], [`HaircutTooLarge`], [`InitialBelowMaintenance`].
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
            TermsRefusal::Decimals => TooManyAssetDecimals {
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
            return Err(AssetDecimalsFrozen {
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
            .set(u16::from(asset), AssetRecord { feed, terms }.encode());
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

    /// Shocks (1e18, signed) and weights (1e18) of a constant set, the identity first.
    ///
    /// # Errors
    /// [`UnknownScenarioSet`].
    pub fn scenarios(&self, scenario_set: u8) -> Result<(Vec<I256>, Vec<U256>), Revert> {
        let set = ScenarioSet::of(scenario_set).ok_or(UnknownScenarioSet { scenario_set })?;
        let int256 = |shock: i128| I256::from_raw(Int256::from(shock).to_raw());
        let shocks = set
            .scenarios
            .iter()
            .map(|s| int256(s.shock_wad()))
            .collect();
        let weights = set
            .scenarios
            .iter()
            .map(|s| u128_to_u256(s.weight_wad()))
            .collect();
        Ok((shocks, weights))
    }

    /// The house's own value of one unit of up to 32 perpetuals (1e18), the lots of their underlyings, and whether
    /// each mark is fresh.
    ///
    /// # Errors
    /// [`TooManyItems`], [`InvalidInstrument`], [`UnsupportedKind`], [`UnknownUnderlying`].
    #[allow(clippy::type_complexity)] // the shape of the ABI
    pub fn marks(
        &self,
        instruments: Vec<u128>,
    ) -> Result<(Vec<U256>, Vec<u64>, Vec<bool>), Revert> {
        let count = instruments.len();
        limit(count, MAX_INSTRUMENTS)?;
        let mut snapshot = Snapshot::default();
        for instrument in instruments.iter().copied() {
            let parts = InstrumentId(instrument)
                .decode()
                .ok_or(InvalidInstrument { instrument })?;
            if parts.kind != Kind::Perpetual {
                return Err(UnsupportedKind { instrument }.into());
            }
            snapshot.need_price(self, parts.underlying);
        }
        snapshot.fetch(self)?;
        let mut values = Vec::with_capacity(count);
        let mut lots = Vec::with_capacity(count);
        let mut fresh = Vec::with_capacity(count);
        for instrument in instruments {
            let underlying = InstrumentId(instrument).underlying();
            let item = snapshot
                .listed(underlying)
                .ok_or(UnknownUnderlying { underlying })?;
            let mark = margin::mark(InstrumentId(instrument), item.price)
                .ok_or(UnsupportedKind { instrument })?;
            values.push(u128_to_u256(mark.value));
            lots.push(item.terms.lot);
            fresh.push(mark.fresh);
        }
        Ok((values, lots, fresh))
    }

    /// Assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total for every portfolio the vault can hold: what has no fresh price is valued conservatively and sets
    /// `stale`. Items may come in any order and repeat; they net.
    ///
    /// # Errors
    /// For what is not a portfolio: [`TooManyItems`], [`InvalidLeg`], [`UnsupportedKind`]. [`PortfolioOutOfRange`] is
    /// unreachable while the oracle bounds prices.
    pub fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        limit(portfolios.len(), MAX_PORTFOLIOS)?;
        let mut snapshot = Snapshot::default();
        for portfolio in &portfolios {
            limit(portfolio.collateral.len(), MAX_ASSETS)?;
            limit(portfolio.legs.len(), MAX_SLOTS)?;
            for slot in &portfolio.legs {
                snapshot.need_price(self, margin::underlying_of(*slot));
            }
            for balance in &portfolio.collateral {
                snapshot.need_asset(self, balance.asset);
            }
        }
        snapshot.fetch(self)?;
        let mut assessments = Vec::with_capacity(portfolios.len());
        let mut collateral = Vec::with_capacity(MAX_ASSETS);
        for (
            index,
            Portfolio {
                cash,
                collateral: balances,
                legs,
            },
        ) in portfolios.iter().enumerate()
        {
            collateral.clear();
            collateral.extend(balances.iter().map(|b| Collateral {
                asset: b.asset,
                amount: b.amount,
            }));
            let portfolio = margin::Portfolio {
                cash: *cash,
                collateral: &collateral,
                legs,
            };
            let assessed = margin::assess(&portfolio, &snapshot.market())
                .map_err(|refusal| explain(refusal, index, legs))?;
            assessments.push(to_abi(&assessed));
        }
        Ok(assessments)
    }
}

impl Margin {
    fn underlying_record(&self, underlying: u16) -> Option<UnderlyingRecord> {
        UnderlyingRecord::decode(self.underlyings.get(underlying))
    }

    fn asset_record(&self, asset: u8) -> Option<AssetRecord> {
        AssetRecord::decode(self.assets.get(u16::from(asset)))
    }

    /// The oracle must list a feed before it is named here, so that fetching prices cannot fail later.
    fn check_feed(&self, feed: u16) -> Result<(), Revert> {
        market::ask(self, &[feed]).map(|_| ())
    }
}

fn limit(given: usize, limit: usize) -> Result<(), Revert> {
    if given > limit {
        return Err(TooManyItems {
            given: U256::from(given),
            limit: U256::from(limit),
        }
        .into());
    }
    Ok(())
}

fn to_abi(assessed: &Assessed) -> Assessment {
    Assessment {
        equity: I256::from_raw(assessed.equity.to_raw()),
        im: assessed.im,
        mm: assessed.mm,
        stale: assessed.stale,
    }
}

#[cold]
fn explain(refusal: Refusal, portfolio: usize, legs: &[U256]) -> Revert {
    let slot = |index: usize| legs.get(index).copied().unwrap_or_default();
    let portfolio = U256::from(portfolio);
    match refusal {
        Refusal::NotALeg(index) => InvalidLeg {
            portfolio,
            index: U256::from(index),
            slot: slot(index),
        }
        .into(),
        Refusal::UnsupportedKind(index) => UnsupportedKind {
            instrument: margin::instrument_of(slot(index)).0,
        }
        .into(),
        Refusal::TooManyUnderlyings => TooManyItems {
            given: U256::from(margin::MAX_UNDERLYINGS + 1),
            limit: U256::from(margin::MAX_UNDERLYINGS),
        }
        .into(),
        Refusal::TooManyAssets(_) | Refusal::TooManySlots(_) | Refusal::OutOfRange => {
            PortfolioOutOfRange { portfolio }.into()
        }
    }
}
