//! A share of everything an account holds, as the entries that move it.
use crate::sol::{NothingToSell, UnsupportedKind, ValueOutOfRange};
use alloc::vec::Vec;
use alloy_primitives::B256;
use plimsoll_common::{
    Revert,
    interface::{AssetBalance, AssetEntry, Entry, Portfolio},
};
use plimsoll_kernel::{
    auction::{slice_cash, slice_collateral, slice_quote, slice_size},
    codec::{LegSlot, PerpLeg},
    num::u128_to_u256,
};

/// What a share takes, and what it leaves.
pub(crate) struct Slice {
    cash: i128,
    legs: Vec<PerpLeg>,
    collateral: Vec<AssetBalance>,
    /// The account without it, before the price is paid.
    pub(crate) rest: Portfolio,
}

impl Slice {
    /// The share `fraction` (1e18) of `portfolio`. Refuses a share of which nothing is left after rounding.
    pub(crate) fn new(
        account: B256,
        portfolio: &Portfolio,
        fraction: u128,
    ) -> Result<Self, Revert> {
        let overflow = || Revert::from(ValueOutOfRange { account });
        let cash = slice_cash(portfolio.cash, fraction).ok_or_else(overflow)?;
        let mut slice = Self {
            cash,
            legs: Vec::with_capacity(portfolio.legs.len()),
            collateral: Vec::with_capacity(portfolio.collateral.len()),
            rest: Portfolio {
                cash: portfolio.cash.checked_sub(cash).ok_or_else(overflow)?,
                ..Portfolio::default()
            },
        };
        for slot in &portfolio.legs {
            let leg = match LegSlot::decode(*slot) {
                Some(LegSlot::Linear(leg)) => leg,
                Some(LegSlot::Options(leg, _)) => {
                    return Err(UnsupportedKind {
                        instrument: leg.instrument.0,
                    }
                    .into());
                }
                None => return Err(overflow()),
            };
            slice.cut_leg(leg, fraction).ok_or_else(overflow)?;
        }
        for held in &portfolio.collateral {
            let amount = slice_collateral(held.amount, fraction).ok_or_else(overflow)?;
            let kept = held.amount.checked_sub(amount).ok_or_else(overflow)?;
            push(&mut slice.collateral, held.asset, amount);
            push(&mut slice.rest.collateral, held.asset, kept);
        }
        if slice.cash == 0 && slice.legs.is_empty() && slice.collateral.is_empty() {
            return Err(NothingToSell {
                account,
                fraction: u128_to_u256(fraction),
            }
            .into());
        }
        Ok(slice)
    }

    fn cut_leg(&mut self, leg: PerpLeg, fraction: u128) -> Option<()> {
        let size = slice_size(leg.size, fraction);
        if size != 0 {
            let quote = slice_quote(leg.quote, size, leg.size)?;
            let kept = PerpLeg {
                size: leg.size.checked_sub(size)?,
                quote: leg.quote.checked_sub(quote)?,
                ..leg
            };
            self.legs.push(PerpLeg { size, quote, ..leg });
            if kept.size != 0 {
                self.rest.legs.push(kept.encode());
            }
        }
        Some(())
    }

    /// The slice from `account` to `bidder`; `None` when a number has no negative.
    pub(crate) fn entries(&self, account: B256, bidder: B256) -> Option<Vec<Entry>> {
        let mut entries = Vec::with_capacity(self.legs.len().saturating_mul(2).saturating_add(5));
        let mut both = |cash: i128, instrument: u128, size: i64, quote: i128| {
            entries.push(Entry {
                account: bidder,
                cash,
                instrument,
                size,
                quote,
            });
            let (cash, size, quote) = (
                cash.checked_neg()?,
                size.checked_neg()?,
                quote.checked_neg()?,
            );
            entries.push(Entry {
                account,
                cash,
                instrument,
                size,
                quote,
            });
            Some(())
        };
        if self.cash != 0 {
            both(self.cash, 0, 0, 0)?;
        }
        for leg in &self.legs {
            both(0, leg.instrument.0, leg.size, leg.quote)?;
        }
        Some(entries)
    }

    /// The collateral of the slice from `account` to `bidder`.
    pub(crate) fn assets(&self, account: B256, bidder: B256) -> Option<Vec<AssetEntry>> {
        let mut entries = Vec::with_capacity(self.collateral.len().saturating_mul(2));
        for held in &self.collateral {
            let (asset, amount) = (held.asset, i128::try_from(held.amount).ok()?);
            entries.push(AssetEntry {
                account: bidder,
                asset,
                amount,
            });
            entries.push(AssetEntry {
                account,
                asset,
                amount: amount.checked_neg()?,
            });
        }
        Some(entries)
    }
}

fn push(list: &mut Vec<AssetBalance>, asset: u8, amount: u128) {
    if amount != 0 {
        list.push(AssetBalance { asset, amount });
    }
}
