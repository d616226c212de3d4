//! The ledger and the custodian: tokens, collateral, cash, legs, rights, the gate and the lock.
//!
//! Every change goes through [`Vault::apply_entries`] (clearinghouse and auction only) or the user's own deposit and
//! withdrawal. Each takes the lock before it does anything and releases it at its end; while it is held the vault
//! refuses every call, views included, so no stranger called on the way can see or use a half-made change.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `ledger` | storage of accounts, and the working copy a change is made in |
//! | `door` | balanced entries, admission, the gate |
//! | `token` | bounded calls to tokens |
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

mod door;
mod ledger;
pub mod sol;
mod token;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use door::assessed;
use ledger::{Header, Ledger};
use plimsoll_common::{
    Ownable, Revert,
    abi::{Bytes, int},
    errors::{BadAnswer, Locked},
    interface::{Assessment, AssetEntry, Entry, Portfolio, margin},
    lock,
    store::{Word, WordMap, halves, pair, tagged, untagged},
};
use plimsoll_kernel::{
    book::MAX_ASSETS,
    codec::Account,
    num::{low_u8, low_u64, power_of_ten, to_u128, to_wad_down},
    portfolio::{snapshot::ASSET, terms::AssetTerms},
};
use sol::{
    AccountInAuction, AmountTooLarge, AmountTooSmall, AssetListed, AssetMoved, AuctionFlagSet,
    CapExceeded, CapSet, CashChanged, DecimalsDiffer, Deposited, InsufficientCash,
    InsufficientLiquidity, InsufficientMargin, InsufficientTokens, InvalidReceiver, InvalidVenue,
    NotAskedFor, NotAuthorized, NotSibling, OperatorSet, PricesStale, SystemAccount, TokenListed,
    TokenRefused, TooManyDecimals, TooManyItems, TransferFailed, UnknownAsset, UnknownToken,
    ValueOutOfRange, VenueAdmitted, Withdrawn, ZeroAmount,
};
use stylus_sdk::prelude::*;

/// Most decimals of the settlement coin: its amounts must be exact at 1e18.
const MAX_COIN_DECIMALS: u8 = 18;
/// Most decimals of any other token.
const MAX_TOKEN_DECIMALS: u8 = 24;
/// Least cash a stranger may deposit, 1e18.
const MIN_GIFT_CASH: u128 = 1_000_000_000_000_000_000;
/// Least share of a whole token a stranger may deposit: one part in this many.
const MIN_GIFT_PARTS: u128 = 1_000;

/// A listed token.
struct Asset {
    token: Address,
    decimals: u8,
    /// In the token's own decimals, as `held`.
    cap: u128,
    /// What the ledger owes holders; gifts to the vault's address do not count.
    held: u128,
}

/// The contract.
#[storage]
pub struct Vault {
    ownable: Ownable,
    margin: Word,
    clearinghouse: Word,
    auction: Word,
    /// Number of listed tokens.
    count: Word,
    /// By index: token 160, decimals 8 above it.
    tokens: WordMap,
    /// By index: cap 128 · held 128.
    amounts: WordMap,
    /// By token: 1 + index, 0 = not listed.
    indices: WordMap,
    ledger: Ledger,
    /// By account, 256 words: bit (number mod 256) of word (number div 256) = venue admitted.
    venues: WordMap,
    /// By account, by address: 1 = operator.
    operators: WordMap,
}

plimsoll_common::entrypoint!(
    Vault,
    guard = Vault::refuse_while_locked,
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        siblings,
        list_asset,
        set_cap,
        asset,
        asset_count,
        deposit,
        withdraw,
        admit_venue,
        is_venue_admitted,
        set_operator,
        is_operator,
        apply_entries,
        set_in_auction,
        account,
        assess_account,
        cash_of,
        balance_of,
    ]
);

/// External methods.
impl Vault {
    /// Hands the contract to `owner` and names its siblings. Deployer only, once.
    pub fn initialize(
        &mut self,
        owner: Address,
        margin: Address,
        clearinghouse: Address,
        auction: Address,
    ) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.margin.set_address(margin);
        self.clearinghouse.set_address(clearinghouse);
        self.auction.set_address(auction);
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

