//! What the house sees in an account and in any portfolio, for traders, venues, keepers and protocols that clear nothing
//! here. Views only: no contract of the house depends on it.
//!
//! All numbers of one answer are of one snapshot. What cannot be answered is refused with a reason, what rests on a stale
//! or unknown price is flagged, and differences have their sign: no answer is a zero that stands for something else.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `account` | all of an account |
//! | `change` | portfolios after something was added or taken out |
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

mod account;
mod change;
pub mod sol;

use alloc::{boxed::Box, vec, vec::Vec};
use alloy_primitives::{Address, B256, I256, U256};
pub use change::MAX_LEGS;
use change::{balance, changed, check, without};
use plimsoll_common::{
    Ownable, Revert,
    abi::int,
    errors::BadAnswer,
    interface::{Assessment, AssetBalance, Portfolio, margin, requirement, vault},
    market::{self, Remote},
    store::Word,
};
use plimsoll_kernel::{
    book,
    codec::{Account, InstrumentId, LegSlot},
    num::{Int256, from_wad_down, to_u128, u128_to_u256},
    portfolio::{
        Portfolio as View, Scratch, assess,
        explain::{self, Alone, Direction},
        mark,
        market::Market,
    },
};
use sol::{
    AccountView, Contribution, Distance, Greeks, InvalidInstrument, Leg, MarkStale, SizeOutOfRange,
    UnknownUnderlying,
};
use stylus_sdk::prelude::*;

/// The contract.
#[storage]
pub struct Lens {
    ownable: Ownable,
    vault: Word,
    clearinghouse: Word,
    auction: Word,
    margin: Word,
    oracle: Word,
}

plimsoll_common::entrypoint!(
    Lens,
    methods = [
        initialize,
        siblings,
        account,
        requirement_of,
        requirement_added,
        max_withdraw,
        assess_legs,
        what_if,
        explain,
        contributions,
        greeks,
        distances,
    ]
);

