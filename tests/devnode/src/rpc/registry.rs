//! Reverts in words.

use std::{collections::BTreeMap, path::Path};

use alloy::{
    dyn_abi::{DynSolValue, ErrorExt},
    json_abi::{Error as AbiError, JsonAbi},
    primitives::{I256, Selector, U256, hex},
};
use eyre::WrapErr;

/// Bytes of a `bytes` argument printed before it is cut.
const MAX_BYTES_SHOWN: usize = 64;
/// Characters of a `string` argument printed before it is cut.
const MAX_CHARS_SHOWN: usize = 256;
/// Items of an array argument printed before it is cut.
const MAX_ITEMS_SHOWN: usize = 8;
/// Integers at or above 10^15 are printed in units of 10^18.
const SCALED_FROM: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// The custom errors whose names and arguments are known, by selector.
///
/// `Error(string)` and `Panic(uint256)` are always known.
#[derive(Clone, Debug, Default)]
pub struct ErrorRegistry {
    errors: BTreeMap<Selector, AbiError>,
}

impl ErrorRegistry {
    /// A registry that knows only what every compiler emits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns the errors of ArbOS' precompiles.
    pub(crate) fn add_precompiles(&mut self) {
        let abi = JsonAbi::parse([
            "error ProgramNotWasm()",
            "error ProgramNotActivated()",
            "error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion)",
            "error ProgramExpired(uint64 ageInSeconds)",
            "error ProgramUpToDate()",
            "error ProgramKeepaliveTooSoon(uint64 ageInSeconds)",
            "error ProgramInsufficientValue(uint256 have, uint256 want)",
            "error InvalidBlockNumber(uint256 requested, uint256 current)",
        ]);
        // SAFETY: `precompiles_are_known` reads them all.
        self.add(&abi.expect("these lines are Solidity"));
    }

    /// Learns the errors of one ABI. An error that is known already keeps its first description.
    pub fn add(&mut self, abi: &JsonAbi) {
        for error in abi.errors() {
            self.errors
                .entry(error.selector())
                .or_insert_with(|| error.clone());
        }
    }

    /// Learns the errors of a JSON text: a bare ABI array, or an object with a member `abi`.
    ///
    /// # Errors
    /// If the text is neither.
    pub fn add_json(&mut self, text: &str) -> eyre::Result<()> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        let abi = match value {
            serde_json::Value::Object(mut object) => object.remove("abi").unwrap_or_default(),
            other => other,
        };
        let abi: JsonAbi = serde_json::from_value(abi)?;
        self.add(&abi);
        Ok(())
    }

    /// Learns every `*.json` of a directory, in the order of their names. Files that are not ABIs are
    /// passed over.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn add_dir(&mut self, dir: &Path) -> eyre::Result<()> {
        let mut files: Vec<_> = std::fs::read_dir(dir)
            .wrap_err_with(|| format!("reading {}", dir.display()))?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        for file in files {
            if let Ok(text) = std::fs::read_to_string(&file) {
                let _ = self.add_json(&text);
            }
        }
        Ok(())
    }

    /// How many custom errors are known.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Nothing beyond `Error(string)` and `Panic(uint256)`?
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What revert data says, in words; `None` for empty data.
    pub fn describe(&self, data: &[u8]) -> Option<String> {
        if data.is_empty() {
            return None;
        }
        let Some((selector, body)) = data.split_first_chunk::<4>() else {
            return Some(format!("raw data {}", hex::encode_prefixed(data)));
        };
        match *selector {
            [0x08, 0xc3, 0x79, 0xa0] => {
                use alloy::sol_types::SolValue;
                if let Ok(text) = String::abi_decode(body) {
                    return Some(cut_chars(&text));
                }
            }
            [0x4e, 0x48, 0x7b, 0x71] if body.len() == 32 => {
                let code = U256::from_be_slice(body);
                return Some(format!("panic: {} (0x{code:02x})", panic_meaning(code)));
            }
            _ => {}
        }
        let Some(error) = self.errors.get(&Selector::from(*selector)) else {
            return Some(format!("custom error {}", cut_bytes(data)));
        };
        match error.decode_error(data) {
            Ok(decoded) => {
                let arguments: Vec<_> = error
                    .inputs
                    .iter()
                    .zip(&decoded.body)
                    .map(|(input, value)| match input.name.as_str() {
                        "" => show(value),
                        name => format!("{name}={}", show(value)),
                    })
                    .collect();
                Some(format!("{}({})", error.name, arguments.join(", ")))
            }
            Err(_) => Some(format!(
                "{} with malformed arguments {}",
                error.name,
                cut_bytes(body)
            )),
        }
    }
}

