//! The most that the vault pays out of an account.
use crate::{
    Lens,
    change::{balance, without},
};
use alloc::vec;
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    interface::{Portfolio, vault},
};
use plimsoll_kernel::{
    codec::Account,
    num::{Int256, from_wad_down, u128_to_u256},
};
use stylus_sdk::prelude::*;

impl Lens {
    /// Most of an asset that the vault would pay out of an account now, in the token's own decimals.
    pub(crate) fn withdrawable(&self, account: B256, asset: u8) -> Result<U256, Revert> {
        let (vm, vault) = (self.vm(), self.vault.address());
        let (_, decimals, _, held) = vault::ASSET.static_call(vm, vault, &(asset,))?;
        let (portfolio, _, in_auction) = vault::ACCOUNT.static_call(vm, vault, &(account,))?;
        if in_auction || Account(account.0).owner() == vault.0.0 {
            return Ok(U256::ZERO);
        }
        let cash = u128::try_from(portfolio.cash).unwrap_or(0);
        let most = match asset {
            0 => from_wad_down(cash, decimals).unwrap_or(0),
            _ => balance(&portfolio, asset),
        };
        let most = most.min(held);
        // Without legs and debt the account may withdraw whatever the feeds say.
        if portfolio.legs.is_empty() && portfolio.cash >= 0 {
            return Ok(u128_to_u256(most));
        }
        self.search_max(&portfolio, asset, decimals, most)
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
        // Invariant: the account is healthy without `low` (or `low` is 0), and not without any amount above `high`. The first
        // amount tried is all of it: an account may be healthy without an asset whose price is stale, but not with a rest of it.
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
