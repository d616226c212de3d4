//! Rates as the ABI has them: by id, 1e18. Stored they are millionths, by id.
use crate::sol::{
    EnvelopeExceeded, InitialBelowMaintenance, Rate, RateGivenTwice, RateInfo, RateOutOfRange,
    RateTooFine, TooManyAssetDecimals, UnknownRate, UnknownScenarioSet, ZeroLot,
};
use alloc::vec::Vec;
use alloy_primitives::B256;
use plimsoll_common::Revert;
use plimsoll_kernel::{
    num::low_u8,
    portfolio::{
        charges::{self, AssetRate, Charge, RuleRate, UnderlyingRate},
        terms::{MAX_TOKEN_DECIMALS, TermsRefusal},
    },
};

/// 1e18 in millionths: the scale of the ABI over the scale of storage.
const FINENESS: u64 = 1_000_000_000_000;

/// `stored` with what is given in its place.
///
/// # Errors
/// [`UnknownRate`], [`RateGivenTwice`], [`RateTooFine`].
pub(crate) fn changed<const N: usize>(
    stored: [u32; N],
    given: &[Rate],
) -> Result<[u32; N], Revert> {
    let mut rates = stored;
    let mut seen = [false; N];
    for Rate { id: rate, value } in given.iter().copied() {
        let place = usize::from(rate);
        let (Some(stored), Some(seen)) = (rates.get_mut(place), seen.get_mut(place)) else {
            let count = low_u8(N as u64);
            return Err(UnknownRate { rate, count }.into());
        };
        if core::mem::replace(seen, true) {
            return Err(RateGivenTwice { rate }.into());
        }
        if !value.is_multiple_of(FINENESS) {
            return Err(RateTooFine { rate, given: value }.into());
        }
        // at most 1.8e7
        *stored = (value / FINENESS) as u32;
    }
    Ok(rates)
}

/// All rates of something, as the ABI has them.
pub(crate) fn shown(rates: &[u32]) -> Vec<u64> {
    let mut all = Vec::with_capacity(rates.len());
    for rate in rates {
        all.push(widen(*rate));
    }
    all
}

/// Millionths as 1e18.
const fn widen(rate: u32) -> u64 {
    // below 2^24 · 10^12 < 2^64
    rate as u64 * FINENESS
}

/// The rows of the kernel's table: rules 0, underlyings 1, assets 2, assets that move with an underlying 3.
pub(crate) fn table() -> Vec<RateInfo> {
    let sections: [&[charges::Rate]; 4] = [
        &RuleRate::TABLE,
        &UnderlyingRate::TABLE,
        &AssetRate::TABLE,
        &AssetRate::LINKED_TABLE,
    ];
    let mut rows = Vec::new();
    for (scope, section) in (0_u8..).zip(sections) {
        for (id, row) in (0_u8..).zip(section) {
            rows.push(RateInfo {
                scope,
                id,
                name: word(row.name),
                minimum: widen(row.minimum),
                maximum: widen(row.maximum),
                default_value: widen(row.default),
                is_initial: row.initial,
            });
        }
    }
    rows
}

/// Names of the charges that `ILens.explain` answers, in its order.
pub(crate) fn charges() -> Vec<B256> {
    let mut names = Vec::with_capacity(Charge::TABLE.len());
    for charge in Charge::TABLE {
        names.push(word(charge.name));
    }
    names
}

/// A name as a word: its letters, then zeros.
fn word(name: &str) -> B256 {
    let mut word = B256::ZERO;
    for (to, from) in word.0.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    word
}

/// The error of refused parameters: `number` is the scenario set or the decimals given.
#[cold]
pub(crate) fn refused(refusal: TermsRefusal, underlying: u16, rates: &[u32], number: u8) -> Revert {
    let value = |rate: u8| widen(rates.get(usize::from(rate)).copied().unwrap_or(0));
    match refusal {
        TermsRefusal::ZeroLot => ZeroLot { underlying }.into(),
        TermsRefusal::ScenarioSet => UnknownScenarioSet {
            scenario_set: number,
        }
        .into(),
        TermsRefusal::Decimals => TooManyAssetDecimals {
            decimals: number,
            limit: MAX_TOKEN_DECIMALS,
        }
        .into(),
        TermsRefusal::OutOfRange {
            rate,
            minimum,
            maximum,
        } => RateOutOfRange {
            rate,
            given: value(rate),
            minimum: widen(minimum),
            maximum: widen(maximum),
        }
        .into(),
        TermsRefusal::InitialBelowMaintenance { rate } => InitialBelowMaintenance {
            rate,
            initial: value(rate),
            maintenance: value(rate.saturating_add(1)),
        }
        .into(),
        TermsRefusal::Envelope { leg, covered } => EnvelopeExceeded {
            leg_type: leg as u8,
            max_move: value(UnderlyingRate::max_move as u8),
            covered: widen(covered),
        }
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why a list of rates is refused, by the selector of the error; `None` where it is taken.
    fn refusal(given: &[(u8, u64)]) -> Option<[u8; 4]> {
        let given: Vec<Rate> = given
            .iter()
            .map(|&(id, value)| Rate { id, value })
            .collect();
        let error = changed([1, 2, 3], &given).err()?;
        let bytes: Vec<u8> = error.into();
        bytes.first_chunk().copied()
    }

    #[test]
    fn what_is_not_given_stays() {
        let given = [2, 0].map(|id| Rate {
            id,
            value: FINENESS * 7,
        });
        assert!(changed([1, 2, 3], &given).is_ok_and(|rates| rates == [7, 2, 7]));
        assert!(changed([1, 2, 3], &[]).is_ok_and(|rates| rates == [1, 2, 3]));
    }

    #[test]
    fn each_rate_is_known_and_given_once() {
        assert_eq!(refusal(&[(2, 0)]), None);
        assert_eq!(refusal(&[(3, 0)]), Some(UnknownRate::SELECTOR));
        assert_eq!(refusal(&[(255, 0)]), Some(UnknownRate::SELECTOR));
        assert_eq!(refusal(&[(1, 0), (1, 0)]), Some(RateGivenTwice::SELECTOR));
        assert_eq!(refusal(&[(1, 1)]), Some(RateTooFine::SELECTOR));
    }

    #[test]
    fn names_are_words() {
        assert!(word("beta").0.starts_with(b"beta\0"));
        let rows = RuleRate::COUNT + UnderlyingRate::COUNT + 2 * AssetRate::COUNT;
        assert_eq!(table().len(), rows);
        assert_eq!(charges().len(), Charge::TABLE.len());
    }
}
