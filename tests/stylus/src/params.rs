//! What the chain's owner may set, and what follows from it for one call.

use alloy_primitives::B256;

use crate::memory::MemoryModel;

/// Gas bought by one unit of `min_init_gas`.
const MIN_INIT_GAS_UNIT: u64 = 128;
/// Gas bought by one unit of `min_cached_init_gas`.
const MIN_CACHED_GAS_UNIT: u64 = 32;
/// Percent in one unit of the cost scalars.
const SCALAR_PERCENT: u64 = 2;
/// ArbOS version of Arbitrum One today, and what is modelled where nothing else is asked for.
pub const LATEST_ARBOS: u64 = 61;
/// ArbOS versions whose rules are modelled, oldest first.
///
/// 60 and 61 have the same rules here: the step from 60 to 61 is described as fixes of gas refunds,
/// and its source was not at hand.
pub const SUPPORTED_ARBOS: [u64; 3] = [51, 60, LATEST_ARBOS];
/// Unix time from which program ages are counted, in hours.
pub const ARBITRUM_START_TIME: u64 = 1_421_388_000;

/// The Stylus parameters of a chain, in the units the chain keeps them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StylusParams {
    /// ArbOS version: decides which fixes are in force.
    pub arbos_version: u64,
    /// Stylus version a program is activated for: one activated for another must be activated anew.
    pub version: u16,
    /// Ink per gas.
    pub ink_price: u32,
    /// Words of the checked stack.
    pub max_stack_depth: u32,
    /// Pages a transaction has for nothing.
    pub free_pages: u16,
    /// Gas per further page, before the exponential part.
    pub page_gas: u16,
    /// Most pages a module may start with, less what is open already; where
    /// [`Self::limits_open_pages`] says so, also the most that all frames of a transaction may have
    /// open at once.
    pub page_limit: u16,
    /// Least gas of a start, in 128s.
    pub min_init_gas: u8,
    /// Least gas of a cached start, in 32s.
    pub min_cached_init_gas: u8,
    /// Scale of `init_cost`, in 2 %.
    pub init_cost_scalar: u8,
    /// Scale of `cached_init_cost`, in 2 %.
    pub cached_cost_scalar: u8,
    /// Days after which an activation expires.
    pub expiry_days: u16,
    /// Days before an activation may be renewed.
    pub keepalive_days: u16,
    /// Programs remembered within a block.
    pub block_cache_size: u16,
    /// Most bytes of a module, decompressed.
    pub max_wasm_size: u32,
    /// Most fragments of a root program; 0 before ArbOS 60, where there are none.
    pub max_fragment_count: u8,
}

impl Default for StylusParams {
    /// [`LATEST_ARBOS`].
    fn default() -> Self {
        Self::arbos(LATEST_ARBOS)
    }
}

impl StylusParams {
    /// What Stylus started with, at ArbOS 30.
    const FIRST: Self = Self {
        arbos_version: 30,
        version: 1,
        ink_price: 10_000,
        max_stack_depth: 4 * 65_536,
        free_pages: 2,
        page_gas: 1_000,
        page_limit: 128,
        min_init_gas: 72,
        min_cached_init_gas: 11,
        init_cost_scalar: 50,
        cached_cost_scalar: 50,
        expiry_days: 365,
        keepalive_days: 31,
        block_cache_size: 32,
        max_wasm_size: 128 * 1024,
        max_fragment_count: 0,
    };

    /// The parameters a chain has that came to `version` through every upgrade, none altered since.
    #[must_use]
    pub const fn arbos(version: u64) -> Self {
        Self::FIRST.upgraded(version)
    }

