//! Portfolio margin calculator: a pure function of (portfolio, market).
//!
//! A thin shell of the kernel (`plimsoll_kernel::portfolio`). It keeps the parameters as words that only `parameters`, its
//! owner, writes; asks the oracle once for all market data of a batch; and lets the kernel compute. Functions that no
//! assessment needs are in `parameters` and `lens`: every check pays for the size of this module.
//!
//! # Tokens
//! * The contract holds none. A portfolio is an argument: its cash, collateral and legs are taken as given.
//!
//! # Liveness
//! * [`Margin::assess`] reverts neither for the state of a feed nor for the items of a portfolio. An item without a fresh
//!   price is valued conservatively and named in the answer.
//! * It reverts with the oracle's `UnknownFeed` if the terms name a feed that is not listed, and with `InsufficientGas` if
//!   too little gas was left for a feed.
//! * A call takes at most 16 portfolios, of at most 64 leg slots and 16 assets each.
//!
//! # Roles
//! * Deployer: [`Margin::initialize`], once. It makes `parameters` the owner for good.
//! * Owner, the contract `parameters`: stores terms, which it has checked. They apply at once.
//! * Any address: asks. The vault, the auction and the lens are callers like any other.
//!
//! # Warnings
//! * Nothing here checks that an account holds the portfolio, nor that an instrument belongs to a venue that exists.
//! * Two legs of one instrument in one portfolio are charged side by side: net them first.
//! * `equity` ≥ `im` is not enough to open or withdraw: `stale` must be false too.
extern crate alloc;

use alloc::{boxed::Box, vec, vec::Vec};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    at_most,
    interface::{Assessment, Portfolio, VenueMarks},
    market::{self, Terms},
    store::{Word, WordMap},
};
use plimsoll_kernel::{
    book::{MAX_ASSETS, MAX_SLOTS},
    num::low_u16,
    portfolio::{self, Scratch, money, snapshot, venues},
};
use stylus_sdk::prelude::*;

/// Most portfolios of one `assess` call.
pub const MAX_PORTFOLIOS: usize = 16;

/// The contract's storage. Words as `plimsoll_kernel::portfolio::terms` packs them.
#[storage]
pub struct Margin {
    ownable: Ownable,
    oracle: Word,
    /// One word, at 0.
    rules: WordMap,
    /// By number, each `UnderlyingTerms::WORDS` words.
    underlyings: WordMap,
    /// By index.
    assets: WordMap,
}

plimsoll_common::entrypoint!(
    Margin,
    abi = "../../../abi/IMargin.json",
    declares = [
        plimsoll_common::errors::NotOwner,
        plimsoll_common::errors::AlreadyInitialized,
        plimsoll_common::errors::NotInitialized,
        plimsoll_common::errors::BadAnswer,
        plimsoll_common::errors::TooManyItems,
    ],
    methods = [
        initialize(parameters, oracle),
        owner(),
        oracle(),
        set_terms(key, words),
        terms(keys) -> (words),
        assess(portfolios),
        marks_by_venue(portfolio),
    ]
);

impl Margin {
    /// Hands the contract to `parameters` for good and names its oracle. Deployer only, once.
    pub fn initialize(&mut self, parameters: Address, oracle: Address) -> Result<(), Revert> {
        self.ownable.hand_over(parameters)?;
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// `parameters`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// The oracle hub all prices come from.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Stores the words of a key of `plimsoll_kernel::portfolio::snapshot`, which `parameters` has checked. `parameters` only.
    pub fn set_terms(&mut self, key: U256, words: Vec<U256>) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let (kind, number) = snapshot::parse(key);
        let number = low_u16(number.into());
        let mut stored = match kind {
            snapshot::UNDERLYING => self.underlyings.list(number),
            snapshot::ASSET => self.assets.list(number),
            _ => self.rules.list(0_u16),
        };
        for (index, word) in words.into_iter().enumerate() {
            stored.set(index, word);
        }
        Ok(())
    }

