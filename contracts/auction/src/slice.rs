//! A share of all priced items of an account, and the entries that move it.
use crate::sol::ValueOutOfRange;
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    interface::{AssetBalance, AssetEntry, Entry, Portfolio},
};
use plimsoll_kernel::{
    auction::{slice_cash, slice_collateral, slice_quote, slice_size},
    book::Leg,
    codec::{LegSlot, OptionLeg, PerpLeg},
};

/// Most of one asset that an entry carries; the rest of a larger balance stays.
const MAX_AMOUNT: u128 = i128::MAX.unsigned_abs();

/// The items without a price, which stay with the account, as margin answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unpriced {
    /// Bits 2i and 2i + 1: the first and the second leg of slot i.
    pub(crate) legs: u128,
    /// Bit i: asset i.
    pub(crate) assets: u16,
}

impl Unpriced {
    /// Whether any item is unpriced.
    pub(crate) fn any(self) -> bool {
        self.legs != 0 || self.assets != 0
    }

    /// Whether the first and the second leg of a slot are unpriced.
    fn slot(self, index: usize) -> (bool, bool) {
        let bits = u32::try_from(index).ok().and_then(|index| {
            let place = index.checked_mul(2)?;
            self.legs.checked_shr(place)
        });
        let bits = bits.unwrap_or(0);
        (bits & 1 == 1, bits & 2 == 2)
    }

    /// Whether an asset is unpriced.
    fn asset(self, asset: u8) -> bool {
        self.assets
            .checked_shr(asset.into())
            .is_some_and(|bits| bits & 1 == 1)
    }
}

/// The items that a share takes, and the rest.
pub(crate) struct Slice {
    cash: i128,
    legs: Vec<Leg>,
    collateral: Vec<AssetBalance>,
    /// The account without them, before the price is paid.
    pub(crate) rest: Portfolio,
}

impl Slice {
    /// The share `fraction` (1e18) of the priced items of `portfolio`.
    pub(crate) fn new(
        account: B256,
        portfolio: &Portfolio,
        unpriced: Unpriced,
        fraction: u128,
    ) -> Result<Self, Revert> {
        Self::cut(portfolio, unpriced, fraction).ok_or_else(|| ValueOutOfRange { account }.into())
    }

    fn cut(portfolio: &Portfolio, unpriced: Unpriced, fraction: u128) -> Option<Self> {
        let cash = slice_cash(portfolio.cash, fraction)?;
        let mut slice = Self {
            cash,
            legs: Vec::with_capacity(portfolio.legs.len().saturating_mul(2)),
            collateral: Vec::with_capacity(portfolio.collateral.len()),
            rest: Portfolio {
                cash: portfolio.cash.checked_sub(cash)?,
                collateral: Vec::with_capacity(portfolio.collateral.len()),
                legs: Vec::with_capacity(portfolio.legs.len()),
            },
        };
        for (index, slot) in portfolio.legs.iter().enumerate() {
            let stays = unpriced.slot(index);
            let kept = match LegSlot::decode(*slot) {
                Some(LegSlot::Linear(leg)) if !stays.0 => slice.linear(leg, fraction)?,
                Some(LegSlot::Options(first, second)) => {
                    let first = slice.option(first, stays.0, fraction)?;
                    let second = match second {
                        Some(leg) => slice.option(leg, stays.1, fraction)?,
                        None => None,
                    };
                    match (first, second) {
                        (Some(first), second) => Some(LegSlot::Options(first, second).encode()?),
                        (None, Some(second)) => Some(LegSlot::Options(second, None).encode()?),
                        (None, None) => None,
                    }
                }
                None if !stays.0 => return None,
                _ => Some(*slot),
            };
            slice.rest.legs.extend(kept);
        }
        for held in &portfolio.collateral {
            let amount = if unpriced.asset(held.asset) {
                0
            } else {
                slice_collateral(held.amount, fraction)?.min(MAX_AMOUNT)
            };
            let kept = held.amount.checked_sub(amount)?;
            push(&mut slice.collateral, held.asset, amount);
            push(&mut slice.rest.collateral, held.asset, kept);
        }
        Some(slice)
    }

    /// Takes a share of a perpetual or future; returns the slot of the rest.
    fn linear(&mut self, leg: PerpLeg, fraction: u128) -> Option<Option<U256>> {
        let size = slice_size(leg.size, fraction);
        let quote = slice_quote(leg.quote, size, leg.size)?;
        self.legs.push(Leg {
            instrument: leg.instrument,
            size,
            quote,
        });
        let kept = PerpLeg {
            size: leg.size.checked_sub(size)?,
            quote: leg.quote.checked_sub(quote)?,
            ..leg
        };
        Some((kept.size != 0).then(|| kept.encode()))
    }

    /// Takes a share of an option, unless it `stays` whole; returns the rest.
    fn option(&mut self, leg: OptionLeg, stays: bool, fraction: u128) -> Option<Option<OptionLeg>> {
        if stays {
            return Some(Some(leg));
        }
        let size = slice_size(leg.size, fraction);
        self.legs.push(Leg {
            instrument: leg.instrument,
            size,
            quote: 0,
        });
        let kept = OptionLeg {
            size: leg.size.checked_sub(size)?,
            ..leg
        };
        Some((kept.size != 0).then_some(kept))
    }

    /// The venues of the legs, each once.
    pub(crate) fn venues(&self) -> Vec<u16> {
        let mut venues = Vec::new();
        for leg in &self.legs {
            let venue = leg.instrument.venue();
            if !venues.contains(&venue) {
                venues.push(venue);
            }
        }
        venues
    }

    /// Whether the slice has neither legs nor collateral.
    pub(crate) fn is_bare(&self) -> bool {
        self.legs.is_empty() && self.collateral.is_empty()
    }

    /// Whether the slice has neither legs nor collateral nor cash.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_bare() && self.cash == 0
    }

    /// The entries that move cash and legs from `account` to `bidder`; `None` when a number has no negative.
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
            entries.push(Entry {
                account,
                cash: cash.checked_neg()?,
                instrument,
                size: size.checked_neg()?,
                quote: quote.checked_neg()?,
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

    /// The entries that move the collateral.
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

/// Adds a balance that is not 0.
fn push(list: &mut Vec<AssetBalance>, asset: u8, amount: u128) {
    if amount != 0 {
        list.push(AssetBalance { asset, amount });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