/// What a Solidity panic code means.
fn panic_meaning(code: U256) -> &'static str {
    match u64::try_from(code) {
        Ok(0x00) => "generic panic",
        Ok(0x01) => "assertion failed",
        Ok(0x11) => "arithmetic underflow or overflow",
        Ok(0x12) => "division or modulo by zero",
        Ok(0x21) => "enum overflow",
        Ok(0x22) => "invalid encoded storage byte array accessed",
        Ok(0x31) => "out-of-bounds array access; popping on an empty array",
        Ok(0x32) => "out-of-bounds access of an array or bytesN",
        Ok(0x41) => "out of memory",
        Ok(0x51) => "uninitialized function",
        _ => "unknown panic code",
    }
}

fn cut_bytes(bytes: &[u8]) -> String {
    match bytes.get(..MAX_BYTES_SHOWN) {
        Some(head) if bytes.len() > MAX_BYTES_SHOWN => {
            format!("{}... ({} bytes)", hex::encode_prefixed(head), bytes.len())
        }
        _ => hex::encode_prefixed(bytes),
    }
}

fn cut_chars(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS_SHOWN) {
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

fn show(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Bool(x) => x.to_string(),
        DynSolValue::Int(x, _) => show_int(*x),
        DynSolValue::Uint(x, bits) => show_uint(*x, *bits),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(&word[..(*size).min(32)]),
        DynSolValue::Address(x) => x.to_string(),
        DynSolValue::Function(x) => x.to_string(),
        DynSolValue::Bytes(x) => cut_bytes(x),
        DynSolValue::String(x) => format!("{:?}", cut_chars(x)),
        DynSolValue::Array(items) | DynSolValue::FixedArray(items) => {
            format!("[{}]", show_list(items))
        }
        DynSolValue::Tuple(items) => format!("({})", show_list(items)),
        #[allow(unreachable_patterns)]
        other => format!("{other:?}"),
    }
}

fn show_list(items: &[DynSolValue]) -> String {
    let mut shown: Vec<_> = items.iter().take(MAX_ITEMS_SHOWN).map(show).collect();
    if items.len() > MAX_ITEMS_SHOWN {
        shown.push(format!("... {} in all", items.len()));
    }
    shown.join(", ")
}

fn show_int(value: I256) -> String {
    let sign = if value.is_negative() { "-" } else { "" };
    format!("{sign}{}", scaled(value.unsigned_abs()))
}

fn show_uint(value: U256, bits: usize) -> String {
    if bits == 256 && value == U256::MAX {
        "max".into()
    } else {
        scaled(value)
    }
}

