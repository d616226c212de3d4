//! Events and errors; `abi/IVault.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::{Address, B256, I256, U256};
pub use plimsoll_common::errors::TooManyItems;
use plimsoll_common::{abi::Bytes, interface::Assessment};

plimsoll_common::events! {
    AssetListed [asset: u8, token: Address] { decimals: u8, cap: u128, settlement: bool }
    CapSet [asset: u8] { cap: u128 }
    Deposited [account: B256, token: Address, from: Address] { amount: U256 }
    Withdrawn [account: B256, token: Address, to: Address] { amount: U256 }
    LegChanged [account: B256, instrument: u128] { size: i64, quote: i128 }
    CashChanged [account: B256] { cash: i128 }
    AssetMoved [account: B256, asset: u8] { balance: u128 }
    VenueAdmitted [account: B256, venue: u16] { admitted: bool }
    OperatorSet [account: B256, operator: Address] { approved: bool }
    AuctionFlagSet [account: B256] { in_auction: bool }
}

plimsoll_common::errors! {
    NotSibling { caller: Address }
    NotAuthorized { account: B256, caller: Address }
    SystemAccount { account: B256 }
    UnknownToken { token: Address }
    UnknownAsset { asset: u8 }
    TokenListed { token: Address, asset: u8 }
    NoCode { token: Address }
    BadToken { token: Address, reason: Bytes }
    TooManyDecimals { token: Address, decimals: U256, limit: U256 }
    DecimalsDiffer { token: Address, decimals: u8, margin_decimals: u8 }
    ZeroAmount {}
    AmountTooLarge { amount: U256, limit: U256 }
    AmountTooSmall { amount: U256, minimum: U256 }
    CapExceeded { token: Address, total: U256, cap: U256 }
    TokenRefused { token: Address, reason: Bytes }
    InsufficientTokens { token: Address, owner: Address, balance: U256, allowance: U256, want: U256 }
    TransferFailed { token: Address, asked: U256, moved: U256 }
    InvalidReceiver { to: Address }
    NotAskedFor { account: B256, asset: u8 }
    InsufficientBalance { account: B256, asset: u8, have: U256, want: U256 }
    InsufficientCash { account: B256, have: I256, want: U256 }
    InsufficientLiquidity { token: Address, have: U256, want: U256 }
    InsufficientMargin { account: B256, equity: I256, im: U256, mm: U256, equity_before: I256, im_before: U256 }
    NotRelieved { account: B256, equity: I256, mm: U256, equity_before: I256, mm_before: U256 }
    PricesStale { account: B256 }
    InvalidVenue { venue: u16 }
    VenueNotAdmitted { account: B256, venue: u16 }
    AccountInAuction { account: B256 }
    TooManyLegs { account: B256, slots: U256, limit: U256 }
    InvalidInstrument { instrument: u128 }
    NoSuchLeg { account: B256, instrument: u128 }
    Unbalanced { instrument: u128, cash: I256, size: I256, quote: I256 }
    UnbalancedAsset { asset: u8, amount: I256 }
    ValueOutOfRange { account: B256 }
}

impl InsufficientMargin {
    /// What an account was and would be.
    pub(crate) const fn of(account: B256, before: &Assessment, after: &Assessment) -> Self {
        Self {
            account,
            equity: after.equity,
            im: after.im,
            mm: after.mm,
            equity_before: before.equity,
            im_before: before.im,
        }
    }
}
