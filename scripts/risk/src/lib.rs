//! Tools for risk managers: they read hourly prices and ask the kernel. No node and no network.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`prices`] | hourly prices from a CSV file, with their gaps |
//! | [`rule`] | the rule by which a coin gets its scenario set |
//! | [`shapes`] | the portfolios of the back-test |
//! | [`book`] | the account of a shape and the market around it, as the kernel takes them |
//! | [`backtest`] | how often a loss exceeds the requirement, and the bars |
//! | [`html`] | its result as one page |
//! | [`costs`] | what portfolios cost here and there |
//! | [`peers`] | what Derive and Deribit require of a portfolio |
//! | [`time`] | hours since 1970-01-01, and how they are written |
//!
//! The scenario sets, their moves, the rates and the rules are the kernel's. So the tools follow the method when it changes.

pub mod backtest;
pub mod book;
pub mod costs;
pub mod html;
pub mod peers;
pub mod prices;
pub mod rule;
pub mod shapes;
pub mod time;
