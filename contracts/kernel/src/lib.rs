//! The kernel.
#![no_std]

#[cfg(test)]
extern crate std;

pub mod book;
pub mod codec;
