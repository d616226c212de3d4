//! The ledger and the custodian: tokens, collateral, cash, legs, rights, the gate and the lock.
//!
//! An account changes in two ways only: through the door, [`Vault::apply_entries`], and through deposits and withdrawals.
//! Each sets the lock before it does anything and releases it at its end. While the lock is set the vault refuses every
//! call, views included: a contract that is called meanwhile can neither see nor use a ledger that is half changed.
//!
//! | module | content |
//! | --- | --- |
//! | `accounts` | views of accounts, their assessments by `margin`, the auction flag, the vault's own accounts |
//! | `assets` | the list of tokens: decimals, caps, amounts held |
//! | `deposit` | tokens arrive, an account is credited |
//! | `withdraw` | an account is debited and judged, tokens leave |
//! | `rights` | owners, operators, admitted venues |
//! | `door` | balanced entries, admission, the gate |
//! | `ledger` | storage of accounts, and the working copy that a change is made in |
//! | `token` | bounded calls to tokens |
//! | `sol` | events and errors |
//!
//! # Tokens
//! * A token must answer `decimals` and `balanceOf` with one word. A transfer must answer `true` or nothing; any other
//!   answer, and a revert, is [`TokenRefused`] with the token's own reason. A deposit that a token refuses without a reason is
//!   [`InsufficientTokens`] where balance or allowance is too small.
//! * Fee on transfer: a deposit credits the amount by which the vault's balance rose, at most `amount`. A withdrawal debits
//!   `amount`; less arrives. A token that takes more than `amount` from the vault is refused
//!   ([`TransferFailed`]).
//! * Rebasing: the ledger counts deposits and withdrawals. Growth of the vault's balance is credited to no account and cannot
//!   leave. If the balance shrinks, the last withdrawals fail: such a token must not be listed.
//! * Tokens sent to the vault's address without `deposit` are credited to no account and cannot leave.
//! * Blacklist or pause: a refused transfer reverts the deposit or withdrawal. Fills and auctions move entries of the
//!   ledger, not tokens, and go on. If the vault itself is blacklisted, that token cannot leave.
//! * Callbacks: a token that calls the vault during a transfer gets [`Locked`].
//! * Decimals are read once, at listing: at most 18 for the settlement coin, 24 for others, and equal to those that
//!   `margin` has. The ledger does not notice a token that changes them later.
//! * Ether: no method is payable.
//!
//! # Liveness
//! * A deposit asks neither `margin` nor `oracle`. Two rules can refuse an owner's deposit: the cap, which does not bind the
//!   settlement coin deposited into his account in auction; and that an account in auction gets no new asset.
//! * A withdrawal that leaves neither legs nor debt asks neither of them. During an auction of the account no withdrawal is
//!   possible.
//! * Any other change asks `margin`, which answers whatever the state of the feeds. If a price is stale, an account can
//!   reduce its risk but not open or withdraw.
//! * A call is bounded: 264 entries, 32 asset entries, 80 accounts, 64 leg slots and 16 assets an account.
//!
//! # Roles
//! * Deployer: [`Vault::initialize`], once.
//! * Owner of the contract: lists tokens, sets caps, hands ownership over in two steps. He can neither move balances nor
//!   prevent withdrawals. A cap of 0 ends deposits.
//! * Owner of an account, the address in its id: deposits, withdraws, admits venues, names operators.
//! * Operator of an account: deposits as the owner does, withdraws to the owner, bids for the account (see `auction`).
//! * Clearinghouse: applies entries for a venue. Auction: applies entries, and sets the auction flag.
//! * Any address: deposits a minimum of cash, or of an asset that the account holds; reads.
//!
//! # Warnings
//! * An admitted venue changes the account without its owner's signature, within the clearinghouse's band of the mark.
//! * Every bytes32 is an account. Tokens deposited to an account whose owner's address has no key cannot leave.
//! * Views revert with `Locked` during a change: a token or a feed cannot read the vault in a callback.
//! * `balanceOf` of a token at the vault's address is at least `held` for a well-behaved token, not equal to it.
//! * A deposit does not change the `version` of an account.
extern crate alloc;

