//! The `plimsoll` command. Its demo is a library, so that a test can play the day and read the result.

pub mod demo;
