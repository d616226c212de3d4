//! Deposits: tokens arrive, the account is credited with the amount that arrived.
use crate::{
    Vault,
    assets::Asset,
    ledger::Header,
    sol::{
        AmountTooLarge, AmountTooSmall, AssetMoved, CapExceeded, CashChanged, Deposited,
        InsufficientTokens, NotAskedFor, SystemAccount, TokenRefused, TransferFailed, UnknownToken,
        ValueOutOfRange, ZeroAmount,
    },
    token,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{Revert, abi::Bytes};
use plimsoll_kernel::num::{power_of_ten, to_u128, to_wad_down};
use stylus_sdk::prelude::*;

/// A gift is a deposit by a caller who is neither the account's owner nor its operator. Least gift of cash, 1e18.
const MIN_GIFT_CASH: u128 = 1_000_000_000_000_000_000;
/// Least gift of another asset: one part in this many of a whole token.
const MIN_GIFT_PARTS: u128 = 1_000;

impl Vault {
    /// Moves tokens from the caller and credits the amount that arrived. The lock is set.
    pub(crate) fn take_in(
        &mut self,
        account: B256,
        token: Address,
        amount: U256,
    ) -> Result<U256, Revert> {
        let asset = self.index_of(token).ok_or(UnknownToken { token })?;
        if self.is_system(account) && (account != self.fund() || asset != 0) {
            return Err(SystemAccount { account }.into());
        }
        let from = self.vm().msg_sender();
        let header = self.ledger.header(account);
        let gift = !self.is_holder(account, from) && !self.approved(account, from);
        // In auction the owner too adds no asset: an asset with a stale feed could delay payments of the insurance fund.
        if (gift || header.in_auction()) && asset != 0 && !header.holds(asset) {
            return Err(NotAskedFor { account, asset }.into());
        }
        let received = self.receive(token, from, amount)?;

        let Asset {
            decimals,
            cap,
            held,
            ..
        } = self.record(asset)?;
        let overflow = || ValueOutOfRange { account };
        let held = held.checked_add(received).ok_or_else(overflow)?;
        // The cap does not bind an owner who cures his account in auction.
        let cures = asset == 0 && !gift && header.in_auction();
        if held > cap && !cures {
            let error = CapExceeded {
                token,
                total: U256::from(held),
                cap: U256::from(cap),
            };
            return Err(error.into());
        }
        self.set_amounts(asset, cap, held);
        let credited = match asset {
            0 => to_wad_down(received, decimals).ok_or_else(overflow)?,
            _ => received,
        };
        let minimum = match asset {
            _ if !gift => 0,
            0 => MIN_GIFT_CASH,
            _ => power_of_ten(decimals).unwrap_or(0) / MIN_GIFT_PARTS,
        };
        if credited < minimum {
            let (amount, minimum) = (U256::from(credited), U256::from(minimum));
            return Err(AmountTooSmall { amount, minimum }.into());
        }
        Deposited {
            account,
            token,
            from,
            amount: U256::from(received),
        }
        .emit(self.vm());
        self.credit(account, header, asset, credited)?;
        Ok(U256::from(credited))
    }

    /// Adds cash or collateral to an account with this header.
    fn credit(
        &mut self,
        account: B256,
        mut header: Header,
        asset: u8,
        credited: u128,
    ) -> Result<(), Revert> {
        let overflow = || ValueOutOfRange { account };
        if asset == 0 {
            let cash = i128::try_from(credited)
                .ok()
                .and_then(|c| header.cash.checked_add(c));
            header.cash = cash.ok_or_else(overflow)?;
            CashChanged {
                account,
                cash: header.cash,
            }
            .emit(self.vm());
        } else {
            let balance = self.ledger.balance(account, asset);
            let balance = balance.checked_add(credited).ok_or_else(overflow)?;
            self.ledger.set_balance(account, asset, balance);
            header.mark_held(asset);
            AssetMoved {
                account,
                asset,
                balance,
            }
            .emit(self.vm());
        }
        self.ledger.set_header(account, header);
        Ok(())
    }

    /// Has the token move `amount` to the vault; returns how much arrived, at most `amount`.
    fn receive(&self, token: Address, from: Address, amount: U256) -> Result<u128, Revert> {
        if amount.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        let limit = U256::from(u128::MAX);
        if amount > limit {
            return Err(AmountTooLarge { amount, limit }.into());
        }
        let vault = self.vm().contract_address();
        let before = token::balance_of(self.vm(), token, vault)?;
        if let Err(reason) = token::transfer_from(self.vm(), token, from, vault, amount) {
            return Err(self.refused(token, from, amount, reason));
        }
        let after = token::balance_of(self.vm(), token, vault)?;
        // If more arrived than `amount`, as by a rebase on the way, no account is credited with the excess.
        let moved = after.checked_sub(before).unwrap_or_default().min(amount);
        match to_u128(moved) {
            Some(received) if received != 0 => Ok(received),
            _ => Err(TransferFailed {
                token,
                asked: amount,
                moved,
            }
            .into()),
        }
    }

    /// Why a token refused a deposit: its own reason, or, where it gave none, what `owner` lacks.
    #[cold]
    fn refused(&self, token: Address, owner: Address, want: U256, reason: Vec<u8>) -> Revert {
        let vault = self.vm().contract_address();
        if token::is_silent(&reason)
            && let Ok(balance) = token::balance_of(self.vm(), token, owner)
            && let Ok(allowance) = token::allowance(self.vm(), token, owner, vault)
            && balance.min(allowance) < want
        {
            return InsufficientTokens {
                token,
                owner,
                balance,
                allowance,
                want,
            }
            .into();
        }
        let reason = Bytes(reason);
        TokenRefused { token, reason }.into()
    }
}