    /// The words behind keys of `plimsoll_kernel::portfolio::snapshot`: one of the rules, one of an asset, as many of an
    /// underlying as its rates need; zeros where nothing is listed, no word for a number that is no key. For clients that
    /// compute margin themselves.
    pub fn terms(&self, keys: Vec<U256>) -> Vec<U256> {
        self.words(&keys)
    }

    /// Assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total: it reverts neither for the state of a feed nor for the items of a portfolio. An item without a fresh price is
    /// valued conservatively and named in the answer; an item that no account can hold sets `out_of_range`.
    ///
    /// # Errors
    /// `TooManyItems`: portfolios (16), leg slots (64), collateral items (16).
    pub fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        at_most(portfolios.len(), MAX_PORTFOLIOS)?;
        let mut holdings = Vec::with_capacity(portfolios.len());
        for portfolio in &portfolios {
            at_most(portfolio.collateral.len(), MAX_ASSETS)?;
            at_most(portfolio.legs.len(), MAX_SLOTS)?;
            holdings.push(market::collateral(portfolio));
        }
        let views: Vec<_> = portfolios
            .iter()
            .zip(&holdings)
            .map(|(portfolio, collateral)| market::view(portfolio, collateral))
            .collect();
        let mut answers = Vec::with_capacity(views.len());
        let mut scratch = Box::new(Scratch::NEW);
        for group in market::groups(self, &views)? {
            market::with_market(self.vm(), self.oracle(), self, group, |market| {
                for portfolio in group {
                    let assessed = portfolio::assess(market, portfolio, &mut scratch);
                    answers.push((&assessed).into());
                }
            })?;
        }
        Ok(answers)
    }
}

impl Margin {
    /// The marks of a portfolio's legs by venue, ascending, 1e18, on one market snapshot. Each leg is rounded down as in
    /// [`Self::assess`], so that together they are its `marks`. Cash and collateral do not matter. Total, as `assess`.
    ///
    /// # Errors
    /// `TooManyItems`: leg slots (64).
    pub fn marks_by_venue(&self, portfolio: Portfolio) -> Result<Vec<VenueMarks>, Revert> {
        at_most(portfolio.legs.len(), MAX_SLOTS)?;
        let view = [market::view(&portfolio, &[])];
        let mut sums: Vec<(u16, money::Cash)> = Vec::new();
        let mut scratch = Box::new(Scratch::NEW);
        market::with_market(self.vm(), self.oracle(), self, &view, |market| {
            venues::marks(
                market,
                &portfolio.legs,
                &mut scratch,
                &mut |venue, mark| match sums.binary_search_by_key(&venue, |(at, _)| *at) {
                    Ok(place) => {
                        if let Some((_, sum)) = sums.get_mut(place) {
                            money::add(sum, mark);
                        }
                    }
                    Err(place) => sums.insert(place, (venue, mark)),
                },
            );
        })?;
        let answers = sums.into_iter().map(|(venue, marks)| VenueMarks {
            venue,
            marks: int(marks),
        });
        Ok(answers.collect())
    }
}

impl Terms for Margin {
    fn ask(&self, keys: &[U256]) -> Result<Vec<U256>, Revert> {
        Ok(self.words(keys))
    }
}

impl Margin {
    #[inline(never)]
    fn words(&self, keys: &[U256]) -> Vec<U256> {
        let mut words = Vec::with_capacity(keys.len() * 2);
        for key in keys {
            let (kind, number) = snapshot::parse(*key);
            let number = low_u16(number.into());
            let stored = match kind {
                snapshot::UNDERLYING => self.underlyings.list(number),
                snapshot::ASSET => self.assets.list(number),
                _ => self.rules.list(number),
            };
            for index in 0..snapshot::terms_words(kind) {
                words.push(stored.get(index));
            }
        }
        words
    }
}