    /// Margin, clearinghouse, auction.
    pub fn siblings(&self) -> (Address, Address, Address) {
        (
            self.margin.address(),
            self.clearinghouse.address(),
            self.auction.address(),
        )
    }

    /// Lists a token; the first one is the settlement coin. Owner only.
    ///
    /// `margin` must know the asset already, with the same decimals: from the moment it is listed every portfolio
    /// that can hold it can be assessed.
    ///
    /// # Errors
    /// [`TooManyItems`], [`TokenListed`], [`NoCode`](sol::NoCode), [`BadToken`](sol::BadToken),
    /// [`TooManyDecimals`], [`UnknownAsset`] (to margin), [`DecimalsDiffer`].
    ///
    /// # Events
    /// [`AssetListed`].
    pub fn list_asset(&mut self, token: Address, cap: u128) -> Result<u8, Revert> {
        self.ownable.only_owner()?;
        let asset: u8 = self.listed();
        if usize::from(asset) >= MAX_ASSETS {
            let (given, limit) = (U256::from(MAX_ASSETS + 1), U256::from(MAX_ASSETS));
            return Err(TooManyItems { given, limit }.into());
        }
        if let Some(asset) = self.index_of(token) {
            return Err(TokenListed { token, asset }.into());
        }
        let limit = if asset == 0 {
            MAX_COIN_DECIMALS
        } else {
            MAX_TOKEN_DECIMALS
        };
        let says = token::decimals(self.vm(), token)?;
        let decimals = match u8::try_from(says) {
            Ok(decimals) if decimals <= limit => decimals,
            _ => {
                let limit = U256::from(limit);
                return Err(TooManyDecimals {
                    token,
                    decimals: says,
                    limit,
                }
                .into());
            }
        };
        let key = U256::from(ASSET | u64::from(asset));
        let (words,) =
            margin::TERMS.static_call(self.vm(), self.margin.address(), &(vec![key],))?;
        let terms = words.first().and_then(|word| AssetTerms::decode(*word));
        let terms = terms.ok_or(UnknownAsset { asset })?;
        // Only the coin, which is cash and never collateral, needs no feed.
        if asset != 0 && terms.feed == 0 {
            return Err(UnknownAsset { asset }.into());
        }
        let margin_decimals = terms.decimals;
        if margin_decimals != decimals {
            let error = DecimalsDiffer {
                token,
                decimals,
                margin_decimals,
            };
            return Err(error.into());
        }
        let next = asset + 1; // SAFETY: asset < 16.
        self.tokens
            .set(u16::from(asset), tagged(token, decimals.into()));
        self.amounts.set(u16::from(asset), pair(cap, 0));
        self.indices.set(token, U256::from(next));
        self.count.set(U256::from(next));
        AssetListed {
            asset,
            token,
            decimals,
            cap,
            settlement: asset == 0,
        }
        .emit(self.vm());
        Ok(asset)
    }

