//! The rules of all auctions: defaults, bounds, and the two words they are stored in.
use crate::{
    Auction,
    sol::{ParameterOutOfRange, ParametersSet},
};
use alloy_primitives::U256;
use plimsoll_common::{
    Revert,
    store::{halves, pair},
};
use stylus_sdk::prelude::*;

/// In the order of `set_parameters`; shares 1e18, durations in seconds.
pub(crate) const DEFAULTS: [u64; 6] = [
    350_000_000_000_000_000,
    900,
    500_000_000_000_000_000,
    3_600,
    150_000_000_000_000_000,
    10_000_000_000_000_000,
];
/// Lowest and highest of each. λ stays below 1, so that every sale improves health.
const BOUNDS: [(u64, u64); 6] = [
    (1_000_000_000_000_000, 900_000_000_000_000_000),
    (60, 86_400),
    (1_000_000_000_000_000, 900_000_000_000_000_000),
    (60, 604_800),
    (10_000_000_000_000_000, 1_000_000_000_000_000_000),
    (100_000_000_000_000, 200_000_000_000_000_000),
];

/// The rules of all auctions, in the order of `set_parameters`.
#[derive(Clone, Copy)]
pub(crate) struct Parameters {
    pub(crate) lambda_max: u64,
    pub(crate) duration: u32,
    pub(crate) fund_lambda_max: u64,
    pub(crate) fund_duration: u32,
    pub(crate) buffer: u64,
    pub(crate) min_fraction: u64,
}

/// Refuses rules out of bounds.
///
/// The smallest bid is at most half the buffer: at E = MM the largest share is buffer / (1 + buffer) at least, and an auction
/// whose largest share is below the smallest bid is over. Otherwise auctions would end at MM, without their buffer.
pub(crate) fn check(given: &[u64; 6]) -> Result<(), Revert> {
    let mut bounds = BOUNDS;
    bounds[5].1 = bounds[5].1.min(given[4] / 2);
    for ((parameter, given), (minimum, maximum)) in (0_u8..).zip(*given).zip(bounds) {
        if !(minimum..=maximum).contains(&given) {
            return Err(ParameterOutOfRange {
                parameter,
                given,
                minimum,
                maximum,
            }
            .into());
        }
    }
    Ok(())
}

impl Auction {
    /// Stores the rules and emits them.
    pub(crate) fn write_parameters(&mut self, given: [u64; 6]) {
        let [
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        ] = given;
        self.shares.set(U256::from_limbs([
            min_fraction,
            buffer,
            fund_lambda_max,
            lambda_max,
        ]));
        self.durations
            .set(pair(duration.into(), fund_duration.into()));
        let Parameters {
            duration,
            fund_duration,
            ..
        } = self.rules();
        ParametersSet {
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        }
        .emit(self.vm());
    }

    /// The rules as stored.
    pub(crate) fn rules(&self) -> Parameters {
        let [min_fraction, buffer, fund_lambda_max, lambda_max] = *self.shares.get().as_limbs();
        let (duration, fund_duration) = halves(self.durations.get());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "both are at most a week, by their bounds"
        )]
        let (duration, fund_duration) = (duration as u32, fund_duration as u32);
        Parameters {
            lambda_max,
            duration,
            fund_lambda_max,
            fund_duration,
            buffer,
            min_fraction,
        }
    }
}
