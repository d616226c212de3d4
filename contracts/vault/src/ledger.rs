//! The storage of accounts, and the working copy that a change is made in.
//!
//! | storage | content |
//! | --- | --- |
//! | `headers[account]` | cash 128 · version 32 · leg slots 8 · zero 8 · assets 16 · flags 8 · zero 56 |
//! | `legs[account]` | 64 words, the first `leg slots` of them used, as in `abi/Types.sol` |
//! | `balances[account]` | 16 numbers of 128 bits, those whose bit in `assets` is set |
//!
//! Each word is read once: a change works on an [`AccountState`] in memory and writes back the words that differ.
use crate::sol::{
    AssetMoved, CashChanged, InsufficientBalance, InvalidInstrument, NoSuchLeg, TooManyLegs,
    ValueOutOfRange,
};
use alloc::{vec, vec::Vec};
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    interface::{AssetBalance, Portfolio},
    store::{WordMap, halves, pair},
};
use plimsoll_kernel::{
    book::{BookRefusal, MAX_ASSETS, MAX_SLOTS},
    codec::InstrumentId,
    num::{low_u8, low_u16, low_u32, low_u64},
};
use stylus_sdk::prelude::*;

/// [`MAX_ASSETS`] as assets are numbered.
const ASSETS: u8 = low_u8(MAX_ASSETS as u64);

/// One word per account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// 1e18, signed.
    pub(crate) cash: i128,
    /// Counts changes of legs and collateral; wraps.
    pub(crate) version: u32,
    /// Used leg slots.
    pub(crate) slots: u8,
    /// Bit i: holds asset i.
    pub(crate) assets: u16,
    /// See the constants.
    pub(crate) flags: u8,
}

impl Header {
    /// The account is in auction.
    pub(crate) const IN_AUCTION: u8 = 1;

    pub(crate) fn decode(word: U256) -> Self {
        let [_, low, cash_low, cash_high] = *word.as_limbs();
        Self {
            cash: ((u128::from(cash_high) << 64) | u128::from(cash_low)).cast_signed(),
            version: low_u32(low >> 32),
            slots: low_u8(low >> 24),
            assets: low_u16(low),
            flags: low_u8(word.as_limbs()[0] >> 56),
        }
    }

    pub(crate) fn encode(self) -> U256 {
        let cash = self.cash.cast_unsigned();
        let low = (u64::from(self.version) << 32)
            | (u64::from(self.slots) << 24)
            | u64::from(self.assets);
        U256::from_limbs([
            u64::from(self.flags) << 56,
            low,
            low_u64(cash),
            low_u64(cash >> 64),
        ])
    }

    pub(crate) fn in_auction(&self) -> bool {
        self.flags & Self::IN_AUCTION != 0
    }

    /// Whether the account holds a listed asset.
    pub(crate) fn holds(&self, asset: u8) -> bool {
        self.assets >> asset & 1 == 1 // SAFETY: below 16.
    }

    /// Notes that the account holds a listed asset.
    pub(crate) fn mark_held(&mut self, asset: u8) {
        self.assets |= 1 << asset; // SAFETY: below 16.
    }
}

/// All accounts.
#[storage]
pub(crate) struct Ledger {
    headers: WordMap,
    legs: WordMap,
    balances: WordMap,
}

impl Ledger {
    pub(crate) fn header(&self, account: B256) -> Header {
        Header::decode(self.headers.get(account))
    }

    pub(crate) fn set_header(&mut self, account: B256, header: Header) {
        self.headers.set(account, header.encode());
    }

    pub(crate) fn balance(&self, account: B256, asset: u8) -> u128 {
        if usize::from(asset) >= MAX_ASSETS {
            return 0;
        }
        balance_in(
            self.balances.list(account).get(usize::from(asset / 2)),
            asset,
        )
    }

