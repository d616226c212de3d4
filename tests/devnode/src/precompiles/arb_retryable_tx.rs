//! ArbRetryableTx, 0x6e: tickets. There is no L1 to send one, so that there never is any.

use super::{Answer, Call, Exit, Purity, READ, errors};
use alloy::{
    primitives::{Address, U256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x000000000000000000000000000000000000006e");

/// Seconds a ticket lives.
const LIFETIME: u64 = 7 * 86_400;

sol! {
    interface ArbRetryableTx {
        error NoTicketWithID();
        error NotCallable();

        function redeem(bytes32 ticketId) external returns (bytes32);
        function getLifetime() external view returns (uint256);
        function getTimeout(bytes32 ticketId) external view returns (uint256);
        function keepalive(bytes32 ticketId) external returns (uint256);
        function getBeneficiary(bytes32 ticketId) external view returns (address);
        function cancel(bytes32 ticketId) external;
        function getCurrentRedeemer() external view returns (address);
        function submitRetryable(bytes32 requestId, uint256 l1BaseFee, uint256 deposit, uint256 callvalue, uint256 gasFeeCap, uint64 gasLimit, uint256 maxSubmissionFee, address feeRefundAddress, address beneficiary, address retryTo, bytes retryData) external;
    }
}

errors!(ArbRetryableTx::NoTicketWithID, ArbRetryableTx::NotCallable,);

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbRetryableTx::{ArbRetryableTxCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let reads = matches!(
        call,
        Calls::getLifetime(_)
            | Calls::getTimeout(_)
            | Calls::getBeneficiary(_)
            | Calls::getCurrentRedeemer(_)
    );
    c.begin(if reads { Purity::View } else { Purity::Write }, input)?;
    match call {
        Calls::getLifetime(_) => {
            Ok(getLifetimeCall::abi_encode_returns(&U256::from(LIFETIME)).into())
        }
        Calls::getCurrentRedeemer(_) => {
            Ok(getCurrentRedeemerCall::abi_encode_returns(&Address::ZERO).into())
        }
        Calls::submitRetryable(_) => Err(NotCallable {}.into()),
        Calls::redeem(_)
        | Calls::keepalive(_)
        | Calls::cancel(_)
        | Calls::getTimeout(_)
        | Calls::getBeneficiary(_) => {
            c.burn(READ)?; // when it would time out
            Err(NoTicketWithID {}.into())
        }
    }
}
