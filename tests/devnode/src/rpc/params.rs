//! Positional parameters, and the numbers clients write in three ways.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{BlockOverrides, Filter, TransactionRequest, state::StateOverride},
};
use jsonrpsee::types::Params;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use super::error::RpcError;

/// Parameters of one request, taken from the left.
#[derive(Debug)]
pub(crate) struct Args {
    values: std::vec::IntoIter<Value>,
    at: usize,
}

impl Args {
    /// Reads the `params` member: an array, or nothing.
    pub(crate) fn parse(params: &Params<'_>) -> Result<Self, RpcError> {
        let values = match params.as_str() {
            None | Some("" | "null") => Vec::new(),
            Some(text) => match serde_json::from_str(text) {
                Ok(Value::Array(values)) => values,
                Ok(Value::Object(_)) => {
                    return Err(RpcError::params(
                        "parameters must be an array, found an object",
                    ));
                }
                Ok(other) => {
                    return Err(RpcError::params(format!(
                        "parameters must be an array, found {other}"
                    )));
                }
                Err(e) => return Err(RpcError::params(e)),
            },
        };
        Ok(Self {
            values: values.into_iter(),
            at: 0,
        })
    }

    /// What is left of them.
    pub(crate) fn rest(&self) -> &[Value] {
        self.values.as_slice()
    }

    /// The next parameter, which must be there.
    pub(crate) fn need<T: Param>(&mut self, name: &str) -> Result<T, RpcError> {
        self.optional(name)?.ok_or_else(|| {
            RpcError::params(format!(
                "missing value for required argument {} ({name}): expected {}",
                self.at - 1,
                T::WHAT
            ))
        })
    }

    /// The next parameter, `None` when absent or null.
    pub(crate) fn optional<T: Param>(&mut self, name: &str) -> Result<Option<T>, RpcError> {
        let at = self.at;
        self.at += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let found = cut(&value.to_string());
                T::read(value).map(Some).map_err(|why| {
                    RpcError::params(format!(
                        "invalid argument {at} ({name}): expected {}, found {found}: {why}",
                        T::WHAT
                    ))
                })
            }
        }
    }
}

/// Characters of a parameter that are said back at most.
const MAX_SHOWN: usize = 80;

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// What a parameter may be.
pub(crate) trait Param: Sized {
    /// In words: "an address".
    const WHAT: &str;

    /// Reads it, or says what is wrong.
    fn read(value: Value) -> Result<Self, String>;
}

/// Parameters that are read as they are written elsewhere.
macro_rules! params {
    ($($kind:ty => $what:literal,)+) => {$(
        impl Param for $kind {
            const WHAT: &str = $what;

            fn read(value: Value) -> core::result::Result<Self, String> {
                serde_json::from_value(value).map_err(|e| e.to_string())
            }
        }
    )+};
}
pub(crate) use params;

params! {
    bool => "true or false",
    String => "a string",
    Vec<f64> => "an array of numbers",
    Address => "an address (0x and 40 hex digits)",
    B256 => "a hash (0x and 64 hex digits)",
    Bytes => "bytes (0x and pairs of hex digits)",
    Num => "a number (\"0x10\", \"16\" or 16)",
    Word => "a word of 32 bytes (0x and up to 64 hex digits, or a number)",
    TransactionRequest => "a transaction (an object with from, to, data, value, gas, ...)",
    StateOverride => "state overrides (an object of address: {balance, nonce, code, state, stateDiff})",
    BlockOverrides => "block overrides (an object with number, time, baseFeePerGas, ...)",
}

/// What says which block.
const BLOCK: &str = "a block (a number as \"0x10\", \"16\" or 16; latest, earliest, pending, safe \
                     or finalized; a hash; {blockNumber} or {blockHash})";

impl Param for BlockId {
    const WHAT: &str = BLOCK;

    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(map) => {
                let one = |name: &str| map.get(name).filter(|value| !value.is_null());
                match (one("blockHash"), one("blockNumber")) {
                    (Some(hash), None) => {
                        let hash: B256 = Param::read(hash.clone())?;
                        Ok(hash.into())
                    }
                    (None, Some(number)) => Ok(BlockNumberOrTag::read(number.clone())?.into()),
                    (Some(_), Some(_)) => Err("both blockHash and blockNumber are there".into()),
                    (None, None) => Err("neither blockHash nor blockNumber is there".into()),
                }
            }
            Value::String(text) if text.len() == 66 => {
                let hash: B256 = Param::read(text.into())?;
                Ok(hash.into())
            }
            other => Ok(BlockNumberOrTag::read(other)?.into()),
        }
    }
}

impl Param for BlockNumberOrTag {
    const WHAT: &str = BLOCK;

    fn read(value: Value) -> Result<Self, String> {
        Ok(match value.as_str() {
            Some("latest" | "") => Self::Latest,
            Some("earliest") => Self::Earliest,
            Some("pending") => Self::Pending,
            Some("safe") => Self::Safe,
            Some("finalized") => Self::Finalized,
            _ => {
                let number = Num::read(value)?.0;
                let number = u64::try_from(number);
                Self::Number(number.map_err(|_| "the number is over 64 bits".to_owned())?)
            }
        })
    }
}

