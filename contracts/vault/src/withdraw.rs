//! Withdrawals: the account is debited and judged, then the tokens leave.
use crate::{
    Vault,
    accounts::assessed,
    assets::Asset,
    ledger::AccountState,
    sol::{
        AccountInAuction, AmountTooLarge, InsufficientCash, InsufficientLiquidity,
        InsufficientMargin, InvalidReceiver, NotAuthorized, PricesStale, TokenRefused,
        TransferFailed, UnknownToken, ValueOutOfRange, Withdrawn, ZeroAmount,
    },
    token,
};
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, int},
};
use plimsoll_kernel::num::{to_u128, to_wad_down};
use stylus_sdk::prelude::*;

impl Vault {
    /// Debits the account and has the token move `amount` to `to`; the lock is set.
    pub(crate) fn pay_out(
        &mut self,
        account: B256,
        token: Address,
        amount: U256,
        to: Address,
    ) -> Result<U256, Revert> {
        let caller = self.vm().msg_sender();
        let holder = self.is_holder(account, caller);
        let operator_to_holder = || self.approved(account, caller) && self.is_holder(account, to);
        if !holder && !operator_to_holder() {
            return Err(NotAuthorized { account, caller }.into());
        }
        let vault = self.vm().contract_address();
        if to.is_zero() || to == vault {
            return Err(InvalidReceiver { to }.into());
        }
        let asset = self.index_of(token).ok_or(UnknownToken { token })?;
        if amount.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        let limit = U256::from(u128::MAX);
        let units = to_u128(amount).ok_or(AmountTooLarge { amount, limit })?;
        self.debit(account, asset, token, units)?;
        Withdrawn {
            account,
            token,
            to,
            amount,
        }
        .emit(self.vm());
        self.send(token, to, amount)?;
        Ok(amount)
    }

    /// Takes `amount` off the account, if the account is healthy without it.
    fn debit(
        &mut self,
        account: B256,
        asset: u8,
        token: Address,
        amount: u128,
    ) -> Result<(), Revert> {
        let Asset {
            decimals,
            cap,
            held,
            ..
        } = self.record(asset)?;
        let mut state = self.ledger.open(account);
        if state.header.in_auction() {
            return Err(AccountInAuction { account }.into());
        }
        if asset == 0 {
            // Decimals are at most 18, so this is exact.
            let cash = to_wad_down(amount, decimals).and_then(|cash| i128::try_from(cash).ok());
            let cash = cash.ok_or(AmountTooLarge {
                amount: U256::from(amount),
                limit: U256::from(i128::MAX.unsigned_abs()),
            })?;
            let have = state.now.cash;
            if have < cash {
                let want = U256::from(cash.unsigned_abs());
                return Err(InsufficientCash {
                    account,
                    have: int(have),
                    want,
                }
                .into());
            }
            state.add_cash(-cash)?; // SAFETY: cash ≥ 0.
        } else {
            let debit = i128::try_from(amount).map_err(|_| ValueOutOfRange { account })?;
            state.add_asset(asset, -debit)?; // SAFETY: debit ≥ 0.
        }
        let Some(left) = held.checked_sub(amount) else {
            let (have, want) = (U256::from(held), U256::from(amount));
            return Err(InsufficientLiquidity { token, have, want }.into());
        };
        if !state.is_flat() {
            self.check_healthy(&state)?;
        }
        self.set_amounts(asset, cap, left);
        self.ledger.store(&state);
        Ok(())
    }

    /// Refuses an account that would not be healthy at fresh prices.
    fn check_healthy(&self, state: &AccountState) -> Result<(), Revert> {
        let account = state.account;
        let after = self.assess_one(state.now.clone())?;
        if after.stale {
            return Err(PricesStale { account }.into());
        }
        if !assessed(&after).is_healthy() {
            let before = self.assess_one(state.before.clone())?;
            return Err(InsufficientMargin::of(account, &before, &after).into());
        }
        Ok(())
    }

    /// Has the token move `amount` to `to`.
    fn send(&self, token: Address, to: Address, amount: U256) -> Result<(), Revert> {
        let vault = self.vm().contract_address();
        let before = token::balance_of(self.vm(), token, vault)?;
        if let Err(reason) = token::transfer(self.vm(), token, to, amount) {
            let reason = Bytes(reason);
            return Err(TokenRefused { token, reason }.into());
        }
        let after = token::balance_of(self.vm(), token, vault)?;
        // If more than `amount` left, other accounts would pay for it; if nothing left, the receiver got nothing.
        let moved = before.checked_sub(after).unwrap_or_default();
        if moved.is_zero() || moved > amount {
            return Err(TransferFailed {
                token,
                asked: amount,
                moved,
            }
            .into());
        }
        Ok(())
    }
}
