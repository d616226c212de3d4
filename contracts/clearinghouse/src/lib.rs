//! What venues speak to: who may trade, within which band of the mark, and the entries a fill becomes.
//!
//! A venue reports matched trades; the house checks the caller, the instrument, the lot and the price, turns each fill
//! into entries that sum to zero, and hands all of them to the vault's door in one call: all or none.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]
extern crate alloc;

pub mod sol;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    abi_struct,
    interface::{Entry, vault},
    market::{self, Remote},
    store::{Word, WordMap, tagged, untagged},
};
use plimsoll_kernel::{
    codec::InstrumentId,
    fill::{self, FillRefusal, Reference},
    num::{low_u16, low_u64, to_u128, u128_to_u256},
    portfolio::{
        mark::{self, Mark},
        snapshot::Dependencies,
    },
};
use sol::{
    AmountTooLarge, Cleared, IncompleteVenue, InvalidBand, InvalidInstrument, LensSet, MarkStale,
    NoFills, NotAVenue, NotMultipleOfLot, PriceOutsideBand, SelfTrade, TooManyItems,
    UnknownUnderlying, VenueExists, VenueSet, WrongVenue, ZeroAmount,
};
use stylus_sdk::prelude::*;

/// Most fills of one call.
pub const MAX_FILLS: usize = 16;
/// Narrowest and widest band, 1e18: 0.01 % and 20 %.
pub const MIN_BAND: u64 = 100_000_000_000_000;
/// See [`MIN_BAND`].
pub const MAX_BAND: u64 = 200_000_000_000_000_000;

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

/// The contract.
#[storage]
pub struct Clearinghouse {
    ownable: Ownable,
    vault: Word,
    margin: Word,
    oracle: Word,
    /// By number: contract 160, and above it band 64 and the active flag.
    venues: WordMap,
    /// By number.
    fee_accounts: WordMap,
    /// Number of a venue by its contract, 0 = none.
    numbers: WordMap,
    /// How many venues there are, and the numbers by the order in which they were admitted.
    count: Word,
    all: WordMap,
    /// The house's views.
    lens: Word,
}

plimsoll_common::entrypoint!(
    Clearinghouse,
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        vault,
        margin,
        oracle,
        set_venue,
        venue,
        venue_of,
        venues,
        set_lens,
        lens,
        marks,
        clear,
    ]
);

/// External methods.
impl Clearinghouse {
    /// Hands the contract to `owner` and names its siblings. Deployer only, once.
    pub fn initialize(
        &mut self,
        owner: Address,
        vault: Address,
        margin: Address,
        oracle: Address,
    ) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.vault.set_address(vault);
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Whom ownership is offered to.
    pub fn pending_owner(&self) -> Address {
        self.ownable.pending_owner()
    }

