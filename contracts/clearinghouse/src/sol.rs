//! Events and errors; `abi/IClearinghouse.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::{Address, B256, I256, U256};
pub use plimsoll_common::errors::TooManyItems;

plimsoll_common::events! {
    VenueSet [venue: u16, contract_address: Address] { fee_account: B256, band: u64, active: bool }
    LensSet [lens: Address] {}
    Cleared [venue: u16, instrument: u128, buyer: B256] { seller: B256, size: U256, price: U256 }
}

plimsoll_common::errors! {
    NotAVenue { caller: Address }
    IncompleteVenue { venue: u16, contract_address: Address, fee_account: B256 }
    VenueExists { venue: u16, contract_address: Address }
    InvalidBand { band: u64, minimum: u64, maximum: u64 }
    NoFills {}
    InvalidInstrument { instrument: u128 }
    WrongVenue { instrument_venue: u16, caller_venue: u16 }
    SelfTrade { account: B256 }
    ZeroAmount {}
    AmountTooLarge { amount: U256, limit: U256 }
    NotMultipleOfLot { size: U256, lot: u64 }
    UnknownUnderlying { underlying: u16 }
    MarkStale { instrument: u128 }
    PriceOutsideBand { instrument: u128, price: I256, mark: U256, band: U256 }
}
