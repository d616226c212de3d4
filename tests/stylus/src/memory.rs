//! The price of pages.

/// Pages above which no price is payable.
pub const MAX_PAGES: u16 = 128;

/// What a chain charges for WASM pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryModel {
    /// Pages a transaction has for nothing.
    pub free_pages: u16,
    /// Gas per further page.
    pub page_gas: u16,
    /// Pages that all open frames together may have: more are not to be paid for.
    pub page_limit: u16,
}

impl MemoryModel {
    /// Gas for opening `new` pages with `open` open already and at most `ever` open at once so far
    /// in the transaction.
    ///
    /// The linear part is paid for every page above the free ones, the exponential part only where
    /// the transaction's record rises. `u64::MAX`, which nobody can pay, beyond the limit.
    #[must_use]
    pub fn gas_cost(&self, new: u16, open: u16, ever: u16) -> u64 {
        let new_open = open.saturating_add(new);
        if new_open > self.page_limit {
            return u64::MAX;
        }
        let new_ever = ever.max(new_open);
        if new_ever <= self.free_pages {
            return 0;
        }
        let paid = |pages: u16| u64::from(pages.saturating_sub(self.free_pages));
        let linear = (paid(new_open) - paid(open)) * u64::from(self.page_gas);
        linear.saturating_add(page_exponent(new_ever) - page_exponent(ever))
    }
}

/// Gas for a record of `pages` pages: `floor(31_874_000 ^ (pages / 128))`, unpayable above
/// [`MAX_PAGES`].
///
/// At the bound itself Nitro's table says one less than the power: it was made in floating point.
#[must_use]
pub const fn page_exponent(pages: u16) -> u64 {
    if pages > MAX_PAGES {
        u64::MAX
    } else {
        EXPONENTS[pages as usize] as u64
    }
}

/// `tests/memory.rs` proves every entry but the last with whole numbers.
#[rustfmt::skip]
const EXPONENTS: [u32; MAX_PAGES as usize + 1] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7,
    8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38, 43, 50, 57, 65,
    75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765, 4_309, 4_932,
    5_645, 6_461, 7_395, 8_464, 9_687, 11_087, 12_689, 14_523,
    16_621, 19_024, 21_773, 24_919, 28_521, 32_642, 37_359, 42_758,
    48_938, 56_010, 64_104, 73_368, 83_971, 96_106, 109_994, 125_890,
    144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643,
    424_206, 485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243,
    1_248_941, 1_429_429, 1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820,
    3_677_113, 4_208_502, 4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129,
    10_826_093, 12_390_601, 14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408,
    31_873_999,
];
