//! How programs stand on chain: compressed behind a prefix, in one piece or (ArbOS 60) in several.

use core::fmt;

use alloy_primitives::Address;
use brotli::{
    BrotliDecompressStream, BrotliResult, BrotliState, enc::BrotliEncoderParams, enc::StandardAlloc,
};

use crate::params::StylusParams;

/// First bytes of a whole program.
const CLASSIC: [u8; 3] = [0xef, 0xf0, 0x00];
/// First bytes of a fragment.
const FRAGMENT: [u8; 3] = [0xef, 0xf0, 0x01];
/// First bytes of a root.
const ROOT: [u8; 3] = [0xef, 0xf0, 0x02];
/// The only dictionary this crate has: none.
const NO_DICTIONARY: u8 = 0;
/// Nitro's own, which a chain takes and this crate does not have.
const STYLUS_DICTIONARY: u8 = 1;

/// Effort and window Nitro compresses with.
const QUALITY: i32 = 11;
const WINDOW: i32 = 22;

/// What account code is, to Stylus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Not a program.
    Other,
    /// A whole program.
    Classic,
    /// Names the fragments of a program.
    Root,
    /// A piece of a program, which can neither be called nor activated.
    Fragment,
}

/// Why code does not unpack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Not a program at all.
    NotAProgram,
    /// A fragment where its root is wanted.
    IsFragment,
    /// A dictionary that does not exist, or that this crate does not have (01).
    Dictionary(u8),
    /// Not a brotli stream, or one that ends too soon.
    Brotli,
    /// More bytes than are allowed.
    TooLarge {
        /// How many are.
        limit: u32,
    },
    /// A root that promises more bytes than are allowed.
    RootTooLarge {
        /// How many it promises.
        have: u32,
        /// How many are allowed.
        limit: u32,
    },
    /// A root without its whole head, which has 8 bytes.
    RootTooShort {
        /// How many bytes it has.
        len: usize,
    },
    /// A root whose addresses are not whole.
    RootAddresses {
        /// How many bytes of addresses it has.
        len: usize,
    },
    /// A root that names no fragment.
    NoFragments,
    /// More fragments than are allowed.
    TooManyFragments {
        /// How many the root names.
        have: usize,
        /// How many are allowed.
        limit: u8,
    },
    /// An account that a root names and that is no fragment.
    NotAFragment {
        /// Its place in the root, from 0.
        place: usize,
    },
    /// Not the length its root says.
    Length {
        /// What the fragments make.
        have: u32,
        /// What the root says.
        want: u32,
    },
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAProgram => f.write_str("specified bytecode is not a Stylus program"),
            Self::IsFragment => f.write_str(
                "fragmented stylus programs cannot be activated directly; activate the root program instead",
            ),
            Self::Dictionary(STYLUS_DICTIONARY) => f.write_str(
                "compressed with Nitro's dictionary of Stylus programs, which is not here: compress without one",
            ),
            Self::Dictionary(id) => write!(f, "unsupported dictionary type: {id}"),
            Self::Brotli => f.write_str("brotli decompression failed"),
            Self::TooLarge { limit } => {
                write!(f, "invalid wasm: more than {limit} bytes decompressed")
            }
            Self::RootTooLarge { have, limit } => write!(
                f,
                "invalid wasm: decompressedLength {have} is greater then MaxWasmSize {limit}"
            ),
            Self::RootTooShort { len } => write!(
                f,
                "stylus program root too short: need at least 8 bytes, got {len}"
            ),
            Self::RootAddresses { len } => write!(
                f,
                "stylus program root address data has invalid length: {len} (must be multiple of 20)"
            ),
            Self::NoFragments => f.write_str("invalid wasm: fragment count cannot be zero"),
            Self::TooManyFragments { have, limit } => write!(
                f,
                "invalid wasm: fragment count exceeds limit of {limit} (the root names {have})"
            ),
            Self::NotAFragment { place } => write!(
                f,
                "specified bytecode is not a Stylus program fragment (number {} of the root)",
                place + 1
            ),
            Self::Length { have, want } => write!(
                f,
                "invalid wasm: decompressed length {have} does not match expected length {want}"
            ),
        }
    }
}

