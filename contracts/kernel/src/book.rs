//! An account's list of leg slots: sorted, bounded, no duplicates.
//!
//! Perpetuals and futures only, by ascending instrument, one slot each; options will follow them. The caller
//! reads the slots once, changes them here, and writes back what differs.
extern crate alloc;
use crate::codec::{InstrumentId, PerpLeg};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// Most leg slots an account can hold.
pub const MAX_SLOTS: usize = 64;
/// Most collateral assets the house lists, and so an account can hold.
pub const MAX_ASSETS: usize = 16;

/// What a change did to the leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The leg after it.
    Open(PerpLeg),
    /// The size is zero: the slot is gone. Its quote, which the clearing account must take over while cash
    /// falls by as much: a leg of size 0 is worth minus its quote.
    Closed {
        /// The remaining quote, 1e-18 cash.
        quote: i128,
    },
}

/// Why a change is impossible. The list is then unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account would need one more slot than [`MAX_SLOTS`].
    Full,
    /// The size or the quote would leave its range.
    OutOfRange,
    /// A quote for a leg the account does not have.
    NoLeg,
    /// The instrument is not a canonical perpetual or future.
    Instrument,
}

/// Where the instrument is, or where it would be inserted.
fn find(slots: &[U256], instrument: InstrumentId) -> Result<usize, usize> {
    // The header is the highest limb, so slots sort by instrument as numbers do.
    let header = (instrument.0 >> 64) as u64;
    slots.binary_search_by(|slot| slot.as_limbs()[3].cmp(&header))
}

/// The leg of this instrument, if the account has one.
#[must_use]
pub fn leg(slots: &[U256], instrument: InstrumentId) -> Option<PerpLeg> {
    let index = find(slots, instrument).ok()?;
    slots.get(index).copied().and_then(PerpLeg::decode)
}

/// Adds `delta.size` lots and `delta.quote` to the account's leg of `delta.instrument`.
///
/// # Errors
/// [`Refusal`]; the list is unchanged then.
pub fn change(slots: &mut Vec<U256>, delta: &PerpLeg) -> Result<Change, Refusal> {
    if delta.instrument.decode().is_none() || delta.instrument.kind().is_option() {
        return Err(Refusal::Instrument);
    }
    let place = find(slots, delta.instrument);
    let old = match place {
        Ok(index) => slots.get(index).copied().and_then(PerpLeg::decode),
        Err(_) if delta.size == 0 => return Err(Refusal::NoLeg),
        Err(_) => None,
    };
    let (size, quote) = old.map_or((0, 0), |leg| (leg.size, leg.quote));
    let size = size.checked_add(delta.size).ok_or(Refusal::OutOfRange)?;
    let quote = quote.checked_add(delta.quote).ok_or(Refusal::OutOfRange)?;
    let leg = PerpLeg {
        instrument: delta.instrument,
        size,
        quote,
    };
    match place {
        Ok(index) if size == 0 => {
            slots.remove(index); // SAFETY: `find` returned it, so it is inside.
            return Ok(Change::Closed { quote });
        }
        Ok(index) => {
            if let Some(slot) = slots.get_mut(index) {
                *slot = leg.encode();
            }
        }
        Err(_) if slots.len() >= MAX_SLOTS => return Err(Refusal::Full),
        Err(index) => slots.insert(index, leg.encode()), // SAFETY: at most `len`.
    }
    Ok(Change::Open(leg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::collections::BTreeMap;

    fn perpetual(underlying: u16) -> InstrumentId {
        InstrumentId::perpetual(1, underlying)
    }

    proptest! {
        /// Against a map: the list stays sorted, canonical and equal to it; sizes and realised quotes add up.
        #[test]
        fn i_acc_3_a_list_of_slots_is_a_map_of_legs(
            changes in vec((1_u16..90, -3_i64..4, -5_i128..6), 0..400),
        ) {
            let mut slots = Vec::new();
            let mut model: BTreeMap<InstrumentId, (i64, i128)> = BTreeMap::new();
            let (mut quotes, mut realised) = (0, 0);
            for (underlying, size, quote) in changes {
                let instrument = perpetual(underlying);
                let before = slots.clone();
                let known = model.get(&instrument).copied();
                match change(&mut slots, &PerpLeg { instrument, size, quote }) {
                    Ok(Change::Open(leg)) => {
                        let (s, q) = known.unwrap_or_default();
                        prop_assert_eq!((leg.size, leg.quote), (s + size, q + quote));
                        prop_assert_ne!(leg.size, 0);
                        model.insert(instrument, (leg.size, leg.quote));
                        quotes += quote;
                    }
                    Ok(Change::Closed { quote: left }) => {
                        let (s, q) = known.unwrap();
                        prop_assert_eq!((s + size, q + quote), (0, left));
                        model.remove(&instrument);
                        quotes += quote;
                        realised += left;
                    }
                    Err(refusal) => {
                        prop_assert_eq!(&slots, &before);
                        prop_assert_eq!(known, None);
                        let expected =
                            if size == 0 { Refusal::NoLeg } else { Refusal::Full };
                        prop_assert_eq!(refusal, expected);
                        prop_assert!(size == 0 || slots.len() == MAX_SLOTS);
                    }
                }
                let listed: Vec<_> = slots.iter().map(|s| PerpLeg::decode(*s).unwrap()).collect();
                let expected: Vec<_> = model
                    .iter()
                    .map(|(instrument, (size, quote))| PerpLeg {
                        instrument: *instrument,
                        size: *size,
                        quote: *quote,
                    })
                    .collect();
                prop_assert_eq!(listed, expected);
                let open: i128 = model.values().map(|(_, q)| q).sum();
                prop_assert_eq!(open + realised, quotes);
            }
        }
    }

    #[test]
    fn i_rnd_6_ranges_end_in_a_refusal() {
        let instrument = perpetual(1);
        let largest = PerpLeg {
            instrument,
            size: i64::MAX,
            quote: i128::MIN,
        };
        let mut slots = Vec::new();
        change(&mut slots, &largest).unwrap();
        let before = slots.clone();
        for (size, quote) in [(1, 0), (0, -1)] {
            let delta = PerpLeg {
                instrument,
                size,
                quote,
            };
            assert_eq!(change(&mut slots, &delta), Err(Refusal::OutOfRange));
        }
        let option = InstrumentId(instrument.0 | 2 << 94);
        let delta = PerpLeg {
            instrument: option,
            size: 1,
            quote: 0,
        };
        assert_eq!(change(&mut slots, &delta), Err(Refusal::Instrument));
        assert_eq!(slots, before);
    }
}
