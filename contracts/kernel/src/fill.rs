//! A fill: what a matched trade does to its two sides, and the band its price must lie in.
//!
//! Sizes are 1e18 units, prices and marks 1e18 coins per unit, fees 1e-18 cash.
use crate::num::{WAD, mul_div_ceil, mul_div_floor};

/// Largest size, price, fee or notional of a fill: 2^126, 8.5e19 coins at 1e18.
pub const LIMIT: u128 = 1 << 126;
const ONE: u128 = WAD as u128;

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Units that change hands.
    pub size: u128,
    /// Coins per unit.
    pub price: u128,
    /// What the buyer pays the venue.
    pub buyer_fee: u128,
    /// What the seller pays the venue.
    pub seller_fee: u128,
}

/// What the house knows of the instrument traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// 1e18 units a lot.
    pub lot: u64,
    /// Coins per unit.
    pub mark: u128,
    /// How far from the mark a price may lie: this share of it, 1e18,
    pub band: u64,
    /// or this much, coins per unit, whichever is more.
    pub tolerance: u128,
    /// An option is paid for in cash at once; a perpetual or future keeps what was paid in its quote.
    pub option: bool,
}

/// What the two sides get: the buyer `lots` and `quote`, the seller exactly their negatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Legs {
    /// Above 0.
    pub lots: i64,
    /// ⌊size · price⌋, at least 0: added to Q of the buyer; 0 for an option. The cut, below 1e-18 of a coin, is the
    /// buyer's gain.
    pub quote: i128,
    /// Minus the buyer's fee; for an option also minus its price, ⌊size · price⌋.
    pub buyer_cash: i128,
    /// Minus the seller's fee; for an option plus its price.
    pub seller_cash: i128,
    /// Their sum, positive.
    pub fees: u128,
}

/// Why a fill is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillRefusal {
    /// Size or price is zero.
    Zero,
    /// A number exceeds [`LIMIT`], or the lots an `i64`.
    OutOfRange,
    /// The size is not a whole number of lots.
    NotMultipleOfLot,
    /// A side's price, fee included, lies further from the mark than the band.
    OutsideBand {
        /// That price: what the buyer pays for a unit, or what the seller is left with, which is negative where his fee is
        /// more than he gets.
        price: i128,
        /// The band, coins per unit, rounded down.
        band: u128,
    },
}

impl Terms {
    /// Both sides, if the fill is acceptable.
    ///
    /// # Errors
    /// [`FillRefusal`].
    pub fn legs(&self, reference: &Reference) -> Result<Legs, FillRefusal> {
        let Reference { lot, mark, .. } = *reference;
        if self.size == 0 || self.price == 0 {
            return Err(FillRefusal::Zero);
        }
        if [self.size, self.price, self.buyer_fee, self.seller_fee, mark]
            .iter()
            .any(|v| *v > LIMIT)
        {
            return Err(FillRefusal::OutOfRange);
        }
        let lot = u128::from(lot);
        let lots = self.size.checked_div(lot).ok_or(FillRefusal::OutOfRange)?;
        if lots.checked_mul(lot) != Some(self.size) {
            return Err(FillRefusal::NotMultipleOfLot);
        }
        self.check_band(reference)?;
        let out = || FillRefusal::OutOfRange;
        let quote = mul_div_floor(self.size, self.price, ONE)
            .filter(|q| *q <= LIMIT)
            .ok_or_else(out)?;
        let charge = |fee: u128| 0_i128.checked_sub_unsigned(fee).ok_or_else(out);
        let paid = i128::try_from(quote).map_err(|_| out())?;
        let (quote, premium) = if reference.option {
            (0, paid)
        } else {
            (paid, 0)
        };
        let (buyer, seller) = (charge(self.buyer_fee)?, charge(self.seller_fee)?);
        Ok(Legs {
            lots: i64::try_from(lots).map_err(|_| out())?,
            quote,
            buyer_cash: buyer.checked_sub(premium).ok_or_else(out)?,
            seller_cash: seller.checked_add(premium).ok_or_else(out)?,
            fees: self
                .buyer_fee
                .checked_add(self.seller_fee)
                .ok_or_else(out)?,
        })
    }

