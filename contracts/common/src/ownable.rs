//! Two-step ownership and once-only initialisation.
use crate::{
    errors::{AlreadyInitialized, NotOwner},
    revert::Revert,
};
use alloc::{vec, vec::Vec}; // named by the SDK's macros
use stylus_sdk::{
    alloy_primitives::Address,
    prelude::*,
    storage::{StorageAddress, StorageBool},
};

#[allow(missing_docs)]
mod sol {
    alloy_sol_types::sol! {
        /// Ownership has been offered; nothing changes until `newOwner` accepts.
        event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
        /// Ownership has moved.
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    }
}
pub use sol::{OwnershipTransferStarted, OwnershipTransferred};

/// Owner, pending owner and the initialised flag.
///
/// Must be the first field of a contract: a new contract's init code writes the deployer's address into the
/// low 20 bytes of slot 0, so the deployer alone can initialise it, and nobody can be faster.
///
/// Layout: slot 0 = owner (low 20 bytes) and the initialised flag above it; slot 1 = pending owner.
#[storage]
pub struct Ownable {
    owner: StorageAddress,
    initialized: StorageBool,
    pending_owner: StorageAddress,
}

impl Ownable {
    /// The owner; before `initialize`, the deployer.
    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// Whom ownership has been offered to; zero when to nobody.
    pub fn pending_owner(&self) -> Address {
        self.pending_owner.get()
    }

    /// Refuses every caller but the owner.
    ///
    /// # Errors
    /// [`NotOwner`].
    pub fn only_owner(&self) -> Result<(), Revert> {
        let (caller, owner) = (self.vm().msg_sender(), self.owner.get());
        if caller != owner {
            return Err(NotOwner { caller, owner }.into());
        }
        Ok(())
    }

    /// First step of every contract's `initialize`: the deployer hands the contract to `owner`, once.
    ///
    /// # Errors
    /// [`AlreadyInitialized`]; [`NotOwner`] when the caller is not the deployer or `owner` is zero.
    ///
    /// # Events
    /// [`OwnershipTransferred`].
    pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
        if self.initialized.get() {
            return Err(AlreadyInitialized {}.into());
        }
        self.only_owner()?;
        if owner.is_zero() {
            return Err(NotOwner {
                caller: owner,
                owner: self.owner.get(),
            }
            .into());
        }
        self.initialized.set(true);
        self.set_owner(owner);
        Ok(())
    }

    /// Offers ownership to `new_owner`; zero withdraws the offer.
    ///
    /// # Errors
    /// [`NotOwner`].
    ///
    /// # Events
    /// [`OwnershipTransferStarted`].
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.only_owner()?;
        self.pending_owner.set(new_owner);
        self.vm().log(OwnershipTransferStarted {
            previousOwner: self.owner.get(),
            newOwner: new_owner,
        });
        Ok(())
    }

    /// Takes ownership that was offered to the caller.
    ///
    /// # Errors
    /// [`NotOwner`] with the pending owner.
    ///
    /// # Events
    /// [`OwnershipTransferred`].
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        let (caller, owner) = (self.vm().msg_sender(), self.pending_owner.get());
        if caller != owner {
            return Err(NotOwner { caller, owner }.into());
        }
        self.pending_owner.set(Address::ZERO);
        self.set_owner(caller);
        Ok(())
    }

    fn set_owner(&mut self, owner: Address) {
        let previous = self.owner.get();
        self.owner.set(owner);
        self.vm().log(OwnershipTransferred {
            previousOwner: previous,
            newOwner: owner,
        });
    }
}