    /// These parameters after an upgrade of ArbOS to `version`, which changes what its steps change
    /// and leaves what an owner has set.
    #[must_use]
    pub const fn upgraded(mut self, version: u64) -> Self {
        let from = self.arbos_version;
        if from < 31 && version >= 31 {
            self.version = 2;
            self.min_init_gas = 69;
        }
        if from < 50 && version >= 50 && self.max_stack_depth > 22_000 {
            self.max_stack_depth = 22_000;
        }
        if from < 59 && version >= 59 {
            self.version = 3;
        }
        if from < 60 && version >= 60 {
            self.max_wasm_size = 256 * 1024;
            self.max_fragment_count = 4;
        }
        self.arbos_version = version;
        self
    }

    /// Reads the storage word, as a chain at `arbos_version` keeps it.
    #[must_use]
    pub fn from_word(word: B256, arbos_version: u64) -> Self {
        let u16_at = |i: usize| u16::from_be_bytes([word[i], word[i + 1]]);
        let u32_at =
            |i: usize| u32::from_be_bytes([word[i], word[i + 1], word[i + 2], word[i + 3]]);
        Self {
            arbos_version,
            version: u16_at(0),
            ink_price: u32::from_be_bytes([0, word[2], word[3], word[4]]),
            max_stack_depth: u32_at(5),
            free_pages: u16_at(9),
            page_gas: u16_at(11),
            page_limit: u16_at(13),
            min_init_gas: word[15],
            min_cached_init_gas: word[16],
            init_cost_scalar: word[17],
            cached_cost_scalar: word[18],
            expiry_days: u16_at(19),
            keepalive_days: u16_at(21),
            block_cache_size: u16_at(23),
            max_wasm_size: u32_at(25),
            max_fragment_count: word[29],
        }
    }

    /// Writes the storage word: every parameter but [`Self::arbos_version`], which stands elsewhere.
    #[must_use]
    pub fn to_word(&self) -> B256 {
        let mut word = B256::ZERO;
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..5].copy_from_slice(&self.ink_price.to_be_bytes()[1..]);
        word[5..9].copy_from_slice(&self.max_stack_depth.to_be_bytes());
        word[9..11].copy_from_slice(&self.free_pages.to_be_bytes());
        word[11..13].copy_from_slice(&self.page_gas.to_be_bytes());
        word[13..15].copy_from_slice(&self.page_limit.to_be_bytes());
        word[15] = self.min_init_gas;
        word[16] = self.min_cached_init_gas;
        word[17] = self.init_cost_scalar;
        word[18] = self.cached_cost_scalar;
        word[19..21].copy_from_slice(&self.expiry_days.to_be_bytes());
        word[21..23].copy_from_slice(&self.keepalive_days.to_be_bytes());
        word[23..25].copy_from_slice(&self.block_cache_size.to_be_bytes());
        word[25..29].copy_from_slice(&self.max_wasm_size.to_be_bytes());
        word[29] = self.max_fragment_count;
        word
    }

    /// Sets the least gas of a start and of a cached start, in gas, rounded up to what the chain
    /// keeps and cut to the most it can keep.
    pub fn set_min_init_gas(&mut self, gas: u64, cached: u64) {
        let units = |gas: u64, unit| u8::try_from(gas.div_ceil(unit)).unwrap_or(u8::MAX);
        self.min_init_gas = units(gas, MIN_INIT_GAS_UNIT);
        self.min_cached_init_gas = units(cached, MIN_CACHED_GAS_UNIT);
    }

    /// Sets the scale of `init_cost`, in percent, likewise.
    pub fn set_init_cost_scalar(&mut self, percent: u64) {
        self.init_cost_scalar = u8::try_from(percent.div_ceil(SCALAR_PERCENT)).unwrap_or(u8::MAX);
    }

    /// Whether functions and blocks may have several results, and blocks parameters. It goes by the
    /// Stylus version, so that a program of an older one can still be translated.
    #[must_use]
    pub const fn multi_value(&self) -> bool {
        self.version < 3
    }

    /// Whether `memory.fill` takes the low 8 bits of its value, as WASM says. Before, a value above
    /// 255 made the node drop the transaction.
    #[must_use]
    pub const fn masks_fill(&self) -> bool {
        self.version >= 3
    }

    /// Whether programs may be cut into fragments.
    #[must_use]
    pub const fn fragments(&self) -> bool {
        self.arbos_version >= 60
    }

    /// Whether the pages of all open frames together may not exceed [`Self::page_limit`]: checked
    /// when a program starts and when its memory grows; beyond, all gas is taken.
    #[must_use]
    pub const fn limits_open_pages(&self) -> bool {
        self.arbos_version >= 59
    }

    /// Whether `pay_for_memory_grow` reads its argument whole: above 65,535 all gas is taken.
    /// Before, it was paid for modulo 65,536.
    #[must_use]
    pub const fn wide_page_counts(&self) -> bool {
        self.arbos_version >= 59
    }

    /// Whether a program called earlier in the block starts as a cached one.
    #[must_use]
    pub const fn block_cache(&self) -> bool {
        self.arbos_version >= 60
    }

    /// The price of pages, and how many there may be. A limit of 0 is none.
    #[must_use]
    pub const fn memory_model(&self) -> MemoryModel {
        MemoryModel {
            free_pages: self.free_pages,
            page_gas: self.page_gas,
            page_limit: if self.limits_open_pages() && self.page_limit != 0 {
                self.page_limit
            } else {
                u16::MAX
            },
        }
    }

    /// `gas` in ink, saturating.
    #[must_use]
    pub const fn gas_to_ink(&self, gas: u64) -> u64 {
        gas.saturating_mul(self.ink_price as u64)
    }

    /// `ink` in gas, rounded down.
    #[must_use]
    pub const fn ink_to_gas(&self, ink: u64) -> u64 {
        if self.ink_price == 0 {
            0
        } else {
            ink / self.ink_price as u64
        }
    }
}

