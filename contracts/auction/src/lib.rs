//! Liquidation: start, price, bid, cure, close.
//!
//! Who is below the line may be started by anyone; whoever bids takes a share of everything the account holds at its
//! mark less a discount that grows with time. The formulas are the kernel's (`plimsoll_kernel::auction`); the vault's
//! door applies a bid and refuses one that would not make equity − mm rise.
//!
//! An account is started at fresh prices, or when it is below the line whatever its stale items could be worth; when it
//! is so at their worst only, once somebody has noted it and an hour has passed. Stale items are not sold.
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
    auction::{self, ONE, Payment, Sale, Standing},
    codec::Account,
    num::{Int256, to_u128, u128_to_u256},
};
use slice::{Slice, Unpriced};
use sol::{
    AuctionClosed, AuctionOpen, AuctionStarted, BidTaken, Expired, InsolvencyMarked,
    InvalidFraction, NoAuction, NotAuthorized, NotInsolvent, NotLiquidatable, NotRecovered,
    NothingToSell, ParameterOutOfRange, ParametersSet, PriceAboveLimit, SelfBid, StaleNoted,
    StaleWait, SystemAccount, ValueOutOfRange, VersionChanged,
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

/// An account's clock, unix seconds.
#[derive(Clone, Copy, Default)]
struct Clock {
    /// 0 = no auction.
    started_at: u64,
    /// When the fund's ramp began; 0 = equity is left, or nobody marked that none is.
    insolvent_since: u64,
    /// When the account was last seen insolvent.
    seen_at: u64,
    /// When it was noted below the line at the worst its stale items could be worth, and only there; 0 = it was not.
    /// In an auction: 0 = not what it was started for.
    noted_at: u64,
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

/// What margin says of an account, also as the kernel's numbers.
#[derive(Clone, Copy)]
struct Worth {
    assessment: Assessment,
    equity: i128,
    im: u128,
    mm: u128,
    /// equity − mm at the best and at the worst its stale items could be worth.
    best: i128,
    worst: i128,
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
    unpriced: Unpriced,
    /// At the best what cannot be priced could be worth.
    best_equity: i128,
    /// The most that could be worth.
    reserve: u128,
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

    /// Opens an auction of an account whose equity is below its maintenance requirement whatever its stale items are
    /// worth, or, once [`Self::note_stale`] was called an hour ago, at the worst they could be worth. Anyone.
    ///
    /// # Errors
    /// [`SystemAccount`], [`AuctionOpen`], [`NotLiquidatable`], [`StaleWait`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionStarted`], [`InsolvencyMarked`].
    pub fn start(&mut self, account: B256) -> Result<(), Revert> {
        let noted_at = self.need_closed(account)?;
        let subject = self.subject(account)?;
        let started_at = self.vm().block_timestamp();
        let Worth {
            assessment: Assessment { equity, im, mm, .. },
            best,
            worst,
            ..
        } = subject.worth;
        let noted_at = match auction::standing(best, worst) {
            Standing::Below => 0,
            Standing::Doubtful if auction::waited(noted_at, started_at) => noted_at,
            Standing::Doubtful => {
                let (best, worst) = (int(best), int(worst));
                return Err(StaleWait {
                    account,
                    noted_at,
                    best,
                    worst,
                }
                .into());
            }
            Standing::Safe => {
                return Err(NotLiquidatable {
                    account,
                    equity,
                    mm,
                }
                .into());
            }
        };
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
        self.note_insolvency(account, &subject);
        vault::SET_IN_AUCTION.tell(self.vm(), self.vault.address(), &(account, true))
    }

    /// Notes that an account is below the line at the worst its stale items could be worth, and not at their best, so
    /// that it may be started an hour later; takes the note back when that is not so. A note stands for two hours.
    /// Anyone.
    ///
    /// # Errors
    /// [`SystemAccount`], [`AuctionOpen`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`StaleNoted`] when the note changes.
    pub fn note_stale(&mut self, account: B256) -> Result<(), Revert> {
        let old = self.need_closed(account)?;
        let Worth { best, worst, .. } = self.subject(account)?.worth;
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
    /// [`NoAuction`], [`NotInsolvent`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`InsolvencyMarked`].
    pub fn mark_insolvent(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let subject = self.subject(account)?;
        let running = self.clock(account).insolvent_since != 0;
        self.note_insolvency(account, &subject);
        if !subject.is_insolvent() && !running {
            let equity = int(subject.best_equity);
            return Err(NotInsolvent { account, equity }.into());
        }
        Ok(())
    }

    /// Takes a slice of everything that can be priced for its price; returns the share taken and the price paid.
    ///
    /// # Errors
    /// [`Expired`], [`SelfBid`], [`SystemAccount`], [`NotAuthorized`], [`NoAuction`], [`VersionChanged`],
    /// [`InvalidFraction`], [`NotLiquidatable`] when the account has reached its buffer already, [`NothingToSell`],
    /// [`PriceAboveLimit`], [`ValueOutOfRange`]; the vault's refusals, of which `InsufficientMargin` (the bidder's) is
    /// the common one.
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
        let Some(Offer {
            taken,
            slice,
            payment,
        }) = self.offer(account, &subject, asked, most)?
        else {
            let fraction = bid.fraction;
            return Err(NothingToSell { account, fraction }.into());
        };
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
        let lambda = u128_to_u256(u128::from(self.lambda(account, &subject)));
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
        if taken == ONE || self.recovered(account, &after) {
            self.end(account, false, &after)?;
        }
        Ok((fraction, price))
    }

    /// Ends the auction of an account that has reached its buffer again. Anyone.
    ///
    /// # Errors
    /// [`NoAuction`], [`NotRecovered`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionClosed`].
    pub fn close(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let subject = self.subject(account)?;
        if !self.recovered(account, &subject.worth) {
            return Err(NotRecovered {
                account,
                equity: int(self.judged_equity(account, &subject.worth)),
                needed: u128_to_u256(self.target(&subject.worth)),
            }
            .into());
        }
        self.end(account, true, &subject.worth)
    }

    /// Whether `start` would succeed now.
    ///
    /// # Errors
    /// [`ValueOutOfRange`].
    pub fn is_liquidatable(&self, account: B256) -> Result<bool, Revert> {
        let clock = self.clock(account);
        if self.is_system(account) || clock.started_at != 0 {
            return Ok(false);
        }
        let (portfolio, ..) = vault::ACCOUNT.ask(self.vm(), self.vault.address(), &(account,))?;
        let Worth { best, worst, .. } = self.assess(account, portfolio)?;
        Ok(match auction::standing(best, worst) {
            Standing::Below => true,
            Standing::Doubtful => auction::waited(clock.noted_at, self.vm().block_timestamp()),
            Standing::Safe => false,
        })
    }

    /// Where the account's auction stands; with `startedAt` 0, where it would stand without discount. The largest share
    /// and its price are 0 when nothing needs to, or can, be sold.
    ///
    /// # Errors
    /// [`ValueOutOfRange`].
    pub fn state(&self, account: B256) -> Result<AuctionState, Revert> {
        let subject = self.subject(account)?;
        let most = self.max_fraction(account, &subject)?;
        let offer = match most {
            0 => None,
            most => self.offer(account, &subject, ONE, most)?,
        };
        let (most, price) = offer.map_or((0, 0), |offer| (offer.taken, offer.payment.price));
        let clock = self.clock(account);
        let since = self.fund_ramp_since(clock);
        Ok(AuctionState {
            started_at: clock.started_at,
            lambda: u128_to_u256(u128::from(self.lambda(account, &subject))),
            max_fraction: u128_to_u256(most),
            price: int(price),
            equity: subject.worth.assessment.equity,
            mm: subject.worth.assessment.mm,
            insolvent_since: if subject.is_insolvent() && since == clock.insolvent_since {
                since
            } else {
                0
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

impl Subject {
    /// Its equity is gone, whatever its stale items are worth: the fund may pay.
    fn is_insolvent(&self) -> bool {
        self.best_equity <= 0
    }
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
        #[expect(
            clippy::cast_possible_truncation,
            reason = "both are at most a week, by their bounds"
        )]
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
        let [started_at, insolvent_since, seen_at, noted_at] = *self.clocks.get(account).as_limbs();
        Clock {
            started_at,
            insolvent_since,
            seen_at,
            noted_at,
        }
    }

    fn set_clock(&mut self, account: B256, clock: Clock) {
        let word = [
            clock.started_at,
            clock.insolvent_since,
            clock.seen_at,
            clock.noted_at,
        ];
        self.clocks.set(account, U256::from_limbs(word));
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

    fn need_open(&self, account: B256) -> Result<(), Revert> {
        if self.clock(account).started_at == 0 {
            return Err(NoAuction { account }.into());
        }
        Ok(())
    }

    /// An account of which no auction is open; when it was noted.
    fn need_closed(&self, account: B256) -> Result<u64, Revert> {
        self.refuse_system(account)?;
        let Clock {
            started_at,
            noted_at,
            ..
        } = self.clock(account);
        if started_at != 0 {
            return Err(AuctionOpen {
                account,
                started_at,
            }
            .into());
        }
        Ok(noted_at)
    }

    fn assess(&self, account: B256, portfolio: Portfolio) -> Result<Worth, Revert> {
        let callee = self.margin.address();
        let (answers,) = margin::ASSESS.ask(self.vm(), callee, &(vec![portfolio],))?;
        let answer = answers.first().ok_or(BadAnswer { callee })?;
        worth(account, *answer)
    }

    /// The account now.
    fn subject(&self, account: B256) -> Result<Subject, Revert> {
        let (portfolio, version, _) =
            vault::ACCOUNT.ask(self.vm(), self.vault.address(), &(account,))?;
        let worth = self.assess(account, portfolio.clone())?;
        let unpriced = Unpriced {
            slots: worth.assessment.stale_slots,
            assets: worth.assessment.stale_assets,
        };
        let mut subject = Subject {
            portfolio,
            version,
            worth,
            unpriced,
            best_equity: worth.equity,
            reserve: 0,
        };
        if unpriced.any() {
            let stays = Slice::new(account, &subject.portfolio, unpriced, ONE)?.rest;
            let stays = self.assess(account, stays)?;
            let most = stays.best.saturating_add_unsigned(stays.mm);
            subject.best_equity = auction::best_equity(worth.equity, stays.equity, most)
                .ok_or(ValueOutOfRange { account })?;
            subject.reserve = u128::try_from(most).unwrap_or(0);
        }
        Ok(subject)
    }

    /// Begins or goes on with the fund's ramp when equity is gone, stops it when it is back.
    fn note_insolvency(&mut self, account: B256, subject: &Subject) {
        let old = self.clock(account);
        let (insolvent_since, seen_at) = if subject.is_insolvent() {
            (self.fund_ramp_since(old), self.vm().block_timestamp())
        } else {
            (0, 0)
        };
        self.set_clock(
            account,
            Clock {
                insolvent_since,
                seen_at,
                ..old
            },
        );
        if insolvent_since != 0 && insolvent_since != old.insolvent_since {
            let equity = int(subject.best_equity);
            InsolvencyMarked { account, equity }.emit(self.vm());
        }
    }

    /// When the fund's ramp of an account that is insolvent now began.
    fn fund_ramp_since(&self, clock: Clock) -> u64 {
        let now = self.vm().block_timestamp();
        auction::fund_ramp_since(clock.insolvent_since, clock.seen_at, now)
    }

    fn target(&self, worth: &Worth) -> u128 {
        auction::target(worth.mm, worth.im, self.rules().buffer)
    }

    /// The equity an auction is about: at the worst what is stale could be worth, if that is what it was started for.
    fn judged_equity(&self, account: B256, worth: &Worth) -> i128 {
        let clock = self.clock(account);
        if clock.started_at != 0 && clock.noted_at != 0 {
            worth.worst.saturating_add_unsigned(worth.mm)
        } else {
            worth.equity
        }
    }

    /// The buffer is reached.
    fn recovered(&self, account: B256, worth: &Worth) -> bool {
        u128::try_from(self.judged_equity(account, worth))
            .is_ok_and(|equity| equity >= self.target(worth))
    }

    // ---- how much, for how much

    /// λ of the ramp that applies now.
    fn lambda(&self, account: B256, subject: &Subject) -> u64 {
        // A clamped requirement relieves by numbers that are no risk; nobody is paid for them.
        if subject.worth.assessment.out_of_range {
            return 0;
        }
        let (clock, p) = (self.clock(account), self.rules());
        let (since, maximum, duration) = if subject.is_insolvent() {
            (
                self.fund_ramp_since(clock),
                p.fund_lambda_max,
                p.fund_duration,
            )
        } else {
            (clock.started_at, p.lambda_max, p.duration)
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

    /// A share that leaves nothing, or no less than the smallest bid.
    fn check_fraction(&self, fraction: U256) -> Result<u128, Revert> {
        let minimum = u128::from(self.rules().min_fraction);
        let maximum = ONE.saturating_sub(minimum);
        match to_u128(fraction) {
            Some(ONE) => Ok(ONE),
            Some(asked) if (minimum..=maximum).contains(&asked) => Ok(asked),
            _ => Err(InvalidFraction {
                fraction,
                minimum: u128_to_u256(minimum),
                maximum: u128_to_u256(maximum),
            }
            .into()),
        }
    }

    /// Largest share that may be sold now: all of it, where what would stay is less than the smallest bid.
    fn max_fraction(&self, account: B256, subject: &Subject) -> Result<u128, Revert> {
        let Worth { im, mm, .. } = subject.worth;
        let p = self.rules();
        let equity = self.judged_equity(account, &subject.worth);
        let lambda = self.lambda(account, subject);
        let most = auction::max_fraction(equity, mm, im, lambda, p.buffer)
            .ok_or(ValueOutOfRange { account })?;
        Ok(if ONE.saturating_sub(most) < u128::from(p.min_fraction) {
            ONE
        } else {
            most
        })
    }

    /// What is sold for a share asked for, at most `most`, and its price; `None` when nothing of it can be priced.
    ///
    /// Lots are whole, so the largest share of a hedged book may leave its hedge no better than it was and relieve
    /// nothing. Then all of it is sold to whoever asked for all: it is worth little, and otherwise nobody could ever
    /// be sold it. Nobody is sold more than he asked for.
    fn offer(
        &self,
        account: B256,
        subject: &Subject,
        asked: u128,
        most: u128,
    ) -> Result<Option<Offer>, Revert> {
        let Worth { equity, mm, .. } = subject.worth;
        let lambda = self.lambda(account, subject);
        let held = self.fund()?;
        let mut taken = asked.min(most);
        loop {
            let slice = Slice::new(account, &subject.portfolio, subject.unpriced, taken)?;
            // Cash alone is worth selling only where it is a debt of which the fund may pay some.
            if slice.is_empty() || (slice.is_bare() && !subject.is_insolvent()) {
                return Ok(None);
            }
            let rest = self.assess(account, slice.rest.clone())?;
            let overflow = || ValueOutOfRange { account };
            let relief = auction::relief(mm, rest.mm, taken).ok_or_else(overflow)?;
            if relief == 0 && mm != 0 && asked == ONE && taken != ONE {
                taken = ONE;
                continue;
            }
            let sale = Sale {
                equity,
                best_equity: subject.best_equity,
                unpriced: subject.reserve,
                equity_rest: rest.equity,
                relief,
                fraction: taken,
            };
            let payment = auction::payment(&sale, lambda, held).ok_or_else(overflow)?;
            return Ok(Some(Offer {
                taken,
                slice,
                payment,
            }));
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
        self.set_clock(account, Clock::default());
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

/// An assessment also as the kernel's numbers.
fn worth(account: B256, assessment: Assessment) -> Result<Worth, Revert> {
    let narrow = |number: I256| Int256::from_raw(number.into_raw()).to_i128();
    let numbers = || {
        Some(Worth {
            assessment,
            equity: narrow(assessment.equity)?,
            im: to_u128(assessment.im)?,
            mm: to_u128(assessment.mm)?,
            best: narrow(assessment.best)?,
            worst: narrow(assessment.worst)?,
        })
    };
    numbers().ok_or_else(|| ValueOutOfRange { account }.into())
}
