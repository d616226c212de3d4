//! Market data by keys, for `margin`: the words of feeds and expiries in one answer.
use crate::{
    Oracle,
    pushes::{TERMS, key},
    sol::InvalidKey,
};
use alloc::vec::Vec;
use alloy_primitives::U256;
use plimsoll_common::{Revert, at_most};
use plimsoll_kernel::{num::low_u16, portfolio::snapshot, sequencer::Uptime, surface::WORDS};
use stylus_sdk::prelude::*;

/// Most keys of one `snapshot` call: the largest portfolio needs 65.
pub const MAX_KEYS: usize = 72;

impl Oracle {
    /// The words behind keys, in their order.
    pub(crate) fn words(&self, keys: &[U256]) -> Result<Vec<U256>, Revert> {
        at_most(keys.len(), MAX_KEYS)?;
        let now = self.vm().block_timestamp();
        let uptime = self.uptime()?;
        let mut words = Vec::with_capacity(keys.len().saturating_mul(WORDS));
        for key in keys {
            self.append(*key, now, uptime, &mut words)?;
        }
        Ok(words)
    }

    fn append(
        &self,
        asked: U256,
        now: u64,
        Uptime {
            sequencer,
            observed_from,
        }: Uptime,
        words: &mut Vec<U256>,
    ) -> Result<(), Revert> {
        match snapshot::parse(asked) {
            (snapshot::FEED, feed) => {
                words.push(self.quote(low_u16(feed.into()), now, observed_from)?)
            }
            (snapshot::EXPIRY, expiry) => self.answer_words(expiry, now, observed_from, words),
            (snapshot::NEAR, underlying) => {
                let underlying = low_u16(underlying.into());
                words.push(self.surfaces.list(underlying).get(TERMS));
                match self.days(underlying).near(now) {
                    Some(day) => self.answer_words(key(underlying, day), now, observed_from, words),
                    None => words.extend([U256::ZERO; WORDS]),
                }
            }
            (snapshot::SEQUENCER, _) => words.push(sequencer.encode()),
            (snapshot::MARKET, _) => words.push(U256::ZERO),
            _ => return Err(InvalidKey { key: asked }.into()),
        }
        Ok(())
    }
}