/// What the chain writes down of an accepted module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Stylus version it was accepted for.
    pub version: u16,
    /// Start cost, in gas before scaling.
    pub init_cost: u16,
    /// Cached start cost, in gas before scaling.
    pub cached_init_cost: u16,
    /// Estimated machine code, in bytes.
    pub asm_estimate: u32,
    /// Pages it starts with.
    pub footprint: u16,
    /// Index of the global that counts ink.
    pub ink_left: u32,
    /// Index of the global that says ink ran out.
    pub ink_status: u32,
    /// Index of the global that counts stack words.
    pub depth_left: u32,
    /// Index of the entry point's function.
    pub user_main: u32,
    /// Gas the acceptance itself took.
    pub gas_used: u64,
}

/// What the chain keeps of an activated program, by code hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Stylus version it was activated for; 0: not activated.
    pub version: u16,
    /// Start cost, in gas before scaling.
    pub init_cost: u16,
    /// Cached start cost, in gas before scaling.
    pub cached_cost: u16,
    /// Pages it starts with.
    pub footprint: u16,
    /// Hours from [`ARBITRUM_START_TIME`] to its activation (24 bits).
    pub activated_at: u32,
    /// Estimated machine code, in KiB rounded up (24 bits).
    pub asm_estimate_kb: u32,
    /// Whether a cache manager asked for it to be cached.
    pub cached: bool,
}

impl Program {
    /// The record of an activation at Unix time `now`.
    #[must_use]
    pub fn new(activation: &Activation, now: u64, cached: bool) -> Self {
        Self {
            version: activation.version,
            init_cost: activation.init_cost,
            cached_cost: activation.cached_init_cost,
            footprint: activation.footprint,
            activated_at: hours_since_start(now),
            asm_estimate_kb: activation.asm_estimate.div_ceil(1024),
            cached,
        }
    }

    /// Reads the storage word.
    #[must_use]
    pub fn from_word(word: B256) -> Self {
        let u16_at = |i: usize| u16::from_be_bytes([word[i], word[i + 1]]);
        let u24_at = |i: usize| u32::from_be_bytes([0, word[i], word[i + 1], word[i + 2]]);
        Self {
            version: u16_at(0),
            init_cost: u16_at(2),
            cached_cost: u16_at(4),
            footprint: u16_at(6),
            activated_at: u24_at(8),
            asm_estimate_kb: u24_at(11),
            cached: word[14] != 0,
        }
    }

