//! The contracts, typed: made from `abi/*.sol` and from the artefacts of `tests/solidity`.
//!
//! Structs shared by the interfaces ([`Portfolio`], [`Assessment`], [`Fill`], [`Bid`], ...) are
//! here; calls, events and errors are in a module per interface (`IVault::depositCall`,
//! `IVault::Deposited`, `IVault::InsufficientMargin`).

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]
#![allow(clippy::all, clippy::use_self)]

use alloy::{
    primitives::Bytes,
    sol,
    sol_types::{SolError, SolInterface},
};
use std::fmt::Debug;

include!(concat!(env!("OUT_DIR"), "/interfaces.rs"));

sol! {
    /// The precompile at 0x71, as far as a deployment needs it.
    #[sol(rpc, all_derives)]
    interface IArbWasm {
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programVersion(address program) external view returns (uint16 version);
        function expiryDays() external view returns (uint16 _days);
        function keepaliveDays() external view returns (uint16 _days);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
    }

    /// The precompile at 0x72.
    #[sol(rpc, all_derives)]
    interface IArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
    }

    /// What any token answers.
    #[sol(rpc, all_derives)]
    interface IERC20 {
        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function totalSupply() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
    }

    /// What any Chainlink feed answers.
    #[sol(rpc, all_derives)]
    interface IAggregatorV3 {
        function decimals() external view returns (uint8);
        function description() external view returns (string);
        function getRoundData(uint80 round) external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
        function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
    }
}

/// What revert data says, in the words of the ABI; hex where nobody knows it. The contract is named where only one has
/// such an error. Where it carries a stranger's own words, these too.
pub fn explain(data: &[u8]) -> String {
    let said = IVault::TokenRefused::abi_decode(data).map(|e| e.reason);
    let said = said.or_else(|_| IVault::BadToken::abi_decode(data).map(|e| e.reason));
    let said = said.or_else(|_| IOracle::FeedFailed::abi_decode(data).map(|e| e.reason));
    let error = explain_error(data);
    match said {
        Ok(reason) if reason[..] == [0; 32] => format!("{error}: it said false"),
        Ok(reason) if !reason.is_empty() => format!("{error}: {}", explain_error(&reason)),
        _ => error,
    }
}

fn explain_error(data: &[u8]) -> String {
    fn known<I: SolInterface + Debug>(
        name: &'static str,
        data: &[u8],
    ) -> Option<(&'static str, String)> {
        // `IVault::IVaultErrors` prints as `Locked(Locked)`: the inner one is what is wanted.
        let text = I::abi_decode(data).ok().map(|e| format!("{e:?}"))?;
        let inner = text.split_once('(').map_or(text.as_str(), |(_, rest)| {
            rest.strip_suffix(')').unwrap_or(rest)
        });
        Some((name, inner.to_owned()))
    }
    if data.is_empty() {
        return "reverted without a reason".to_owned();
    }
    macro_rules! house {
        ($($name:ident { $about:literal, $interface:ident $errors:ident, $($rest:tt)* })*) => {
            [$(known::<$interface::$errors>(stringify!($name), data)),*]
        };
    }
    let others = [
        known::<IArbWasm::IArbWasmErrors>("ArbWasm", data),
        known::<reference::BookExchange::BookExchangeErrors>("book", data),
        known::<reference::PoolExchange::PoolExchangeErrors>("pool", data),
        known::<reference::Token::TokenErrors>("token", data),
        known::<reference::Feed::FeedErrors>("feed", data),
    ];
    let all = contracts!(house).into_iter().chain(others);
    match &all.flatten().collect::<Vec<_>>()[..] {
        [] => alloy::sol_types::decode_revert_reason(data)
            .unwrap_or_else(|| format!("reverted with {}", Bytes::copy_from_slice(data))),
        [(name, error)] => format!("{name}.{error}"),
        [(_, error), ..] => error.clone(),
    }
}

/// The reference contracts of `tests/solidity`, with their creation code.
pub mod reference {
    use alloy::sol;

    sol!(
        #[sol(all_derives)]
        Token,
        "../../tests/solidity/artifacts/Token.json"
    );
    sol!(
        #[sol(all_derives)]
        Feed,
        "../../tests/solidity/artifacts/Feed.json"
    );
    sol!(
        #[sol(all_derives)]
        BookExchange,
        "../../tests/solidity/artifacts/BookExchange.json"
    );
    sol!(
        #[sol(all_derives)]
        PoolExchange,
        "../../tests/solidity/artifacts/PoolExchange.json"
    );
    sol!(
        #[sol(all_derives)]
        LyingVenue,
        "../../tests/solidity/artifacts/LyingVenue.json"
    );
}
