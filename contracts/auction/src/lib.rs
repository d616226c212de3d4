//! Liquidation: start, price, bid, cure, close.
//!
//! Who is below the line may be started by anyone; whoever bids takes a share of everything the account holds at its
//! mark less a discount that grows with time. The formulas are the kernel's (`plimsoll_kernel::auction`); the vault's
//! door applies a bid and refuses one that would not make equity − mm rise.
//!
//! Prices must be fresh: an account whose items are stale cannot be started or bid on yet.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
extern crate alloc;

mod slice;
pub mod sol;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::{
    Ownable, Revert, abi_struct,
    errors::BadAnswer,
    interface::{Assessment, Entry, Portfolio, margin, vault},
    store::{Word, WordMap, halves, pair},
};
use plimsoll_kernel::{
    auction::{self, ONE, Payment},
    codec::Account,
    num::{Int256, to_u128, u128_to_u256},
};
use slice::Slice;
use sol::{
    AuctionClosed, AuctionOpen, AuctionStarted, BidTaken, Expired, InsolvencyMarked,
    InvalidFraction, NoAuction, NotAuthorized, NotInsolvent, NotLiquidatable, NotRecovered,
    ParameterOutOfRange, ParametersSet, PriceAboveLimit, PricesStale, SelfBid, SystemAccount,
    ValueOutOfRange, VersionChanged,
};
use stylus_sdk::prelude::*;

abi_struct! {
    /// A bid; `abi/IAuction.sol` documents the fields.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Bid {
        /// In auction.
        account: B256,
        /// Takes the slice and pays.
        bidder: B256,
        /// 1e18.
        fraction: U256,
        /// 1e18 cash.
        max_price: I256,
        /// Of the account.
        version: u32,
        /// Unix seconds.
        deadline: u64,
    }

    /// Where an auction stands; `abi/IAuction.sol` documents the fields.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct AuctionState {
        /// Unix seconds.
        started_at: u64,
        /// 1e18.
        lambda: U256,
        /// 1e18.
        max_fraction: U256,
        /// 1e18 cash.
        price: I256,
        /// 1e18 cash.
        equity: I256,
        /// 1e18 cash.
        mm: U256,
        /// Unix seconds.
        insolvent_since: u64,
    }
}

/// The rules of all auctions, in the order of `set_parameters`.
#[derive(Clone, Copy)]
struct Parameters {
    lambda_max: u64,
    duration: u32,
    fund_lambda_max: u64,
    fund_duration: u32,
    buffer: u64,
    min_fraction: u64,
}

/// An auction's clock, unix seconds.
#[derive(Clone, Copy)]
struct Clock {
    /// 0 = no auction.
    started_at: u64,
    /// 0 = equity is left, or nobody marked that none is.
    insolvent_since: u64,
}

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
    /// By account: started at 128 · insolvent since 128.
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
        mark_insolvent,
        bid,
        close,
        is_liquidatable,
        state,
    ]
);

/// What margin says of an account, also as the kernel's numbers.
#[derive(Clone, Copy)]
struct Worth {
    assessment: Assessment,
    equity: i128,
    mm: u128,
}

/// A share of an account and its price.
struct Offer {
    taken: u128,
    slice: Slice,
    payment: Payment,
}

