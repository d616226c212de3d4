//! The kernel.
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
pub mod elementary;
pub mod fill;
pub mod fixed;
pub mod forward;
pub mod gate;
pub mod normal;
pub mod num;
pub mod portfolio;
pub mod price;
pub mod surface;
pub mod svi;
mod tables;
