//! Feeds that parameters name.
use crate::{Parameters, sol::FeedsDisagree};
use plimsoll_common::{Revert, market};
use plimsoll_kernel::price;
use stylus_sdk::prelude::*;

impl Parameters {
    /// The oracle must list a feed before it is named here, so that fetching prices cannot fail later; and it must not
    /// move a price that is fresh.
    pub(crate) fn check_feed(&self, old: Option<u16>, feed: u16) -> Result<(), Revert> {
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
