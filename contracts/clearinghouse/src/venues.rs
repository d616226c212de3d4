//! The list of venues: contracts, bands, fee accounts, and the order of their admission.
use crate::{
    Clearinghouse,
    sol::{IncompleteVenue, InvalidBand, VenueExists, VenueSet},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Revert,
    store::{tagged, untagged},
};
use plimsoll_kernel::num::{low_u16, low_u64};
use stylus_sdk::prelude::*;

/// Narrowest and widest band, 1e18: 0.01 % and 20 %.
pub const MIN_BAND: u64 = 100_000_000_000_000;
/// See [`MIN_BAND`].
pub const MAX_BAND: u64 = 200_000_000_000_000_000;

/// The terms of a venue; all zero for an unknown one.
pub(crate) struct Venue {
    pub(crate) contract_address: Address,
    pub(crate) fee_account: B256,
    /// Share of the mark, 1e18.
    pub(crate) band: u64,
    pub(crate) active: bool,
}

impl Clearinghouse {
    /// Number of venues admitted so far.
    fn count(&self) -> u16 {
        low_u16(self.count.get().as_limbs()[0])
    }

    /// The terms of a venue.
    pub(crate) fn terms_of(&self, venue: u16) -> Venue {
        let (contract_address, terms) = untagged(self.venues.get(venue));
        Venue {
            contract_address,
            fee_account: B256::from(self.fee_accounts.get(venue)),
            band: low_u64(terms),
            active: terms >> 64 != 0,
        }
    }

    /// Number of the venue at this address, 0 = none.
    pub(crate) fn number_of(&self, contract_address: Address) -> u16 {
        low_u16(self.numbers.get(contract_address).as_limbs()[0])
    }

    /// Numbers of all venues, in the order of their admission.
    pub(crate) fn numbers(&self) -> Vec<u16> {
        let number = |place| low_u16(self.all.get(place).as_limbs()[0]);
        (0..self.count()).map(number).collect()
    }

    /// Admits a venue or changes its terms.
    pub(crate) fn store_venue(&mut self, venue: u16, terms: &Venue) -> Result<(), Revert> {
        let Venue {
            contract_address,
            fee_account,
            band,
            active,
        } = *terms;
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
        if self.is_new(venue, contract_address)? {
            let count = self.count();
            self.all.set(count, U256::from(venue));
            // At most 65,535: each number is noted once, and 0 never.
            self.count.set(U256::from(u32::from(count) + 1));
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

    /// Whether the number is new; refuses another address for a number, and another number for an address.
    fn is_new(&self, venue: u16, contract_address: Address) -> Result<bool, Revert> {
        let known = self.terms_of(venue).contract_address;
        let number = self.number_of(contract_address);
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
        Ok(known.is_zero())
    }
}
