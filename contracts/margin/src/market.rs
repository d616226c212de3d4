//! One snapshot of terms and prices for all portfolios of a call.
use crate::{Margin, record::AssetRecord};
use alloc::vec::Vec;
use plimsoll_common::{Revert, errors::BadAnswer, interface::oracle};
use plimsoll_kernel::{
    margin::{Asset, Market, Underlying, UnderlyingTerms},
    price::Price,
};
use stylus_sdk::prelude::*;

/// Most feeds the oracle answers at once.
const MAX_FEEDS: usize = 32;

/// What is needed, each item once, and after [`Snapshot::fetch`] its price.
#[derive(Default)]
pub(crate) struct Snapshot {
    underlyings: Vec<Underlying>,
    assets: Vec<Asset>,
    /// Which feed prices which item; 0 = none.
    underlying_feeds: Vec<u16>,
    asset_feeds: Vec<u16>,
}

impl Snapshot {
    /// Loads an underlying that legs are written on.
    pub(crate) fn need_price(&mut self, margin: &Margin, number: u16) {
        if let Some(index) = self.underlyings.iter().position(|u| u.number == number) {
            // Loaded for its terms only so far.
            if let Some(feed) = self.underlying_feeds.get_mut(index)
                && *feed == 0
            {
                *feed = margin.underlying_record(number).unwrap_or_default().feed;
            }
            return;
        }
        let record = margin.underlying_record(number).unwrap_or_default();
        self.push_underlying(number, record.terms, record.feed);
    }

    /// Loads an asset, and the terms of what it moves with: its own price is the only one it needs.
    pub(crate) fn need_asset(&mut self, margin: &Margin, number: u8) {
        if self.assets.iter().any(|a| a.number == number) {
            return;
        }
        let record = margin.asset_record(number);
        let price = if record.is_some_and(|r| r.feed == 0) {
            Price::ONE
        } else {
            Price::default()
        };
        let AssetRecord { feed, terms } = record.unwrap_or_default();
        self.assets.push(Asset {
            number,
            terms,
            price,
        });
        self.asset_feeds.push(feed);
        let linked = terms.underlying;
        if linked != 0 && !self.underlyings.iter().any(|u| u.number == linked) {
            let terms = margin.underlying_record(linked).unwrap_or_default().terms;
            self.push_underlying(linked, terms, 0);
        }
    }

    fn push_underlying(&mut self, number: u16, terms: UnderlyingTerms, feed: u16) {
        self.underlyings.push(Underlying {
            number,
            terms,
            price: Price::default(),
        });
        self.underlying_feeds.push(feed);
    }

    /// Asks the oracle for every price at once; in calls of 32 feeds if there are more.
    ///
    /// # Errors
    /// The oracle's, unchanged. None for a feed's state.
    pub(crate) fn fetch(&mut self, margin: &Margin) -> Result<(), Revert> {
        let mut feeds: Vec<u16> = Vec::new();
        for feed in self.underlying_feeds.iter().chain(&self.asset_feeds) {
            if *feed != 0 && !feeds.contains(feed) {
                feeds.push(*feed);
            }
        }
        let mut prices: Vec<Price> = Vec::with_capacity(feeds.len());
        for chunk in feeds.chunks(MAX_FEEDS) {
            prices.append(&mut ask(margin, chunk)?);
        }
        let price = |feed: u16| {
            let index = feeds.iter().position(|f| *f == feed)?;
            prices.get(index).copied()
        };
        for (underlying, feed) in self.underlyings.iter_mut().zip(&self.underlying_feeds) {
            underlying.price = price(*feed).unwrap_or_default();
        }
        for (asset, feed) in self.assets.iter_mut().zip(&self.asset_feeds) {
            asset.price = price(*feed).unwrap_or(asset.price);
        }
        Ok(())
    }

    /// The underlying of this number, if it has terms.
    pub(crate) fn listed(&self, number: u16) -> Option<&Underlying> {
        self.underlyings
            .iter()
            .find(|u| u.number == number && u.terms.lot != 0)
    }

    /// For the kernel.
    pub(crate) fn market(&self) -> Market<'_> {
        Market {
            underlyings: &self.underlyings,
            assets: &self.assets,
        }
    }
}

/// Prices of up to 32 feeds.
pub(crate) fn ask(margin: &Margin, feeds: &[u16]) -> Result<Vec<Price>, Revert> {
    let callee = margin.oracle.get();
    let (prices,) = oracle::PRICES.ask(margin.vm(), callee, &(feeds.to_vec(),))?;
    if prices.len() != feeds.len() {
        return Err(BadAnswer { callee }.into());
    }
    Ok(prices
        .iter()
        .map(|p| Price::from_abi(p.value, p.fresh))
        .collect())
}