    /// The asset must be listed.
    pub(crate) fn set_balance(&mut self, account: B256, asset: u8, balance: u128) {
        let mut list = self.balances.list(account);
        let index = usize::from(asset / 2);
        let (odd, even) = halves(list.get(index));
        let word = if asset.is_multiple_of(2) {
            pair(odd, balance)
        } else {
            pair(balance, even)
        };
        list.set(index, word);
    }

    fn read_legs(&self, account: B256, slots: u8) -> Vec<U256> {
        let slots = usize::from(slots);
        let stored = self.legs.list(account);
        // Reserve 4 extra: the allocator never frees, so a reallocation would waste the old buffer.
        let mut legs = Vec::with_capacity(slots + 4);
        legs.extend((0..slots).map(|index| stored.get(index)));
        legs
    }

    fn read_collateral(&self, account: B256, assets: u16) -> Vec<AssetBalance> {
        let mut collateral = Vec::with_capacity(assets.count_ones() as usize);
        if assets != 0 {
            let stored = self.balances.list(account);
            let held = (0..ASSETS).filter(|asset| assets >> asset & 1 == 1);
            collateral.extend(held.map(|asset| AssetBalance {
                asset,
                amount: balance_in(stored.get(usize::from(asset / 2)), asset),
            }));
        }
        collateral
    }

    pub(crate) fn portfolio(&self, account: B256, header: &Header) -> Portfolio {
        Portfolio {
            cash: header.cash,
            collateral: self.read_collateral(account, header.assets),
            legs: self.read_legs(account, header.slots),
        }
    }

    /// The working copy of an account, legs and collateral included.
    pub(crate) fn open(&self, account: B256) -> AccountState {
        let header = self.header(account);
        let portfolio = self.portfolio(account, &header);
        AccountState {
            account,
            header,
            before: portfolio.clone(),
            now: portfolio,
            complete: true,
            trades_or_pays: false,
        }
    }

    /// The working copy of an account without legs and collateral: enough to add cash.
    pub(crate) fn open_cash(&self, account: B256) -> AccountState {
        let header = self.header(account);
        let portfolio = Portfolio {
            cash: header.cash,
            collateral: Vec::new(),
            legs: Vec::new(),
        };
        AccountState {
            account,
            header,
            before: portfolio.clone(),
            now: portfolio,
            complete: false,
            trades_or_pays: false,
        }
    }

    /// Reads legs and collateral, which [`Self::open_cash`] left out.
    pub(crate) fn complete(&self, state: &mut AccountState) {
        if !state.complete {
            state.before.legs = self.read_legs(state.account, state.header.slots);
            state.before.collateral = self.read_collateral(state.account, state.header.assets);
            state.now.legs = state.before.legs.clone();
            state.now.collateral = state.before.collateral.clone();
            state.complete = true;
        }
    }

    /// Writes back the words that differ and emits the events of cash and collateral.
    pub(crate) fn store(&mut self, state: &AccountState) {
        let AccountState {
            account,
            before,
            now,
            ..
        } = state;
        let mut header = state.header;
        let mut holdings_changed = false;
        if state.complete {
            let used = before.legs.len().max(now.legs.len());
            if before.legs != now.legs {
                holdings_changed = true;
                let mut stored = self.legs.list(*account);
                for index in 0..used {
                    let (old, new) = (before.legs.get(index), now.legs.get(index));
                    if old != new {
                        stored.set(index, new.copied().unwrap_or_default());
                    }
                }
                header.slots = low_u8(now.legs.len() as u64); // at most MAX_SLOTS = 64
            }
            if before.collateral != now.collateral {
                holdings_changed = true;
                for asset in 0..ASSETS {
                    let (old, new) = (amount_of(before, asset), amount_of(now, asset));
                    if old != new {
                        self.set_balance(*account, asset, new);
                        AssetMoved {
                            account: *account,
                            asset,
                            balance: new,
                        }
                        .emit(self.vm());
                    }
                }
                header.assets = now
                    .collateral
                    .iter()
                    .fold(0, |bits, held| bits | 1 << held.asset);
            }
        }
        header.cash = now.cash;
        if holdings_changed {
            header.version = header.version.wrapping_add(1);
        }
        if header != state.header {
            self.set_header(*account, header);
        }
        if before.cash != now.cash {
            CashChanged {
                account: *account,
                cash: now.cash,
            }
            .emit(self.vm());
        }
    }
}

