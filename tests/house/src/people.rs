//! Who is in a house.
use alloy::{
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use eyre::{Result, eyre};
use plimsoll::ids;
use plimsoll_devnode::DevAccount;

/// Somebody with a key. [`Actor::account`] is subaccount 0.
#[derive(Clone, Debug)]
pub struct Actor {
    /// For people.
    pub name: &'static str,
    /// Its address.
    pub address: Address,
    /// Its key.
    pub signer: PrivateKeySigner,
}

impl Actor {
    fn new(name: &'static str, account: &DevAccount) -> Self {
        Self {
            name,
            address: account.address,
            signer: account.signer.clone(),
        }
    }

    /// Its account in the house, subaccount 0.
    pub fn account(&self) -> B256 {
        self.subaccount(0)
    }

    /// Any of its accounts.
    pub fn subaccount(&self, number: u128) -> B256 {
        ids::account_id(self.address, number)
    }
}

/// The people of a house, by what they are for; all have tokens and have approved the vault.
#[derive(Clone, Debug)]
pub struct People {
    /// Deployer: owns contracts, tokens, feeds and venues.
    pub deployer: Actor,
    /// A trader.
    pub alice: Actor,
    /// A trader.
    pub bob: Actor,
    /// A trader.
    pub carol: Actor,
    /// Makes markets on the book.
    pub maker: Actor,
    /// Bids in auctions.
    pub bidder: Actor,
    /// Nobody in particular: has no account.
    pub stranger: Actor,
}

impl People {
    /// All of them.
    pub const fn all(&self) -> [&Actor; 7] {
        [
            &self.deployer,
            &self.alice,
            &self.bob,
            &self.carol,
            &self.maker,
            &self.bidder,
            &self.stranger,
        ]
    }
}

pub(super) fn people(accounts: &[DevAccount]) -> Result<People> {
    let names = [
        "deployer", "alice", "bob", "carol", "maker", "bidder", "stranger",
    ];
    let mut actors = names
        .iter()
        .zip(accounts)
        .map(|(name, account)| Actor::new(name, account));
    let mut next = || {
        actors
            .next()
            .ok_or_else(|| eyre!("the chain needs seven accounts"))
    };
    Ok(People {
        deployer: next()?,
        alice: next()?,
        bob: next()?,
        carol: next()?,
        maker: next()?,
        bidder: next()?,
        stranger: next()?,
    })
}
