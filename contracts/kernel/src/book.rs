//! An account's list of leg slots: bounded, no duplicates, no gaps.
//!
//! A perpetual or future takes a slot, two options share one; at most one slot is half full. The order means nothing: a
//! leg that goes is replaced by the last slot, so that any change writes three slots at most. The caller reads the
//! slots once, changes them here, and writes back what differs.
extern crate alloc;
use crate::codec::{InstrumentId, LegSlot, OptionLeg, PerpLeg};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// Most leg slots an account can hold.
pub const MAX_SLOTS: usize = 64;
/// Most collateral assets the house lists, and so an account can hold.
pub const MAX_ASSETS: usize = 16;

/// A leg of any kind, or what is added to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Lots, signed.
    pub size: i64,
    /// 1e-18 cash; always 0 for an option.
    pub quote: i128,
}

/// What a change did to the leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The leg after it.
    Open(Leg),
    /// The size is zero: the leg is gone. Its quote, which the clearing account must take over while cash
    /// falls by as much: a leg of size 0 is worth minus its quote.
    Closed {
        /// The remaining quote, 1e-18 cash.
        quote: i128,
    },
}

/// Why a change is impossible. The list is then unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookRefusal {
    /// The account would need one more slot than [`MAX_SLOTS`].
    Full,
    /// The size or the quote would leave its range.
    OutOfRange,
    /// A quote for a leg the account does not have.
    NoLeg,
    /// Not the canonical id of an instrument, or a quote for an option.
    Instrument,
}

/// The legs of a slot.
fn legs(slot: U256) -> impl Iterator<Item = Leg> {
    let option = |leg: OptionLeg| Leg {
        instrument: leg.instrument,
        size: leg.size,
        quote: 0,
    };
    let (first, second) = match LegSlot::decode(slot) {
        Some(LegSlot::Linear(PerpLeg {
            instrument,
            size,
            quote,
        })) => {
            let leg = Leg {
                instrument,
                size,
                quote,
            };
            (Some(leg), None)
        }
        Some(LegSlot::Options(first, second)) => (Some(option(first)), second.map(option)),
        None => (None, None),
    };
    first.into_iter().chain(second)
}

/// All legs of an account, two options of a slot after one another.
pub fn all(slots: &[U256]) -> impl Iterator<Item = Leg> {
    slots.iter().flat_map(|slot| legs(*slot))
}

/// The leg of this instrument, if the account has one.
#[must_use]
pub fn leg(slots: &[U256], instrument: InstrumentId) -> Option<Leg> {
    find(slots, instrument).map(|(_, leg)| leg)
}

/// Its slot and itself.
fn find(slots: &[U256], instrument: InstrumentId) -> Option<(usize, Leg)> {
    let header = (instrument.0 >> 64) as u64;
    let middle = header >> 14; // what both halves of an option slot and a linear slot have above size and strike
    slots.iter().enumerate().find_map(|(place, slot)| {
        let [_, second, _, first] = *slot.as_limbs();
        if first >> 14 != middle && second >> 14 != middle {
            return None;
        }
        let leg = legs(*slot).find(|leg| leg.instrument == instrument)?;
        Some((place, leg))
    })
}

/// Adds `delta.size` lots and `delta.quote` to the account's leg of `delta.instrument`.
///
/// # Errors
/// [`BookRefusal`]; the list is unchanged then.
pub fn change(slots: &mut Vec<U256>, delta: &Leg) -> Result<Change, BookRefusal> {
    let instrument = delta.instrument;
    let kind = instrument.decode().ok_or(BookRefusal::Instrument)?.kind;
    if kind.is_option() && delta.quote != 0 {
        return Err(BookRefusal::Instrument);
    }
    let found = find(slots, instrument);
    if found.is_none() && delta.size == 0 {
        return Err(BookRefusal::NoLeg);
    }
    let (size, quote) = found.map_or((0, 0), |(_, leg)| (leg.size, leg.quote));
    let leg = Leg {
        instrument,
        size: size
            .checked_add(delta.size)
            .ok_or(BookRefusal::OutOfRange)?,
        quote: quote
            .checked_add(delta.quote)
            .ok_or(BookRefusal::OutOfRange)?,
    };
    // Each has a negative, so that every leg can be moved whole.
    if leg.size == i64::MIN || leg.quote == i128::MIN {
        return Err(BookRefusal::OutOfRange);
    }
    let place = found.map(|(place, _)| place);
    if kind.is_option() {
        set_option(slots, place, &leg)?;
    } else {
        set_linear(slots, place, &leg)?;
    }
    Ok(match leg.size {
        0 => Change::Closed { quote: leg.quote },
        _ => Change::Open(leg),
    })
}

