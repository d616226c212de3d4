//! The margin calculator's compiled program: what portfolios that are none are told, and that the chain computes what the
//! kernel computes natively.

#[path = "../hub/mod.rs"]
mod hub;

mod native;
mod options;
mod totality;
mod world;

use alloy::sol_types::SolInterface as _;
use hub::{furnished::*, *};
use plimsoll_devnode::types::Outcome;
use plimsoll_e2e::{Dice, rates};
use plimsoll_kernel::{
    book::{self, Change},
    codec::{OptionLeg, Strike},
    portfolio::{
        MAX_EXPIRIES, MAX_UNDERLYINGS, Scratch,
        charges::{self, AssetRate, RuleRate, UnderlyingRate},
        market::expiry_seconds,
        money::LIMIT,
        snapshot::{Dependencies, SnapshotRequest},
        terms::{RuleTerms, UnderlyingTerms as Terms},
    },
    surface::SETTLEMENT_WINDOW,
};
use world::*;

const UNIT: i128 = ONE.cast_signed();