/// An even asset's balance is in the low half of its word, an odd one's in the high half.
fn balance_in(word: U256, asset: u8) -> u128 {
    let (odd, even) = halves(word);
    if asset.is_multiple_of(2) { even } else { odd }
}

fn amount_of(portfolio: &Portfolio, asset: u8) -> u128 {
    portfolio
        .collateral
        .iter()
        .find(|held| held.asset == asset)
        .map_or(0, |held| held.amount)
}

/// An account while it is being changed.
#[derive(Clone, Debug)]
pub(crate) struct AccountState {
    pub(crate) account: B256,
    /// As stored; [`Ledger::store`] brings cash, slots and assets up to date.
    pub(crate) header: Header,
    pub(crate) before: Portfolio,
    pub(crate) now: Portfolio,
    /// Legs and collateral have been read.
    complete: bool,
    /// One of its legs changed, or it paid cash or collateral: the venue must be admitted.
    pub(crate) trades_or_pays: bool,
}

impl AccountState {
    /// Adds signed cash.
    pub(crate) fn add_cash(&mut self, cash: i128) -> Result<(), Revert> {
        self.now.cash = self.now.cash.checked_add(cash).ok_or(ValueOutOfRange {
            account: self.account,
        })?;
        Ok(())
    }

    /// Adds a signed amount of an asset. Must be complete.
    pub(crate) fn add_asset(&mut self, asset: u8, amount: i128) -> Result<(), Revert> {
        let account = self.account;
        let collateral = &mut self.now.collateral;
        let place = collateral.binary_search_by_key(&asset, |held| held.asset);
        let have = place
            .ok()
            .and_then(|at| collateral.get(at))
            .map_or(0, |held| held.amount);
        let balance = if amount < 0 {
            let want = amount.unsigned_abs();
            have.checked_sub(want).ok_or_else(|| InsufficientBalance {
                account,
                asset,
                have: U256::from(have),
                want: U256::from(want),
            })?
        } else {
            have.checked_add(amount.unsigned_abs())
                .ok_or(ValueOutOfRange { account })?
        };
        match place {
            Ok(at) if balance == 0 => {
                collateral.remove(at); // SAFETY: the search found it.
            }
            Ok(at) => {
                if let Some(held) = collateral.get_mut(at) {
                    held.amount = balance;
                }
            }
            Err(_) if balance == 0 => {}
            Err(at) => collateral.insert(
                at,
                AssetBalance {
                    asset,
                    amount: balance,
                },
            ),
        }
        Ok(())
    }

    /// The account gained cash or kept it, and nothing else changed: no rule of the gate can refuse that.
    pub(crate) fn only_gained_cash(&self) -> bool {
        !self.complete && self.now.cash >= self.before.cash
    }

    /// No legs and no debt: healthy at any price, because the only requirement is the haircut of collateral, and a haircut
    /// is less than the collateral's value.
    pub(crate) fn is_flat(&self) -> bool {
        self.complete && self.now.legs.is_empty() && self.now.cash >= 0
    }

    /// The error for a leg change that the book refuses.
    pub(crate) fn refuse(&self, refusal: BookRefusal, instrument: InstrumentId) -> Revert {
        let account = self.account;
        match refusal {
            BookRefusal::Full => TooManyLegs {
                account,
                slots: U256::from(MAX_SLOTS + 1),
                limit: U256::from(MAX_SLOTS),
            }
            .into(),
            BookRefusal::OutOfRange => ValueOutOfRange { account }.into(),
            BookRefusal::NoLeg => NoSuchLeg {
                account,
                instrument: instrument.0,
            }
            .into(),
            BookRefusal::Instrument => InvalidInstrument {
                instrument: instrument.0,
            }
            .into(),
        }
    }
}
