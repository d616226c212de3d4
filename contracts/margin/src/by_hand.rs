//! The methods with arrays: `assess`, `marks`, `scenarios`. Their calldata and answers are read and written by hand
//! (see `plimsoll_common::words`); every answer is bounded by the limits checked first.
use crate::{
    Margin,
    market::Snapshot,
    sol::{
        InvalidInstrument, InvalidLeg, TooManyItems, UnknownScenarioSet, UnknownUnderlying,
        UnsupportedKind, ValueOutOfRange,
    },
};
use alloc::vec::Vec;
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use plimsoll_common::{
    Revert,
    types::IMargin,
    words::{Words, Writer},
};
use plimsoll_kernel::{
    book::{MAX_ASSETS, MAX_SLOTS},
    codec::{InstrumentId, Kind},
    margin::{self, Collateral, MAX_UNDERLYINGS, Portfolio, Refusal, ScenarioSet},
    num::{Int256, u128_to_u256},
};
use stylus_sdk::ArbResult;

/// Most portfolios of one `assess` call.
const MAX_PORTFOLIOS: usize = 16;
/// Most instruments of one `marks` call.
const MAX_INSTRUMENTS: usize = 32;

const ASSESS: u32 = u32::from_be_bytes(IMargin::assessCall::SELECTOR);
const MARKS: u32 = u32::from_be_bytes(IMargin::marksCall::SELECTOR);
const SCENARIOS: u32 = u32::from_be_bytes(crate::sol::scenariosCall::SELECTOR);

/// Why a method gives no answer.
enum Refused {
    /// The arguments do not decode.
    Calldata,
    /// They do, and this is wrong with them.
    With(Revert),
}

impl<R: Into<Revert>> From<R> for Refused {
    fn from(reason: R) -> Self {
        Self::With(reason.into())
    }
}

/// A portfolio as read from calldata.
struct Given {
    cash: i128,
    collateral: Vec<Collateral>,
    legs: Vec<U256>,
}

impl Margin {
    /// Answers the methods of this module.
    #[inline(never)]
    pub(crate) fn by_hand(&mut self, selector: u32, arguments: &[u8]) -> Option<ArbResult> {
        let arguments = Words::new(arguments);
        let answer = match selector {
            ASSESS => self.assess(arguments),
            MARKS => self.marks(arguments),
            SCENARIOS => scenarios(arguments),
            _ => return None,
        };
        Some(answer.map(Writer::finish).map_err(|refused| match refused {
            Refused::Calldata => Vec::new(),
            Refused::With(revert) => revert.0,
        }))
    }

    /// `assess(Portfolio[])`: assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total for every portfolio the vault can hold: what has no fresh price is valued conservatively and sets
    /// `stale`. Items may come in any order and repeat; they net.
    ///
    /// # Errors
    /// For what is not a portfolio: [`TooManyItems`], [`InvalidLeg`], [`UnsupportedKind`]. [`ValueOutOfRange`] is
    /// unreachable while the oracle bounds prices.
    fn assess(&self, arguments: Words<'_>) -> Result<Writer, Refused> {
        let (count, list) = arguments.dynamic_array(0).ok_or(Refused::Calldata)?;
        limit(count, MAX_PORTFOLIOS)?;
        let mut portfolios = Vec::with_capacity(count);
        let mut snapshot = Snapshot::default();
        for index in 0..count {
            let given = read_portfolio(list.follow(index).ok_or(Refused::Calldata)?)?;
            for slot in &given.legs {
                snapshot.need_price(self, margin::underlying_of(*slot));
            }
            for balance in &given.collateral {
                snapshot.need_asset(self, balance.asset);
            }
            portfolios.push(given);
        }
        snapshot.fetch(self)?;
        let mut answer = Writer::with_words(2 + 4 * count);
        answer.push_usize(32);
        answer.push_usize(count);
        for (
            index,
            Given {
                cash,
                collateral,
                legs,
            },
        ) in portfolios.iter().enumerate()
        {
            let portfolio = Portfolio {
                cash: *cash,
                collateral,
                legs,
            };
            let assessed = margin::assess(&portfolio, &snapshot.market())
                .map_err(|refusal| explain(refusal, index, legs))?;
            answer.push(assessed.equity.to_raw());
            answer.push(assessed.im);
            answer.push(assessed.mm);
            answer.push_u64(assessed.stale.into());
        }
        Ok(answer)
    }