impl Lens {
    /// Names its siblings. Deployer only, once; nobody owns it afterwards.
    pub fn initialize(
        &mut self,
        vault: Address,
        clearinghouse: Address,
        auction: Address,
        margin: Address,
        oracle: Address,
    ) -> Result<(), Revert> {
        self.ownable.use_up()?;
        self.vault.set_address(vault);
        self.clearinghouse.set_address(clearinghouse);
        self.auction.set_address(auction);
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// Vault, clearinghouse, auction, margin, oracle.
    pub fn siblings(&self) -> (Address, Address, Address, Address, Address) {
        (
            self.vault.address(),
            self.clearinghouse.address(),
            self.auction.address(),
            self.margin.address(),
            self.oracle.address(),
        )
    }

    /// All of an account at once: what it holds, at which prices, what it is worth and requires, by venue too, and where
    /// its auction stands.
    ///
    /// # Errors
    /// The vault's `Locked`, the auction's `ValueOutOfRange`.
    pub fn account(&self, account: B256) -> Result<AccountView, Revert> {
        self.view(account)
    }

    /// What a position requires by itself, initial and maintenance, 1e18 cash, rounded up. `size` in lots, signed.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`UnknownUnderlying`], [`UnknownLeg`](sol::UnknownLeg) for a size of 0, [`MarkStale`],
    /// [`SizeOutOfRange`].
    pub fn requirement_of(&self, instrument: u128, size: i64) -> Result<(U256, U256), Revert> {
        let Alone { im, mm, .. } = self.position(instrument, size)?;
        Ok((requirement(im), requirement(mm)))
    }

    /// What a position adds to the requirements of an account that opens it at the mark without fees, initial and
    /// maintenance, 1e18 cash: negative where it hedges; and the account's assessment after that.
    ///
    /// # Errors
    /// As [`Self::requirement_of`]; [`TooManyItems`](plimsoll_common::errors::TooManyItems) where it has no slot left.
    pub fn requirement_added(
        &self,
        account: B256,
        instrument: u128,
        size: i64,
    ) -> Result<(I256, I256, Assessment), Revert> {
        let Alone { value, .. } = self.position(instrument, size)?;
        let out_of_range = SizeOutOfRange { instrument };
        let (quote, cash) = if InstrumentId(instrument).kind().is_option() {
            (0, value.checked_neg().ok_or(out_of_range)?)
        } else {
            (value, 0)
        };
        let leg = Leg {
            instrument,
            size,
            quote,
        };
        let (portfolio, ..) =
            vault::ACCOUNT.static_call(self.vm(), self.vault.address(), &(account,))?;
        let (before, after) = self.both(portfolio, cash, &[leg])?;
        let added = |after: U256, before: U256| {
            let number = |requirement| i128::try_from(to_u128(requirement)?).ok();
            number(after)?.checked_sub(number(before)?).map(int)
        };
        let both = added(after.im, before.im).zip(added(after.mm, before.mm));
        let (im, mm) = both.ok_or_else(|| self.bad_answer())?;
        Ok((im, mm, after))
    }

    /// Most of an asset that the vault would pay out of an account now, in the token's own decimals: one unit more is
    /// refused.
    ///
    /// # Errors
    /// The vault's `UnknownAsset`.
    pub fn max_withdraw(&self, account: B256, asset: u8) -> Result<U256, Revert> {
        let (vm, vault) = (self.vm(), self.vault.address());
        let (_, decimals, _, held) = vault::ASSET.static_call(vm, vault, &(asset,))?;
        let (portfolio, _, in_auction) = vault::ACCOUNT.static_call(vm, vault, &(account,))?;
        if in_auction || Account(account.0).owner() == vault.0.0 {
            return Ok(U256::ZERO);
        }
        let cash = u128::try_from(portfolio.cash).unwrap_or(0);
        let most = match asset {
            0 => from_wad_down(cash, decimals).unwrap_or(0),
            _ => balance(&portfolio, asset),
        };
        let most = most.min(held);
        // neither legs nor debt: it may leave whatever any feed says
        if portfolio.legs.is_empty() && portfolio.cash >= 0 {
            return Ok(u128_to_u256(most));
        }
        self.search_max(&portfolio, asset, decimals, most)
    }

    /// Assesses a portfolio given as legs, for a protocol that clears nothing here. Legs of one instrument net.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`SizeOutOfRange`], [`TooManyItems`](plimsoll_common::errors::TooManyItems).
    pub fn assess_legs(
        &self,
        cash: i128,
        collateral: Vec<AssetBalance>,
        legs: Vec<Leg>,
    ) -> Result<Assessment, Revert> {
        let empty = Portfolio {
            cash,
            collateral,
            legs: vec![],
        };
        self.first(vec![changed(&empty, 0, &legs)?])
    }

    /// What margin says of a portfolio, and what it would say after `cash` and the legs are added to it.
    ///
    /// # Errors
    /// [`InvalidInstrument`], [`UnknownLeg`](sol::UnknownLeg) for a change of size 0 of a leg that is not held,
    /// [`SizeOutOfRange`], [`TooManyItems`](plimsoll_common::errors::TooManyItems).
    pub fn what_if(
        &self,
        portfolio: Portfolio,
        cash: i128,
        changes: Vec<Leg>,
    ) -> Result<(Assessment, Assessment), Revert> {
        self.both(portfolio, cash, &changes)
    }

    /// What a portfolio loses on one underlying, and what it is charged.
    ///
    /// # Returns
    /// * the loss in each scenario of the underlying's set, then at the moves added for gamma pockets: weighted, rounded
    ///   up, 1e18 cash, negative where it gains; empty where the portfolio holds nothing on it. The largest is its scan;
    /// * the charges beside the scans of all underlyings, initial and maintenance in turn, 1e18 cash: haircuts, calendar
    ///   basis, short options, closing options, closing perpetuals and futures, depeg, confidence.
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn explain(
        &self,
        portfolio: Portfolio,
        underlying: u16,
    ) -> Result<(Vec<i128>, Vec<i128>), Revert> {
        self.with_market(&portfolio, |market, view, scratch| {
            let (mut losses, mut charges) = (Vec::new(), Vec::new());
            let _ = assess(market, view, scratch);
            for (scan, held) in scratch.scans().iter().zip(market.underlyings) {
                if held.id == underlying {
                    for loss in scan.losses.iter().take(scan.count) {
                        losses.push(*loss);
                    }
                }
            }
            for charge in scratch.add_ons().all() {
                charges.push(charge.im);
                charges.push(charge.mm);
            }
            (losses, charges)
        })
    }

    /// What each leg on an underlying is worth, and by how much that changes, times the weight, in scenario `scenario`:
    /// [`Self::explain`] says which is the worst. Empty where the portfolio holds nothing on it, or there is no such
    /// scenario.
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn contributions(
        &self,
        portfolio: Portfolio,
        underlying: u16,
        scenario: u8,
    ) -> Result<Vec<Contribution>, Revert> {
        self.with_market(&portfolio, |market, view, _| {
            let mut all = Vec::new();
            let place = market.underlyings.iter().position(|u| u.id == underlying);
            let place = place.unwrap_or(usize::MAX);
            for part in explain::contributions(market, view, place, scenario.into()) {
                all.push(Contribution {
                    instrument: part.instrument.0,
                    mark: part.mark,
                    change: part.change,
                });
            }
            all
        })
    }

    /// Sensitivities of a portfolio to each underlying it holds, at the last prices.
    ///
    /// # Errors
    /// [`TooManyItems`](plimsoll_common::errors::TooManyItems), [`InvalidInstrument`] for a slot that holds no leg,
    /// [`UnknownUnderlying`].
    pub fn greeks(&self, portfolio: Portfolio) -> Result<Vec<Greeks>, Revert> {
        self.with_market(&portfolio, |market, view, _| {
            let mut all = Vec::new();
            for (place, underlying) in market.underlyings.iter().enumerate() {
                let explain::Greeks {
                    delta,
                    gamma,
                    vega,
                    theta,
                } = explain::greeks(market, view, place);
                all.push(Greeks {
                    underlying: underlying.id,
                    delta,
                    gamma,
                    vega,
                    theta,
                });
            }
            all
        })
    }

    /// Smallest relative moves at which equity falls below the maintenance requirement: all spots up, all spots down, all
    /// volatilities up, all down. Costs some hundred assessments: for `eth_call`.
    ///
    /// # Errors
    /// As [`Self::greeks`].
    pub fn distances(
        &self,
        portfolio: Portfolio,
    ) -> Result<(Distance, Distance, Distance, Distance), Revert> {
        self.with_market(&portfolio, |market, view, scratch| {
            let [up, down, volatility_up, volatility_down] = Direction::ALL.map(|direction| {
                let crossed = explain::distance(market, view, direction, scratch);
                let share = wad(crossed.unwrap_or(direction.horizon()));
                Distance {
                    found: crossed.is_some(),
                    by: int(if direction.falls() { -share } else { share }),
                }
            });
            (up, down, volatility_up, volatility_down)
        })
    }
}

impl Lens {
    /// What `f` says of a portfolio and its market. Refuses a portfolio of which a part has no place in any market: it
    /// would count as nothing.
    fn with_market<T>(
        &self,
        portfolio: &Portfolio,
        f: impl Fn(&Market<'_>, &View<'_>, &mut Scratch) -> T,
    ) -> Result<T, Revert> {
        let mut said = None;
        self.visit(portfolio, &mut |market, view, scratch| {
            said = Some(f(market, view, scratch));
        })?;
        // `visit` has called it
        said.ok_or_else(|| self.bad_answer())
    }