    /// The buyer's price with its fee, and the seller's without, both stay within `band` of the mark on either side, the
    /// seller's below nothing too. A fee is spread over the size, rounded up, so that what is allowed never costs more
    /// than the band.
    fn check_band(&self, reference: &Reference) -> Result<(), FillRefusal> {
        let out = FillRefusal::OutOfRange;
        let band = mul_div_floor(reference.mark, u128::from(reference.band), ONE).ok_or(out)?;
        let band = band.max(reference.tolerance);
        // No more than LIMIT each, so signed numbers hold them.
        let signed = |v: u128| i128::try_from(v).map_err(|_| out);
        let per_unit = |fee: u128| {
            let fee = mul_div_ceil(fee, ONE, self.size).filter(|f| *f <= LIMIT);
            signed(fee.ok_or(out)?)
        };
        let (mark, price) = (signed(reference.mark)?, signed(self.price)?);
        let most = price.checked_add(per_unit(self.buyer_fee)?).ok_or(out)?;
        let least = price.checked_sub(per_unit(self.seller_fee)?).ok_or(out)?;
        for price in [most, least, price] {
            if price.abs_diff(mark) > band {
                return Err(FillRefusal::OutsideBand { price, band });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOT: u64 = 1_000_000_000_000_000;

    fn terms(size: u128, price: u128, buyer_fee: u128, seller_fee: u128) -> Terms {
        Terms {
            size,
            price,
            buyer_fee,
            seller_fee,
        }
    }

    fn reference(lot: u64, mark: u128, band: u64) -> Reference {
        Reference {
            lot,
            mark,
            band,
            tolerance: 0,
            option: false,
        }
    }

    /// I-ACC-3: an option's price is paid at once and leaves no quote; far out of the money the tolerance decides.
    #[test]
    fn an_option_is_paid_in_cash_and_has_a_tolerance() {
        let reference = Reference {
            tolerance: 3,
            option: true,
            ..reference(LOT, 10, 100_000_000_000_000_000)
        };
        let size = u128::from(LOT) * 1_000;
        let legs = terms(size, 13, 0, 0).legs(&reference).unwrap();
        assert_eq!((legs.lots, legs.quote, legs.fees), (1_000, 0, 0));
        assert_eq!((legs.buyer_cash, legs.seller_cash), (-13, 13));
        let refused = Err(FillRefusal::OutsideBand { price: 14, band: 3 });
        assert_eq!(terms(size, 14, 0, 0).legs(&reference), refused);
        let legs = terms(size, 7, 1, 0).legs(&reference).unwrap();
        assert_eq!((legs.buyer_cash, legs.seller_cash, legs.fees), (-8, 7, 1));
    }

    #[test]
    fn the_band_includes_its_edge_and_the_fee() {
        let band = 50_000_000_000_000_000; // 5 %
        let mark = 2_000 * ONE;
        let legs = |price, buyer_fee, seller_fee| {
            terms(ONE, price, buyer_fee, seller_fee).legs(&reference(LOT, mark, band))
        };
        assert!(legs(2_100 * ONE, 0, 0).is_ok());
        assert!(legs(1_900 * ONE, 0, 0).is_ok());
        let outside = |price: u128| {
            Err(FillRefusal::OutsideBand {
                price: price.cast_signed(),
                band: 100 * ONE,
            })
        };
        assert_eq!(legs(2_100 * ONE + 1, 0, 0), outside(2_100 * ONE + 1));
        assert_eq!(legs(1_900 * ONE - 1, 0, 0), outside(1_900 * ONE - 1));
        assert_eq!(legs(2_100 * ONE, 1, 0), outside(2_100 * ONE + 1));
        assert_eq!(legs(1_900 * ONE, 0, 1), outside(1_900 * ONE - 1));
        assert!(legs(2_050 * ONE, 50 * ONE, 150 * ONE).is_ok());
    }

    /// L-2: where the fee is more than the price, the seller is left with less than nothing, which is as far from the
    /// mark as it looks.
    #[test]
    fn l_2_a_fee_beyond_the_price_counts_in_full() {
        let reference = Reference {
            tolerance: ONE,
            option: true,
            ..reference(LOT, 130_000_000_000, 100_000_000_000_000_000)
        };
        let lot = u128::from(LOT);
        let refused = |price: i128| Err(FillRefusal::OutsideBand { price, band: ONE });
        let mark = reference.mark;
        let at = |price, fee| terms(lot, price, 0, fee).legs(&reference);
        let left = mark.cast_signed() - 99_999 * 1_000 * ONE.cast_signed();
        assert_eq!(at(mark, 99_999 * ONE), refused(left));
        // The seller may be left with a coin less than the mark: a thousandth of a coin on a lot.
        assert!(at(mark, ONE / 1_000).is_ok());
        assert_eq!(
            at(mark, ONE / 1_000 + 1),
            refused(mark.cast_signed() - ONE.cast_signed() - 1_000)
        );
        assert!(at(mark + ONE, ONE / 500).is_ok());
        let most = terms(1, LIMIT, LIMIT, LIMIT).legs(&Reference {
            lot: 1,
            ..reference
        });
        assert_eq!(most, Err(FillRefusal::OutOfRange));
    }

    #[test]
    fn refuses_what_no_leg_can_hold() {
        let band = 200_000_000_000_000_000;
        assert_eq!(
            terms(0, 1, 0, 0).legs(&reference(LOT, 1, band)),
            Err(FillRefusal::Zero)
        );
        assert_eq!(
            terms(1, 0, 0, 0).legs(&reference(LOT, 1, band)),
            Err(FillRefusal::Zero)
        );
        assert_eq!(
            terms(u128::from(LOT) + 1, ONE, 0, 0).legs(&reference(LOT, ONE, band)),
            Err(FillRefusal::NotMultipleOfLot)
        );
        assert_eq!(
            terms(LIMIT + 1, ONE, 0, 0).legs(&reference(1, ONE, band)),
            Err(FillRefusal::OutOfRange)
        );
        assert_eq!(
            terms(1 << 70, ONE, 0, 0).legs(&reference(1, ONE, band)),
            Err(FillRefusal::OutOfRange)
        );
        assert_eq!(
            terms(ONE, ONE, 0, 0).legs(&reference(0, ONE, band)),
            Err(FillRefusal::OutOfRange)
        );
    }

    proptest! {
        /// I-ACC-3, I-RND-1: what the buyer gains the seller loses, the quote is the notional rounded down, and a fill
        /// inside the band costs neither side more than the band times the size.
        #[test]
        fn i_acc_3_a_fill_moves_value_and_makes_none(
            lots in 1_i64..1 << 40, price in 1_u128..1 << 80, fee in 0_u128..1 << 60, percent in 80_u128..120,
        ) {
            let size = u128::from(LOT) * lots.unsigned_abs() as u128;
            let mark = price / 100 * percent + 1;
            let band = 150_000_000_000_000_000;
            if let Ok(legs) = terms(size, price, fee, fee / 2).legs(&reference(LOT, mark, band)) {
                prop_assert_eq!(legs.lots, lots);
                prop_assert_eq!(legs.quote as u128, mul_div_floor(size, price, ONE).unwrap());
                prop_assert_eq!(legs.fees, fee + fee / 2);
                prop_assert_eq!((legs.buyer_cash, legs.seller_cash), (-(fee as i128), -((fee / 2) as i128)));
                let allowed = mul_div_ceil(size, mul_div_ceil(mark, u128::from(band), ONE).unwrap(), ONE).unwrap();
                let fair = mul_div_floor(size, mark, ONE).unwrap();
                prop_assert!(legs.quote as u128 + fee <= fair + allowed + 1);
                prop_assert!(legs.quote as u128 + allowed + 1 >= fair + fee / 2);
            }
        }

        /// L-2: an option too, whose tolerance may be more than its mark: neither side is worse off at the mark than the
        /// band times the size, to a unit; and where a trade is refused one would be, to the rounding of its fee.
        #[test]
        fn l_2_no_side_loses_more_than_the_band(
            lots in 1_u64..1 << 30, mark in 0_u128..2_000 * ONE, tolerance in 0_u128..200 * ONE,
            price in 0.0..3.0f64, fees in (0.0..3.0f64, 0.0..3.0f64),
        ) {
            let size = u128::from(LOT) * u128::from(lots);
            let share = 50_000_000_000_000_000;
            let reference = Reference { tolerance, option: true, ..reference(LOT, mark, share) };
            let band = mul_div_floor(mark, share.into(), ONE).unwrap().max(tolerance);
            let part = |of: u128, part: f64| (of as f64 * part) as u128;
            let total = mul_div_floor(size, band, ONE).unwrap();
            let price = (mark.saturating_sub(band) + part(band, price)).max(1);
            let (buyer, seller) = (part(total, fees.0), part(total, fees.1));
            let fair = mul_div_floor(size, mark, ONE).unwrap().cast_signed();
            let allowed = mul_div_ceil(size, band, ONE).unwrap().cast_signed();
            let paid = mul_div_floor(size, price, ONE).unwrap().cast_signed();
            let lost = [paid + buyer.cast_signed() - fair, fair + seller.cast_signed() - paid];
            match terms(size, price, buyer, seller).legs(&reference) {
                Ok(legs) => {
                    prop_assert_eq!([-legs.buyer_cash - fair, fair - legs.seller_cash], lost);
                    prop_assert!(lost.iter().all(|lost| *lost <= allowed + 1), "{lost:?} > {allowed}");
                }
                Err(FillRefusal::OutsideBand { .. }) => {
                    // A fee is spread over the size, rounded up: less than a unit of the price.
                    let rounding = (size / ONE + 3).cast_signed();
                    let most = total.cast_signed() - rounding;
                    prop_assert!(lost.iter().any(|lost| *lost > most), "{lost:?} <= {most}");
                }
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
