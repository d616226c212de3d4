//! What contracts weigh and what starting them costs.

use alloy::primitives::B256;
use plimsoll::{
    program::Program,
    term::{Table, grouped},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Size and start-up of one contract, as [`Program`] has them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// What tells this build from another: [`Program::code_hash`].
    pub code_hash: B256,
    /// Bytes of the module, decompressed.
    pub wasm: usize,
    /// Bytes on chain.
    pub compressed: usize,
    /// Accounts that hold them.
    pub fragments: usize,
    /// Pages of 64 KiB it starts with.
    pub pages: u16,
    /// Gas before its first instruction, neither cached nor called before.
    pub start_cold: u64,
    /// The same, called earlier in the block.
    pub start_warm_in_block: u64,
    /// The same, cached.
    pub start_cached: u64,
}

/// Size and start-up of the contracts.
pub fn sizes(programs: &[Program]) -> BTreeMap<&'static str, Size> {
    programs.iter().map(|p| (p.name, size(p))).collect()
}

fn size(p: &Program) -> Size {
    let start = p.start_gas();
    Size {
        code_hash: p.code_hash(),
        wasm: p.wasm.len(),
        compressed: p.compressed(),
        fragments: p.fragments.len(),
        pages: p.activation.footprint,
        start_cold: start.cold,
        start_warm_in_block: start.warm_in_block,
        start_cached: start.cached,
    }
}

/// The same for people, without hashes.
pub fn table(programs: &[Program]) -> Table {
    let mut table = Table::new([
        "contract",
        "decompressed",
        "on chain",
        "fragments",
        "pages",
        "start cold",
        "called before in the block",
        "cached",
    ]);
    for p in programs {
        let row = size(p);
        let figures = [
            row.wasm as u64,
            row.compressed as u64,
            row.fragments as u64,
            row.pages.into(),
            row.start_cold,
            row.start_warm_in_block,
            row.start_cached,
        ];
        let cells = figures.into_iter().map(grouped);
        table.row(std::iter::once(p.name.to_owned()).chain(cells));
    }
    table
}
