//! A share of everything of an account that can be priced, as the entries that move it.
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

/// What cannot be priced and stays with the account, as margin says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unpriced {
    /// Bits 2i and 2i + 1: the first and the second leg of slot i.
    pub(crate) legs: u128,
    /// Bit i: asset i.
    pub(crate) assets: u16,
}

impl Unpriced {
    pub(crate) fn any(self) -> bool {
        self.legs != 0 || self.assets != 0
    }

    /// Whether the first and the second leg of a slot cannot.
    fn slot(self, index: usize) -> (bool, bool) {
        let bits = u32::try_from(index).ok().and_then(|index| {
            let place = index.checked_mul(2)?;
            self.legs.checked_shr(place)
        });
        let bits = bits.unwrap_or(0);
        (bits & 1 == 1, bits & 2 == 2)
    }

    fn asset(self, asset: u8) -> bool {
        self.assets
            .checked_shr(asset.into())
            .is_some_and(|bits| bits & 1 == 1)
    }
}

/// What a share takes, and what it leaves.
pub(crate) struct Slice {
    cash: i128,
    legs: Vec<Leg>,
    collateral: Vec<AssetBalance>,
    /// The account without it, before the price is paid.
    pub(crate) rest: Portfolio,
}

impl Slice {
    /// The share `fraction` (1e18) of what of `portfolio` can be priced.
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

    /// Moves a share of a perpetual or future; the slot of what stays.
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

    /// Moves a share of an option, unless it `stays` whole; what stays.
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

    /// Of which venues there are legs, each once.
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

    /// Nothing but perhaps cash.
    pub(crate) fn is_bare(&self) -> bool {
        self.legs.is_empty() && self.collateral.is_empty()
    }

    /// Nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_bare() && self.cash == 0
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use alloc::vec;
    use plimsoll_kernel::{
        auction::ONE,
        codec::{Instrument, InstrumentId, Kind, OPTION_SIZE_MAX, Strike},
    };

    const ACCOUNT: B256 = B256::repeat_byte(1);
    const BIDDER: B256 = B256::repeat_byte(2);
    const NONE: Unpriced = Unpriced { legs: 0, assets: 0 };

    fn perpetual(underlying: u16, size: i64, quote: i128) -> PerpLeg {
        PerpLeg {
            instrument: InstrumentId::perpetual(1, underlying),
            size,
            quote,
        }
    }

    fn call(strike: u128, size: i64) -> OptionLeg {
        let instrument = Instrument {
            venue: 1,
            underlying: 1,
            kind: Kind::Call,
            expiry_day: 20_000,
            strike: Strike::from_wad(strike * ONE),
        };
        OptionLeg {
            instrument: instrument.encode().unwrap(),
            size,
        }
    }

    fn options(first: OptionLeg, second: Option<OptionLeg>) -> U256 {
        LegSlot::Options(first, second).encode().unwrap()
    }

    fn held(asset: u8, amount: u128) -> AssetBalance {
        AssetBalance { asset, amount }
    }

    /// What is taken and what stays add up to what there was, by entries that sum to zero.
    fn check(portfolio: &Portfolio, unpriced: Unpriced, fraction: u128) -> Slice {
        let slice = Slice::new(ACCOUNT, portfolio, unpriced, fraction).unwrap();
        let legs = |slots: &[U256]| -> Vec<(u128, i64, i128)> {
            let mut legs = Vec::new();
            for slot in slots {
                match LegSlot::decode(*slot).unwrap() {
                    LegSlot::Linear(l) => legs.push((l.instrument.0, l.size, l.quote)),
                    LegSlot::Options(one, other) => legs.extend(
                        [Some(one), other]
                            .into_iter()
                            .flatten()
                            .map(|l| (l.instrument.0, l.size, 0)),
                    ),
                }
            }
            legs
        };
        let mut cash = slice.rest.cash;
        let mut now = legs(&slice.rest.legs);
        let entries = slice.entries(ACCOUNT, BIDDER).unwrap();
        for (to, from) in entries
            .iter()
            .step_by(2)
            .zip(entries.iter().skip(1).step_by(2))
        {
            assert_eq!((to.account, from.account), (BIDDER, ACCOUNT));
            assert_eq!((to.size, to.quote), (-from.size, -from.quote));
            cash += to.cash;
            match now.iter_mut().find(|leg| leg.0 == to.instrument) {
                _ if to.instrument == 0 => assert_eq!((to.size, to.quote), (0, 0)),
                Some(leg) => (leg.1, leg.2) = (leg.1 + to.size, leg.2 + to.quote),
                None => now.push((to.instrument, to.size, to.quote)),
            }
        }
        let mut before = legs(&portfolio.legs);
        before.sort_unstable();
        now.sort_unstable();
        assert_eq!((cash, now), (portfolio.cash, before));
        for balance in &portfolio.collateral {
            let of = |list: &[AssetBalance]| {
                let found = list.iter().find(|held| held.asset == balance.asset);
                found.map_or(0, |held| held.amount)
            };
            assert_eq!(
                of(&slice.rest.collateral) + of(&slice.collateral),
                balance.amount
            );
        }
        slice
    }