/// Exact, and readable when it is an amount in units of 10^-18: 12500000000000000000 is `12.5e18`.
fn scaled(value: U256) -> String {
    let digits = value.to_string();
    if value < SCALED_FROM {
        return digits;
    }
    let padded = format!("{digits:0>19}");
    let (whole, fraction) = padded.split_at(padded.len() - 18);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{whole}e18")
    } else {
        format!("{whole}.{fraction}e18")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::{
        primitives::{address, uint},
        sol,
        sol_types::{Panic, PanicKind, Revert, SolError},
    };

    sol! {
        error InsufficientMargin(address account, int256 excess);
        error Odd(uint64[] ids, bytes blob, string why, bytes4 tag, uint256 cap);
    }

    const ABI: &str = r#"[
        {"type":"error","name":"InsufficientMargin","inputs":[
            {"name":"account","type":"address"},{"name":"excess","type":"int256"}]},
        {"type":"error","name":"Odd","inputs":[
            {"name":"ids","type":"uint64[]"},{"name":"blob","type":"bytes"},
            {"name":"why","type":"string"},{"name":"tag","type":"bytes4"},
            {"name":"cap","type":"uint256"}]}]"#;

    fn registry() -> ErrorRegistry {
        let mut registry = ErrorRegistry::new();
        registry.add_json(ABI).unwrap();
        registry
    }

    #[test]
    fn custom_errors_print_with_names_and_numbers() {
        let data = InsufficientMargin {
            account: address!("0x00000000000000000000000000000000000000aa"),
            excess: -I256::from_raw(uint!(12_500_000_000_000_000_000_U256)),
        }
        .abi_encode();
        assert_eq!(
            registry().describe(&data).unwrap(),
            "InsufficientMargin(account=0x00000000000000000000000000000000000000AA, excess=-12.5e18)"
        );
    }

    #[test]
    fn every_kind_of_argument_prints() {
        let data = Odd {
            ids: vec![1, 2],
            blob: vec![0xab; 100].into(),
            why: "no \"such\" leg".into(),
            tag: [1, 2, 3, 4].into(),
            cap: U256::MAX,
        }
        .abi_encode();
        let text = registry().describe(&data).unwrap();
        assert!(text.starts_with("Odd(ids=[1, 2], blob=0xabab"), "{text}");
        assert!(
            text.ends_with(r#"(100 bytes), why="no \"such\" leg", tag=0x01020304, cap=max)"#),
            "{text}"
        );
    }

    #[test]
    fn precompiles_are_known() {
        let mut registry = ErrorRegistry::new();
        registry.add_precompiles();
        assert_eq!(registry.len(), 8);
        sol! { error ProgramInsufficientValue(uint256 have, uint256 want); }
        let data = ProgramInsufficientValue {
            have: uint!(1_U256),
            want: uint!(2_U256),
        };
        assert_eq!(
            registry.describe(&data.abi_encode()).unwrap(),
            "ProgramInsufficientValue(have=1, want=2)"
        );
    }

    #[test]
    fn what_compilers_emit_is_known() {
        let empty = ErrorRegistry::new();
        assert_eq!(
            empty.describe(&Revert::from("nope").abi_encode()).unwrap(),
            "nope"
        );
        assert_eq!(
            empty
                .describe(&Panic::from(PanicKind::UnderOverflow).abi_encode())
                .unwrap(),
            "panic: arithmetic underflow or overflow (0x11)"
        );
        assert_eq!(empty.describe(&[]), None);
        assert_eq!(empty.describe(&[1, 2]).unwrap(), "raw data 0x0102");
        assert_eq!(
            empty.describe(&[1, 2, 3, 4, 5]).unwrap(),
            "custom error 0x0102030405"
        );
    }

    #[test]
    fn malformed_data_is_shown_and_never_panics() {
        let registry = registry();
        let good = InsufficientMargin {
            account: Default::default(),
            excess: I256::MIN,
        }
        .abi_encode();
        for cut in 0..good.len() {
            let _ = registry.describe(&good[..cut]);
        }
        let mut endless = Odd::SELECTOR.to_vec();
        endless.extend([0xff; 160]);
        assert!(registry.describe(&endless).unwrap().contains("malformed"));
        let mut text = vec![0x08, 0xc3, 0x79, 0xa0];
        text.extend([0xff; 64]);
        assert!(
            registry
                .describe(&text)
                .unwrap()
                .starts_with("custom error 0x08c379a0")
        );
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(scaled(uint!(999_999_999_999_999_U256)), "999999999999999");
        assert_eq!(scaled(uint!(1_000_000_000_000_000_U256)), "0.001e18");
        assert_eq!(
            scaled(uint!(1_000_000_000_000_000_001_U256)),
            "1.000000000000000001e18"
        );
        assert_eq!(scaled(uint!(2_000_000_000_000_000_000_U256)), "2e18");
    }
}
