//! How much may be sold, and who pays what for it.
use super::ONE;
use crate::num::{mul_div_ceil, mul_div_floor, signed_mul_div_floor};

/// min((1 + buffer)·mm, im), the equity at which an auction ends: whoever meets the initial requirement is healthy,
/// however small the distance between the two requirements. Rounded up; im ≥ mm.
#[must_use]
pub fn target(mm: u128, im: u128, buffer: u64) -> u128 {
    // A buffer above the range of numbers is above im.
    mul_div_ceil(mm, ONE.saturating_add(u128::from(buffer)), ONE)
        .map_or(im, |buffered| buffered.min(im))
}

/// Largest share a bid may take: what reaches the target T, (T − E) / (T − λ·MM), rounded up, at most 1. λ must be
/// below 1. 0 where the auction is over: when the account is at its target, or is not below its maintenance requirement and
/// that share is below `least`, the smallest a bid may ask for. So the rest that whole lots leave of a sale is the owner's.
///
/// From E − λ·φ·MM ≥ (1 − φ)·T. With λ·MM ≥ E the discount is φ·E, equity and target fall alike, only everything
/// is enough, and the formula gives 1 by itself; also with nothing required.
#[must_use]
pub fn max_fraction(
    equity: i128,
    mm: u128,
    im: u128,
    lambda: u64,
    buffer: u64,
    least: u64,
) -> Option<u128> {
    let target = target(mm, im, buffer);
    let missing = match u128::try_from(equity) {
        Ok(equity) => target.saturating_sub(equity),
        Err(_) => return Some(ONE), // insolvent: no share short of all restores it
    };
    if missing == 0 {
        return Some(0);
    }
    // Relieving all of MM: the target falls by `target`, the equity by λ·MM. Rounded down, so that φ is rounded up.
    let gained = target.checked_sub(mul_div_ceil(mm, u128::from(lambda), ONE)?)?;
    if missing >= gained {
        return Some(ONE);
    }
    let fraction = mul_div_ceil(missing, ONE, gained)?.min(ONE);
    let maintained = u128::try_from(equity).is_ok_and(|equity| equity >= mm);
    Some(if maintained && fraction < u128::from(least) {
        0
    } else {
        fraction
    })
}

/// What a sale of a share takes off the requirement: φ·MM rounded down, but no more than it really takes off.
#[must_use]
pub fn relief(mm: u128, mm_rest: u128, fraction: u128) -> Option<u128> {
    let share = mul_div_floor(mm, fraction.min(ONE), ONE)?;
    Some(share.min(mm.saturating_sub(mm_rest)))
}

/// An account, and what a slice of it leaves before the price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Of the account.
    pub equity: i128,
    /// Of the account, at the best its stale items could be worth: [`best_equity`]; with none of them, `equity`.
    pub best_equity: i128,
    /// The most its stale items could be worth, all of which stay; 0 where that is negative.
    pub unpriced: u128,
    /// Of what stays.
    pub equity_rest: i128,
    /// Of [`relief`].
    pub relief: u128,
    /// The share sold.
    pub fraction: u128,
}

/// Equity at the best the stale items could be worth: marks add up, so what they count in `equity` is replaced by
/// the most they could.
#[must_use]
pub fn best_equity(equity: i128, stale_equity: i128, stale_best: i128) -> Option<i128> {
    equity.checked_sub(stale_equity)?.checked_add(stale_best)
}

/// Who pays what for a slice. The account receives `price + fund`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What the bidder pays; negative when it is paid.
    pub price: i128,
    /// What the insurance fund pays of a negative price; the account pays the rest of it.
    pub fund: u128,
}

/// The price of a slice.
///
/// * `lambda`: now, of the account's ramp while `best_equity` > 0, of the fund's ramp once it is not.
/// * `fund`: what the fund holds.
///
/// Discounts are rounded down. While `best_equity` > 0 the account keeps at least E − φ·E, and the fund pays nothing.
#[must_use]
pub fn payment(sale: &Sale, lambda: u64, fund: u128) -> Option<Payment> {
    let share = |of: u128| mul_div_floor(of, sale.fraction.min(ONE), ONE);
    let discount = mul_div_floor(sale.relief, u128::from(lambda), ONE)?;
    let worth = sale.equity.checked_sub(sale.equity_rest)?;
    if sale.best_equity > 0 {
        let most = share(u128::try_from(sale.equity).unwrap_or(0))?;
        let price = worth.checked_sub_unsigned(discount.min(most))?;
        return Some(Payment { price, fund: 0 });
    }
    let price = worth.checked_sub_unsigned(discount)?;
    if price >= 0 {
        return Some(Payment { price, fund: 0 });
    }
    let lacking = price.unsigned_abs();
    let own = share(sale.unpriced)?.min(lacking);
    let fund = lacking.saturating_sub(own).min(fund);
    Some(Payment {
        price: 0_i128.checked_sub_unsigned(own.checked_add(fund)?)?,
        fund,
    })
}

/// The most a bidder pays for a share that was clamped from `asked` to `taken` ≤ `asked`: its limit scaled down,
/// rounded down. Nobody is sold more than he asked for, so no limit is ever scaled up.
#[must_use]
pub fn scaled_limit(limit: i128, taken: u128, asked: u128) -> Option<i128> {
    if taken >= asked {
        return Some(limit);
    }
    signed_mul_div_floor(limit, i128::try_from(taken).ok()?, asked)
}
