//! Rights: the owner of an account, its operators, the venues it admitted, and the siblings.
use crate::{
    Vault,
    sol::{InvalidVenue, NotAuthorized, NotSibling, OperatorSet, VenueAdmitted},
};
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::Revert;
use plimsoll_kernel::codec::Account;
use stylus_sdk::prelude::*;

impl Vault {
    /// Whether `caller` owns the account: the account's id names its owner.
    pub(crate) fn is_holder(&self, account: B256, caller: Address) -> bool {
        Account(account.0).owner() == caller.0.0
    }

    /// Refuses every caller but the account's owner.
    pub(crate) fn only_holder(&self, account: B256) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if !self.is_holder(account, caller) {
            return Err(NotAuthorized { account, caller }.into());
        }
        Ok(())
    }

    /// Refuses every caller but the clearinghouse, for a venue's trade, and the auction, for a sale or a payment.
    pub(crate) fn only_sibling(&self, venue: u16, liquidated: B256) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        let trade = caller == self.clearinghouse.address() && venue != 0 && liquidated.is_zero();
        if !trade && (caller != self.auction.address() || venue != 0) {
            return Err(NotSibling { caller }.into());
        }
        Ok(())
    }

    /// Refuses every caller but the auction.
    pub(crate) fn only_auction(&self) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if caller != self.auction.address() {
            return Err(NotSibling { caller }.into());
        }
        Ok(())
    }

    /// Whether the account's owner has admitted the venue.
    pub(crate) fn admitted(&self, account: B256, venue: u16) -> bool {
        let word = self.venues.list(account).get(usize::from(venue >> 8));
        !(word & mask(venue)).is_zero()
    }

    /// Admits a venue, or no longer.
    pub(crate) fn set_admitted(
        &mut self,
        account: B256,
        venue: u16,
        admitted: bool,
    ) -> Result<(), Revert> {
        if venue == 0 {
            return Err(InvalidVenue { venue }.into());
        }
        let mask = mask(venue);
        let mut words = self.venues.list(account);
        let index = usize::from(venue >> 8);
        let others = words.get(index) & !mask;
        words.set(index, if admitted { others | mask } else { others });
        VenueAdmitted {
            account,
            venue,
            admitted,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Whether the account's owner has approved the operator.
    pub(crate) fn approved(&self, account: B256, operator: Address) -> bool {
        !self.operators.of(account, operator).get(0).is_zero()
    }

    /// Approves an operator, or no longer.
    pub(crate) fn set_approved(&mut self, account: B256, operator: Address, approved: bool) {
        self.operators
            .of(account, operator)
            .set(0, U256::from(u8::from(approved)));
        OperatorSet {
            account,
            operator,
            approved,
        }
        .emit(self.vm());
    }
}

/// The bit of a venue inside its word.
fn mask(venue: u16) -> U256 {
    let (limb, bit) = (usize::from(venue >> 6 & 3), venue & 63);
    let mut limbs = [0; 4];
    if let Some(limb) = limbs.get_mut(limb) {
        *limb = 1_u64 << bit;
    }
    U256::from_limbs(limbs)
}
