//! The list of tokens: their decimals, their caps, and how much the ledger owes of each.
use crate::{
    Vault,
    sol::{AssetListed, CapSet, DecimalsDiffer, TokenListed, TooManyDecimals, UnknownAsset},
    token,
};
use alloc::vec;
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert, at_most,
    interface::margin,
    store::{halves, pair, tagged, untagged},
};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    num::{low_u8, low_u64},
    portfolio::{snapshot::ASSET, terms::AssetTerms},
};
use stylus_sdk::prelude::*;

/// Most decimals of the settlement coin: its amounts must be exact at 1e18.
const MAX_COIN_DECIMALS: u8 = 18;
/// Most decimals of any other token.
const MAX_TOKEN_DECIMALS: u8 = 24;

/// A listed token.
pub(crate) struct Asset {
    pub(crate) token: Address,
    pub(crate) decimals: u8,
    /// In the token's own decimals, as `held`.
    pub(crate) cap: u128,
    /// What the ledger owes holders; tokens sent to the vault's address without `deposit` do not count.
    pub(crate) held: u128,
}

impl Vault {
    /// Number of listed tokens, at most 16.
    pub(crate) fn listed(&self) -> u8 {
        low_u8(self.count.get().as_limbs()[0])
    }

    /// The index of a token; `None` if it is not listed.
    pub(crate) fn index_of(&self, token: Address) -> Option<u8> {
        // At most 16.
        low_u8(self.indices.get(token).as_limbs()[0]).checked_sub(1)
    }

    /// The listed token of an index.
    pub(crate) fn record(&self, asset: u8) -> Result<Asset, Revert> {
        let (token, decimals) = untagged(self.tokens.get(u16::from(asset)));
        if token.is_zero() {
            return Err(UnknownAsset { asset }.into());
        }
        let (cap, held) = halves(self.amounts.get(u16::from(asset)));
        Ok(Asset {
            token,
            decimals: low_u8(low_u64(decimals)),
            cap,
            held,
        })
    }

    /// Stores the cap of an asset and how much of it the ledger owes.
    pub(crate) fn set_amounts(&mut self, asset: u8, cap: u128, held: u128) {
        self.amounts.set(u16::from(asset), pair(cap, held));
    }

    /// Lists a token at the next index.
    pub(crate) fn list(&mut self, token: Address, cap: u128) -> Result<u8, Revert> {
        let asset = self.listed();
        let next = usize::from(asset) + 1; // SAFETY: at most 256.
        at_most(next, MAX_ASSETS)?;
        if let Some(asset) = self.index_of(token) {
            return Err(TokenListed { token, asset }.into());
        }
        let decimals = self.decimals_of(token, asset)?;
        self.check_terms(token, asset, decimals)?;
        self.tokens
            .set(u16::from(asset), tagged(token, decimals.into()));
        self.set_amounts(asset, cap, 0);
        self.indices.set(token, U256::from(next));
        self.count.set(U256::from(next));
        AssetListed {
            asset,
            token,
            decimals,
            cap,
            settlement: asset == 0,
        }
        .emit(self.vm());
        Ok(asset)
    }

    /// Changes the cap of an asset.
    pub(crate) fn change_cap(&mut self, asset: u8, cap: u128) -> Result<(), Revert> {
        let held = self.record(asset)?.held;
        self.set_amounts(asset, cap, held);
        CapSet { asset, cap }.emit(self.vm());
        Ok(())
    }

    /// The token's decimals, if the vault supports as many for the asset at this index.
    fn decimals_of(&self, token: Address, asset: u8) -> Result<u8, Revert> {
        let limit = if asset == 0 {
            MAX_COIN_DECIMALS
        } else {
            MAX_TOKEN_DECIMALS
        };
        let decimals = token::decimals(self.vm(), token)?;
        match u8::try_from(decimals) {
            Ok(decimals) if decimals <= limit => Ok(decimals),
            _ => {
                let limit = U256::from(limit);
                Err(TooManyDecimals {
                    token,
                    decimals,
                    limit,
                }
                .into())
            }
        }
    }

    /// Refuses an asset for which `margin` has no terms, or other decimals.
    fn check_terms(&self, token: Address, asset: u8, decimals: u8) -> Result<(), Revert> {
        let key = U256::from(ASSET | u64::from(asset));
        let (words,) =
            margin::TERMS.static_call(self.vm(), self.margin.address(), &(vec![key],))?;
        let terms = words.first().and_then(|word| AssetTerms::decode(*word));
        let terms = terms.ok_or(UnknownAsset { asset })?;
        // Only the settlement coin, which is cash and never collateral, needs no feed.
        if asset != 0 && terms.feed == 0 {
            return Err(UnknownAsset { asset }.into());
        }
        let margin_decimals = terms.decimals;
        if margin_decimals != decimals {
            return Err(DecimalsDiffer {
                token,
                decimals,
                margin_decimals,
            }
            .into());
        }
        Ok(())
    }
}
