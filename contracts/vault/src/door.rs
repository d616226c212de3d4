//! The door: every change of an account but its owner's deposits and withdrawals.
//!
//! Checked before anything is written: the entries sum to zero, each account that trades or pays has admitted the
//! venue, and the gate passes every account that may have become less safe. `margin` is asked once about all of them.
use crate::{
    Vault,
    accounts::assessed,
    ledger::AccountState,
    sol::{
        AccountInAuction, InsufficientCash, InsufficientMargin, InvalidInstrument, LegChanged,
        NotRelieved, PricesStale, SystemAccount, Unbalanced, UnbalancedAsset, UnknownAsset,
        ValueOutOfRange, VenueNotAdmitted,
    },
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    at_most,
    interface::{Assessment, AssetEntry, Entry, Portfolio},
};
use plimsoll_kernel::{
    book::{self, Change, Leg},
    codec::{Account, InstrumentId},
    gate,
    num::Int256,
};
use stylus_sdk::prelude::*;

/// Most entries of one call: both sides of 128 legs, and cash.
pub(crate) const MAX_ENTRIES: usize = 264;
/// Most collateral entries of one call: both sides of 16 assets.
pub(crate) const MAX_ASSET_ENTRIES: usize = 32;
/// Most accounts one call touches: two a fill, a venue's fee account and the clearing accounts.
const MAX_ACCOUNTS: usize = 80;

/// The answer by which a call judges an account. In a sale a bidder must meet `bid_im`, which a multiplier that just rose has
/// not reached yet: a crowded market must not lose its bidders. And the settlement coin's stale price, which makes every
/// account stale, must not stop liquidations; a leg or an asset with a stale price still makes its own account stale.
fn judged(answer: &Assessment, in_sale: bool) -> Assessment {
    if !in_sale {
        return *answer;
    }
    Assessment {
        im: answer.bid_im,
        stale: answer.stale_legs != 0 || answer.stale_assets != 0,
        ..*answer
    }
}

/// Refuses entries that would create or destroy cash, size, quote or collateral.
fn conserve(entries: &[Entry], assets: &[AssetEntry]) -> Result<(), Revert> {
    let mut cash = 0_i128;
    let mut sums: Vec<(u128, i128, i128)> = Vec::new();
    for entry in entries {
        let overflow = || ValueOutOfRange {
            account: entry.account,
        };
        cash = cash.checked_add(entry.cash).ok_or_else(overflow)?;
        let (size, quote) = (i128::from(entry.size), entry.quote);
        match sums.iter_mut().find(|sum| sum.0 == entry.instrument) {
            Some((_, sizes, quotes)) => {
                *sizes = sizes.checked_add(size).ok_or_else(overflow)?;
                *quotes = quotes.checked_add(quote).ok_or_else(overflow)?;
            }
            None => sums.push((entry.instrument, size, quote)),
        }
    }
    let odd = sums
        .iter()
        .find(|(_, size, quote)| *size != 0 || *quote != 0);
    if cash != 0 || odd.is_some() {
        let (instrument, size, quote) = odd.copied().unwrap_or_default();
        let error = Unbalanced {
            instrument,
            cash: int(cash),
            size: int(size),
            quote: int(quote),
        };
        return Err(error.into());
    }
    let mut sums: Vec<(u8, i128)> = Vec::new();
    for entry in assets {
        match sums.iter_mut().find(|sum| sum.0 == entry.asset) {
            Some((_, sum)) => {
                let overflow = || ValueOutOfRange {
                    account: entry.account,
                };
                *sum = sum.checked_add(entry.amount).ok_or_else(overflow)?;
            }
            None => sums.push((entry.asset, entry.amount)),
        }
    }
    match sums.iter().find(|(_, sum)| *sum != 0) {
        Some((asset, sum)) => Err(UnbalancedAsset {
            asset: *asset,
            amount: int(*sum),
        }
        .into()),
        None => Ok(()),
    }
}

