//! What a client is told when a request fails.

use alloy::primitives::{Bytes, hex};
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned, error::INVALID_PARAMS_CODE};

use serde_json::Value;

use super::registry::ErrorRegistry;
use crate::{ChainError, chain::SimulationError};

/// geth's code for a refused call or transaction.
pub(crate) const SERVER_ERROR: i32 = -32000;
/// geth's code for a revert, whose data member is the revert data.
pub(crate) const REVERT: i32 = 3;
/// A method that exists elsewhere and is refused here.
pub(crate) const NOT_SUPPORTED: i32 = -32004;
/// A fault of ours.
pub(crate) const INTERNAL: i32 = -32603;

/// Why a request failed.
#[derive(Clone, Debug)]
pub(crate) enum RpcError {
    /// The parameters.
    Params(String),
    /// The chain refused.
    Chain(ChainError),
    /// Refused in our own words.
    Server(String),
    /// Known, and not modelled.
    Unsupported(String),
    /// Refused with a code of its own, and data.
    Coded(i32, String, Option<Value>),
    /// A fault of ours.
    Internal(String),
}

pub(crate) type Result<T> = core::result::Result<T, RpcError>;

impl RpcError {
    /// Bad parameters, and what was wrong with them.
    pub(crate) fn params(why: impl ToString) -> Self {
        Self::Params(why.to_string())
    }

    /// Says which method it was, where parameters are wrong.
    pub(crate) fn of(self, method: &str) -> Self {
        match self {
            Self::Params(why) => Self::Params(format!("{method}: {why}")),
            other => other,
        }
    }

    /// As JSON-RPC has it.
    pub(crate) fn into_object(self, registry: &ErrorRegistry) -> ErrorObjectOwned {
        let plain = |code, message: String| ErrorObject::owned(code, message, None::<()>);
        match self {
            Self::Params(why) => plain(INVALID_PARAMS_CODE, why),
            Self::Chain(ChainError::Reverted(data)) => reverted(&data, registry),
            Self::Chain(refused @ ChainError::Refused(_)) => {
                ErrorObject::owned(REVERT, refused.to_string(), Some("0x"))
            }
            Self::Chain(ChainError::InvalidRequest(why) | ChainError::InvalidFilter(why)) => {
                plain(INVALID_PARAMS_CODE, why)
            }
            Self::Chain(ChainError::Internal(why)) | Self::Internal(why) => {
                plain(INTERNAL, format!("internal error: {why}"))
            }
            Self::Chain(refusal) => plain(SERVER_ERROR, refusal.to_string()),
            Self::Server(why) => plain(SERVER_ERROR, why),
            Self::Unsupported(what) => plain(NOT_SUPPORTED, what),
            Self::Coded(code, why, data) => ErrorObject::owned(code, why, data),
        }
    }
}

impl From<SimulationError> for RpcError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Chain(why) => Self::Chain(why),
            other => Self::Coded(other.code(), other.to_string(), None),
        }
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

fn reverted(data: &Bytes, registry: &ErrorRegistry) -> ErrorObjectOwned {
    let message = match registry.describe(data) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".to_owned(),
    };
    ErrorObject::owned(REVERT, message, Some(hex::encode_prefixed(data)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::{Revert, SolError};

    #[test]
    fn reverts_carry_code_three_and_their_data() {
        let data: Bytes = Revert::from("nope").abi_encode().into();
        let error =
            RpcError::from(ChainError::Reverted(data.clone())).into_object(&ErrorRegistry::new());
        assert_eq!(error.code(), 3);
        assert_eq!(error.message(), "execution reverted: nope");
        assert_eq!(error.data().unwrap().get(), format!("\"{data}\""));

        let error =
            RpcError::from(ChainError::Reverted(Bytes::new())).into_object(&ErrorRegistry::new());
        assert_eq!(error.message(), "execution reverted");
        assert_eq!(error.data().unwrap().get(), "\"0x\"");
    }

    #[test]
    fn refusals_keep_geths_words() {
        let error = RpcError::from(ChainError::NonceTooLow {
            address: Default::default(),
            tx: 3,
            state: 5,
        })
        .into_object(&ErrorRegistry::new());
        assert_eq!(error.code(), -32000);
        assert!(error.message().starts_with("nonce too low"));
    }
}
