//! All of an account, as a client shows it, from one snapshot of the market.
use crate::{
    Lens,
    sol::{AccountView, CollateralView, LegView, VenueView},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    interface::{auction, clearinghouse, requirement, vault},
};
use plimsoll_kernel::{
    book,
    codec::Account,
    gate::Assessed,
    num::u128_to_u256,
    portfolio::{
        Assessment, Portfolio as View, Scratch, assess,
        explain::{self, Alone, Parts},
        mark,
        market::Market,
    },
};
use stylus_sdk::prelude::*;

/// The parts of a view that portfolio and market determine.
struct Priced {
    whole: Assessment,
    collateral: Vec<CollateralView>,
    legs: Vec<LegView>,
    parts: Parts,
}

impl Lens {
    /// All of an account.
    pub(crate) fn view(&self, account: B256) -> Result<AccountView, Revert> {
        let vm = self.vm();
        let (vault, _, auction, ..) = self.siblings();
        let (portfolio, version, in_auction) =
            vault::ACCOUNT.static_call(vm, vault, &(account,))?;
        let (state,) = auction::STATE.static_call(vm, auction, &(account,))?;
        let (liquidatable,) = auction::IS_LIQUIDATABLE.static_call(vm, auction, &(account,))?;
        let Priced {
            whole,
            mut collateral,
            legs,
            parts,
        } = self.with_market(&portfolio, price)?;
        for held in &mut collateral {
            (held.token, held.decimals, ..) =
                vault::ASSET.static_call(vm, vault, &(held.asset,))?;
        }
        let gate = Assessed {
            equity: whole.equity.into(),
            im: requirement(whole.im),
            mm: requirement(whole.mm),
            stale: whole.stale,
        };
        // SAFETY: within the kernel's limit, 2^110, each.
        let (im_excess, mm_excess) = (whole.equity - whole.im, whole.equity - whole.mm);
        Ok(AccountView {
            account,
            owner: Address::from(Account(account.0).owner()),
            time: vm.block_timestamp(),
            version,
            in_auction,
            healthy: gate.is_healthy(),
            liquidatable,
            portfolio,
            assessment: (&whole).into(),
            im_excess: int(im_excess),
            mm_excess: int(mm_excess),
            collateral,
            legs,
            venues: self.venues(account, &parts)?,
            collateral_im: requirement(parts.collateral.im),
            collateral_mm: requirement(parts.collateral.mm),
            im_offset: int(parts.im_offset),
            mm_offset: int(parts.mm_offset),
            auction: state,
        })
    }

    /// The venues the account has admitted or has legs at, by ascending number.
    fn venues(&self, account: B256, parts: &Parts) -> Result<Vec<VenueView>, Revert> {
        let vm = self.vm();
        let (vault, clearinghouse, ..) = self.siblings();
        let (mut numbers,) = clearinghouse::VENUES.static_call(vm, clearinghouse, &())?;
        numbers.extend(parts.venues.iter().map(|part| part.venue));
        numbers.sort_unstable();
        numbers.dedup();
        let mut venues = Vec::with_capacity(numbers.len());
        for venue in numbers {
            let (admitted,) = vault::IS_VENUE_ADMITTED.static_call(vm, vault, &(account, venue))?;
            let part = parts.venues.iter().find(|part| part.venue == venue);
            if !admitted && part.is_none() {
                continue;
            }
            let (alone, released) = part.map_or_else(Default::default, |part| {
                (part.alone, (part.im_released, part.mm_released))
            });
            venues.push(VenueView {
                venue,
                admitted,
                legs: part.map_or(0, |part| part.legs),
                value: int(alone.value),
                im: requirement(alone.im),
                mm: requirement(alone.mm),
                im_released: int(released.0),
                mm_released: int(released.1),
            });
        }
        Ok(venues)
    }
}

/// Prices a portfolio, its collateral and its legs.
fn price(market: &Market<'_>, view: &View<'_>, scratch: &mut Scratch) -> Priced {
    let whole = assess(market, view, scratch);
    let mut collateral = Vec::with_capacity(view.collateral.len());
    for held in view.collateral {
        let alone = explain::alone(market, core::slice::from_ref(held), &[], scratch);
        collateral.push(held_as(market, *held, &alone));
    }
    let mut legs = Vec::with_capacity(view.slots.len());
    for (slot, place) in view.slots.iter().zip((0_u32..).step_by(2)) {
        for (leg, place) in book::all(core::slice::from_ref(slot)).zip(place..) {
            let own = explain::own_slot(&leg);
            let alone = explain::alone(market, &[], own.as_slice(), scratch);
            let stale = whole.stale_legs.checked_shr(place).unwrap_or(0) & 1 == 1;
            legs.push(leg_as(market, &leg, &alone, !stale));
        }
    }
    let parts = explain::parts(market, view, &whole, scratch);
    Priced {
        whole,
        collateral,
        legs,
        parts,
    }
}

/// A balance of collateral without token and decimals, which the vault answers.
fn held_as(market: &Market<'_>, (asset, amount): (u8, u128), alone: &Alone) -> CollateralView {
    let listed = market.assets.iter().find(|a| a.index == asset);
    let known = listed.is_some_and(|a| a.known);
    CollateralView {
        asset,
        token: Address::ZERO,
        decimals: 0,
        amount,
        known,
        fresh: listed.is_some_and(|a| a.fresh),
        price: match listed {
            Some(listed) if known => u128_to_u256(listed.price),
            _ => U256::ZERO,
        },
        value: int(alone.value),
        im: requirement(alone.im),
        mm: requirement(alone.mm),
    }
}

/// A leg, marked.
fn leg_as(market: &Market<'_>, leg: &book::Leg, alone: &Alone, fresh: bool) -> LegView {
    let underlying = leg.instrument.underlying();
    let underlying = market.underlyings.iter().find(|u| u.id == underlying);
    let mark = mark::mark(market, leg.instrument);
    LegView {
        instrument: leg.instrument.0,
        size: leg.size,
        // of 64 bits each, one of them signed
        units: i128::from(leg.size) * i128::from(underlying.map_or(0, |u| u.lot)),
        quote: leg.quote,
        known: mark.known,
        fresh,
        mark: u128_to_u256(mark.value),
        value: int(alone.value),
        im: requirement(alone.im),
        mm: requirement(alone.mm),
    }
}
