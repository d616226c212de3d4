//! The table of rates and charges: every number that governance sets for margin, and every charge beside the scans.
//!
//! A row is one rate, or a pair of them, initial before maintenance. From the rows follow, at compile time, the types the
//! calculator reads ([`Rules`], [`Rates`], [`AssetRates`]), ids, names, bounds, defaults, the order in which charges are
//! explained, the words rates are stored in ([`super::terms`]), what `parameters` checks and tells, and the tables of
//! `docs/method.md`.
//!
//! The id of a rate is its position in its section, as the ABI and storage have it: **rows are appended, never moved.**
//! The place of a charge is the number in its row, as `explain` has it: a new one takes the next number.

use crate::fixed::Q40;

/// Millionths in one: rates are stored in millionths.
pub const ONE: u32 = 1_000_000;

/// A rate that governance sets, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Its name, of at most 31 letters.
    pub name: &'static str,
    /// Its row's letter or words in `docs/method.md`.
    pub symbol: &'static str,
    /// What its row is.
    pub doc: &'static str,
    /// Lowest allowed.
    pub minimum: u32,
    /// Highest allowed.
    pub maximum: u32,
    /// Where nobody has set it.
    pub default: u32,
    /// It is an initial rate: the next one is its maintenance rate, and never above it.
    pub initial: bool,
}

/// A charge, as `docs/method.md` §5 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargeRow {
    /// Its name, of at most 31 letters.
    pub name: &'static str,
    /// What it is charged on.
    pub base: &'static str,
    /// Its rate. Empty where that is the pair of rates of its name.
    pub formula: &'static str,
}

/// Q40 of a rate, rounded down.
const fn q40(rate: u32) -> Q40 {
    // at most 2^24 · 2^40 / 10^6 < 2^45
    (((rate as u64) << 40) / ONE as u64).cast_signed()
}

/// The type of a row: a rate, or (initial, maintenance).
macro_rules! shape {
    ($one:ident) => {
        Q40
    };
    ($initial:ident, $maintenance:ident) => {
        (Q40, Q40)
    };
}

/// The value of a row, from millionths.
macro_rules! value {
    ($one:ident) => {
        q40($one)
    };
    ($initial:ident, $maintenance:ident) => {
        (q40($initial), q40($maintenance))
    };
}

/// The rates of a row.
macro_rules! row {
    ($symbol:literal $doc:literal $bounds:expr; $one:ident = $default:expr) => {
        [row!(@one $symbol $doc $bounds; $one = $default, false)]
    };
    ($symbol:literal $doc:literal $bounds:expr; $initial:ident = $high:expr, $maintenance:ident = $low:expr) => {
        [
            row!(@one $symbol $doc $bounds; $initial = $high, true),
            row!(@one $symbol $doc $bounds; $maintenance = $low, false),
        ]
    };
    (@one $symbol:literal $doc:literal $bounds:expr; $name:ident = $default:expr, $initial:literal) => {
        Rate {
            name: stringify!($name),
            symbol: $symbol,
            doc: $doc,
            minimum: $bounds.0,
            maximum: $bounds.1,
            default: $default,
            initial: $initial,
        }
    };
}

