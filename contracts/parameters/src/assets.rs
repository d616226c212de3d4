//! Collateral assets.
use crate::{
    Parameters, rates,
    sol::{
        AssetDecimalsFrozen, AssetFeedRequired, AssetSet, FeedRequired, LinkFrozen, Rate,
        UnknownAsset, UnknownUnderlying,
    },
};
use alloc::{vec, vec::Vec};
use plimsoll_common::{Revert, interface::vault};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    portfolio::{snapshot::ASSET, terms::AssetTerms},
};
use stylus_sdk::prelude::*;

impl Parameters {
    /// Sets the terms of a collateral asset, before the vault lists it and later. Owner only.
    ///
    /// While the vault does not list the index no account holds the asset, so all its terms begin anew. Once it does,
    /// decimals and link are frozen, and the feed is replaced as that of an underlying is.
    ///
    /// # Arguments
    /// * `asset` - its index in the vault's list, below 16.
    /// * `feed` - the oracle's feed of its price; 0 = the settlement coin itself, price 1: asset 0 and no other.
    /// * `underlying` - what it moves with; 0 = nothing, and for the settlement coin nothing else. Of a listed asset
    ///   frozen once it is not 0: a hedge must not vanish.
    /// * `decimals` - the token's, at most 24.
    /// * `rates` - those that change, 1e18; while the vault does not list the index those that are not the defaults, whatever
    ///   was set before: it was for another token.
    ///
    /// # Errors
    /// [`UnknownAsset`], [`FeedRequired`], [`UnknownUnderlying`], [`AssetFeedRequired`],
    /// [`UnknownRate`](crate::sol::UnknownRate), [`RateGivenTwice`](crate::sol::RateGivenTwice),
    /// [`RateTooFine`](crate::sol::RateTooFine), [`TooManyAssetDecimals`](crate::sol::TooManyAssetDecimals),
    /// [`RateOutOfRange`](crate::sol::RateOutOfRange),
    /// [`InitialBelowMaintenance`](crate::sol::InitialBelowMaintenance), [`AssetDecimalsFrozen`], [`LinkFrozen`], the
    /// oracle's `UnknownFeed`, [`FeedsDisagree`](crate::sol::FeedsDisagree), the vault's `Locked`.
    ///
    /// # Events
    /// [`AssetSet`].
    pub fn set_asset(
        &mut self,
        asset: u8,
        feed: u16,
        underlying: u16,
        decimals: u8,
        rates: Vec<Rate>,
    ) -> Result<(), Revert> {
        self.only_owner()?;
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
        let frozen = match self.listed_asset(asset)? {
            Some(old) if self.vault_lists(asset)? => Some(old),
            _ => None,
        };
        let stored = frozen.map_or_else(|| AssetTerms::default_rates(underlying), |old| old.rates);
        let terms = AssetTerms {
            feed,
            underlying,
            decimals,
            rates: rates::changed(stored, &rates)?,
        };
        terms
            .check()
            .map_err(|refusal| rates::refused(refusal, underlying, &terms.rates, decimals))?;
        if let Some(old) = &frozen {
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
        self.check_feed(frozen.map(|old| old.feed), feed)?;
        self.write(ASSET | u64::from(asset), vec![terms.encode()])?;
        AssetSet {
            asset,
            feed,
            underlying,
            decimals,
            rates: rates::shown(&terms.rates),
        }
        .emit(self.vm());
        Ok(())
    }

    /// Feed, underlying, decimals, rates by id; zeros when not listed.
    pub fn asset(&self, asset: u8) -> Result<(u16, u16, u8, Vec<u64>), Revert> {
        let AssetTerms {
            feed,
            underlying,
            decimals,
            rates,
        } = self.listed_asset(asset)?.unwrap_or_default();
        Ok((feed, underlying, decimals, rates::shown(&rates)))
    }

    fn listed_asset(&self, asset: u8) -> Result<Option<AssetTerms>, Revert> {
        let [word] = self.read(ASSET | u64::from(asset))?;
        Ok(AssetTerms::decode(word))
    }

    /// Whether an account may hold the asset.
    fn vault_lists(&self, asset: u8) -> Result<bool, Revert> {
        let (count,) = vault::ASSET_COUNT.static_call(self.vm(), self.vault(), &())?;
        Ok(asset < count)
    }
}
