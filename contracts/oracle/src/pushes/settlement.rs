//! Settlement: from expiry on an update has one price, which is final.
use crate::{
    Oracle,
    sol::{ExpiryUpdate, Settled, SettlementOutOfRange},
};
use plimsoll_common::Revert;
use plimsoll_kernel::surface::{self, Record};
use stylus_sdk::prelude::*;

/// From the settlement window on: both parts together are between an eighth of spot and eight times it.
pub(super) fn check_range(update: &ExpiryUpdate, spot: u128) -> Result<(), Revert> {
    let price = update.forward.saturating_add(update.fixed_part);
    let (lowest, highest) = surface::settlement_range(spot);
    if !(lowest..=highest).contains(&price) {
        return Err(SettlementOutOfRange {
            underlying: update.underlying,
            expiry_day: update.expiry_day,
            price,
            lowest,
            highest,
        }
        .into());
    }
    Ok(())
}

impl Oracle {
    /// Stores the settlement price of an expiry, its fixed part.
    pub(super) fn settle(&mut self, underlying: u16, record: &Record) {
        self.keep(underlying, record);
        Settled {
            underlying,
            expiry_day: record.expiry.day,
            price: record.expiry.fixed,
            observed_at: record.updated_at,
        }
        .emit(self.vm());
    }
}