impl std::error::Error for CodeError {}

/// What account code is: it goes by the first three bytes, and there must be more. Before ArbOS 60
/// there are only whole programs.
#[must_use]
pub fn kind(code: &[u8], params: &StylusParams) -> CodeKind {
    let Some((prefix, [_, ..])) = code.split_first_chunk::<3>() else {
        return CodeKind::Other;
    };
    match *prefix {
        CLASSIC => CodeKind::Classic,
        ROOT if params.fragments() => CodeKind::Root,
        FRAGMENT if params.fragments() => CodeKind::Fragment,
        _ => CodeKind::Other,
    }
}

/// Whether code runs as a program when it is called.
#[must_use]
pub fn is_program(code: &[u8], params: &StylusParams) -> bool {
    matches!(kind(code, params), CodeKind::Classic | CodeKind::Root)
}

/// Whether code may be deployed although it begins with `EF`.
#[must_use]
pub fn is_deployable(code: &[u8], params: &StylusParams) -> bool {
    kind(code, params) != CodeKind::Other
}

/// Unpacks a whole program.
///
/// # Errors
///
/// * [`CodeError`] - it is not one, or does not unpack to at most
///   [`StylusParams::max_wasm_size`] bytes.
pub fn decompress(code: &[u8], params: &StylusParams) -> Result<Vec<u8>, CodeError> {
    match kind(code, params) {
        CodeKind::Classic => {}
        CodeKind::Fragment => return Err(CodeError::IsFragment),
        CodeKind::Root | CodeKind::Other => return Err(CodeError::NotAProgram),
    }
    let [_, _, _, dictionary, stream @ ..] = code else {
        return Err(CodeError::NotAProgram);
    };
    unpack(stream, *dictionary, params.max_wasm_size)
}

/// A root taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Dictionary of the stream.
    pub dictionary: u8,
    /// Bytes of the module.
    pub wasm_len: u32,
    /// Where the fragments are, in their order.
    pub fragments: Vec<Address>,
}

impl Root {
    /// Reads a root.
    ///
    /// # Errors
    ///
    /// * [`CodeError::NotAProgram`] - it is no root.
    /// * [`CodeError::RootTooShort`], [`CodeError::RootAddresses`] - it is cut short.
    pub fn parse(code: &[u8]) -> Result<Self, CodeError> {
        let body = code.strip_prefix(&ROOT).ok_or(CodeError::NotAProgram)?;
        let Some(([dictionary, len @ ..], addresses)) = body.split_first_chunk::<5>() else {
            return Err(CodeError::RootTooShort { len: code.len() });
        };
        let (whole, rest) = addresses.as_chunks::<20>();
        if !rest.is_empty() {
            let len = addresses.len();
            return Err(CodeError::RootAddresses { len });
        }
        Ok(Self {
            dictionary: *dictionary,
            wasm_len: u32::from_be_bytes(*len),
            fragments: whole.iter().map(Address::from).collect(),
        })
    }

    /// What activation asks before it reads a fragment.
    ///
    /// # Errors
    ///
    /// * [`CodeError::RootTooLarge`], [`CodeError::TooManyFragments`] - more than `params` allow.
    /// * [`CodeError::NoFragments`] - it names none.
    pub fn check(&self, params: &StylusParams) -> Result<(), CodeError> {
        let (have, limit) = (self.wasm_len, params.max_wasm_size);
        if have > limit {
            return Err(CodeError::RootTooLarge { have, limit });
        }
        let (have, limit) = (self.fragments.len(), params.max_fragment_count);
        if have > usize::from(limit) {
            return Err(CodeError::TooManyFragments { have, limit });
        }
        if self.fragments.is_empty() {
            return Err(CodeError::NoFragments);
        }
        Ok(())
    }