    /// `marks(uint128[])`: the house's own value of one unit of up to 32 perpetuals, the lots of their underlyings,
    /// and whether each mark is fresh.
    ///
    /// # Errors
    /// [`TooManyItems`], [`InvalidInstrument`], [`UnsupportedKind`], [`UnknownUnderlying`].
    fn marks(&self, arguments: Words<'_>) -> Result<Writer, Refused> {
        let list = arguments.array(0, 1).ok_or(Refused::Calldata)?;
        let count = list.len();
        limit(count, MAX_INSTRUMENTS)?;
        let mut instruments = Vec::with_capacity(count);
        let mut snapshot = Snapshot::default();
        for index in 0..count {
            let instrument: u128 = list.narrow(index).ok_or(Refused::Calldata)?;
            let parts = InstrumentId(instrument)
                .decode()
                .ok_or(InvalidInstrument { instrument })?;
            if parts.kind != Kind::Perpetual {
                return Err(UnsupportedKind { instrument }.into());
            }
            snapshot.need_price(self, parts.underlying);
            instruments.push(InstrumentId(instrument));
        }
        snapshot.fetch(self)?;
        // Three arrays of `count` items: offsets, then a length and the items of each.
        let mut answer = Writer::with_words(6 + 3 * count);
        for array in 0..3 {
            answer.push_usize(96 + array * 32 * (count + 1));
        }
        answer.push_usize(count);
        let mut found = Vec::with_capacity(count);
        for instrument in instruments {
            let underlying = instrument.underlying();
            let item = snapshot
                .listed(underlying)
                .ok_or(UnknownUnderlying { underlying })?;
            let mark = margin::mark(instrument, item.price).ok_or(UnsupportedKind {
                instrument: instrument.0,
            })?;
            answer.push(u128_to_u256(mark.value));
            found.push((item.terms.lot, mark.fresh));
        }
        answer.push_usize(count);
        found.iter().for_each(|(lot, _)| answer.push_u64(*lot));
        answer.push_usize(count);
        found
            .iter()
            .for_each(|(_, fresh)| answer.push_u64((*fresh).into()));
        Ok(answer)
    }
}

/// `scenarios(uint8)`: shocks (1e18, signed) and weights (1e18) of a constant set, the identity first.
///
/// # Errors
/// [`UnknownScenarioSet`].
fn scenarios(arguments: Words<'_>) -> Result<Writer, Refused> {
    let number: u8 = arguments.narrow(0).ok_or(Refused::Calldata)?;
    let set = ScenarioSet::of(number).ok_or(UnknownScenarioSet {
        scenarioSet: number,
    })?;
    let count = set.scenarios.len();
    let mut answer = Writer::with_words(4 + 2 * count);
    answer.push_usize(64);
    answer.push_usize(64 + 32 * (count + 1));
    answer.push_usize(count);
    set.scenarios
        .iter()
        .for_each(|s| answer.push(Int256::from(s.shock_wad()).to_raw()));
    answer.push_usize(count);
    set.scenarios
        .iter()
        .for_each(|s| answer.push(u128_to_u256(s.weight_wad())));
    Ok(answer)
}

/// Portfolio: (int128 cash, (uint8 asset, uint128 amount)[] collateral, uint256[] legs).
fn read_portfolio(words: Words<'_>) -> Result<Given, Refused> {
    let cash = words.int128(0).ok_or(Refused::Calldata)?;
    let balances = words.array(1, 2).ok_or(Refused::Calldata)?;
    let legs = words.array(2, 1).ok_or(Refused::Calldata)?;
    limit(balances.len() / 2, MAX_ASSETS)?;
    limit(legs.len(), MAX_SLOTS)?;
    let mut collateral = Vec::with_capacity(balances.len() / 2);
    for item in balances.items::<2>() {
        let asset = item.narrow(0).ok_or(Refused::Calldata)?;
        let amount = item.narrow(1).ok_or(Refused::Calldata)?;
        collateral.push(Collateral { asset, amount });
    }
    Ok(Given {
        cash,
        collateral,
        legs: legs.numbers().collect(),
    })
}

fn limit(given: usize, limit: usize) -> Result<(), Revert> {
    if given > limit {
        return Err(TooManyItems {
            given: U256::from(given),
            limit: U256::from(limit),
        }
        .into());
    }
    Ok(())
}

#[cold]
fn explain(refusal: Refusal, portfolio: usize, legs: &[U256]) -> Revert {
    let slot = |index: usize| legs.get(index).copied().unwrap_or_default();
    let portfolio = U256::from(portfolio);
    match refusal {
        Refusal::NotALeg(index) => InvalidLeg {
            portfolio,
            index: U256::from(index),
            slot: slot(index),
        }
        .into(),
        Refusal::UnsupportedKind(index) => UnsupportedKind {
            instrument: margin::instrument_of(slot(index)).0,
        }
        .into(),
        Refusal::TooManyUnderlyings => TooManyItems {
            given: U256::from(MAX_UNDERLYINGS + 1),
            limit: U256::from(MAX_UNDERLYINGS),
        }
        .into(),
        Refusal::TooManyAssets(_) | Refusal::TooManySlots(_) | Refusal::OutOfRange => {
            ValueOutOfRange { portfolio }.into()
        }
    }
}
