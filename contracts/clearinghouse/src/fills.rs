//! Fills: their checks, and the entries that each becomes.
use crate::{
    Clearinghouse,
    marks::MAX_INSTRUMENTS,
    sol::{
        AmountTooLarge, Cleared, InvalidInstrument, MarkStale, NoFills, NotAVenue,
        NotMultipleOfLot, PriceOutsideBand, SelfTrade, WrongVenue, ZeroAmount,
    },
    venues::Venue,
};
use alloc::{vec, vec::Vec};
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    abi_struct, at_most,
    interface::{Entry, vault},
};
use plimsoll_kernel::{
    codec::InstrumentId,
    fill::{self, FillRefusal, Reference},
    num::{to_u128, u128_to_u256},
};
use stylus_sdk::prelude::*;

/// Most fills of one call: each needs a mark.
pub const MAX_FILLS: usize = MAX_INSTRUMENTS;

abi_struct! {
    /// One trade, reported by the venue that matched it; `abi/IClearinghouse.sol` documents the fields.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Fill {
        /// Gains size.
        buyer: B256,
        /// Loses size.
        seller: B256,
        /// Of this venue.
        instrument: u128,
        /// 1e18 units.
        size: U256,
        /// 1e18 cash per unit.
        price: U256,
        /// 1e18 cash.
        buyer_fee: U256,
        /// 1e18 cash.
        seller_fee: U256,
    }
}

impl Clearinghouse {
    /// Clears fills of the calling venue.
    pub(crate) fn clear_fills(&mut self, fills: &[Fill]) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let number = self.number_of(caller);
        let venue = self.terms_of(number);
        if number == 0 || !venue.active {
            return Err(NotAVenue { caller }.into());
        }
        if fills.is_empty() {
            return Err(NoFills {}.into());
        }
        at_most(fills.len(), MAX_FILLS)?;
        for trade in fills {
            check_parties(trade, number)?;
        }
        let entries = self.entries(fills, &venue)?;
        let change = (number, B256::ZERO, entries, vec![]);
        vault::APPLY_ENTRIES.call(self.vm(), self.vault.address(), &change)?;
        for trade in fills {
            Cleared {
                venue: number,
                instrument: trade.instrument,
                buyer: trade.buyer,
                seller: trade.seller,
                size: trade.size,
                price: trade.price,
            }
            .emit(self.vm());
        }
        Ok(())
    }

    /// The entries of all fills, and of their fees.
    fn entries(&self, fills: &[Fill], venue: &Venue) -> Result<Vec<Entry>, Revert> {
        let instruments: Vec<_> = fills.iter().map(|trade| trade.instrument).collect();
        let known = self.known(&instruments)?;
        let mut entries = Vec::with_capacity(fills.len() * 2 + 1);
        let mut fees = 0_u128;
        for (trade, (lot, mark)) in fills.iter().zip(known) {
            let instrument = trade.instrument;
            if !mark.fresh {
                return Err(MarkStale { instrument }.into());
            }
            let reference = Reference {
                lot,
                mark: mark.value,
                band: venue.band,
                tolerance: mark.tolerance,
                option: InstrumentId(instrument).kind().is_option(),
            };
            let fee = enter(trade, &reference, &mut entries)?;
            fees = fees.checked_add(fee).ok_or(too_large(trade.buyer_fee))?;
        }
        if fees > 0 {
            let cash = i128::try_from(fees).map_err(|_| too_large(u128_to_u256(fees)))?;
            entries.push(Entry {
                account: venue.fee_account,
                cash,
                instrument: 0,
                size: 0,
                quote: 0,
            });
        }
        Ok(entries)
    }
}

/// The checks of a fill that need no price.
fn check_parties(trade: &Fill, venue: u16) -> Result<(), Revert> {
    let instrument = trade.instrument;
    let Some(parts) = InstrumentId(instrument).decode() else {
        return Err(InvalidInstrument { instrument }.into());
    };
    if parts.venue != venue {
        return Err(WrongVenue {
            instrument_venue: parts.venue,
            caller_venue: venue,
        }
        .into());
    }
    if trade.buyer == trade.seller {
        return Err(SelfTrade {
            account: trade.buyer,
        }
        .into());
    }
    Ok(())
}

/// Adds both sides of a fill; returns its fees.
fn enter(trade: &Fill, reference: &Reference, entries: &mut Vec<Entry>) -> Result<u128, Revert> {
    let terms = fill::Terms {
        size: fits(trade.size)?,
        price: fits(trade.price)?,
        buyer_fee: fits(trade.buyer_fee)?,
        seller_fee: fits(trade.seller_fee)?,
    };
    let legs = terms.legs(reference).map_err(|refusal| match refusal {
        FillRefusal::Zero => ZeroAmount {}.into(),
        FillRefusal::NotMultipleOfLot => NotMultipleOfLot {
            size: trade.size,
            lot: reference.lot,
        }
        .into(),
        FillRefusal::OutsideBand { price, band } => PriceOutsideBand {
            instrument: trade.instrument,
            price: int(price),
            mark: u128_to_u256(reference.mark),
            band: u128_to_u256(band),
        }
        .into(),
        FillRefusal::OutOfRange => Revert::from(too_large(trade.size)),
    })?;
    let instrument = trade.instrument;
    entries.push(Entry {
        account: trade.buyer,
        cash: legs.buyer_cash,
        instrument,
        size: legs.lots,
        quote: legs.quote,
    });
    entries.push(Entry {
        account: trade.seller,
        cash: legs.seller_cash,
        instrument,
        size: -legs.lots,   // SAFETY: `legs` gives lots > 0
        quote: -legs.quote, // and a quote ≥ 0.
    });
    Ok(legs.fees)
}

/// An amount of a fill as the kernel takes it.
fn fits(amount: U256) -> Result<u128, Revert> {
    to_u128(amount).ok_or_else(|| too_large(amount).into())
}

/// The error of an amount that does not fit.
fn too_large(amount: U256) -> AmountTooLarge {
    AmountTooLarge {
        amount,
        limit: u128_to_u256(fill::LIMIT),
    }
}
