//! Two-step ownership and once-only initialisation.
use crate::{
    Revert,
    errors::{AlreadyInitialized, NotInitialized, NotOwner},
    store::{Word, tagged, untagged},
};
use alloc::{vec, vec::Vec}; // named by the SDK's macros
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
};

crate::events! {
    /// Ownership has been offered; nothing changes until `new_owner` accepts.
    OwnershipTransferStarted [previous_owner: Address, new_owner: Address] {}
    /// Ownership has moved.
    OwnershipTransferred [previous_owner: Address, new_owner: Address] {}
}

/// The tag of an owner set by `initialize` or later; the deployer's init code leaves none.
const INITIALIZED: u128 = 1;

/// Owner, pending owner and the initialised flag.
///
/// Must be the first field of a contract: a new contract's init code writes the deployer's address into the
/// low 20 bytes of slot 0, so only the deployer can initialise it. Until `initialize` the deployer can do nothing else: he
/// cannot leave an offer, venue, feed or signer behind that outlives the moment in which the contract gets its owner.
///
/// Layout: slot 0 = owner (low 20 bytes) and the initialised flag above it; slot 1 = pending owner.
#[storage]
pub struct Ownable {
    /// Owner 160 · initialised flag above it.
    owner: Word,
    pending_owner: Word,
}

impl Ownable {
    /// The owner; before `initialize`, the deployer.
    pub fn owner(&self) -> Address {
        self.owner.address()
    }

    /// The address that ownership has been offered to; zero for none.
    pub fn pending_owner(&self) -> Address {
        self.pending_owner.address()
    }

    /// Refuses every caller but the owner, and the deployer's before `initialize`.
    ///
    /// # Errors
    /// [`NotOwner`], [`NotInitialized`].
    pub fn only_owner(&self) -> Result<(), Revert> {
        if self.only_caller()? != INITIALIZED {
            return Err(NotInitialized {}.into());
        }
        Ok(())
    }

    /// Refuses every caller but the owner, or the deployer before `initialize`; the tag of the owner.
    fn only_caller(&self) -> Result<u128, Revert> {
        let (owner, tag) = untagged(self.owner.get());
        let caller = self.vm().msg_sender();
        if caller != owner {
            return Err(NotOwner { caller, owner }.into());
        }
        Ok(tag)
    }

    /// First step of every contract's `initialize`: the deployer hands the contract to `owner`, once.
    ///
    /// # Errors
    /// [`AlreadyInitialized`]; [`NotOwner`] when the caller is not the deployer or `owner` is zero.
    ///
    /// # Events
    /// [`OwnershipTransferred`].
    pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
        let previous_owner = self.owner();
        self.hand_over(owner)?;
        OwnershipTransferred {
            previous_owner,
            new_owner: owner,
        }
        .emit(self.vm());
        Ok(())
    }

    /// As [`Self::initialize`], without an event: for a contract whose owner never changes.
    ///
    /// # Errors
    /// As there.
    pub fn hand_over(&mut self, owner: Address) -> Result<(), Revert> {
        if untagged(self.owner.get()).1 != 0 {
            return Err(AlreadyInitialized {}.into());
        }
        self.only_caller()?;
        if owner.is_zero() {
            return Err(NotOwner {
                caller: owner,
                owner: self.owner(),
            }
            .into());
        }
        self.owner.set(tagged(owner, INITIALIZED));
        Ok(())
    }

    /// First and last step of `initialize` of a contract without an owner: the deployer's right is used up.
    ///
    /// # Errors
    /// [`NotOwner`] when the caller is not the deployer, or the right has been used.
    pub fn use_up(&mut self) -> Result<(), Revert> {
        self.only_caller()?;
        // The zero address calls nothing.
        self.owner.set(U256::ZERO);
        Ok(())
    }

    /// Offers ownership to `new_owner`; zero withdraws the offer.
    ///
    /// # Errors
    /// [`NotOwner`], [`NotInitialized`].
    ///
    /// # Events
    /// [`OwnershipTransferStarted`].
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.only_owner()?;
        self.pending_owner.set_address(new_owner);
        OwnershipTransferStarted {
            previous_owner: self.owner(),
            new_owner,
        }
        .emit(self.vm());
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
        let (caller, owner) = (self.vm().msg_sender(), self.pending_owner.address());
        if caller != owner {
            return Err(NotOwner { caller, owner }.into());
        }
        self.pending_owner.set_address(Address::ZERO);
        let previous_owner = self.owner();
        self.owner.set(tagged(owner, INITIALIZED));
        OwnershipTransferred {
            previous_owner,
            new_owner: owner,
        }
        .emit(self.vm());
        Ok(())
    }
}

/// What a contract shows that has an owner.
#[cfg(not(target_arch = "wasm32"))]
impl crate::abi::Declare for Ownable {
    fn declare(interface: &mut crate::abi::Interface) {
        interface.declare::<Events>();
        interface.declare::<NotOwner>();
        interface.declare::<AlreadyInitialized>();
        interface.declare::<NotInitialized>();
    }
}
