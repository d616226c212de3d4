//! Positional parameters, and the numbers clients write in three ways.

use alloy::primitives::{B256, U256};
use jsonrpsee::types::Params;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
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

    /// The next parameter, which must be there.
    pub(crate) fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RpcError> {
        self.optional(name)?.ok_or_else(|| {
            RpcError::params(format!(
                "missing value for required argument {} ({name})",
                self.at - 1
            ))
        })
    }

    /// The next parameter, `None` when absent or null.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let at = self.at;
        self.at += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|e| RpcError::params(format!("invalid argument {at} ({name}): {e}"))),
        }
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
                error.message().contains("(slot): not a"),
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
            "missing value for required argument 4 (slot)"
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
    fn absent_is_null_is_none() {
        let mut a = args("[null]").unwrap();
        assert_eq!(a.optional::<Num>("x").unwrap(), None);
        assert_eq!(a.optional::<Num>("y").unwrap(), None);
        let mut none = Args::parse(&Params::new(None)).unwrap();
        assert_eq!(none.optional::<Num>("x").unwrap(), None);
    }
}
