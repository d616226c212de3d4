//! Why a portfolio needs what it needs: what it loses in every scenario, every charge, and how far the market may move
//! before liquidation. Sensitivities and the part of each leg are the lens's. Views only: no contract of the house depends on it.
//!
//! Total: any portfolio has an answer, however large; who asks pays.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]
extern crate alloc;

use alloc::{boxed::Box, vec, vec::Vec};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Ownable, Revert,
    interface::Portfolio,
    market::{self, Remote},
    store::Word,
};
use plimsoll_kernel::portfolio::{
    Portfolio as View, Scratch, assess,
    explain::{self, Direction},
    market::Market,
};
use stylus_sdk::prelude::*;

/// The contract.
#[storage]
pub struct Explainer {
    ownable: Ownable,
    margin: Word,
    oracle: Word,
}

plimsoll_common::entrypoint!(
    Explainer,
    methods = [initialize, siblings, explain, distances]
);

impl Explainer {
    /// Names its siblings. Deployer only, once; nobody owns it afterwards.
    pub fn initialize(&mut self, margin: Address, oracle: Address) -> Result<(), Revert> {
        self.ownable.use_up()?;
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// The margin calculator whose parameters are used, and the oracle hub.
    pub fn siblings(&self) -> (Address, Address) {
        (self.margin.address(), self.oracle.address())
    }

    /// What a portfolio loses on one underlying, and what it is charged.
    ///
    /// # Returns
    /// * the loss in each scenario of the underlying's set, then at the moves added for gamma pockets: weighted, rounded
    ///   up, 1e18 cash, negative where it gains; empty where the portfolio holds nothing on it. The largest is its scan;
    /// * the charges beside the scans of all underlyings, initial and maintenance in turn, 1e18 cash: haircuts, calendar
    ///   basis, short options, closing options, closing perpetuals and futures, depeg, confidence.
    pub fn explain(
        &self,
        portfolio: Portfolio,
        underlying: u16,
    ) -> Result<(Vec<i128>, Vec<i128>), Revert> {
        let (mut losses, mut charges) = (Vec::new(), Vec::new());
        self.with_market(&portfolio, &mut |market, view, scratch| {
            let _ = assess(market, view, scratch);
            for (scan, held) in scratch.scans().iter().zip(market.underlyings) {
                if held.id == underlying {
                    for loss in scan.losses.iter().take(scan.count) {
                        losses.push(*loss);
                    }
                }
            }
            for charge in scratch.add_ons().all() {
                charges.push(charge.im);
                charges.push(charge.mm);
            }
        })?;
        Ok((losses, charges))
    }

    /// Smallest relative moves, 1e18, at which equity falls below the maintenance requirement: all spots up, all spots
    /// down, all volatilities up, all down. 0 when it is below already; the largest number when it stays above up to
    /// +300 %, −95 %, +300 %, −90 %. Costs some hundred assessments: for `eth_call`.
    pub fn distances(&self, portfolio: Portfolio) -> Result<(U256, U256, U256, U256), Revert> {
        let mut found = [U256::MAX; 4];
        self.with_market(&portfolio, &mut |market, view, scratch| {
            for (found, direction) in found.iter_mut().zip(Direction::ALL) {
                let distance = explain::distance(market, view, direction, scratch);
                *found = distance.map_or(U256::MAX, wad);
            }
        })?;
        let [spot_up, spot_down, vol_up, vol_down] = found;
        Ok((spot_up, spot_down, vol_up, vol_down))
    }
}

impl Explainer {
    #[inline(never)]
    fn with_market(
        &self,
        portfolio: &Portfolio,
        f: &mut dyn FnMut(&Market<'_>, &View<'_>, &mut Scratch),
    ) -> Result<(), Revert> {
        let collateral = market::collateral(portfolio);
        let view = market::view(portfolio, &collateral);
        let (margin, oracle) = self.siblings();
        let vm = self.vm();
        let terms = Remote { vm, margin };
        let mut scratch = Box::new(Scratch::NEW);
        market::with_market(vm, oracle, &terms, &[view], |market| {
            f(market, &view, &mut scratch);
        })
    }
}

/// 1e18 of a share with 40 binary places, rounded down.
fn wad(share: i64) -> U256 {
    // at most 3 · 2^40 · 1e18 < 2^103
    U256::from((u128::from(share.unsigned_abs()) * 1_000_000_000_000_000_000) >> 40)
}
