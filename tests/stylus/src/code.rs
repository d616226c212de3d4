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
    /// A root that is cut short or names no fragment.
    MalformedRoot,
    /// More fragments than are allowed.
    TooManyFragments {
        /// How many are.
        limit: u8,
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
            Self::MalformedRoot => f.write_str("invalid wasm: malformed root program"),
            Self::TooManyFragments { limit } => {
                write!(f, "invalid wasm: fragment count exceeds limit of {limit}")
            }
            Self::Length { have, want } => write!(
                f,
                "invalid wasm: decompressed length {have} does not match expected length {want}"
            ),
        }
    }
}

impl std::error::Error for CodeError {}

/// What account code is. Before ArbOS 60 there are only whole programs.
#[must_use]
pub fn kind(code: &[u8], params: &StylusParams) -> CodeKind {
    let prefix = code.get(..3).unwrap_or_default();
    let fragments = params.arbos_version >= 60;
    if prefix == CLASSIC {
        CodeKind::Classic
    } else if fragments && prefix == ROOT {
        CodeKind::Root
    } else if fragments && prefix == FRAGMENT {
        CodeKind::Fragment
    } else {
        CodeKind::Other
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
    /// * [`CodeError::MalformedRoot`] - it is cut short or names no fragment.
    pub fn parse(code: &[u8]) -> Result<Self, CodeError> {
        let malformed = CodeError::MalformedRoot;
        let body = code.strip_prefix(&ROOT).ok_or(CodeError::NotAProgram)?;
        let (dictionary, body) = body.split_first().ok_or(malformed.clone())?;
        let (len, addresses) = body.split_first_chunk::<4>().ok_or(malformed.clone())?;
        let (addresses, rest) = addresses.as_chunks::<20>();
        if addresses.is_empty() || !rest.is_empty() {
            return Err(malformed);
        }
        Ok(Self {
            dictionary: *dictionary,
            wasm_len: u32::from_be_bytes(*len),
            fragments: addresses.iter().map(Address::from).collect(),
        })
    }

    /// What activation asks before it reads a fragment.
    ///
    /// # Errors
    ///
    /// * [`CodeError::TooLarge`], [`CodeError::TooManyFragments`] - more than `params` allow.
    pub fn check(&self, params: &StylusParams) -> Result<(), CodeError> {
        if self.wasm_len > params.max_wasm_size {
            return Err(CodeError::TooLarge {
                limit: params.max_wasm_size,
            });
        }
        let limit = params.max_fragment_count;
        if self.fragments.len() > usize::from(limit) {
            return Err(CodeError::TooManyFragments { limit });
        }
        Ok(())
    }

    /// Puts the code of its fragments, in order, together.
    ///
    /// # Errors
    ///
    /// * [`CodeError`] - one is not a fragment, or they do not make the module promised.
    pub fn assemble<'a>(
        &self,
        fragments: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, CodeError> {
        let mut stream = Vec::new();
        for code in fragments {
            stream.extend_from_slice(code.strip_prefix(&FRAGMENT).ok_or(CodeError::NotAProgram)?);
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

/// Gas of reading one fragment's code at activation.
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
    let mut stream = Vec::new();
    pack(wasm, &mut stream);
    stream
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