    /// As [`Self::with_market`]; what builds a market is in the module once.
    #[inline(never)]
    fn visit(
        &self,
        portfolio: &Portfolio,
        f: &mut dyn FnMut(&Market<'_>, &View<'_>, &mut Scratch),
    ) -> Result<(), Revert> {
        check(portfolio)?;
        let collateral = market::collateral(portfolio);
        let view = market::view(portfolio, &collateral);
        let (_, _, _, margin, oracle) = self.siblings();
        let vm = self.vm();
        let terms = Remote { vm, margin };
        market::with_market(vm, oracle, &terms, &[view], |market| {
            check_listed(market, view.slots)?;
            f(market, &view, &mut Box::new(Scratch::NEW));
            Ok(())
        })?
    }

    /// A position at its mark, alone.
    fn position(&self, instrument: u128, size: i64) -> Result<Alone, Revert> {
        let leg = Leg {
            instrument,
            size,
            quote: 0,
        };
        let portfolio = changed(&Portfolio::default(), 0, &[leg])?;
        self.with_market(&portfolio, |market, view, scratch| {
            let assessed = assess(market, view, scratch);
            if assessed.stale || !mark::mark(market, InstrumentId(instrument)).fresh {
                return Err(MarkStale { instrument }.into());
            }
            if assessed.out_of_range {
                return Err(SizeOutOfRange { instrument }.into());
            }
            Ok(Alone {
                value: assessed.equity,
                im: assessed.im,
                mm: assessed.mm,
            })
        })?
    }