    fn book() -> Portfolio {
        Portfolio {
            cash: -1_000,
            collateral: vec![held(1, 500), held(15, 7)],
            legs: vec![
                perpetual(1, -10, 12_345).encode(),
                options(call(1_000, 100), Some(call(2_000, -1))),
                options(call(3_000, OPTION_SIZE_MAX), None),
            ],
        }
    }

    #[test]
    fn i_auc_5_options_are_sold_like_the_rest() {
        let all = check(&book(), NONE, ONE);
        assert_eq!(all.rest, Portfolio::default());
        assert_eq!(all.entries(ACCOUNT, BIDDER).unwrap().len(), 10);
        assert_eq!(all.assets(ACCOUNT, BIDDER).unwrap().len(), 4);
        let half = check(&book(), NONE, ONE / 2);
        let kept = OPTION_SIZE_MAX - OPTION_SIZE_MAX / 2 - 1;
        assert_eq!(
            half.rest.legs,
            [
                perpetual(1, -5, 6_173).encode(),
                options(call(1_000, 50), None), // the lot of the other one is gone
                options(call(3_000, kept), None),
            ]
        );
        // The first of a slot goes whole, the second does not.
        let slot = options(call(1_000, -1), Some(call(2_000, 10)));
        let portfolio = Portfolio {
            legs: vec![slot],
            ..Portfolio::default()
        };
        let most = check(&portfolio, NONE, ONE / 10 * 9);
        assert_eq!(most.rest.legs, [options(call(2_000, 1), None)]);
    }

    #[test]
    fn i_liv_3_a_full_account_is_within_the_vault_entries() {
        let legs = (0..64)
            .map(|i| options(call(1_000 + i, 1), Some(call(5_000 + i, -1))))
            .collect();
        let portfolio = Portfolio {
            cash: 1,
            collateral: (0..16).map(|asset| held(asset, 1)).collect(),
            legs,
        };
        let slice = check(&portfolio, NONE, ONE);
        assert_eq!(slice.entries(ACCOUNT, BIDDER).unwrap().len(), 258);
        assert_eq!(slice.assets(ACCOUNT, BIDDER).unwrap().len(), 32);
    }

    #[test]
    fn i_auc_1_what_is_stale_stays_whole() {
        let unpriced = Unpriced {
            legs: 0b1100,
            assets: 1 << 15,
        };
        for fraction in [1, ONE / 3, ONE] {
            let slice = check(&book(), unpriced, fraction);
            assert!(slice.rest.legs.contains(&book().legs[1]));
            assert!(slice.rest.collateral.contains(&held(15, 7)));
            assert!(!slice.is_bare());
        }
        let rest = check(&book(), unpriced, ONE).rest;
        assert_eq!(
            (rest.cash, rest.legs.len(), rest.collateral.len()),
            (0, 1, 1)
        );
        // A slot nobody can read is margin's to name; it stays.
        let portfolio = Portfolio {
            legs: vec![U256::MAX],
            ..Portfolio::default()
        };
        assert!(Slice::new(ACCOUNT, &portfolio, NONE, ONE).is_err());
        let unpriced = Unpriced { legs: 1, assets: 0 };
        let slice = Slice::new(ACCOUNT, &portfolio, unpriced, ONE).unwrap();
        assert!(slice.is_empty() && slice.rest == portfolio);
        // All of it stale: only cash is left to move.
        let unpriced = Unpriced {
            legs: u128::MAX,
            assets: u16::MAX,
        };
        let slice = check(&book(), unpriced, ONE);
        assert!(slice.is_bare() && !slice.is_empty());
    }

    /// of two options in a slot the one that has a price is sold, though the other has none.
    #[test]
    fn attack_a_44_half_a_slot_shelters_nothing() {
        let (first, second) = (call(1_000, 100), call(2_000, -10));
        let portfolio = Portfolio {
            legs: vec![perpetual(1, 5, 0).encode(), options(first, Some(second))],
            ..Portfolio::default()
        };
        for (legs, sold, kept) in [(0b0100, second, first), (0b1000, first, second)] {
            let unpriced = Unpriced { legs, assets: 0 };
            let all = check(&portfolio, unpriced, ONE);
            assert_eq!(all.rest.legs, [options(kept, None)]);
            assert_eq!(all.legs[1].instrument, sold.instrument);
            let tenth = check(&portfolio, unpriced, ONE / 10);
            let left = OptionLeg {
                size: sold.size / 10 * 9,
                ..sold
            };
            let slot = if sold == first {
                options(left, Some(kept))
            } else {
                options(kept, Some(left))
            };
            assert_eq!(tenth.rest.legs[1..], [slot]);
        }
    }

    /// More of a token than an entry can name is sold in two bids.
    #[test]
    fn i_auc_12_a_balance_beyond_an_entry_is_sold_in_parts() {
        let mut portfolio = Portfolio {
            collateral: vec![held(3, u128::MAX)],
            ..Portfolio::default()
        };
        for left in [MAX_AMOUNT + 1, 1, 0] {
            let slice = check(&portfolio, NONE, ONE);
            assert_eq!(slice.assets(ACCOUNT, BIDDER).unwrap().len(), 2);
            portfolio = slice.rest;
            assert_eq!(
                portfolio.collateral.iter().map(|h| h.amount).sum::<u128>(),
                left
            );
        }
    }
}
