//! The kernel.
#![no_std]

#[cfg(test)]
extern crate std;

pub mod auction;
pub mod book;
pub mod codec;
pub mod gate;
pub mod num;