    /// Puts the code of its fragments, in order, together.
    ///
    /// # Errors
    ///
    /// * [`CodeError::NotAFragment`] - one is none.
    /// * [`CodeError`] - they do not make the module promised.
    pub fn assemble<'a>(
        &self,
        fragments: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, CodeError> {
        let mut stream = Vec::new();
        for (place, code) in fragments.into_iter().enumerate() {
            stream.extend_from_slice(piece(code).ok_or(CodeError::NotAFragment { place })?);
        }
        let wasm = unpack(&stream, self.dictionary, self.wasm_len)?;
        if wasm.len() != self.wasm_len as usize {
            return Err(CodeError::Length {
                have: wasm.len() as u32,
                want: self.wasm_len,
            });
        }
        Ok(wasm)
    }

    /// Writes it.
    #[must_use]
    pub fn to_code(&self) -> Vec<u8> {
        let mut code = ROOT.to_vec();
        code.push(self.dictionary);
        code.extend_from_slice(&self.wasm_len.to_be_bytes());
        for address in &self.fragments {
            code.extend_from_slice(address.as_slice());
        }
        code
    }
}

/// What a fragment carries of the stream, or `None` where the code is no fragment.
#[must_use]
pub fn piece(code: &[u8]) -> Option<&[u8]> {
    code.strip_prefix(&FRAGMENT)
        .filter(|piece| !piece.is_empty())
}

/// Gas of reading one fragment's code at activation: 2,600 where the account is cold, 100 where it
/// is warm, and 3 a word.
#[must_use]
pub const fn fragment_read_gas(warm: bool, code_len: usize) -> u64 {
    (if warm { 100 } else { 2_600 }) + 3 * code_len.div_ceil(32) as u64
}

/// Packs a module as a whole program, prefix included.
#[must_use]
pub fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut code = CLASSIC.to_vec();
    code.push(NO_DICTIONARY);
    pack(wasm, &mut code);
    code
}

/// Packs a module as fragments of at most `max_code_size` bytes each, prefixes included; the root
/// is for [`Root::to_code`] once they have addresses.
#[must_use]
pub fn fragments(wasm: &[u8], max_code_size: usize) -> Vec<Vec<u8>> {
    split(&compress(wasm), max_code_size)
}

/// Cuts a whole program, as [`compress`] makes it, into fragments of at most `max_code_size` bytes
/// each, prefixes included.
#[must_use]
pub fn split(program: &[u8], max_code_size: usize) -> Vec<Vec<u8>> {
    program
        .get(CLASSIC.len() + 1..)
        .unwrap_or_default()
        .chunks(max_code_size.saturating_sub(FRAGMENT.len()).max(1))
        .map(|piece| [&FRAGMENT[..], piece].concat())
        .collect()
}

fn pack(wasm: &[u8], out: &mut Vec<u8>) {
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: wasm.len(),
        ..BrotliEncoderParams::default()
    };
    let mut input = wasm;
    // SAFETY: reading from a slice and writing to a vector cannot fail.
    brotli::BrotliCompress(&mut input, out, &params).expect("memory does not fail");
}

/// Unpacks a brotli stream of at most `limit` bytes; what follows the stream is ignored.
fn unpack(stream: &[u8], dictionary: u8, limit: u32) -> Result<Vec<u8>, CodeError> {
    if dictionary != NO_DICTIONARY {
        return Err(CodeError::Dictionary(dictionary));
    }
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new(alloc(), alloc(), alloc());
    let mut out = vec![0; limit as usize];
    let (mut in_left, mut in_at) = (stream.len(), 0);
    let (mut out_left, mut out_at, mut total) = (out.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut in_left,
        &mut in_at,
        stream,
        &mut out_left,
        &mut out_at,
        &mut out,
        &mut total,
        &mut state,
    );
    match result {
        BrotliResult::ResultSuccess => {
            out.truncate(out_at);
            Ok(out)
        }
        BrotliResult::NeedsMoreOutput => Err(CodeError::TooLarge { limit }),
        BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => Err(CodeError::Brotli),
    }
}
