//! Structs, events and errors; `abi/IAuction.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::{Address, B256, I256, U256};
pub use plimsoll_common::interface::AuctionState;

plimsoll_common::abi_struct! {
    /// A bid.
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
}

plimsoll_common::events! {
    AuctionStarted [account: B256, starter: Address] { equity: I256, im: U256, mm: U256 }
    BidTaken [account: B256, bidder: B256] {
        fraction: U256, price: I256, lambda: U256, fund_paid: U256, equity_after: I256, mm_after: U256,
    }
    InsolvencyMarked [account: B256] { equity: I256 }
    StaleNoted [account: B256] { noted_at: u64, best: I256, worst: I256 }
    AuctionClosed [account: B256] { cured: bool, equity: I256, mm: U256 }
    ParametersSet [] {
        lambda_max: u64, duration: u32, fund_lambda_max: u64, fund_duration: u32, buffer: u64, min_fraction: u64,
    }
}

plimsoll_common::errors! {
    NotAuthorized { account: B256, caller: Address }
    NotLiquidatable { account: B256, equity: I256, mm: U256 }
    AuctionOpen { account: B256, started_at: u64 }
    NoAuction { account: B256 }
    SequencerDown { resumed_at: u64 }
    NotInsolvent { account: B256, equity: I256 }
    NotRecovered { account: B256, equity: I256, needed: U256 }
    StaleWait { account: B256, noted_at: u64, seen_at: u64, best: I256, worst: I256 }
    SystemAccount { account: B256 }
    SelfBid { account: B256 }
    InvalidFraction { fraction: U256, minimum: U256, maximum: U256 }
    NothingToSell { account: B256, fraction: U256 }
    PriceAboveLimit { price: I256, max_price: I256 }
    VersionChanged { version: u32, expected: u32 }
    Expired { deadline: u64, now_seconds: u64 }
    ParameterOutOfRange { parameter: u8, given: u64, minimum: u64, maximum: u64 }
    ValueOutOfRange { account: B256 }
    VenueNotAdmitted { account: B256, venue: u16 }
}
