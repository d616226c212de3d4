//! Liquidation: how much may be sold, and for how much.
//!
//! A bid takes a share φ of everything of an account that can be priced. What stays behind is margined first; then
//!
//! ```text
//! relief   = min(φ·MM, MM − MM(rest)), what the sale takes off the requirement
//! discount = min(λ·relief, φ·E)
//! price    = E − E(rest) − discount                  while the account may be solvent: it pays, the fund does not
//! price    = E − E(rest) − λ₂·relief                 once it is insolvent; what is negative of it the fund pays
//! ```
//!
//! E − E(rest) is what the slice is worth, rounding of lots included, by the very numbers the gate compares: after
//! payment the account has exactly E − discount. So with λ < 1 every sale that relieves raises E − MM, bids of one
//! moment pay the same λ per unit of relief however they are cut, and no bid takes a larger share of the owner's equity
//! than of the account: equity is never gone before everything is sold (`docs/decisions/0002`). At E = 0 both
//! prices agree.
//!
//! Items without a fresh price stay with the account. It is insolvent only when it is so even at the best they could
//! be worth, and of what an insolvent slice lacks the account itself pays their share, the fund the rest.
//!
//! Shares, λ and the buffer are 1e18; equity, requirements and prices 1e-18 cash. `None` means a number left its
//! range; nothing panics.
use crate::num::WAD;

mod clock;
mod price;
mod slice;
#[cfg(test)]
mod tests;

pub use clock::{
    MAX_SIGHT_GAP, Note, STALE_WAIT, Standing, fund_ramp_since, ramp, resumed, standing,
};
pub use price::{Payment, Sale, best_equity, max_fraction, payment, relief, scaled_limit, target};
pub use slice::{slice_cash, slice_collateral, slice_quote, slice_size};

/// One, as a share.
pub const ONE: u128 = WAD as u128;