    /// Offers ownership.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.ownable.transfer_ownership(new_owner)
    }

    /// Takes offered ownership.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept_ownership()
    }

    /// The ledger all fills go to.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// Whose parameters marks rest on.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// Where prices come from.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Admits a venue or changes its terms; its address is frozen once set. Owner only.
    ///
    /// # Errors
    /// [`IncompleteVenue`] for number 0, address 0 or fee account 0; [`VenueExists`] when the number has another address
    /// or the address another number; [`InvalidBand`].
    ///
    /// # Events
    /// [`VenueSet`].
    pub fn set_venue(
        &mut self,
        venue: u16,
        contract_address: Address,
        fee_account: B256,
        band: u64,
        active: bool,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if venue == 0 || contract_address.is_zero() || fee_account.is_zero() {
            return Err(IncompleteVenue {
                venue,
                contract_address,
                fee_account,
            }
            .into());
        }
        if !(MIN_BAND..=MAX_BAND).contains(&band) {
            return Err(InvalidBand {
                band,
                minimum: MIN_BAND,
                maximum: MAX_BAND,
            }
            .into());
        }
        let (known, ..) = self.venue(venue);
        let number = self.venue_of(contract_address);
        if (!known.is_zero() && known != contract_address) || (number != 0 && number != venue) {
            let venue = if number == 0 { venue } else { number };
            let contract_address = if known.is_zero() {
                contract_address
            } else {
                known
            };
            return Err(VenueExists {
                venue,
                contract_address,
            }
            .into());
        }
        if known.is_zero() {
            let count = self.count();
            self.all.set(count, U256::from(venue));
            // SAFETY: a number is noted once, and 0 never.
            self.count.set(U256::from(count + 1));
        }
        let terms = (u128::from(active) << 64) | u128::from(band);
        self.venues.set(venue, tagged(contract_address, terms));
        self.fee_accounts.set(venue, fee_account.into());
        self.numbers.set(contract_address, U256::from(venue));
        VenueSet {
            venue,
            contract_address,
            fee_account,
            band,
            active,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Terms of a venue: contract, fee account, band, active; all zero for an unknown one.
    pub fn venue(&self, venue: u16) -> (Address, B256, u64, bool) {
        let (contract_address, terms) = untagged(self.venues.get(venue));
        let fee_account = B256::from(self.fee_accounts.get(venue));
        (
            contract_address,
            fee_account,
            low_u64(terms),
            terms >> 64 != 0,
        )
    }

    /// Number of the venue at this address, 0 = none.
    pub fn venue_of(&self, contract_address: Address) -> u16 {
        low_u16(self.numbers.get(contract_address).as_limbs()[0])
    }

    /// Numbers of all venues ever admitted, active or not, in the order of their admission.
    pub fn venues(&self) -> Vec<u16> {
        let number = |place| low_u16(self.all.get(place).as_limbs()[0]);
        (0..self.count()).map(number).collect()
    }

    /// Names the contract with the house's views, where integrators look for it; zero for none. Owner only. Nothing in
    /// the house depends on it.
    ///
    /// # Events
    /// [`LensSet`].
    pub fn set_lens(&mut self, lens: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.lens.set_address(lens);
        LensSet { lens }.emit(self.vm());
        Ok(())
    }

    /// The contract with the house's views; zero for none.
    pub fn lens(&self) -> Address {
        self.lens.address()
    }

    /// The house's own value of one unit of up to 16 instruments (1e18), the lots of their underlyings, whether each
    /// mark is fresh, and how far from it a trade is always acceptable (1e18; 0 for perpetuals and futures).
    ///
    /// # Errors
    /// [`TooManyItems`], [`InvalidInstrument`], [`UnknownUnderlying`].
    #[allow(clippy::type_complexity)] // the shape of the ABI
    pub fn marks(
        &self,
        instruments: Vec<u128>,
    ) -> Result<(Vec<U256>, Vec<u64>, Vec<bool>, Vec<U256>), Revert> {
        limit(instruments.len())?;
        for instrument in instruments.iter().copied() {
            let parts = InstrumentId(instrument).decode();
            parts.ok_or(InvalidInstrument { instrument })?;
        }
        let (mut values, mut lots, mut fresh, mut tolerances) = (vec![], vec![], vec![], vec![]);
        for (lot, mark) in self.known(&instruments)? {
            values.push(u128_to_u256(mark.value));
            lots.push(lot);
            fresh.push(mark.fresh);
            tolerances.push(u128_to_u256(mark.tolerance));
        }
        Ok((values, lots, fresh, tolerances))
    }

    /// Clears fills of the calling venue, all or none. Active venues only.
    ///
    /// # Errors
    /// [`NotAVenue`], [`NoFills`], [`TooManyItems`], [`WrongVenue`], [`InvalidInstrument`],
    /// [`SelfTrade`], [`ZeroAmount`], [`AmountTooLarge`], [`NotMultipleOfLot`], [`MarkStale`],
    /// [`PriceOutsideBand`], [`UnknownUnderlying`]; the vault's refusals, of which
    /// `InsufficientMargin` and `VenueNotAdmitted` are the common ones.
    ///
    /// # Events
    /// [`Cleared`] per fill.
    pub fn clear(&mut self, fills: Vec<Fill>) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let number = self.venue_of(caller);
        let (_, fee_account, band, active) = self.venue(number);
        if number == 0 || !active {
            return Err(NotAVenue { caller }.into());
        }
        if fills.is_empty() {
            return Err(NoFills {}.into());
        }
        limit(fills.len())?;
        for trade in &fills {
            check_parties(trade, number)?;
        }
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
                band,
                tolerance: mark.tolerance,
                option: InstrumentId(instrument).kind().is_option(),
            };
            let fee = enter(trade, &reference, &mut entries)?;
            fees = fees.checked_add(fee).ok_or(too_large(trade.buyer_fee))?;
        }
        if fees > 0 {
            let cash = i128::try_from(fees).map_err(|_| too_large(u128_to_u256(fees)))?;
            entries.push(Entry {
                account: fee_account,
                cash,
                instrument: 0,
                size: 0,
                quote: 0,
            });
        }
        let change = (number, B256::ZERO, entries, vec![]);
        vault::APPLY_ENTRIES.call(self.vm(), self.vault.address(), &change)?;
        for trade in &fills {
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
}

impl Clearinghouse {
    /// Venues admitted so far.
    fn count(&self) -> u16 {
        low_u16(self.count.get().as_limbs()[0])
    }

    /// Each instrument's lot and mark, from one snapshot.
    fn known(&self, instruments: &[u128]) -> Result<Vec<(u64, Mark)>, Revert> {
        let mut needs = Dependencies::default();
        for instrument in instruments {
            needs.instrument(InstrumentId(*instrument));
        }
        let margin = Remote {
            vm: self.vm(),
            margin: self.margin(),
        };
        let (board, words) = market::of(self.vm(), self.oracle(), &margin, needs)?;
        board.with_market(self.vm().block_timestamp(), &words, |market| {
            let mut known = Vec::with_capacity(instruments.len());
            for instrument in instruments {
                let id = InstrumentId(*instrument);
                let underlying = id.underlying();
                let lot = board.lot(underlying);
                let lot = lot.ok_or(UnknownUnderlying { underlying })?;
                known.push((lot, mark::mark(market, id)));
            }
            Ok(known)
        })
    }
}

/// One call deals with no more fills or instruments.
fn limit(given: usize) -> Result<(), Revert> {
    if given > MAX_FILLS {
        let (given, limit) = (U256::from(given), U256::from(MAX_FILLS));
        return Err(TooManyItems { given, limit }.into());
    }
    Ok(())
}

/// Everything about a fill that needs no price.
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
        size: narrow(trade.size)?,
        price: narrow(trade.price)?,
        buyer_fee: narrow(trade.buyer_fee)?,
        seller_fee: narrow(trade.seller_fee)?,
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

fn narrow(amount: U256) -> Result<u128, Revert> {
    to_u128(amount).ok_or_else(|| too_large(amount).into())
}

fn too_large(amount: U256) -> AmountTooLarge {
    AmountTooLarge {
        amount,
        limit: u128_to_u256(fill::LIMIT),
    }
}