fn set_linear(slots: &mut Vec<U256>, place: Option<usize>, leg: &Leg) -> Result<(), BookRefusal> {
    let Leg {
        instrument,
        size,
        quote,
    } = *leg;
    let slot = LegSlot::Linear(PerpLeg {
        instrument,
        size,
        quote,
    });
    match place {
        Some(place) if size == 0 => remove(slots, place),
        Some(place) => replace(slots, place, slot)?,
        None => append(slots, slot)?,
    }
    Ok(())
}

fn set_option(slots: &mut Vec<U256>, place: Option<usize>, leg: &Leg) -> Result<(), BookRefusal> {
    let own = OptionLeg {
        instrument: leg.instrument,
        size: leg.size,
    };
    let half = slots.iter().position(|slot| lone_option(*slot).is_some());
    let lone = half.and_then(|half| slots.get(half).copied().and_then(lone_option));
    let Some(place) = place else {
        return match half.zip(lone) {
            Some((half, lone)) => replace(slots, half, both(own, lone)),
            None => append(slots, LegSlot::Options(own, None)),
        };
    };
    let other = slots
        .get(place)
        .into_iter()
        .flat_map(|slot| legs(*slot))
        .find(|other| other.instrument != own.instrument)
        .map(|other| OptionLeg {
            instrument: other.instrument,
            size: other.size,
        });
    match (other, half.zip(lone)) {
        (Some(other), _) if own.size != 0 => replace(slots, place, both(own, other))?,
        (None, _) if own.size != 0 => replace(slots, place, LegSlot::Options(own, None))?,
        // What is left of a pair joins the other half slot, so that there is never more than one.
        (Some(other), Some((half, lone))) => {
            replace(slots, place, both(other, lone))?;
            remove(slots, half);
        }
        (Some(other), None) => replace(slots, place, LegSlot::Options(other, None))?,
        (None, _) => remove(slots, place),
    }
    Ok(())
}

/// The only leg of a half-full slot.
fn lone_option(slot: U256) -> Option<OptionLeg> {
    let [low, middle, ..] = *slot.as_limbs();
    if low != 0 || middle != 0 {
        return None;
    }
    match LegSlot::decode(slot)? {
        LegSlot::Options(leg, None) => Some(leg),
        _ => None,
    }
}

/// A full slot of two different options, ascending.
fn both(a: OptionLeg, b: OptionLeg) -> LegSlot {
    if a.instrument < b.instrument {
        LegSlot::Options(a, Some(b))
    } else {
        LegSlot::Options(b, Some(a))
    }
}

fn replace(slots: &mut [U256], place: usize, slot: LegSlot) -> Result<(), BookRefusal> {
    let word = slot.encode().ok_or(BookRefusal::OutOfRange)?;
    if let Some(old) = slots.get_mut(place) {
        *old = word;
    }
    Ok(())
}

fn append(slots: &mut Vec<U256>, slot: LegSlot) -> Result<(), BookRefusal> {
    let word = slot.encode().ok_or(BookRefusal::OutOfRange)?;
    if slots.len() >= MAX_SLOTS {
        return Err(BookRefusal::Full);
    }
    slots.push(word);
    Ok(())
}