    /// Writes the storage word.
    #[must_use]
    pub fn to_word(&self) -> B256 {
        let mut word = B256::ZERO;
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        word[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        word[8..11].copy_from_slice(&self.activated_at.to_be_bytes()[1..]);
        word[11..14].copy_from_slice(&self.asm_estimate_kb.to_be_bytes()[1..]);
        word[14] = u8::from(self.cached);
        word
    }

    /// Gas of a start that is not cached (from version 2 on, on top of [`Self::cached_gas`]).
    #[must_use]
    pub fn init_gas(&self, params: &StylusParams) -> u64 {
        start_gas(
            params.min_init_gas,
            MIN_INIT_GAS_UNIT,
            self.init_cost,
            params.init_cost_scalar,
        )
    }

    /// Gas of a cached start.
    #[must_use]
    pub fn cached_gas(&self, params: &StylusParams) -> u64 {
        start_gas(
            params.min_cached_init_gas,
            MIN_CACHED_GAS_UNIT,
            self.cached_cost,
            params.cached_cost_scalar,
        )
    }

    /// Estimated machine code in bytes, as a renewal pays for it.
    #[must_use]
    pub const fn asm_size(&self) -> u32 {
        self.asm_estimate_kb.saturating_mul(1024)
    }

    /// Seconds since its activation.
    #[must_use]
    pub const fn age_seconds(&self, now: u64) -> u64 {
        let at =
            ARBITRUM_START_TIME.saturating_add((self.activated_at as u64).saturating_mul(3600));
        now.saturating_sub(at)
    }

    /// Whether its activation has run out.
    #[must_use]
    pub const fn expired(&self, params: &StylusParams, now: u64) -> bool {
        self.age_seconds(now) > params.expiry_days as u64 * 86_400
    }
}

/// Hours from [`ARBITRUM_START_TIME`] to Unix time `now`, rounded down, in 24 bits.
#[must_use]
pub fn hours_since_start(now: u64) -> u32 {
    let hours = now.saturating_sub(ARBITRUM_START_TIME) / 3600;
    u32::try_from(hours).unwrap_or(u32::MAX).min(0xff_ffff)
}

const fn start_gas(min: u8, unit: u64, cost: u16, scalar: u8) -> u64 {
    let scaled = cost as u64 * (scalar as u64 * SCALAR_PERCENT);
    min as u64 * unit + scaled.div_ceil(100)
}

/// Gas a call pays before the program runs: its pages, and its start. `u64::MAX`, which nobody can
/// pay, where its pages are beyond the limit of the [`MemoryModel`].
///
/// # Arguments
///
/// * `recent` - the code hash was already called in this block; counts only where
///   [`StylusParams::block_cache`] says so.
/// * `open`, `ever` - pages open now and the most ever open in this transaction.
#[must_use]
pub fn call_cost(
    params: &StylusParams,
    program: &Program,
    recent: bool,
    open: u16,
    ever: u16,
) -> u64 {
    let mut cost = params
        .memory_model()
        .gas_cost(program.footprint, open, ever);
    let cached = program.cached || (recent && params.block_cache());
    if cached || program.version > 1 {
        cost = cost.saturating_add(program.cached_gas(params));
    }
    if !cached {
        cost = cost.saturating_add(program.init_gas(params));
    }
    cost
}

/// Least gas a call must have used for `len` bytes of return data: what the EVM would have charged
/// for the memory (from ArbOS 31 on, and only where there is return data).
#[must_use]
pub const fn evm_memory_cost(len: u64) -> u64 {
    let words = len.div_ceil(32);
    words
        .saturating_mul(3)
        .saturating_add(words.saturating_mul(words) / 512)
}
