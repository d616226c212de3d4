//! The house as a whole: it stands, is deployed, kept up, forked, and runs the same under a second engine.

mod compare;
mod deployment;
mod fork;
mod refusals;
mod second_engine;
mod smoke;
mod upkeep;