fn remove(slots: &mut Vec<U256>, place: usize) {
    if place < slots.len() {
        slots.swap_remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Instrument, Kind, OPTION_SIZE_MAX, Strike};
    use proptest::{collection::vec, prelude::*};
    use std::collections::BTreeMap;

    fn perpetual(underlying: u16) -> InstrumentId {
        InstrumentId::perpetual(1, underlying)
    }

    fn option(number: u16) -> InstrumentId {
        let instrument = Instrument {
            venue: 1,
            underlying: 1 + number % 3,
            kind: if number.is_multiple_of(2) {
                Kind::Call
            } else {
                Kind::Put
            },
            expiry_day: 20_000 + number % 5,
            strike: Strike::from_wad(u128::from(number + 1) * 10_u128.pow(18)),
        };
        instrument.encode().unwrap()
    }

    proptest! {
        /// Against a map: the list holds exactly its legs, canonically and densely; sizes and realised quotes add up.
        #[test]
        fn i_acc_3_a_list_of_slots_is_a_map_of_legs(
            changes in vec((0_u16..200, -3_i64..4, -5_i128..6), 0..800),
        ) {
            let mut slots = Vec::new();
            let mut model: BTreeMap<InstrumentId, (i64, i128)> = BTreeMap::new();
            let (mut quotes, mut realised) = (0, 0);
            for (number, size, quote) in changes {
                let (instrument, quote) = match number {
                    0..40 => (perpetual(1 + number), quote),
                    _ => (option(number - 40), 0),
                };
                let before = slots.clone();
                let known = model.get(&instrument).copied();
                match change(&mut slots, &Leg { instrument, size, quote }) {
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
                            if size == 0 { BookRefusal::NoLeg } else { BookRefusal::Full };
                        prop_assert_eq!(refusal, expected);
                        prop_assert!(size == 0 || slots.len() == MAX_SLOTS);
                    }
                }
                let written = (0..before.len().max(slots.len()))
                    .filter(|i| before.get(*i) != slots.get(*i))
                    .count();
                prop_assert!(written <= 3);
                let mut listed: Vec<_> = all(&slots).map(|l| (l.instrument, (l.size, l.quote))).collect();
                listed.sort_unstable();
                prop_assert_eq!(listed, model.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>());
                let options = model.keys().filter(|i| i.kind().is_option()).count();
                prop_assert_eq!(slots.len(), model.len() - options + options.div_ceil(2));
                let open: i128 = model.values().map(|(_, q)| q).sum();
                prop_assert_eq!(open + realised, quotes);
            }
        }
    }

    #[test]
    fn i_auc_12_every_leg_has_a_negative() {
        let instrument = perpetual(1);
        let add = |slots: &mut Vec<U256>, size, quote| {
            change(
                slots,
                &Leg {
                    instrument,
                    size,
                    quote,
                },
            )
        };
        let mut slots = Vec::new();
        for (size, quote) in [(i64::MIN, 0), (-1, i128::MIN)] {
            assert_eq!(add(&mut slots, size, quote), Err(BookRefusal::OutOfRange));
        }
        add(&mut slots, i64::MIN + 1, i128::MIN + 1).unwrap();
        let before = slots.clone();
        for (size, quote) in [(-1, 0), (0, -1)] {
            assert_eq!(add(&mut slots, size, quote), Err(BookRefusal::OutOfRange));
            assert_eq!(slots, before);
        }
        assert_eq!(
            add(&mut slots, i64::MAX, i128::MAX),
            Ok(Change::Closed { quote: 0 })
        );
    }

    #[test]
    fn an_account_holds_128_options_and_no_more() {
        let mut slots = Vec::new();
        let mut add = |number| {
            let instrument = option(number);
            let delta = Leg {
                instrument,
                size: -1,
                quote: 0,
            };
            change(&mut slots, &delta)
        };
        for number in 0..128 {
            add(number).unwrap();
        }
        assert_eq!(add(128), Err(BookRefusal::Full));
        assert_eq!(slots.len(), MAX_SLOTS);
    }

    #[test]
    fn i_rnd_6_ranges_end_in_a_refusal() {
        let instrument = perpetual(1);
        let largest = Leg {
            instrument,
            size: i64::MAX,
            quote: i128::MIN + 1,
        };
        let mut slots = Vec::new();
        change(&mut slots, &largest).unwrap();
        let most = Leg {
            instrument: option(7),
            size: OPTION_SIZE_MAX,
            quote: 0,
        };
        change(&mut slots, &most).unwrap();
        let before = slots.clone();
        for (instrument, size, quote, refusal) in [
            (instrument, 1, 0, BookRefusal::OutOfRange),
            (instrument, 0, -1, BookRefusal::OutOfRange),
            (option(7), 1, 0, BookRefusal::OutOfRange),
            (option(7), 1, 1, BookRefusal::Instrument),
            (option(8), -OPTION_SIZE_MAX - 1, 0, BookRefusal::OutOfRange),
            (
                InstrumentId(instrument.0 | 2 << 94),
                1,
                0,
                BookRefusal::Instrument,
            ),
        ] {
            let delta = Leg {
                instrument,
                size,
                quote,
            };
            assert_eq!(change(&mut slots, &delta), Err(refusal));
            assert_eq!(slots, before);
        }
    }
}
