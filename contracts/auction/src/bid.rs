//! A bid: the share taken, its price, and the entries that move it.
use crate::{
    Auction,
    account_view::{AccountView, Valuation, valuation},
    clock::Clock,
    slice::Slice,
    sol::{
        Bid, BidTaken, Expired, InvalidFraction, NotAuthorized, NotLiquidatable, NothingToSell,
        PriceAboveLimit, SelfBid, ValueOutOfRange, VenueNotAdmitted, VersionChanged,
    },
};
use alloc::vec::Vec;
use alloy_primitives::{B256, I256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    errors::BadAnswer,
    interface::{Assessment, Entry, vault},
};
use plimsoll_kernel::{
    auction::{self, ONE, Payment, Sale},
    codec::Account,
    num::{Int256, to_u128, u128_to_u256},
};
use stylus_sdk::prelude::*;

/// A slice of an account and its price.
pub(crate) struct Offer {
    pub(crate) taken: u128,
    pub(crate) slice: Slice,
    pub(crate) payment: Payment,
}

impl Auction {
    /// Takes a slice; returns the share taken and the price paid.
    pub(crate) fn take(&mut self, bid: &Bid) -> Result<(U256, I256), Revert> {
        let account = bid.account;
        self.check_deadline(bid.deadline)?;
        let own = self.check_bidder(account, bid.bidder)?;
        self.need_open(account)?;
        let clock = self.clock_now(account, &self.need_sequencer()?);
        let view = self.account_view(account)?;
        if view.version != bid.version {
            let (version, expected) = (view.version, bid.version);
            return Err(VersionChanged { version, expected }.into());
        }
        let clock = self.note_insolvency(account, clock, &view);
        let asked = self.check_fraction(bid.fraction)?;
        let insolvent = view.is_insolvent();
        let most = self.max_fraction(account, clock, &view.valuation, insolvent)?;
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
        }) = self.offer(account, clock, &view, asked, most)?
        else {
            let fraction = bid.fraction;
            return Err(NothingToSell { account, fraction }.into());
        };
        self.check_price(bid, payment.price, taken, asked)?;
        if !own {
            self.check_venues(bid.bidder, &slice)?;
        }
        let after = self.settle(bid, &slice, payment)?;
        let lambda = self.lambda(clock, &view.valuation, insolvent);
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
        if taken == ONE || self.recovered(account, clock, &after)? {
            self.end(account, false, &after)?;
        }
        Ok((fraction, price))
    }

    /// Refuses a caller who may not bid for `bidder`, and a bid of an account for itself; returns whether the caller is the
    /// bidder's owner.
    fn check_bidder(&self, account: B256, bidder: B256) -> Result<bool, Revert> {
        if account == bidder {
            return Err(SelfBid { account }.into());
        }
        self.refuse_system(bidder)?;
        let caller = self.vm().msg_sender();
        let own = caller.0.0 == Account(bidder.0).owner();
        if !own {
            let asked = (bidder, caller);
            let (allowed,) =
                vault::IS_OPERATOR.static_call(self.vm(), self.vault.address(), &asked)?;
            if !allowed {
                return Err(NotAuthorized {
                    account: bidder,
                    caller,
                }
                .into());
            }
        }
        Ok(own)
    }

    /// Refuses an operator's bid for legs of venues that the bidder's owner has not admitted.
    fn check_venues(&self, bidder: B256, slice: &Slice) -> Result<(), Revert> {
        for venue in slice.venues() {
            let asked = (bidder, venue);
            let (admitted,) =
                vault::IS_VENUE_ADMITTED.static_call(self.vm(), self.vault.address(), &asked)?;
            if !admitted {
                let account = bidder;
                return Err(VenueNotAdmitted { account, venue }.into());
            }
        }
        Ok(())
    }

    /// λ now, of the fund's ramp if the account is insolvent, else of the auction's.
    pub(crate) fn lambda(&self, clock: Clock, valuation: &Valuation, insolvent: bool) -> u64 {
        // The relief of a clamped requirement is not a relief of risk: no discount on it.
        if valuation.assessment.out_of_range {
            return 0;
        }
        let p = self.rules();
        let (since, maximum, duration) = if insolvent {
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

    /// Refuses a bid after its deadline.
    fn check_deadline(&self, deadline: u64) -> Result<(), Revert> {
        let now_seconds = self.vm().block_timestamp();
        if now_seconds > deadline {
            return Err(Expired {
                deadline,
                now_seconds,
            }
            .into());
        }
        Ok(())
    }

    /// The share asked for; refuses one below the smallest bid or above everything.
    fn check_fraction(&self, fraction: U256) -> Result<u128, Revert> {
        let minimum = u128::from(self.rules().min_fraction);
        match to_u128(fraction) {
            Some(asked) if (minimum..=ONE).contains(&asked) => Ok(asked),
            _ => Err(InvalidFraction {
                fraction,
                minimum: u128_to_u256(minimum),
                maximum: u128_to_u256(ONE),
            }
            .into()),
        }
    }

    /// Largest share that may be sold now; 0 when the account has recovered.
    pub(crate) fn max_fraction(
        &self,
        account: B256,
        clock: Clock,
        valuation: &Valuation,
        insolvent: bool,
    ) -> Result<u128, Revert> {
        let p = self.rules();
        let equity = Self::judged_equity(clock, valuation);
        let lambda = self.lambda(clock, valuation, insolvent);
        let Valuation { im, mm, .. } = *valuation;
        auction::max_fraction(equity, mm, im, lambda, p.buffer, p.min_fraction)
            .ok_or_else(|| ValueOutOfRange { account }.into())
    }

    /// The slice for a share asked for, and its price; `None` when the account has no priced item. The share is the smaller of
    /// `asked` and `most`.
    ///
    /// Lots are whole, so the largest share of a hedged book may relieve nothing; without more, such an account could never
    /// be sold. Then the share grows by a quarter, from the smallest bid on, until it relieves something, at most to `asked`.
    /// At most 43 calls of `margin`, for the smallest bid that the rules allow; nine below MM at the default buffer.
    pub(crate) fn offer(
        &self,
        account: B256,
        clock: Clock,
        view: &AccountView,
        asked: u128,
        most: u128,
    ) -> Result<Option<Offer>, Revert> {
        let Valuation { equity, mm, .. } = view.valuation;
        let lambda = self.lambda(clock, &view.valuation, view.is_insolvent());
        let held = self.fund()?;
        let mut taken = asked.min(most);
        loop {
            let slice = Slice::new(account, &view.portfolio, view.unpriced, taken)?;
            // Cash alone is sold only as the debt of an insolvent account, of which the fund may pay a part.
            if slice.is_empty() || (slice.is_bare() && !view.is_insolvent()) {
                return Ok(None);
            }
            let rest = self.assess(account, slice.rest.clone())?;
            let overflow = || ValueOutOfRange { account };
            let relief = auction::relief(mm, rest.mm, taken).ok_or_else(overflow)?;
            if relief == 0 && mm != 0 && taken < asked {
                // Both are shares, far below the range.
                let more = taken.checked_add(taken / 4).ok_or_else(overflow)?;
                taken = more.max(self.rules().min_fraction.into()).min(asked);
                continue;
            }
            let sale = Sale {
                equity,
                best_equity: view.best_equity,
                unpriced: view.reserve,
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

    /// The cash of the insurance fund.
    fn fund(&self) -> Result<u128, Revert> {
        let (cash,) =
            vault::CASH_OF.static_call(self.vm(), self.vault.address(), &(self.fund_account(),))?;
        Ok(u128::try_from(cash).unwrap_or(0))
    }

    /// The account of the insurance fund.
    fn fund_account(&self) -> B256 {
        B256::from(Account::fund(self.vault.address().0.0).0)
    }

    /// Refuses a price above the bid's limit, scaled from the share asked for to the share taken.
    fn check_price(&self, bid: &Bid, price: i128, taken: u128, asked: u128) -> Result<(), Revert> {
        let account = bid.account;
        let most = Int256::from_raw(bid.max_price.into_raw());
        let most = most.to_i128().unwrap_or(if most.is_negative() {
            i128::MIN
        } else {
            i128::MAX
        });
        let limit = auction::scaled_limit(most, taken, asked).ok_or(ValueOutOfRange { account })?;
        if price > limit {
            let (price, max_price) = (int(price), int(limit));
            return Err(PriceAboveLimit { price, max_price }.into());
        }
        Ok(())
    }

    /// Moves the slice and the money; returns the account's valuation afterwards.
    fn settle(&mut self, bid: &Bid, slice: &Slice, payment: Payment) -> Result<Valuation, Revert> {
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
        let (accounts, answers) = vault::APPLY_ENTRIES.call(self.vm(), callee, &change)?;
        let after = accounts
            .iter()
            .zip(answers)
            .find(|(touched, _)| **touched == account);
        valuation(account, after.ok_or(BadAnswer { callee })?.1)
    }
}
