//! Names of types and selectors, all at compile time.
use crate::Method;
use stylus_sdk::keccak_const::Keccak256;

/// A type's name in signatures.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Name {
    const MAX: usize = 2_048;

    /// The name as written.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        Self {
            bytes: [0; Self::MAX],
            len: 0,
        }
        .then(text.as_bytes())
    }

    /// Followed by more.
    #[must_use]
    pub const fn then(mut self, mut text: &[u8]) -> Self {
        while let Some((first, rest)) = text.split_first() {
            self.bytes[self.len] = *first; // SAFETY: only ever evaluated at compile time.
            self.len += 1;
            text = rest;
        }
        self
    }

    /// The names of a list of types, separated by commas, in parentheses.
    #[must_use]
    pub const fn list(mut names: &[Self]) -> Self {
        let mut all = Self::new("(");
        let mut first = true;
        while let Some((name, rest)) = names.split_first() {
            if !first {
                all = all.then(b",");
            }
            all = all.then(name.as_bytes());
            first = false;
            names = rest;
        }
        all.then(b")")
    }

    /// As text.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn text(&self) -> alloc::string::String {
        alloc::string::String::from_utf8_lossy(self.as_bytes()).into_owned()
    }

    /// As bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }
}

/// `snake_case` as `camelCase`. An underscore at the end stays: it keeps a name apart from a word of the language.
pub(crate) const fn camel(mut snake: &[u8]) -> Name {
    let mut name = Name::new("");
    let mut upper = false;
    while let Some((first, rest)) = snake.split_first() {
        if *first == b'_' && !rest.is_empty() {
            upper = true;
        } else {
            let letter = if upper {
                first.to_ascii_uppercase()
            } else {
                *first
            };
            name = name.then(&[letter]);
            upper = false;
        }
        snake = rest;
    }
    name
}

/// Hash of a signature: `name` followed by the list of types.
#[must_use]
pub const fn signature_hash(name: &str, types: Name) -> [u8; 32] {
    Keccak256::new()
        .update(name.as_bytes())
        .update(types.as_bytes())
        .finalize()
}

/// Selector of a signature.
#[must_use]
pub const fn selector(name: &str, types: Name) -> [u8; 4] {
    first_four(signature_hash(name, types))
}

/// Selector of a method by its Rust name.
#[must_use]
pub const fn selector_of<C, M, F: Method<C, M>>(name: &str, _: &F) -> u32 {
    let name = camel(name.as_bytes());
    let hash = Keccak256::new()
        .update(name.as_bytes())
        .update(F::ARGUMENTS.as_bytes())
        .finalize();
    u32::from_be_bytes(first_four(hash))
}

pub(crate) const fn first_four(hash: [u8; 32]) -> [u8; 4] {
    [hash[0], hash[1], hash[2], hash[3]]
}
