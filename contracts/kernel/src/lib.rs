//! Every formula of the house, and nothing else: no I/O, no SDK, no float. The contracts and every off-chain program
//! compute with it, so their answers agree bit for bit.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`num`], [`fixed`] | integers and binary fixed point with named rounding |
//! | [`elementary`], [`normal`] | exp, ln, sqrt; the normal distribution |
//! | [`black76`], [`svi`] | option values and greeks; variance surfaces |
//! | [`codec`], [`book`] | ids, leg slots; an account's list of legs |
//! | [`price`], [`rounds`], [`surface`] | what a feed's answer is worth; which round is in force; stored forwards and surfaces |
//! | [`crowding`] | what the size of a market adds to margin |
//! | [`sequencer`] | what an uptime feed says, and what time counts |
//! | [`fill`], [`gate`] | what a trade does to its sides; what a change may do to an account |
//! | [`portfolio`] | margin |
//! | [`auction`] | liquidation |
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

#[cfg(test)]
extern crate std;

pub mod auction;
pub mod black76;
pub mod book;
pub mod codec;
pub mod crowding;
pub mod elementary;
pub mod fill;
pub mod fixed;
pub mod gate;
pub mod normal;
pub mod num;
pub mod portfolio;
pub mod price;
pub mod rounds;
pub mod sequencer;
pub mod surface;
pub mod svi;
mod tables;