mod accounts;
mod assets;
mod deposit;
mod door;
mod ledger;
mod rights;
pub mod sol;
mod token;
mod withdraw;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, U256};
use ledger::Ledger;
use plimsoll_common::{
    Ownable, Revert,
    errors::Locked,
    interface::{Assessment, AssetEntry, Entry, Portfolio},
    lock,
    store::{Word, WordMap},
};
#[cfg(doc)]
use sol::*;
use stylus_sdk::prelude::*;

/// The contract's storage.
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
    abi = "../../../abi/IVault.json",
    guard = Vault::refuse_while_locked,
    declares = [
        sol::Events,
        sol::Errors,
        Ownable,
        plimsoll_common::errors::BadAnswer,
        plimsoll_common::errors::Locked,
        plimsoll_common::errors::TooManyItems,
    ],
    methods = [
        initialize(owner, margin, clearinghouse, auction),
        owner(),
        pending_owner(),
        transfer_ownership(new_owner),
        accept_ownership(),
        siblings() -> (margin, clearinghouse, auction),
        list_asset(token, cap) -> (asset),
        set_cap(asset, cap),
        asset(asset) -> (token, decimals, cap, held),
        asset_count(),
        deposit(account, token, amount) -> (credited),
        withdraw(account, token, amount, to) -> (paid),
        admit_venue(account, venue, admitted),
        is_venue_admitted(account, venue),
        set_operator(account, operator, approved),
        is_operator(account, operator),
        apply_entries(venue, liquidated, entries, assets) -> (accounts, after_),
        set_in_auction(account, in_auction),
        account(account) -> (portfolio, version, in_auction),
        assess_account(account),
        cash_of(account),
        balance_of(account, asset),
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

    /// The address that ownership is offered to; zero for none.
    pub fn pending_owner(&self) -> Address {
        self.ownable.pending_owner()
    }

    /// Offers ownership to `new_owner`; zero withdraws the offer. Owner only.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.ownable.transfer_ownership(new_owner)
    }

    /// Takes the ownership that is offered to the caller.
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

    /// Lists a token; the first one listed is the settlement coin. Owner only.
    ///
    /// `margin` must have the asset's terms already, with the same decimals, so that every portfolio that can hold it can be
    /// assessed.
    ///
    /// # Errors
    /// [`TooManyItems`], [`TokenListed`], [`NoCode`], [`BadToken`], [`TooManyDecimals`], [`UnknownAsset`] (to margin),
    /// [`DecimalsDiffer`].
    ///
    /// # Events
    /// [`AssetListed`].
    pub fn list_asset(&mut self, token: Address, cap: u128) -> Result<u8, Revert> {
        self.ownable.only_owner()?;
        self.list(token, cap)
    }

    /// Changes the cap of a token; the amount that the vault holds already may stay. Owner only.
    ///
    /// # Errors
    /// [`UnknownAsset`].
    ///
    /// # Events
    /// [`CapSet`].
    pub fn set_cap(&mut self, asset: u8, cap: u128) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.change_cap(asset, cap)
    }

    /// Token, decimals, cap, and the amount that the ledger owes, the last two in the token's own decimals.
    ///
    /// # Errors
    /// [`UnknownAsset`].
    pub fn asset(&self, asset: u8) -> Result<(Address, u8, u128, u128), Revert> {
        let asset = self.record(asset)?;
        Ok((asset.token, asset.decimals, asset.cap, asset.held))
    }

    /// Number of listed tokens.
    pub fn asset_count(&self) -> u8 {
        self.listed()
    }

    /// Moves tokens from the caller and credits the amount that arrived. Margin, prices and auctions cannot refuse it.
    /// Anyone; a caller who is neither the account's owner nor its operator deposits a minimum, and no new asset.
    ///
    /// # Returns
    /// The credited amount: cash at 1e18 for the settlement coin, exactly; else the token's own decimals.
    ///
    /// # Errors
    /// [`UnknownToken`], [`ZeroAmount`], [`AmountTooLarge`], [`SystemAccount`] (other than the insurance fund),
    /// [`NotAskedFor`], [`TokenRefused`], [`InsufficientTokens`], [`TransferFailed`], [`BadToken`],
    /// [`AmountTooSmall`], [`CapExceeded`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`Deposited`], and [`CashChanged`] or [`AssetMoved`].
    pub fn deposit(&mut self, account: B256, token: Address, amount: U256) -> Result<U256, Revert> {
        self.locked(|vault| vault.take_in(account, token, amount))
    }

    /// Has the token move `amount`, in its own decimals, to `to`. The account's owner only; an operator, to that owner.
    ///
    /// Leaves the account healthy at fresh prices. An account without legs and debt may withdraw at any prices.
    ///
    /// # Returns
    /// `amount`, which left the account; a token that charges transfers delivers less.
    ///
    /// # Errors
    /// [`NotAuthorized`], [`InvalidReceiver`], [`UnknownToken`], [`ZeroAmount`], [`AmountTooLarge`],
    /// [`AccountInAuction`], [`InsufficientCash`], [`InsufficientBalance`], [`InsufficientLiquidity`],
    /// [`PricesStale`], [`InsufficientMargin`], [`TokenRefused`], [`TransferFailed`], [`BadToken`].
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

    /// Allows a venue to trade for the account, or withdraws that right. The account's owner only.
    ///
    /// # Errors
    /// [`NotAuthorized`]; [`InvalidVenue`] for number 0.
    ///
    /// # Events
    /// [`VenueAdmitted`].
    pub fn admit_venue(&mut self, account: B256, venue: u16, admitted: bool) -> Result<(), Revert> {
        self.only_holder(account)?;
        self.set_admitted(account, venue, admitted)
    }

    /// Whether the account's owner has admitted the venue.
    pub fn is_venue_admitted(&self, account: B256, venue: u16) -> bool {
        self.admitted(account, venue)
    }

    /// Makes an address an operator, or withdraws that right. The account's owner only.
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
        self.set_approved(account, operator, approved);
        Ok(())
    }

    /// Whether the address is an operator of the account.
    pub fn is_operator(&self, account: B256, operator: Address) -> bool {
        self.approved(account, operator)
    }

    /// The door: applies balanced entries, all or none. Clearinghouse and auction only.
    ///
    /// # Arguments
    /// * `venue` - not 0 from the clearinghouse, 0 from the auction: every account that trades or pays must have admitted it.
    /// * `liquidated` - not 0 for a sale by the auction: this account need not become healthy, but equity − mm must rise.
    ///
    /// # Returns
    /// The accounts that `margin` was asked about, in order of first mention, and its answers. It is not asked about system
    /// accounts, about accounts that only gained cash, nor about accounts that are not in auction and end with neither legs
    /// nor debt.
    ///
    /// # Errors
    /// [`NotSibling`], [`TooManyItems`], [`Unbalanced`], [`UnbalancedAsset`], [`SystemAccount`], [`InvalidInstrument`],
    /// [`NoSuchLeg`], [`TooManyLegs`], [`ValueOutOfRange`], [`UnknownAsset`], [`InsufficientBalance`],
    /// [`InsufficientCash`] (the fund's), [`VenueNotAdmitted`], [`NotRelieved`], [`PricesStale`], [`InsufficientMargin`],
    /// [`AccountInAuction`] (a change that is no reduction, though the account would be healthy).
    ///
    /// # Events
    /// [`LegChanged`], [`CashChanged`], [`AssetMoved`].
    pub fn apply_entries(
        &mut self,
        venue: u16,
        liquidated: B256,
        entries: Vec<Entry>,
        assets: Vec<AssetEntry>,
    ) -> Result<(Vec<B256>, Vec<Assessment>), Revert> {
        self.only_sibling(venue, liquidated)?;
        self.locked(|vault| vault.change(venue, liquidated, &entries, &assets))
    }

    /// Marks an account as being in auction, or not. Auction only.
    ///
    /// # Errors
    /// [`NotSibling`].
    ///
    /// # Events
    /// [`AuctionFlagSet`].
    pub fn set_in_auction(&mut self, account: B256, in_auction: bool) -> Result<(), Revert> {
        self.only_auction()?;
        self.flag_auction(account, in_auction);
        Ok(())
    }

    /// What the account holds, its version, and whether it is in auction.
    pub fn account(&self, account: B256) -> (Portfolio, u32, bool) {
        self.holdings(account)
    }

    /// What `margin` says about the account now.
    ///
    /// # Errors
    /// Those of `margin`, passed on.
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

impl Vault {
    /// Runs before every method: refuses the call while the lock is set.
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
}