macro_rules! table {
    (
        unrated { $($free:ident = $free_place:literal $free_name:literal on $free_base:literal at $free_rate:literal;)* }
        $(
            $(#[$attribute:meta])*
            $ids:ident, $values:ident { $($extra_doc:literal $extra:ident: $type:ty = $extra_default:expr,)? } {
                $(
                    $doc:literal $symbol:literal
                    $field:ident [$($id:ident = $default:expr),+] in $bounds:expr
                    $(=> $charge:ident = $place:literal $name:literal on $base:literal $(at $formula:literal)?)?;
                )*
            }
        )*
    ) => {
        $(
            #[doc = concat!("Ids of [`", stringify!($values), "`].")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[expect(non_camel_case_types, reason = "the names of the ABI")]
            #[repr(u8)]
            pub enum $ids { $($(#[doc = $doc] $id,)+)* }

            impl $ids {
                /// How many there are.
                pub const COUNT: usize = [$($(stringify!($id),)+)*].len();
                /// All of them, by id.
                pub const TABLE: [Rate; Self::COUNT] =
                    flat(&[$(&row!($symbol $doc $bounds; $($id = $default),+),)*]);
                /// The defaults.
                pub const DEFAULT: [u32; Self::COUNT] = [$($($default,)+)*];

                /// This one of `rates`.
                #[must_use]
                pub const fn of(self, rates: &[u32; Self::COUNT]) -> u32 {
                    rates[self as usize]
                }
            }

            $(#[$attribute])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $values {
                $(#[doc = $extra_doc] pub $extra: $type,)?
                $(#[doc = $doc] pub $field: shape!($($id),+),)*
            }

            impl $values {
                /// The defaults of `docs/method.md`.
                pub const DEFAULT: Self = Self::new($($extra_default,)? &$ids::DEFAULT);

                /// From millionths, each rounded down to a binary fraction.
                #[must_use]
                pub const fn new($($extra: $type,)? rates: &[u32; $ids::COUNT]) -> Self {
                    let [$($($id),+),*] = *rates;
                    Self { $($extra,)? $($field: value!($($id),+)),* }
                }
            }
        )*

        /// A charge beside the scans.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Charge {
            $(#[doc = concat!("Charged on ", $free_base, ".")] $free = $free_place,)*
            $($($(#[doc = concat!("Charged on ", $base, ".")] $charge = $place,)?)*)*
        }

        impl Charge {
            /// All of them, in the order in which they are explained.
            pub const TABLE: &'static [ChargeRow] = &ordered([
                $(($free_place, ChargeRow { name: $free_name, base: $free_base, formula: $free_rate }),)*
                $($($(($place, ChargeRow {
                    name: $name,
                    base: $base,
                    formula: concat!("" $(, $formula)?),
                }),)?)*)*
            ]);
        }
    };
}

table! {
    unrated {
        Confidence = 0 "confidence" on "S·(|Σ perpetuals q + linked collateral units| + Σ_e (|Σ futures q| + |Σ calls q| + |Σ puts q|))"
            at "κ + jump / κ";
    }

    /// Rules for the whole portfolio. Pairs are (initial, maintenance), the first never below the second.
    RuleRate, Rules {} {
        "Factor of the scan." "f_IM / f_MM"
        factors [im_factor = 1_250_000, mm_factor = ONE] in (ONE, 2 * ONE);
        "Largest share of the sum of stand-alone scans that offsets across underlyings may remove." "offset"
        max_offset [max_offset = 400_000] in (0, 600_000);
        "How far one underlying may move on its own, as a share of the grid, in the calm regime." "calm r"
        calm_reach [calm_reach = 500_000] in (50_000, ONE);
        "How far one underlying may move on its own, as a share of the grid, when all move together." "together r"
        together_reach [together_reach = 250_000] in (50_000, ONE);
    }

    /// Rates of a collateral asset. Pairs are (initial, maintenance), the first never below the second.
    AssetRate, AssetRates {} {
        "Share of its value that is required." "h_IM / h_MM"
        haircut [im_haircut = 100_000, mm_haircut = 50_000] in (0, ONE - 1)
            => Haircut = 1 "haircut" on "value of each fresh collateral asset" at "h_IM / h_MM";
    }

    /// Rates of an underlying. Pairs are (initial, maintenance), the first never below the second.
    UnderlyingRate, Rates { "Scenario set." set: u8 = 2, } {
        "Move per move of the common factor in the calm regime." "β"
        beta [beta = ONE] in (0, 3 * ONE);
        "Floor of volatility per √year on up-shocks." "φ"
        vol_floor [vol_floor = 400_000] in (0, 5 * ONE);
        "Move of the variable forward for the calendar basis." "δ"
        basis_move [basis_move = 45_000] in (0, 500_000);
        "Share of the calendar basis that counts at expiry." "b"
        basis_at_expiry [basis_at_expiry = 500_000] in (0, 4 * ONE)
            => Basis = 2 "basis" on "per expiry: max(0, −ΔM(−δ), −ΔM(+δ)), ΔM(±δ) = change of the expiry's options and futures when A moves by ±δ, volatility kept"
            at "min(32, b + b′·τ), both: y; what is charged is √(x² + x·y + y²) − x with x = f·R";
        "Share of it that counts besides for each year to expiry." "b′"
        basis_per_year [basis_per_year = 2 * ONE] in (0, 16 * ONE);
        "Largest accepted price move, which the maintenance requirement of each leg alone covers." "largest move"
        max_move [max_move = 100_000] in (0, 500_000);
        "Share of spot per unit of short option." "short option"
        short_option [short_option_im = 10_000, short_option_mm = 5_000] in (0, ONE)
            => ShortOption = 3 "short_option" on "Σ (expiry, strike) (−Σ q of calls and puts)⁺ · S" at "IM rate · c / min(MM rate · c′, IM rate)";
        "Share of spot per unit of perpetual or future: what closing it costs." "linear closing cost"
        linear_cost [linear_cost_im = 10_000, linear_cost_mm = 5_000] in (0, ONE)
            => LinearCost = 4 "linear_cost" on "Σ perpetuals, futures |q| · S" at "IM rate · c / min(MM rate · c′, IM rate)";
        "Share of spot per unit of option: what closing it costs." "option closing cost"
        option_cost [option_cost_im = 2_000, option_cost_mm = 1_000] in (0, ONE)
            => OptionCost = 5 "option_cost" on "Σ options |q| · S" at "IM rate · c / min(MM rate · c′, IM rate)";
        "Charge on net short options, perpetuals and futures per unit by which the coin stands below 0.99." "depeg"
        depeg [depeg_im = 2 * ONE, depeg_mm = ONE] in (0, 16 * ONE)
            => Depeg = 6 "depeg" on "(0.99 − p)⁺ · (Σ (expiry, strike) (−Σ q)⁺·S + Σ perpetuals, futures |q|·S)";
        "Share of an expiry's options' value that a change of its discount may take, for each year to expiry." "ρ"
        rate [rate_im = 75_000, rate_mm = 50_000] in (0, ONE)
            => Rate = 7 "rate" on "per expiry: |value of its options|" at "min(1, ρ·τ)";
    }
}

impl AssetRate {
    /// Highest haircut of an asset that moves with an underlying. With the largest initial factor, sets 1 to 3 (at most
    /// 2 · 31.5 %) and the most uncertain spot (12.75 %) a deposit still adds more equity than requirement. Not so with set 4
    /// and a factor above 1.3, nor with a multiplier or a jump in the initial requirement: there a deposit alone can need
    /// more than it adds.
    pub const LINKED_MAXIMUM: u32 = 200_000;
    /// [`Self::DEFAULT`] of an asset that moves with an underlying: the scan has its moves, so that the haircut is for what
    /// it costs to sell it.
    pub const LINKED_DEFAULT: [u32; Self::COUNT] = [30_000, 15_000];
    /// [`Self::TABLE`] of an asset that moves with an underlying.
    pub const LINKED_TABLE: [Rate; Self::COUNT] = {
        let mut table = Self::TABLE;
        table[Self::im_haircut as usize].maximum = Self::LINKED_MAXIMUM;
        table[Self::mm_haircut as usize].maximum = Self::LINKED_MAXIMUM;
        let mut row = 0;
        while row < Self::COUNT {
            table[row].default = Self::LINKED_DEFAULT[row];
            row += 1;
        }
        table
    };
}

/// How many kinds of [`Charge`] there are.
pub const CHARGES: usize = Charge::TABLE.len();

/// Rows by place. Places are distinct, or [`Charge`] would not compile; here none is left out.
const fn ordered<const N: usize>(rows: [(usize, ChargeRow); N]) -> [ChargeRow; N] {
    let mut all = [rows[0].1; N];
    let mut row = 0;
    while row < N {
        let (place, charge) = rows[row];
        assert!(place < N, "the places of charges are 0, 1, 2, ...");
        all[place] = charge;
        row += 1;
    }
    all
}

/// The rates of rows, one after the other.
const fn flat<const N: usize>(rows: &[&[Rate]]) -> [Rate; N] {
    let mut all = [rows[0][0]; N];
    let (mut row, mut count) = (0, 0);
    while row < rows.len() {
        let mut place = 0;
        while place < rows[row].len() {
            all[count] = rows[row][place];
            (place, count) = (place + 1, count + 1);
        }
        row += 1;
    }
    assert!(count == N);
    all
}
