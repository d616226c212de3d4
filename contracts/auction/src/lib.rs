//! Liquidation: start, price, bid, cure, close.
//!
//! Who is below the line may be started by anyone; whoever bids takes a share of everything the account holds at its
//! mark less a discount that grows with time. The formulas are the kernel's (`plimsoll_kernel::auction`); the vault's
//! door applies a bid and refuses one that would not make equity − mm rise.
//!
//! An account is started at fresh prices, or when it is below the line whatever its stale items could be worth; when it
//! is so at their worst only, once somebody has noted it and an hour has passed. Stale items are not sold.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `rules` | the parameters of all auctions |
//! | `clock` | when an auction, a note, the fund's ramp began |
//! | `account_view` | the account in question, and what margin says of it |
//! | `slice` | a share of an account, as entries |
//! | `bid` | how much may be taken, for how much, and what moves |
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

mod account_view;
mod bid;
mod clock;
mod rules;
mod slice;
pub mod sol;

use account_view::Valuation;
use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, I256, U256};
use bid::Offer;
use clock::Clock;
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    interface::{Assessment, vault},
    store::{Word, WordMap},
};
use plimsoll_kernel::{
    auction::{self, ONE},
    num::u128_to_u256,
};
use sol::{
    AuctionStarted, AuctionState, Bid, BidTaken, NotInsolvent, NotLiquidatable, NotRecovered,
    NothingToSell, StaleNoted, VersionChanged,
};
use stylus_sdk::prelude::*;

/// The contract.
#[storage]
pub struct Auction {
    ownable: Ownable,
    vault: Word,
    margin: Word,
    /// λ max 64 · fund's λ max 64 · buffer 64 · smallest share 64.
    shares: Word,
    /// Duration 128 · fund's duration 128.
    durations: Word,
    /// By account: noted 64 · seen insolvent 64 · insolvent since 64 · started 64.
    clocks: WordMap,
}

plimsoll_common::entrypoint!(
    Auction,
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        vault,
        margin,
        set_parameters,
        parameters,
        start,
        note_stale,
        mark_insolvent,
        bid,
        close,
        is_liquidatable,
        state,
    ]
);

/// External methods.
impl Auction {
    /// Hands the contract to `owner`, names its siblings and sets the default parameters. Deployer only, once.
    pub fn initialize(
        &mut self,
        owner: Address,
        vault: Address,
        margin: Address,
    ) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.vault.set_address(vault);
        self.margin.set_address(margin);
        self.write_parameters(rules::DEFAULTS);
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

    /// The ledger.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// The margin calculator.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// Changes the rules, also of open auctions. Owner only.
    ///
    /// # Errors
    /// `ParameterOutOfRange` with the position of the argument, from 0.
    ///
    /// # Events
    /// `ParametersSet`.
    pub fn set_parameters(
        &mut self,
        lambda_max: u64,
        duration: u32,
        fund_lambda_max: u64,
        fund_duration: u32,
        buffer: u64,
        min_fraction: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let given = [
            lambda_max,
            u64::from(duration),
            fund_lambda_max,
            u64::from(fund_duration),
            buffer,
            min_fraction,
        ];
        rules::check(&given)?;
        self.write_parameters(given);
        Ok(())
    }

    /// Largest λ, seconds to it, the fund's largest λ, seconds to it, buffer, smallest share of a bid; shares 1e18.
    pub fn parameters(&self) -> (u64, u32, u64, u32, u64, u64) {
        let p = self.rules();
        (
            p.lambda_max,
            p.duration,
            p.fund_lambda_max,
            p.fund_duration,
            p.buffer,
            p.min_fraction,
        )
    }

    /// Opens an auction of an account whose equity is below its maintenance requirement whatever its stale items are
    /// worth, or, once [`Self::note_stale`] was called an hour ago, at the worst they could be worth. Anyone.
    ///
    /// # Errors
    /// `SystemAccount`, `AuctionOpen`, `NotLiquidatable`, `StaleWait`, `ValueOutOfRange`.
    ///
    /// # Events
    /// `AuctionStarted`, `InsolvencyMarked`.
    pub fn start(&mut self, account: B256) -> Result<(), Revert> {
        let noted_at = self.need_closed(account)?;
        let view = self.account_view(account)?;
        let started_at = self.vm().block_timestamp();
        let Assessment { equity, im, mm, .. } = view.valuation.assessment;
        let noted_at = self.may_start(account, noted_at, &view.valuation)?;
        self.set_clock(
            account,
            Clock {
                started_at,
                noted_at,
                ..Clock::default()
            },
        );
        AuctionStarted {
            account,
            starter: self.vm().msg_sender(),
            equity,
            im,
            mm,
        }
        .emit(self.vm());
        self.note_insolvency(account, &view);
        vault::SET_IN_AUCTION.call(self.vm(), self.vault.address(), &(account, true))
    }

    /// Notes that an account is below the line at the worst its stale items could be worth, and not at their best, so
    /// that it may be started an hour later; takes the note back when that is not so. A note stands for two hours.
    /// Anyone.
    ///
    /// # Errors
    /// `SystemAccount`, `AuctionOpen`, `ValueOutOfRange`.
    ///
    /// # Events
    /// `StaleNoted` when the note changes.
    pub fn note_stale(&mut self, account: B256) -> Result<(), Revert> {
        let old = self.need_closed(account)?;
        let Valuation { best, worst, .. } = self.account_view(account)?.valuation;
        let standing = auction::standing(best, worst);
        let noted_at = auction::note(old, standing, self.vm().block_timestamp());
        if noted_at != old {
            self.set_clock(
                account,
                Clock {
                    noted_at,
                    ..Clock::default()
                },
            );
            StaleNoted {
                account,
                noted_at,
                best: int(best),
                worst: int(worst),
            }
            .emit(self.vm());
        }
        Ok(())
    }

