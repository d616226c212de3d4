//! Portfolios given as legs, what-ifs, requirements of positions, sensitivities, and what can be withdrawn.

mod greeks;
mod legs;

use crate::hub::{furnished::*, *};
use plimsoll::bindings::{Greeks, Leg};
use plimsoll_e2e::{House, IVault, ok};
use plimsoll_kernel::{book, codec::OptionLeg, codec::PerpLeg};

const UNIT: i128 = ONE.cast_signed();

/// A leg in the open, from a slot of one perpetual or future.
fn leg(slot: U256) -> Leg {
    let leg = PerpLeg::decode(slot).expect("a perpetual or future");
    Leg {
        instrument: leg.instrument.0,
        size: leg.size,
        quote: leg.quote,
    }
}

const fn leg_of(option: OptionLeg) -> Leg {
    Leg {
        instrument: option.instrument.0,
        size: option.size,
        quote: 0,
    }
}

fn assess_legs(cash: i128, held: &[(u8, u128)], legs: &[Leg]) -> ILens::assessLegsCall {
    ILens::assessLegsCall {
        cash,
        collateral: portfolio(0, held, &[]).collateral,
        legs: legs.to_vec(),
    }
}

/// Ether with an expiry of 80 % or so a year, flat in the strike.
fn floor() -> Floor {
    let mut floor = Floor::new();
    let update = flat(floor.day, 2_000 * ONE, UNIT / 20);
    floor.hub.pushed(&[update]);
    floor
}

fn flat(day: u16, forward: u128, variance: i128) -> ExpiryUpdate {
    ExpiryUpdate {
        a: variance,
        b: 0,
        discount: ONE as u64,
        ..surface(ETH, day, forward, variance)
    }
}
