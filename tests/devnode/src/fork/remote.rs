//! JSON-RPC over a source.

use super::Source;
use crate::error::{ChainError, Result};
use alloy::primitives::U256;
use serde_json::{Value, json};
use std::{sync::Arc, thread, time::Duration};

/// Times a request is sent at most, and what is waited before each.
const WAITS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(800),
];
/// Requests sent at once at most.
const BATCH: usize = 50;
/// Characters of an answer that are shown when something is wrong with it.
const SHOWN: usize = 120;

/// A node that is asked.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    source: Arc<dyn Source>,
}

/// A method and its parameters.
pub(crate) type Question<'a> = (&'a str, Value);

/// The node's own refusal of a request: a JSON-RPC error object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<String>,
}

impl Remote {
    pub(crate) const fn new(source: Arc<dyn Source>) -> Self {
        Self { source }
    }

    /// What to call it.
    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    /// The answer to one question, which the node must not refuse.
    pub(crate) fn ask(&self, method: &str, params: Value) -> Result<Value> {
        self.try_ask(method, params)?
            .map_err(|refusal| self.refused(method, &refusal))
    }

    /// The answer to one question, or the node's refusal.
    pub(crate) fn try_ask(
        &self,
        method: &str,
        params: Value,
    ) -> Result<core::result::Result<Value, Refusal>> {
        let request = request(0, &(method, params));
        let answer = self.send(&request)?;
        self.open(method, answer)
    }

    /// The answers to these questions, in their order, none of which the node may refuse.
    pub(crate) fn ask_all(&self, questions: &[Question<'_>]) -> Result<Vec<Value>> {
        let mut answers = Vec::with_capacity(questions.len());
        for some in questions.chunks(BATCH) {
            let requests = some.iter().enumerate().map(|(id, q)| request(id, q));
            let Value::Array(batch) = self.send(&Value::Array(requests.collect()))? else {
                // It takes no batches.
                for (method, params) in some {
                    answers.push(self.ask(method, params.clone())?);
                }
                continue;
            };
            // Answers come in any order.
            let mut by_id: Vec<Option<Value>> = vec![None; some.len()];
            for answer in batch {
                let id = answer["id"]
                    .as_u64()
                    .and_then(|id| usize::try_from(id).ok());
                match id.and_then(|id| by_id.get_mut(id)) {
                    Some(place @ None) => *place = Some(answer),
                    _ => return Err(self.odd("a batch", &answer, "an id that was not asked for")),
                }
            }
            for ((method, _), answer) in some.iter().zip(by_id) {
                let answer = answer.ok_or_else(|| {
                    self.failed(&format!("left {method} of a batch without an answer"))
                })?;
                let opened = self.open(method, answer)?;
                answers.push(opened.map_err(|refusal| self.refused(method, &refusal))?);
            }
        }
        Ok(answers)
    }

    fn send(&self, request: &Value) -> Result<Value> {
        let body = request.to_string();
        let mut why = String::new();
        for wait in WAITS {
            thread::sleep(wait);
            match self.source.post(body.as_bytes()) {
                Ok(answer) => {
                    return serde_json::from_slice(&answer).map_err(|e| {
                        let text: String = String::from_utf8_lossy(&answer)
                            .chars()
                            .take(SHOWN)
                            .collect();
                        self.failed(&format!("answered {text:?}, which is not JSON ({e})"))
                    });
                }
                Err(failure) => {
                    why = failure.why;
                    if !failure.again {
                        break;
                    }
                }
            }
        }
        Err(self.failed(&format!("does not answer: {why}")))
    }

    /// The result inside an answer.
    fn open(
        &self,
        method: &str,
        mut answer: Value,
    ) -> Result<core::result::Result<Value, Refusal>> {
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Ok(Err(Refusal {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or("no message").to_owned(),
                data: error["data"].as_str().map(str::to_owned),
            }));
        }
        match answer.get_mut("result") {
            Some(result) => Ok(Ok(result.take())),
            None => Err(self.odd(method, &answer, "neither a result nor an error")),
        }
    }

    fn refused(&self, method: &str, refusal: &Refusal) -> ChainError {
        let Refusal { code, message, .. } = refusal;
        self.failed(&format!("refuses {method}: {message} ({code})"))
    }

    /// An answer that is not what it should be.
    pub(crate) fn odd(&self, what: &str, answer: &Value, problem: &str) -> ChainError {
        let text: String = answer.to_string().chars().take(SHOWN).collect();
        self.failed(&format!("answered {what} with {text}: {problem}"))
    }

    fn failed(&self, what: &str) -> ChainError {
        ChainError::Source(format!("{} {what}", self.name()))
    }
}

fn request(id: usize, (method, params): &Question<'_>) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// A number as nodes write it: `"0x1f"`.
pub(crate) fn quantity(value: &Value) -> Option<U256> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    (1..=64)
        .contains(&digits.len())
        .then(|| U256::from_str_radix(digits, 16).ok())
        .flatten()
}
