//! Settlement: from expiry on an update has one price, which is final.
use super::Group;
use crate::{
    Oracle,
    sol::{ExpiryUpdate, Settled, SettlementOutOfRange},
};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    num::{WAD, mul_div_floor},
    surface::{self, Record},
};
use stylus_sdk::prelude::*;

/// From the settlement window on: both parts together are between an eighth of spot and eight times it. Without a fresh spot
/// nothing can be compared.
pub(super) fn check_range(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    let Some(spot) = group.spot else {
        return Ok(());
    };
    let variable = mul_div_floor(spot, update.ratio.into(), WAD.into());
    let price = update
        .fixed_part
        .saturating_add(variable.unwrap_or(u128::MAX));
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
            expiry_day: record.day,
            price: record.fixed,
            observed_at: record.updated_at,
        }
        .emit(self.vm());
    }
}