    /// Begins the fund's ramp for an open auction's account whose equity is gone, or ends it when equity is back. Anyone.
    ///
    /// # Errors
    /// `NoAuction`, `NotInsolvent`, `ValueOutOfRange`.
    ///
    /// # Events
    /// `InsolvencyMarked`.
    pub fn mark_insolvent(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let view = self.account_view(account)?;
        let running = self.clock(account).insolvent_since != 0;
        self.note_insolvency(account, &view);
        if !view.is_insolvent() && !running {
            let equity = int(view.best_equity);
            return Err(NotInsolvent { account, equity }.into());
        }
        Ok(())
    }

    /// Takes a slice of everything that can be priced for its price; returns the share taken and the price paid.
    ///
    /// # Errors
    /// `Expired`, `SelfBid`, `SystemAccount`, `NotAuthorized`, `NoAuction`, `VersionChanged`,
    /// `InvalidFraction`, `NotLiquidatable` when `close` would end the auction, `NothingToSell`,
    /// `PriceAboveLimit`, `VenueNotAdmitted` (an operator's bid), `ValueOutOfRange`; the vault's refusals, of which `InsufficientMargin` (the bidder's) is
    /// the common one.
    ///
    /// # Events
    /// `BidTaken`, `AuctionClosed`, `InsolvencyMarked`.
    pub fn bid(&mut self, bid: Bid) -> Result<(U256, I256), Revert> {
        let account = bid.account;
        self.check_deadline(bid.deadline)?;
        let own = self.check_bidder(account, bid.bidder)?;
        self.need_open(account)?;
        let view = self.account_view(account)?;
        if view.version != bid.version {
            let (version, expected) = (view.version, bid.version);
            return Err(VersionChanged { version, expected }.into());
        }
        self.note_insolvency(account, &view);
        let asked = self.check_fraction(bid.fraction)?;
        let insolvent = view.is_insolvent();
        let most = self.max_fraction(account, &view.valuation, insolvent)?;
        if most == 0 {
            let Assessment { equity, mm, .. } = view.valuation.assessment;
            return Err(NotLiquidatable {
                account,
                equity,
                mm,
            }
            .into());
        }
        let Some(Offer {
            taken,
            slice,
            payment,
        }) = self.offer(account, &view, asked, most)?
        else {
            let fraction = bid.fraction;
            return Err(NothingToSell { account, fraction }.into());
        };
        self.check_price(&bid, payment.price, taken, asked)?;
        if !own {
            self.check_venues(bid.bidder, &slice)?;
        }
        let after = self.settle(&bid, &slice, payment)?;
        let lambda = self.lambda(account, &view.valuation, insolvent);
        let lambda = u128_to_u256(u128::from(lambda));
        let (fraction, price) = (u128_to_u256(taken), int(payment.price));
        BidTaken {
            account,
            bidder: bid.bidder,
            fraction,
            price,
            lambda,
            fund_paid: u128_to_u256(payment.fund),
            equity_after: after.assessment.equity,
            mm_after: after.assessment.mm,
        }
        .emit(self.vm());
        if taken == ONE || self.recovered(account, &after)? {
            self.end(account, false, &after)?;
        }
        Ok((fraction, price))
    }

    /// Ends the auction of an account that has reached its buffer again, or is not below its maintenance requirement and
    /// so near its buffer that what is lacking is less than the smallest bid. Anyone.
    ///
    /// # Errors
    /// `NoAuction`, `NotRecovered`, `ValueOutOfRange`.
    ///
    /// # Events
    /// `AuctionClosed`.
    pub fn close(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let view = self.account_view(account)?;
        if !self.recovered(account, &view.valuation)? {
            return Err(NotRecovered {
                account,
                equity: int(self.judged_equity(account, &view.valuation)),
                needed: u128_to_u256(self.target(&view.valuation)),
            }
            .into());
        }
        self.end(account, true, &view.valuation)
    }

    /// Whether `start` would succeed now.
    ///
    /// # Errors
    /// `ValueOutOfRange`.
    pub fn is_liquidatable(&self, account: B256) -> Result<bool, Revert> {
        let clock = self.clock(account);
        if self.is_system(account) || clock.started_at != 0 {
            return Ok(false);
        }
        let (portfolio, ..) =
            vault::ACCOUNT.static_call(self.vm(), self.vault.address(), &(account,))?;
        let valuation = self.assess(account, portfolio)?;
        Ok(self.may_start(account, clock.noted_at, &valuation).is_ok())
    }

    /// Where the account's auction stands; with `startedAt` 0, where it would stand without discount. The largest share
    /// and its price are 0 when nothing needs to, or can, be sold.
    ///
    /// # Errors
    /// `ValueOutOfRange`.
    pub fn state(&self, account: B256) -> Result<AuctionState, Revert> {
        let view = self.account_view(account)?;
        let insolvent = view.is_insolvent();
        let most = self.max_fraction(account, &view.valuation, insolvent)?;
        let offer = match most {
            0 => None,
            most => self.offer(account, &view, ONE, most)?,
        };
        let (most, price) = offer.map_or((0, 0), |offer| (offer.taken, offer.payment.price));
        let clock = self.clock(account);
        let since = self.fund_ramp_since(clock);
        Ok(AuctionState {
            started_at: clock.started_at,
            lambda: u128_to_u256(u128::from(self.lambda(account, &view.valuation, insolvent))),
            max_fraction: u128_to_u256(most),
            price: int(price),
            equity: view.valuation.assessment.equity,
            mm: view.valuation.assessment.mm,
            insolvent_since: if insolvent && since == clock.insolvent_since {
                since
            } else {
                0
            },
        })
    }
}