impl Vault {
    /// Applies balanced entries, or refuses them all. The lock is set.
    pub(crate) fn change(
        &mut self,
        venue: u16,
        liquidated: B256,
        entries: &[Entry],
        assets: &[AssetEntry],
    ) -> Result<(Vec<B256>, Vec<Assessment>), Revert> {
        at_most(entries.len(), MAX_ENTRIES)?;
        at_most(assets.len(), MAX_ASSET_ENTRIES)?;
        conserve(entries, assets)?;
        let mut states = Vec::with_capacity(MAX_ACCOUNTS.min(entries.len() + 2));
        if liquidated != B256::ZERO {
            // Its legs and collateral count also when only its cash moves.
            let state = self.touch(&mut states, liquidated)?;
            self.ledger.complete(state);
        }
        for entry in entries {
            self.enter(&mut states, entry)?;
        }
        for entry in assets {
            self.enter_asset(&mut states, entry)?;
        }
        let outcome = self.check_changes(venue, liquidated, &states)?;
        for state in &states {
            self.ledger.store(state);
        }
        Ok(outcome)
    }

    /// The working copy of an account, made at its first mention.
    fn touch<'a>(
        &self,
        states: &'a mut Vec<AccountState>,
        account: B256,
    ) -> Result<&'a mut AccountState, Revert> {
        let known = states.iter().position(|state| state.account == account);
        let at = match known {
            Some(at) => at,
            None => {
                let at = states.len();
                at_most(at + 1, MAX_ACCOUNTS)?; // SAFETY: far below the range.
                states.push(self.ledger.open_cash(account));
                at
            }
        };
        // Unreachable: `at` is inside by construction.
        states
            .get_mut(at)
            .ok_or_else(|| ValueOutOfRange { account }.into())
    }

    /// Adds an entry to the working copy of its account.
    fn enter(&self, states: &mut Vec<AccountState>, entry: &Entry) -> Result<(), Revert> {
        let Entry {
            account,
            cash,
            instrument,
            size,
            quote,
        } = *entry;
        let system = self.is_system(account);
        if system && (instrument != 0 || account != self.fund()) {
            return Err(SystemAccount { account }.into());
        }
        let state = self.touch(states, account)?;
        if instrument != 0 || (cash < 0 && !system) {
            self.ledger.complete(state);
            state.trades_or_pays = true;
        }
        state.add_cash(cash)?;
        if instrument == 0 {
            return match (size, quote) {
                (0, 0) => Ok(()),
                _ => Err(InvalidInstrument { instrument }.into()),
            };
        }
        let instrument = InstrumentId(instrument);
        let delta = Leg {
            instrument,
            size,
            quote,
        };
        let change = book::change(&mut state.now.legs, &delta)
            .map_err(|refusal| state.refuse(refusal, instrument))?;
        match change {
            Change::Open(Leg { size, quote, .. }) => {
                LegChanged {
                    account,
                    instrument: instrument.0,
                    size,
                    quote,
                }
                .emit(self.vm());
            }
            Change::Closed { quote } => {
                LegChanged {
                    account,
                    instrument: instrument.0,
                    size: 0,
                    quote: 0,
                }
                .emit(self.vm());
                // A leg of size 0 is worth −Q: the account gets −Q in cash. The clearing account takes over Q and pays the
                // cash, so its cash always equals its quote, which is not stored.
                if quote != 0 {
                    let cash = quote.checked_neg().ok_or(ValueOutOfRange { account })?;
                    state.add_cash(cash)?;
                    let vault = self.vm().contract_address().0.0;
                    let clearing = B256::from(Account::clearing(vault, instrument).0);
                    self.touch(states, clearing)?.add_cash(quote)?;
                }
            }
        }
        Ok(())
    }

    /// Adds an asset entry to the working copy of its account.
    fn enter_asset(
        &self,
        states: &mut Vec<AccountState>,
        entry: &AssetEntry,
    ) -> Result<(), Revert> {
        let AssetEntry {
            account,
            asset,
            amount,
        } = *entry;
        if asset == 0 || asset >= self.listed() {
            return Err(UnknownAsset { asset }.into());
        }
        if self.is_system(account) {
            return Err(SystemAccount { account }.into());
        }
        let state = self.touch(states, account)?;
        self.ledger.complete(state);
        state.trades_or_pays = true;
        state.add_asset(asset, amount)
    }

    /// Checks, before anything is written: venue admitted, fund not negative, gate passed.
    fn check_changes(
        &self,
        venue: u16,
        liquidated: B256,
        states: &[AccountState],
    ) -> Result<(Vec<B256>, Vec<Assessment>), Revert> {
        let fund = self.fund();
        for state in states {
            let account = state.account;
            if venue != 0 && state.trades_or_pays && !self.admitted(account, venue) {
                return Err(VenueNotAdmitted { account, venue }.into());
            }
            if account == fund && state.now.cash < 0 {
                let (have, now) = (state.before.cash, state.now.cash);
                let want = have.checked_sub(now).ok_or(ValueOutOfRange { account })?;
                return Err(InsufficientCash {
                    account,
                    have: int(have),
                    want: U256::from(want.unsigned_abs()),
                }
                .into());
            }
        }
        // The accounts that may have become less safe. The account being liquidated has its own rule and is always among
        // them. An account that ends flat is healthy at any price; if it is in auction, it must also have become safer.
        let asked: Vec<&AccountState> = states
            .iter()
            .filter(|state| {
                state.account == liquidated
                    || !(state.only_gained_cash()
                        || (state.is_flat() && !state.header.in_auction())
                        || self.is_system(state.account))
            })
            .collect();
        let after = self.assess_after(liquidated, &asked)?;
        self.gate(liquidated, &asked, &after)?;
        Ok((asked.iter().map(|state| state.account).collect(), after))
    }

    /// What `margin` says about these accounts after the change; refuses a sale that does not relieve `liquidated`.
    fn assess_after(
        &self,
        liquidated: B256,
        asked: &[&AccountState],
    ) -> Result<Vec<Assessment>, Revert> {
        let mut portfolios: Vec<Portfolio> = asked.iter().map(|state| state.now.clone()).collect();
        let sold = asked.iter().position(|state| state.account == liquidated);
        if let Some(state) = sold.and_then(|at| asked.get(at)) {
            portfolios.push(state.before.clone());
        }
        let mut after = self.assess(portfolios)?;
        if let Some(at) = sold {
            let before = after.pop();
            if let (Some(before), Some(after)) = (before, after.get(at))
                && !gate::excess_rises(&assessed(&before), &assessed(after))
            {
                let error = NotRelieved {
                    account: liquidated,
                    equity: after.equity,
                    mm: after.mm,
                    equity_before: before.equity,
                    mm_before: before.mm,
                };
                return Err(error.into());
            }
        }
        Ok(after)
    }

    /// The gate: an account that is not healthy afterwards, or is in auction, must have become safer by all that the call
    /// did, also where it ends flat.
    fn gate(
        &self,
        liquidated: B256,
        asked: &[&AccountState],
        after: &[Assessment],
    ) -> Result<(), Revert> {
        let in_sale = !liquidated.is_zero();
        let is_healthy = |after: &Assessment| assessed(&judged(after, in_sale)).is_healthy();
        let unhealthy: Vec<_> = asked
            .iter()
            .zip(after)
            .filter(|(state, after)| {
                state.account != liquidated && (state.header.in_auction() || !is_healthy(after))
            })
            .collect();
        if unhealthy.is_empty() {
            return Ok(());
        }
        let before = self.assess(
            unhealthy
                .iter()
                .map(|(state, _)| state.before.clone())
                .collect(),
        )?;
        for ((state, after), before) in unhealthy.into_iter().zip(&before) {
            if gate::reduces(&assessed(before), &assessed(after)) {
                continue;
            }
            let account = state.account;
            if is_healthy(after) {
                return Err(AccountInAuction { account }.into());
            }
            let (before, after) = (judged(before, in_sale), judged(after, in_sale));
            if after.stale && Int256::from_raw(after.equity.into_raw()).at_least(after.im) {
                return Err(PricesStale { account }.into());
            }
            return Err(InsufficientMargin::of(account, &before, &after).into());
        }
        Ok(())
    }
}
