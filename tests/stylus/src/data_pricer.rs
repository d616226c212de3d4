//! The fee for the space an activated program takes.

/// Terms of the series the chain approximates `e^x` with.
const ACCURACY: u64 = 12;
/// One, in basis points.
const ONE: u64 = 10_000;

/// The state of the data pricer: what demand there was, and how it prices more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPricer {
    /// Bytes asked for and not yet worn off.
    pub demand: u32,
    /// Bytes that wear off each second.
    pub bytes_per_second: u32,
    /// Unix time of the last activation.
    pub last_update_time: u64,
    /// Wei per byte without demand.
    pub min_price: u32,
    /// Demand, in bytes, that raises the price by `e`.
    pub inertia: u32,
}

impl Default for DataPricer {
    /// As a chain starts with.
    fn default() -> Self {
        Self {
            demand: 0,
            bytes_per_second: 34_865,
            last_update_time: 1_421_388_000,
            min_price: 82_928_201,
            inertia: 21_360_419,
        }
    }
}

impl DataPricer {
    /// Takes note of `bytes` more at Unix time `now`; returns their fee in wei.
    pub fn update(&mut self, bytes: u32, now: u64) -> u64 {
        let passed = u32::try_from(now.wrapping_sub(self.last_update_time)).unwrap_or(u32::MAX);
        let credit = self.bytes_per_second.saturating_mul(passed);
        self.demand = self.demand.saturating_sub(credit).saturating_add(bytes);
        self.last_update_time = now;

        let exponent = ONE * u64::from(self.demand) / u64::from(self.inertia.max(1));
        let per_byte = u64::from(self.min_price).saturating_mul(exp_bips(exponent)) / ONE;
        per_byte.saturating_mul(u64::from(bytes))
    }

    /// The fee [`Self::update`] would ask, without taking note.
    #[must_use]
    pub fn quote(mut self, bytes: u32, now: u64) -> u64 {
        self.update(bytes, now)
    }
}

/// `e^x` of `x` basis points, in basis points: a series of [`ACCURACY`] terms, each division
/// rounded down.
fn exp_bips(x: u64) -> u64 {
    let mut sum = ONE + x / ACCURACY;
    for i in (1..ACCURACY).rev() {
        sum = ONE + sum.saturating_mul(x) / (i * ONE);
    }
    sum.min(i64::MAX as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponent_is_close_to_e() {
        assert_eq!(exp_bips(0), 10_000);
        // e = 2.71828..., each term rounded down
        assert!(
            (27_170..=27_183).contains(&exp_bips(10_000)),
            "{}",
            exp_bips(10_000)
        );
    }

    #[test]
    fn demand_wears_off() {
        let mut pricer = DataPricer::default();
        let now = 1_700_000_000;
        // nothing asked for lately: 600,000 bytes are 0.0280 of the inertia, 280 bips
        // 10000 + 280 + 280^2/20000 (3.92) + ... = 10283 -> 85,275,069 wei a byte
        assert_eq!(pricer.update(600_000, now), 85_275_069 * 600_000);
        assert_eq!(pricer.demand, 600_000);
        // a second later 34,865 are gone
        pricer.update(0, now + 1);
        assert_eq!(pricer.demand, 600_000 - 34_865);
        pricer.update(0, now + 60);
        assert_eq!(pricer.demand, 0);
    }
}
