//! Data without its zeros.
//!
//! A start pays for every byte of data, cached or not, and memory is zero before data is written to it. So a run of
//! zeros is left out, and the segment goes on behind it.

use std::ops::Range;

use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::{BinaryReaderError, DataKind, DataSectionReader, Operator};

/// A run of zeros as long as this is left out: a segment more takes about seven bytes of the module, which cost less
/// than eight bytes of data.
const MIN_ZEROS: usize = 8;

/// A segment of memory 0 at a constant address.
struct Segment<'a> {
    at: usize,
    bytes: &'a [u8],
}

/// The same memory after the start, written without long runs of zeros. `None` where that is not certain: a passive
/// segment, an address that is no constant, segments that are not in order or overlap, or that end beyond `memory`
/// bytes.
pub(super) fn packed(
    section: DataSectionReader<'_>,
    memory: u64,
) -> Result<Option<DataSection>, BinaryReaderError> {
    let mut data = DataSection::new();
    let mut end = 0;
    for item in section {
        let item = item?;
        let Some(at) = address(&item.kind)? else {
            return Ok(None);
        };
        let segment = Segment {
            at,
            bytes: item.data,
        };
        let after = at + segment.bytes.len();
        if at < end || after as u64 > memory {
            return Ok(None);
        }
        end = after;
        for part in parts(segment.bytes) {
            let address = (segment.at + part.start) as u32;
            data.active(
                0,
                &ConstExpr::i32_const(address.cast_signed()),
                segment.bytes[part].iter().copied(),
            );
        }
    }
    Ok(Some(data))
}

fn address(kind: &DataKind<'_>) -> Result<Option<usize>, BinaryReaderError> {
    let DataKind::Active {
        memory_index: 0,
        offset_expr,
    } = kind
    else {
        return Ok(None);
    };
    let mut ops = offset_expr.get_operators_reader();
    let Operator::I32Const { value } = ops.read()? else {
        return Ok(None);
    };
    let constant = matches!(ops.read()?, Operator::End) && ops.eof();
    Ok(constant.then_some(value.cast_unsigned() as usize))
}

/// What lies between the long runs of zeros; neither begins nor ends with a zero.
fn parts(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match parts.last_mut() {
            Some(last) if at - last.end < MIN_ZEROS => last.end = at + 1,
            _ => parts.push(at..at + 1),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_what_is_not_zero() {
        let parts = |bytes: &[u8]| -> Vec<(usize, usize)> {
            let parts = parts(bytes).into_iter();
            parts.map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(parts(&[]), []);
        assert_eq!(parts(&[0; 40]), []);
        assert_eq!(parts(&[0, 1, 0, 2, 0]), [(1, 4)]);
        let with = |zeros: usize| parts(&[&[1][..], &vec![0; zeros], &[2]].concat());
        assert_eq!(with(MIN_ZEROS - 1), [(0, MIN_ZEROS + 1)]);
        assert_eq!(with(MIN_ZEROS), [(0, 1), (MIN_ZEROS + 1, MIN_ZEROS + 2)]);
    }
}