    /// Changes how much of a token the vault accepts; what it holds already may stay. Owner only.
    ///
    /// # Errors
    /// [`UnknownAsset`].
    ///
    /// # Events
    /// [`CapSet`].
    pub fn set_cap(&mut self, asset: u8, cap: u128) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let held = self.record(asset)?.held;
        self.amounts.set(u16::from(asset), pair(cap, held));
        CapSet { asset, cap }.emit(self.vm());
        Ok(())
    }

    /// Token, decimals, cap and what is held of it, the last two in its own decimals.
    ///
    /// # Errors
    /// [`UnknownAsset`].
    pub fn asset(&self, asset: u8) -> Result<(Address, u8, u128, u128), Revert> {
        let Asset {
            token,
            decimals,
            cap,
            held,
        } = self.record(asset)?;
        Ok((token, decimals, cap, held))
    }

    /// Number of listed tokens.
    pub fn asset_count(&self) -> u8 {
        self.listed()
    }

    /// Moves tokens from the caller and credits what arrived. Never blocked by margin, prices or an auction.
    ///
    /// Returns what was credited: cash at 1e18 for the settlement coin, exactly; else the token's own decimals.
    ///
    /// # Errors
    /// [`UnknownToken`], [`ZeroAmount`], [`AmountTooLarge`], [`SystemAccount`] (other than the insurance fund),
    /// [`NotAskedFor`], [`TokenRefused`], [`InsufficientTokens`], [`TransferFailed`], [`BadToken`](sol::BadToken),
    /// [`AmountTooSmall`], [`CapExceeded`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`Deposited`], and [`CashChanged`] or [`AssetMoved`].
    pub fn deposit(&mut self, account: B256, token: Address, amount: U256) -> Result<U256, Revert> {
        self.locked(|vault| vault.take_in(account, token, amount))
    }

    /// Has the token move `amount`, in its own decimals, to `to`. By the owner, or by an operator to the owner.
    ///
    /// Returns `amount`, which left the account; a token that charges transfers delivers less.
    ///
    /// Leaves the account healthy at fresh prices. A flat account without debt may always leave.
    ///
    /// # Errors
    /// [`NotAuthorized`], [`InvalidReceiver`], [`UnknownToken`], [`ZeroAmount`], [`AmountTooLarge`],
    /// [`AccountInAuction`], [`InsufficientCash`], [`InsufficientBalance`](sol::InsufficientBalance), [`InsufficientLiquidity`],
    /// [`PricesStale`], [`InsufficientMargin`], [`TokenRefused`], [`TransferFailed`], [`BadToken`](sol::BadToken).
    ///
    /// # Events
    /// [`Withdrawn`], and [`CashChanged`] or [`AssetMoved`].
    pub fn withdraw(
        &mut self,
        account: B256,
        token: Address,
        amount: U256,
        to: Address,
    ) -> Result<U256, Revert> {
        self.locked(|vault| vault.pay_out(account, token, amount, to))
    }

    /// Lets a venue trade for the account, or stops it. Owner only.
    ///
    /// # Errors
    /// [`NotAuthorized`]; [`InvalidVenue`] for number 0.
    ///
    /// # Events
    /// [`VenueAdmitted`].
    pub fn admit_venue(&mut self, account: B256, venue: u16, admitted: bool) -> Result<(), Revert> {
        self.only_holder(account)?;
        if venue == 0 {
            return Err(InvalidVenue { venue }.into());
        }
        let mask = U256::from_limbs(bit(venue));
        let mut words = self.venues.list(account);
        let index = usize::from(venue >> 8);
        let others = words.get(index) & !mask;
        words.set(index, if admitted { others | mask } else { others });
        VenueAdmitted {
            account,
            venue,
            admitted,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Whether the account lets the venue trade for it.
    pub fn is_venue_admitted(&self, account: B256, venue: u16) -> bool {
        self.admitted(account, venue)
    }

    /// Names or dismisses an operator, who may withdraw to the owner and bid for the account. Owner only.
    ///
    /// # Errors
    /// [`NotAuthorized`].
    ///
    /// # Events
    /// [`OperatorSet`].
    pub fn set_operator(
        &mut self,
        account: B256,
        operator: Address,
        approved: bool,
    ) -> Result<(), Revert> {
        self.only_holder(account)?;
        self.operators
            .of(account, operator)
            .set(0, U256::from(u8::from(approved)));
        OperatorSet {
            account,
            operator,
            approved,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Whether `operator` may act for the account.
    pub fn is_operator(&self, account: B256, operator: Address) -> bool {
        !self.operators.of(account, operator).get(0).is_zero()
    }

    /// The door: applies balanced entries, all or none. Clearinghouse and auction only.
    ///
    /// # Arguments
    /// * `venue` - not 0 from the clearinghouse: every account that deals must have admitted it.
    /// * `liquidated` - not 0 from the auction: this account need not become healthy, but equity − mm must rise.
    ///
    /// Returns the accounts margin was asked about, in order of first mention, and its answers. Not asked about:
    /// system accounts, accounts that only gained cash, and accounts that are not in auction and left with neither legs nor
    /// debt.
    ///
    /// # Errors
    /// [`NotSibling`], [`TooManyItems`], [`Unbalanced`](sol::Unbalanced), [`UnbalancedAsset`](sol::UnbalancedAsset),
    /// [`SystemAccount`], [`InvalidInstrument`](sol::InvalidInstrument),
    /// [`NoSuchLeg`](sol::NoSuchLeg), [`TooManyLegs`](sol::TooManyLegs), [`ValueOutOfRange`], [`UnknownAsset`],
    /// [`InsufficientBalance`](sol::InsufficientBalance), [`InsufficientCash`] (the fund's), [`VenueNotAdmitted`](sol::VenueNotAdmitted),
    /// [`NotRelieved`](sol::NotRelieved), [`PricesStale`], [`InsufficientMargin`], [`AccountInAuction`] (a change that is
    /// no reduction, though the account would be healthy).
    ///
    /// # Events
    /// [`LegChanged`](sol::LegChanged), [`CashChanged`], [`AssetMoved`].
    pub fn apply_entries(
        &mut self,
        venue: u16,
        liquidated: B256,
        entries: Vec<Entry>,
        assets: Vec<AssetEntry>,
    ) -> Result<(Vec<B256>, Vec<Assessment>), Revert> {
        let caller = self.vm().msg_sender();
        let trade = caller == self.clearinghouse.address() && venue != 0 && liquidated.is_zero();
        if !trade && (caller != self.auction.address() || venue != 0) {
            return Err(NotSibling { caller }.into());
        }
        self.locked(|vault| vault.change(venue, liquidated, &entries, &assets))
    }

    /// Marks an account as being liquidated, or not. Auction only.
    ///
    /// # Errors
    /// [`NotSibling`].
    ///
    /// # Events
    /// [`AuctionFlagSet`].
    pub fn set_in_auction(&mut self, account: B256, in_auction: bool) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if caller != self.auction.address() {
            return Err(NotSibling { caller }.into());
        }
        let mut header = self.ledger.header(account);
        header.flags &= !Header::IN_AUCTION;
        if in_auction {
            header.flags |= Header::IN_AUCTION;
        }
        self.ledger.set_header(account, header);
        AuctionFlagSet {
            account,
            in_auction,
        }
        .emit(self.vm());
        Ok(())
    }

    /// What the account holds, its version, and whether it is being liquidated.
    pub fn account(&self, account: B256) -> (Portfolio, u32, bool) {
        let header = self.ledger.header(account);
        (
            self.ledger.portfolio(account, &header),
            header.version,
            header.in_auction(),
        )
    }

    /// What `margin` says about the account now.
    ///
    /// # Errors
    /// What `margin` refuses with.
    pub fn assess_account(&self, account: B256) -> Result<Assessment, Revert> {
        let header = self.ledger.header(account);
        self.assess_one(self.ledger.portfolio(account, &header))
    }

    /// Cash, 1e18.
    pub fn cash_of(&self, account: B256) -> i128 {
        self.ledger.header(account).cash
    }

    /// Collateral, in the token's own decimals; 0 for the settlement coin, which is cash.
    pub fn balance_of(&self, account: B256, asset: u8) -> u128 {
        self.ledger.balance(account, asset)
    }
}

/// The bit of a venue inside its word.
fn bit(venue: u16) -> [u64; 4] {
    let (limb, bit) = (usize::from(venue >> 6 & 3), venue & 63);
    let mut limbs = [0; 4];
    if let Some(limb) = limbs.get_mut(limb) {
        *limb = 1_u64 << bit;
    }
    limbs
}

impl Vault {
    /// Before every call: nothing is answered while the door is open.
    fn refuse_while_locked() -> Result<(), Revert> {
        if lock::is_locked() {
            return Err(Locked {}.into());
        }
        Ok(())
    }

    /// Runs a change under the lock. A failure undoes the lock with everything else.
    fn locked<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, Revert>,
    ) -> Result<T, Revert> {
        lock::lock();
        let outcome = change(self)?;
        lock::unlock();
        Ok(outcome)
    }

    fn index_of(&self, token: Address) -> Option<u8> {
        // At most 16.
        low_u8(self.indices.get(token).as_limbs()[0]).checked_sub(1)
    }

    /// Number of listed tokens, at most 16.
    fn listed(&self) -> u8 {
        low_u8(self.count.get().as_limbs()[0])
    }

    fn record(&self, asset: u8) -> Result<Asset, Revert> {
        let (token, decimals) = untagged(self.tokens.get(u16::from(asset)));
        if token.is_zero() {
            return Err(UnknownAsset { asset }.into());
        }
        let (cap, held) = halves(self.amounts.get(u16::from(asset)));
        Ok(Asset {
            token,
            decimals: low_u8(low_u64(decimals)),
            cap,
            held,
        })
    }

    fn admitted(&self, account: B256, venue: u16) -> bool {
        let word = self.venues.list(account).get(usize::from(venue >> 8));
        !(word & U256::from_limbs(bit(venue))).is_zero()
    }

    fn is_holder(&self, account: B256, caller: Address) -> bool {
        Account(account.0).owner() == caller.0.0
    }

    fn only_holder(&self, account: B256) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if !self.is_holder(account, caller) {
            return Err(NotAuthorized { account, caller }.into());
        }
        Ok(())
    }

    fn assess_one(&self, portfolio: Portfolio) -> Result<Assessment, Revert> {
        let answers = self.assess(vec![portfolio])?;
        answers.first().copied().ok_or_else(|| {
            BadAnswer {
                callee: self.margin.address(),
            }
            .into()
        })
    }

    fn take_in(&mut self, account: B256, token: Address, amount: U256) -> Result<U256, Revert> {
        let asset = self.index_of(token).ok_or(UnknownToken { token })?;
        if self.is_system(account) && (account != self.fund() || asset != 0) {
            return Err(SystemAccount { account }.into());
        }
        let from = self.vm().msg_sender();
        let mut header = self.ledger.header(account);
        let stranger = !self.is_holder(account, from) && !self.is_operator(account, from);
        // In auction an owner cures with what he has: a new asset with a dead feed could hold up the insurance fund.
        if (stranger || header.in_auction()) && asset != 0 && header.assets >> asset & 1 == 0 {
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
        // No cap stands between an owner and the cure of his account.
        let cures = asset == 0 && !stranger && header.in_auction();
        if held > cap && !cures {
            let error = CapExceeded {
                token,
                total: U256::from(held),
                cap: U256::from(cap),
            };
            return Err(error.into());
        }
        self.amounts.set(u16::from(asset), pair(cap, held));
        let credited = match asset {
            0 => to_wad_down(received, decimals).ok_or_else(overflow)?,
            _ => received,
        };
        let minimum = match asset {
            _ if !stranger => 0,
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
            header.assets |= 1 << asset;
            AssetMoved {
                account,
                asset,
                balance,
            }
            .emit(self.vm());
        }
        self.ledger.set_header(account, header);
        Ok(U256::from(credited))
    }

    /// Takes tokens in; returns how many arrived, at most `amount`.
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
        // More than was asked for is a gift to the vault, as a rebase on the way would be; it is nobody's.
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

    /// Why a token did not let itself be deposited: in its own words, or, where it has none, by what `owner` lacks.
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

    fn pay_out(
        &mut self,
        account: B256,
        token: Address,
        amount: U256,
        to: Address,
    ) -> Result<U256, Revert> {
        let caller = self.vm().msg_sender();
        let holder = self.is_holder(account, caller);
        let operator_to_holder =
            || self.is_operator(account, caller) && self.is_holder(account, to);
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

        let before = token::balance_of(self.vm(), token, vault)?;
        if let Err(reason) = token::transfer(self.vm(), token, to, amount) {
            let reason = Bytes(reason);
            return Err(TokenRefused { token, reason }.into());
        }
        let after = token::balance_of(self.vm(), token, vault)?;
        // A token that takes more than it was asked for takes it from everybody; one that moves nothing has not paid.
        let moved = before.checked_sub(after).unwrap_or_default();
        if moved.is_zero() || moved > amount {
            return Err(TransferFailed {
                token,
                asked: amount,
                moved,
            }
            .into());
        }
        Ok(amount)
    }

    /// Takes what will be paid out off the account and asks the gate.
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
            let after = self.assess_one(state.now.clone())?;
            if after.stale {
                return Err(PricesStale { account }.into());
            }
            if !assessed(&after).is_healthy() {
                let before = self.assess_one(state.before.clone())?;
                let error = InsufficientMargin {
                    account,
                    equity: after.equity,
                    im: after.im,
                    mm: after.mm,
                    equity_before: before.equity,
                    im_before: before.im,
                };
                return Err(error.into());
            }
        }
        self.amounts.set(u16::from(asset), pair(cap, left));
        self.ledger.store(&state);
        Ok(())
    }
}