    fn bad_answer(&self) -> Revert {
        let callee = self.margin.address();
        BadAnswer { callee }.into()
    }

    fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        let margin = self.margin.address();
        let (answers,) = margin::ASSESS.static_call(self.vm(), margin, &(portfolios,))?;
        Ok(answers)
    }

    fn first(&self, portfolios: Vec<Portfolio>) -> Result<Assessment, Revert> {
        let answers = self.assess(portfolios)?;
        answers.first().copied().ok_or_else(|| self.bad_answer())
    }

    /// A portfolio before and after cash and legs were added to it.
    fn both(
        &self,
        portfolio: Portfolio,
        cash: i128,
        changes: &[Leg],
    ) -> Result<(Assessment, Assessment), Revert> {
        let after = changed(&portfolio, cash, changes)?;
        let answers = self.assess(vec![portfolio, after])?;
        match answers.as_slice() {
            [before, after] => Ok((*before, *after)),
            _ => Err(self.bad_answer()),
        }
    }

    /// Largest amount up to `most` without which the portfolio is healthy.
    ///
    /// A requirement is sublinear, so excess is concave in the amount taken out: if nothing can be taken without harm
    /// the answer is 0, else the healthy amounts are an interval from 0, halved until one is left.
    fn search_max(
        &self,
        portfolio: &Portfolio,
        asset: u8,
        decimals: u8,
        most: u128,
    ) -> Result<U256, Revert> {
        // Invariant: `low` is healthy (or 0), everything above `high` is not. All of it comes first: without an asset
        // whose price is stale an account may be healthy, with any rest of it never.
        let (mut low, mut high) = (0, most);
        let mut middle = most;
        while low < high {
            let after = self.first(vec![without(portfolio, asset, decimals, middle)])?;
            let equity = Int256::from_raw(after.equity.into_raw());
            if !after.stale && equity.at_least(after.im) {
                low = middle;
            } else {
                high = middle - 1; // SAFETY: above `low`.
            }
            middle = high - (high - low) / 2;
        }
        Ok(u128_to_u256(low))
    }
}

/// Refuses slots that hold no leg, and legs on what margin has no terms for.
fn check_listed(market: &Market<'_>, slots: &[U256]) -> Result<(), Revert> {
    for slot in slots {
        if LegSlot::decode(*slot).is_none() {
            let [.., low, high] = *slot.as_limbs();
            let instrument = u128::from(high) << 64 | u128::from(low);
            return Err(InvalidInstrument { instrument }.into());
        }
    }
    for leg in book::all(slots) {
        let underlying = leg.instrument.underlying();
        if market.underlyings.iter().all(|u| u.id != underlying) {
            return Err(UnknownUnderlying { underlying }.into());
        }
    }
    Ok(())
}

/// 1e18 of a share with 40 binary places, towards 0.
fn wad(share: i64) -> i128 {
    // at most 3 · 2^40 · 1e18 < 2^103
    (i128::from(share) * 1_000_000_000_000_000_000) >> 40
}
