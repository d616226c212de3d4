//! The precompiles that have nothing to keep on a chain without L1, batches and native tokens of
//! its own: they answer as Nitro's do on such a chain.

use super::{Answer, Call, Exit, Purity, READ, errors};
use alloy::{
    primitives::{Address, Bytes, U256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ARB_BLS: Address = address!("0x0000000000000000000000000000000000000067");
pub(crate) const ARB_FUNCTION_TABLE: Address =
    address!("0x0000000000000000000000000000000000000068");
pub(crate) const ARBOS_TEST: Address = address!("0x0000000000000000000000000000000000000069");
pub(crate) const ARB_AGGREGATOR: Address = address!("0x000000000000000000000000000000000000006d");
pub(crate) const ARB_STATISTICS: Address = address!("0x000000000000000000000000000000000000006f");
pub(crate) const ARB_NATIVE_TOKEN_MANAGER: Address =
    address!("0x0000000000000000000000000000000000000073");
pub(crate) const ARB_FILTERED_TRANSACTIONS_MANAGER: Address =
    address!("0x0000000000000000000000000000000000000074");
pub(crate) const ARB_DEBUG: Address = address!("0x00000000000000000000000000000000000000ff");
pub(crate) const ARBOS_ACTS: Address = address!("0x00000000000000000000000000000000000a4b05");

/// Who posts batches, where nobody else was named.
const BATCH_POSTER: Address = address!("0xa4b000000000000000000073657175656e636572");

sol! {
    interface ArbFunctionTable {
        function upload(bytes buf) external;
        function size(address addr) external view returns (uint256);
        function get(address addr, uint256 index) external view returns (uint256, bool, uint256);
    }
    interface ArbosTest {
        function burnArbGas(uint256 gasAmount) external pure;
    }
    interface ArbAggregator {
        function getPreferredAggregator(address addr) external view returns (address, bool);
        function getDefaultAggregator() external view returns (address);
        function getBatchPosters() external view returns (address[] memory);
        function getFeeCollector(address batchPoster) external view returns (address);
        function getTxBaseFee(address aggregator) external view returns (uint256);
        function setTxBaseFee(address aggregator, uint256 feeInL1Gas) external;
    }
    interface ArbStatistics {
        function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }
    interface ArbFilteredTransactionsManager {
        function isTransactionFiltered(bytes32 txHash) external view returns (bool);
    }
    interface ArbosActs {
        error CallerNotArbOS();

        function startBlock(uint256 l1BaseFee, uint64 l1BlockNumber, uint64 l2BlockNumber, uint64 timePassed) external;
        function batchPostingReport(uint256 batchTimestamp, address batchPosterAddress, uint64 batchNumber, uint64 batchDataGas, uint256 l1BaseFeeWei) external;
        function batchPostingReportV2(uint256 batchTimestamp, address batchPosterAddress, uint64 batchNumber, uint64 batchCalldataLength, uint64 batchCalldataNonZeros, uint64 batchExtraGas, uint256 l1BaseFeeWei) external;
    }
}

errors!(ArbosActs::CallerNotArbOS);

pub(crate) fn function_table(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbFunctionTable::{ArbFunctionTableCalls as Calls, *};
    match Calls::abi_decode(input).map_err(|_| Exit::All)? {
        Calls::upload(_) => {
            c.begin(Purity::Write, input)?;
            Ok(Bytes::new())
        }
        Calls::size(_) => {
            c.begin(Purity::View, input)?;
            Ok(sizeCall::abi_encode_returns(&U256::ZERO).into())
        }
        Calls::get(_) => {
            c.begin(Purity::View, input)?;
            c.explain("table is empty".into());
            Err(Exit::Plain)
        }
    }
}

pub(crate) fn arbos_test(c: &mut Call<'_>, input: &[u8]) -> Answer {
    let call = ArbosTest::burnArbGasCall::abi_decode(input).map_err(|_| Exit::All)?;
    c.begin(Purity::Pure, input)?;
    // what is no uint64 is no amount
    let gas = u64::try_from(call.gasAmount).map_err(|_| Exit::Plain)?;
    c.burn(gas)?;
    Ok(Bytes::new())
}

pub(crate) fn aggregator(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbAggregator::{ArbAggregatorCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let writes = matches!(call, Calls::setTxBaseFee(_));
    c.begin(if writes { Purity::Write } else { Purity::View }, input)?;
    Ok(match call {
        Calls::getPreferredAggregator(_) => {
            getPreferredAggregatorCall::abi_encode_returns(&getPreferredAggregatorReturn {
                _0: BATCH_POSTER,
                _1: true,
            })
        }
        Calls::getDefaultAggregator(_) => {
            getDefaultAggregatorCall::abi_encode_returns(&BATCH_POSTER)
        }
        Calls::getBatchPosters(_) => {
            c.burn(2 * READ)?;
            getBatchPostersCall::abi_encode_returns(&vec![BATCH_POSTER])
        }
        Calls::getFeeCollector(call) => {
            c.burn(READ)?; // whether it is a poster
            if call.batchPoster != BATCH_POSTER {
                c.explain("tried to open a batch poster that does not exist".into());
                return Err(Exit::Plain);
            }
            c.burn(READ)?;
            getFeeCollectorCall::abi_encode_returns(&BATCH_POSTER)
        }
        Calls::getTxBaseFee(_) => getTxBaseFeeCall::abi_encode_returns(&U256::ZERO),
        Calls::setTxBaseFee(_) => Vec::new(),
    }
    .into())
}

pub(crate) fn statistics(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbStatistics::{getStatsCall, getStatsReturn};
    getStatsCall::abi_decode(input).map_err(|_| Exit::All)?;
    c.begin(Purity::View, input)?;
    // counters of the chain before Nitro
    let before = U256::ZERO;
    Ok(getStatsCall::abi_encode_returns(&getStatsReturn {
        _0: U256::from(c.ctx.chain.block.number),
        _1: before,
        _2: before,
        _3: before,
        _4: before,
        _5: before,
    })
    .into())
}

/// Nothing is filtered, and nobody may filter: what would takes all gas.
pub(crate) fn filtered_transactions(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbFilteredTransactionsManager::isTransactionFilteredCall as Call;
    if c.ctx.chain.params.arbos_version < 60 {
        return Ok(Bytes::new()); // as if nothing were there
    }
    if Call::abi_decode(input).is_err() {
        c.explain("nobody may filter transactions on this chain".into());
        return Err(Exit::All);
    }
    c.begin(Purity::View, input)?;
    c.burn(READ)?;
    Ok(Call::abi_encode_returns(&false).into())
}

pub(crate) fn acts(c: &mut Call<'_>, input: &[u8]) -> Answer {
    ArbosActs::ArbosActsCalls::abi_decode(input).map_err(|_| Exit::All)?;
    c.begin(Purity::Write, input)?;
    Err(ArbosActs::CallerNotArbOS {}.into())
}

/// Who may mint and burn the native token: nobody.
pub(crate) fn native_token(c: &mut Call<'_>) -> Answer {
    c.explain("nobody may mint or burn the native token of this chain".into());
    Err(Exit::All)
}

/// Only for chains in debug mode.
pub(crate) fn debug(c: &mut Call<'_>) -> Answer {
    c.explain("debug precompiles are disabled".into());
    Err(Exit::All)
}