impl Param for Filter {
    const WHAT: &str = "a filter (an object with fromBlock, toBlock or blockHash, address, topics)";

    fn read(mut value: Value) -> Result<Self, String> {
        for name in ["fromBlock", "toBlock"] {
            if let Some(number) = value.get_mut(name).filter(|number| !number.is_null()) {
                let block =
                    BlockNumberOrTag::read(number.take()).map_err(|e| format!("{name}: {e}"))?;
                *number = serde_json::to_value(block).map_err(|e| e.to_string())?;
            }
        }
        serde_json::from_value(value).map_err(|e| e.to_string())
    }
}

/// An unsigned number: `"0x10"`, `"16"` or `16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Num(pub(crate) U256);

impl Num {
    /// As a `u64`, or an error that says so.
    pub(crate) fn as_u64(self, name: &str) -> Result<u64, RpcError> {
        u64::try_from(self.0)
            .map_err(|_| RpcError::params(format!("{name} is over 64 bits: {}", self.0)))
    }
}

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(n) => n
                .as_u64()
                .map(|n| Self(U256::from(n)))
                .ok_or_else(|| D::Error::custom(format!("not an unsigned integer: {n}"))),
            Value::String(s) => {
                let parsed = match s.strip_prefix("0x").or_else(|| s.strip_prefix("0X")) {
                    Some("") => Ok(U256::ZERO),
                    Some(hex) => U256::from_str_radix(hex, 16),
                    None => U256::from_str_radix(&s, 10),
                };
                parsed
                    .map(Self)
                    .map_err(|_| D::Error::custom(format!("not a number: {s:?}")))
            }
            other => Err(D::Error::custom(format!("not a number: {other}"))),
        }
    }
}

/// A 32-byte word: full hex, or a number to be padded on the left, as storage slots are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) B256);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Num::deserialize(deserializer).map(|n| Self(B256::from(n.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &'static str) -> Result<Args, RpcError> {
        Args::parse(&Params::new(Some(text)))
    }

    #[test]
    fn numbers_in_three_ways() {
        let mut a = args(r#"["0x10", "16", 16, "0x"]"#).unwrap();
        for want in [16, 16, 16, 0] {
            assert_eq!(a.need::<Num>("n").unwrap().0, U256::from(want));
        }
    }

    #[test]
    fn what_was_wrong_is_said() {
        let mut a = args(r#"[{}, -1, "0xzz", 1.5]"#).unwrap();
        for _ in 0..4 {
            let error = a
                .need::<Num>("slot")
                .unwrap_err()
                .into_object(&Default::default());
            assert_eq!(error.code(), -32602);
            assert!(
                error.message().contains("(slot): expected a number"),
                "{}",
                error.message()
            );
        }
        let error = a
            .need::<Num>("slot")
            .unwrap_err()
            .into_object(&Default::default());
        assert_eq!(
            error.message(),
            "missing value for required argument 4 (slot): expected a number (\"0x10\", \"16\" or 16)"
        );
        assert!(args(r#"{"a":1}"#).is_err());
        assert!(args("7").is_err());
        assert!(args("[1,").is_err());
        let mut deep = String::new();
        for _ in 0..10_000 {
            deep.push('[');
        }
        assert!(Args::parse(&Params::new(Some(&deep))).is_err());
    }

    #[test]
    fn blocks_in_many_ways() {
        let hash = B256::repeat_byte(7);
        let mut a = args(
            r#"[16, "0x10", "16", {"blockNumber": 16}, {"blockNumber": "0x10"}, "latest",
                "0x0707070707070707070707070707070707070707070707070707070707070707",
                {"blockHash": "0x0707070707070707070707070707070707070707070707070707070707070707",
                 "requireCanonical": true}]"#,
        )
        .unwrap();
        for _ in 0..5 {
            assert_eq!(a.need::<BlockId>("block").unwrap(), BlockId::number(16));
        }
        assert_eq!(a.need::<BlockId>("block").unwrap(), BlockId::latest());
        for _ in 0..2 {
            assert_eq!(a.need::<BlockId>("block").unwrap(), BlockId::from(hash));
        }
        let mut a = args(r#"[-1, "last", {}, [], 1.5, "0x1ffffffffffffffff"]"#).unwrap();
        for _ in 0..6 {
            let error = a.need::<BlockId>("block").unwrap_err();
            let error = error.into_object(&Default::default());
            assert!(error.message().contains("expected a block"), "{error}");
        }
        let mut a = args(r#"[{"fromBlock": 3, "toBlock": "latest"}]"#).unwrap();
        let filter = a.need::<Filter>("filter").unwrap();
        assert_eq!(filter.get_from_block(), Some(3));
    }

    #[test]
    fn absent_is_null_is_none() {
        let mut a = args("[null]").unwrap();
        assert_eq!(a.optional::<Num>("x").unwrap(), None);
        assert_eq!(a.optional::<Num>("y").unwrap(), None);
        let mut none = Args::parse(&Params::new(None)).unwrap();
        assert_eq!(none.optional::<Num>("x").unwrap(), None);
    }
}