/// An account in question.
struct Subject {
    portfolio: Portfolio,
    version: u32,
    worth: Worth,
}

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
        self.write_parameters([
            LAMBDA_MAX,
            DURATION,
            FUND_LAMBDA_MAX,
            FUND_DURATION,
            BUFFER,
            MIN_FRACTION,
        ]);
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
    /// [`ParameterOutOfRange`] with the position of the argument, from 0.
    ///
    /// # Events
    /// [`ParametersSet`].
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
        for ((parameter, given), (minimum, maximum)) in (0_u8..).zip(given).zip(BOUNDS) {
            if !(minimum..=maximum).contains(&given) {
                return Err(ParameterOutOfRange {
                    parameter,
                    given,
                    minimum,
                    maximum,
                }
                .into());
            }
        }
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

    /// Opens an auction of an account whose equity is below its maintenance requirement. Anyone.
    ///
    /// # Errors
    /// [`SystemAccount`], [`AuctionOpen`], [`PricesStale`], [`NotLiquidatable`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionStarted`], [`InsolvencyMarked`].
    pub fn start(&mut self, account: B256) -> Result<(), Revert> {
        self.refuse_system(account)?;
        let started_at = self.started_at(account);
        if started_at != 0 {
            return Err(AuctionOpen {
                account,
                started_at,
            }
            .into());
        }
        let subject = self.subject(account)?;
        let Assessment { equity, im, mm, .. } = subject.worth.assessment;
        if !below(&subject.worth) {
            return Err(NotLiquidatable {
                account,
                equity,
                mm,
            }
            .into());
        }
        let started_at = self.vm().block_timestamp();
        self.set_clock(
            account,
            Clock {
                started_at,
                insolvent_since: 0,
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
        self.note_insolvency(account, &subject);
        vault::SET_IN_AUCTION.tell(self.vm(), self.vault.address(), &(account, true))
    }

    /// Begins the fund's ramp for an open auction's account whose equity is gone, or ends it when equity is back. Anyone.
    ///
    /// # Errors
    /// [`NoAuction`], [`PricesStale`], [`NotInsolvent`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`InsolvencyMarked`].
    pub fn mark_insolvent(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let subject = self.subject(account)?;
        let running = self.clock(account).insolvent_since != 0;
        self.note_insolvency(account, &subject);
        if subject.worth.equity > 0 && !running {
            let equity = subject.worth.assessment.equity;
            return Err(NotInsolvent { account, equity }.into());
        }
        Ok(())
    }

    /// Takes a slice of everything for its price; returns the share taken and the price paid.
    ///
    /// # Errors
    /// [`Expired`], [`SelfBid`], [`SystemAccount`], [`NotAuthorized`], [`NoAuction`], [`VersionChanged`],
    /// [`PricesStale`], [`InvalidFraction`], [`NotLiquidatable`] when the account has reached its buffer already,
    /// [`NothingToSell`](sol::NothingToSell), [`PriceAboveLimit`], [`ValueOutOfRange`]; the vault's refusals, of which
    /// `InsufficientMargin` (the bidder's) is the common one.
    ///
    /// # Events
    /// [`BidTaken`], [`AuctionClosed`], [`InsolvencyMarked`].
    pub fn bid(&mut self, bid: Bid) -> Result<(U256, I256), Revert> {
        let account = bid.account;
        let now_seconds = self.vm().block_timestamp();
        if now_seconds > bid.deadline {
            return Err(Expired {
                deadline: bid.deadline,
                now_seconds,
            }
            .into());
        }
        self.check_bidder(account, bid.bidder)?;
        self.need_open(account)?;
        let subject = self.subject(account)?;
        if subject.version != bid.version {
            let (version, expected) = (subject.version, bid.version);
            return Err(VersionChanged { version, expected }.into());
        }
        self.note_insolvency(account, &subject);
        let asked = self.check_fraction(bid.fraction)?;
        let most = self.max_fraction(account, &subject)?;
        if most == 0 {
            let Assessment { equity, mm, .. } = subject.worth.assessment;
            return Err(NotLiquidatable {
                account,
                equity,
                mm,
            }
            .into());
        }
        let Offer {
            taken,
            slice,
            payment,
        } = self.offer(account, &subject, asked, most)?;
        let limit = Int256::from_raw(bid.max_price.into_raw())
            .to_i128()
            .unwrap_or(if bid.max_price.is_negative() {
                i128::MIN
            } else {
                i128::MAX
            });
        let limit =
            auction::scaled_limit(limit, taken, asked).ok_or(ValueOutOfRange { account })?;
        if payment.price > limit {
            let (price, max_price) = (int(payment.price), int(limit));
            return Err(PriceAboveLimit { price, max_price }.into());
        }
        let after = self.settle(&bid, &slice, payment)?;
        let lambda = u128_to_u256(u128::from(self.lambda(account, subject.worth.equity)));
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
        if taken == ONE || self.recovered(&after) {
            self.end(account, false, &after)?;
        }
        Ok((fraction, price))
    }

    /// Ends the auction of an account that has reached its buffer again. Anyone.
    ///
    /// # Errors
    /// [`NoAuction`], [`PricesStale`], [`NotRecovered`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionClosed`].
    pub fn close(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let subject = self.subject(account)?;
        if !self.recovered(&subject.worth) {
            let needed = auction::target(subject.worth.mm, self.rules().buffer)
                .ok_or(ValueOutOfRange { account })?;
            let equity = subject.worth.assessment.equity;
            return Err(NotRecovered {
                account,
                equity,
                needed: u128_to_u256(needed),
            }
            .into());
        }
        self.end(account, true, &subject.worth)
    }

    /// Whether `start` would succeed now.
    pub fn is_liquidatable(&self, account: B256) -> Result<bool, Revert> {
        if self.is_system(account) || self.started_at(account) != 0 {
            return Ok(false);
        }
        let (portfolio, ..) = vault::ACCOUNT.ask(self.vm(), self.vault.address(), &(account,))?;
        let assessment = self.assess(portfolio)?;
        let needed = Int256::from_raw(assessment.equity.into_raw());
        Ok(!assessment.stale && !needed.at_least(assessment.mm))
    }

    /// Where the account's auction stands; with `startedAt` 0, where it would stand without discount.
    ///
    /// # Errors
    /// [`PricesStale`], [`ValueOutOfRange`].
    pub fn state(&self, account: B256) -> Result<AuctionState, Revert> {
        let subject = self.subject(account)?;
        let most = self.max_fraction(account, &subject)?;
        let price = if most == 0 {
            0
        } else {
            self.offer(account, &subject, most, most)?.payment.price
        };
        Ok(AuctionState {
            started_at: self.started_at(account),
            lambda: u128_to_u256(u128::from(self.lambda(account, subject.worth.equity))),
            max_fraction: u128_to_u256(most),
            price: int(price),
            equity: subject.worth.assessment.equity,
            mm: subject.worth.assessment.mm,
            insolvent_since: if subject.worth.equity > 0 {
                0
            } else {
                self.clock(account).insolvent_since
            },
        })
    }
}

// Defaults, in the order of `set_parameters`, and bounds. λ stays below 1, so that every sale improves health.
const LAMBDA_MAX: u64 = 350_000_000_000_000_000;
const DURATION: u64 = 900;
const FUND_LAMBDA_MAX: u64 = 500_000_000_000_000_000;
const FUND_DURATION: u64 = 3_600;
const BUFFER: u64 = 150_000_000_000_000_000;
const MIN_FRACTION: u64 = 10_000_000_000_000_000;
const BOUNDS: [(u64, u64); 6] = [
    (1_000_000_000_000_000, 900_000_000_000_000_000),
    (60, 86_400),
    (1_000_000_000_000_000, 900_000_000_000_000_000),
    (60, 604_800),
    (10_000_000_000_000_000, 1_000_000_000_000_000_000),
    (100_000_000_000_000, 200_000_000_000_000_000),
];

/// The ABI's signed number.
fn int(value: i128) -> I256 {
    I256::from_raw(Int256::from(value).to_raw())
}

fn below(worth: &Worth) -> bool {
    u128::try_from(worth.equity).map_or(true, |equity| equity < worth.mm)
}

impl Auction {
    fn write_parameters(&mut self, given: [u64; 6]) {
        let [
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        ] = given;
        self.shares.set(U256::from_limbs([
            min_fraction,
            buffer,
            fund_lambda_max,
            lambda_max,
        ]));
        self.durations
            .set(pair(duration.into(), fund_duration.into()));
        let Parameters {
            duration,
            fund_duration,
            ..
        } = self.rules();
        ParametersSet {
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        }
        .emit(self.vm());
    }

    fn rules(&self) -> Parameters {
        let [min_fraction, buffer, fund_lambda_max, lambda_max] = *self.shares.get().as_limbs();
        let (duration, fund_duration) = halves(self.durations.get());
        // SAFETY of the narrowing: both durations are at most a week, by their bounds.
        let (duration, fund_duration) = (duration as u32, fund_duration as u32);
        Parameters {
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        }
    }

    fn clock(&self, account: B256) -> Clock {
        let (started_at, insolvent_since) = halves(self.clocks.get(account));
        Clock {
            started_at: started_at as u64,
            insolvent_since: insolvent_since as u64,
        }
    }

    fn set_clock(&mut self, account: B256, clock: Clock) {
        self.clocks.set(
            account,
            pair(clock.started_at.into(), clock.insolvent_since.into()),
        );
    }

    // ---- who

    /// The vault's own accounts hold no risk of their own and cannot be sold.
    fn is_system(&self, account: B256) -> bool {
        Account(account.0).owner() == self.vault.address().0.0
    }

    fn refuse_system(&self, account: B256) -> Result<(), Revert> {
        if self.is_system(account) {
            return Err(SystemAccount { account }.into());
        }
        Ok(())
    }

    /// The caller may bid for `bidder`, which is another account.
    fn check_bidder(&self, account: B256, bidder: B256) -> Result<(), Revert> {
        if account == bidder {
            return Err(SelfBid { account }.into());
        }
        self.refuse_system(bidder)?;
        let caller = self.vm().msg_sender();
        if caller.0.0 != Account(bidder.0).owner() {
            let asked = (bidder, caller);
            let (allowed,) = vault::IS_OPERATOR.ask(self.vm(), self.vault.address(), &asked)?;
            if !allowed {
                return Err(NotAuthorized {
                    account: bidder,
                    caller,
                }
                .into());
            }
        }
        Ok(())
    }

    // ---- what

    fn started_at(&self, account: B256) -> u64 {
        self.clock(account).started_at
    }

    fn need_open(&self, account: B256) -> Result<(), Revert> {
        if self.started_at(account) == 0 {
            return Err(NoAuction { account }.into());
        }
        Ok(())
    }

    fn assess(&self, portfolio: Portfolio) -> Result<Assessment, Revert> {
        let callee = self.margin.address();
        let (answers,) = margin::ASSESS.ask(self.vm(), callee, &(vec![portfolio],))?;
        answers
            .first()
            .copied()
            .ok_or_else(|| BadAnswer { callee }.into())
    }

    /// The account at fresh prices.
    fn subject(&self, account: B256) -> Result<Subject, Revert> {
        let (portfolio, version, _) =
            vault::ACCOUNT.ask(self.vm(), self.vault.address(), &(account,))?;
        let worth = worth(account, self.assess(portfolio.clone())?)?;
        // With neither legs nor debt no price can make a difference: such an auction can always be closed.
        let flat = portfolio.legs.is_empty() && portfolio.cash >= 0;
        if worth.assessment.stale && !flat {
            return Err(PricesStale { account }.into());
        }
        Ok(Subject {
            portfolio,
            version,
            worth,
        })
    }

    /// Starts the fund's clock when equity is gone, stops it when it is back.
    fn note_insolvency(&mut self, account: B256, subject: &Subject) {
        let clock = self.clock(account);
        let marked = clock.insolvent_since;
        let since = match (subject.worth.equity > 0, marked) {
            (true, _) => 0,
            (false, 0) => self.vm().block_timestamp(),
            (false, marked) => marked,
        };
        if since != marked {
            self.set_clock(
                account,
                Clock {
                    insolvent_since: since,
                    ..clock
                },
            );
            if since != 0 {
                let equity = subject.worth.assessment.equity;
                InsolvencyMarked { account, equity }.emit(self.vm());
            }
        }
    }

    fn recovered(&self, worth: &Worth) -> bool {
        // A target out of range is reached by nobody.
        let target = auction::target(worth.mm, self.rules().buffer);
        target
            .is_some_and(|target| u128::try_from(worth.equity).is_ok_and(|equity| equity >= target))
    }

    // ---- how much, for how much

    /// λ of the ramp that applies at this equity.
    fn lambda(&self, account: B256, equity: i128) -> u64 {
        let (clock, p) = (self.clock(account), self.rules());
        let (since, maximum, duration) = if equity > 0 {
            (clock.started_at, p.lambda_max, p.duration)
        } else {
            (clock.insolvent_since, p.fund_lambda_max, p.fund_duration)
        };
        match since {
            0 => 0,
            since => auction::ramp(
                maximum,
                self.vm().block_timestamp().saturating_sub(since),
                duration,
            ),
        }
    }

    fn check_fraction(&self, fraction: U256) -> Result<u128, Revert> {
        let minimum = self.rules().min_fraction;
        match to_u128(fraction) {
            Some(asked) if asked >= u128::from(minimum) && asked <= ONE => Ok(asked),
            _ => {
                let (minimum, maximum) = (u128_to_u256(u128::from(minimum)), u128_to_u256(ONE));
                Err(InvalidFraction {
                    fraction,
                    minimum,
                    maximum,
                }
                .into())
            }
        }
    }

    fn max_fraction(&self, account: B256, subject: &Subject) -> Result<u128, Revert> {
        let lambda = self.lambda(account, subject.worth.equity);
        let buffer = self.rules().buffer;
        auction::max_fraction(subject.worth.equity, subject.worth.mm, lambda, buffer)
            .ok_or_else(|| ValueOutOfRange { account }.into())
    }

    /// All of it, where what would stay is less than the smallest bid.
    fn without_dust(&self, fraction: u128) -> u128 {
        let minimum = self.rules().min_fraction;
        if ONE.saturating_sub(fraction) < u128::from(minimum) {
            ONE
        } else {
            fraction
        }
    }

    /// What is sold for a share asked for, and its price.
    ///
    /// Lots are whole, so the largest share of a hedged book may leave its hedge no better than it was and relieve
    /// nothing. Then all of it is offered: it is worth little, and otherwise nobody could ever be sold it.
    fn offer(
        &self,
        account: B256,
        subject: &Subject,
        asked: u128,
        most: u128,
    ) -> Result<Offer, Revert> {
        let Worth { equity, mm, .. } = subject.worth;
        let lambda = self.lambda(account, equity);
        let held = self.fund()?;
        let mut taken = self.without_dust(asked.min(most));
        loop {
            let slice = Slice::new(account, &subject.portfolio, taken)?;
            let rest = worth(account, self.assess(slice.rest.clone())?)?;
            let overflow = || ValueOutOfRange { account };
            let relief = auction::relief(mm, rest.mm, taken).ok_or_else(overflow)?;
            if relief == 0 && mm != 0 && asked >= most && taken != ONE {
                taken = ONE;
                continue;
            }
            let payment = auction::payment(equity, rest.equity, relief, lambda, lambda, held)
                .ok_or_else(overflow)?;
            return Ok(Offer {
                taken,
                slice,
                payment,
            });
        }
    }

    /// What the insurance fund holds.
    fn fund(&self) -> Result<u128, Revert> {
        let (cash,) =
            vault::CASH_OF.ask(self.vm(), self.vault.address(), &(self.fund_account(),))?;
        Ok(u128::try_from(cash).unwrap_or(0))
    }

    fn fund_account(&self) -> B256 {
        B256::from(Account::fund(self.vault.address().0.0).0)
    }

    /// Moves the slice and the money; returns the account after it.
    fn settle(&mut self, bid: &Bid, slice: &Slice, payment: Payment) -> Result<Worth, Revert> {
        let account = bid.account;
        let overflow = || Revert::from(ValueOutOfRange { account });
        let fund = i128::try_from(payment.fund).map_err(|_| overflow())?;
        let to_account = payment.price.checked_add(fund).ok_or_else(overflow)?;
        let mut entries: Vec<Entry> = slice.entries(account, bid.bidder).ok_or_else(overflow)?;
        let mut pay = |account: B256, cash: i128| {
            if cash != 0 {
                entries.push(Entry {
                    account,
                    cash,
                    instrument: 0,
                    size: 0,
                    quote: 0,
                });
            }
        };
        pay(
            bid.bidder,
            payment.price.checked_neg().ok_or_else(overflow)?,
        );
        pay(account, to_account);
        pay(
            self.fund_account(),
            fund.checked_neg().ok_or_else(overflow)?,
        );
        let assets = slice.assets(account, bid.bidder).ok_or_else(overflow)?;
        let change = (0, account, entries, assets);
        let callee = self.vault.address();
        let (accounts, answers) = vault::APPLY_ENTRIES.tell(self.vm(), callee, &change)?;
        let after = accounts
            .iter()
            .zip(answers)
            .find(|(touched, _)| **touched == account);
        worth(account, after.ok_or(BadAnswer { callee })?.1)
    }

    fn end(&mut self, account: B256, cured: bool, worth: &Worth) -> Result<(), Revert> {
        self.set_clock(
            account,
            Clock {
                started_at: 0,
                insolvent_since: 0,
            },
        );
        let Assessment { equity, mm, .. } = worth.assessment;
        AuctionClosed {
            account,
            cured,
            equity,
            mm,
        }
        .emit(self.vm());
        vault::SET_IN_AUCTION.tell(self.vm(), self.vault.address(), &(account, false))
    }
}

/// An assessment with its equity and maintenance requirement as the kernel's numbers.
fn worth(account: B256, assessment: Assessment) -> Result<Worth, Revert> {
    Int256::from_raw(assessment.equity.into_raw())
        .to_i128()
        .zip(to_u128(assessment.mm))
        .map(|(equity, mm)| Worth {
            assessment,
            equity,
            mm,
        })
        .ok_or_else(|| ValueOutOfRange { account }.into())
}
