//! Account, instrument and lot arithmetic at the ABI's edge.

use alloy::primitives::{Address, B256, U256};
use eyre::{Result, WrapErr, bail, eyre};

/// 1e18.
pub const WAD: u128 = 1_000_000_000_000_000_000;

/// The account `subaccount` of `owner`: owner (20 bytes) ‖ subaccount number (12 bytes).
pub fn account_id(owner: Address, subaccount: u128) -> B256 {
    let mut id = [0; 32];
    id[..20].copy_from_slice(owner.as_slice());
    id[20..].copy_from_slice(&subaccount.to_be_bytes()[4..]);
    B256::from(id)
}

/// Who owns an account.
pub fn account_owner(account: B256) -> Address {
    Address::from_slice(&account[..20])
}

/// The insurance fund of a vault.
pub fn fund_account(vault: Address) -> B256 {
    account_id(vault, 0)
}

/// The clearing account of an instrument: subaccount 2^88 | instrument >> 54.
pub fn clearing_account(vault: Address, instrument: u128) -> B256 {
    account_id(vault, (1 << 88) | (instrument >> 54))
}

/// The perpetual on `underlying` of `venue`.
pub const fn perpetual(venue: u16, underlying: u16) -> u128 {
    ((venue as u128) << 112) | ((underlying as u128) << 96)
}

/// An option on `underlying` of `venue`; `None` when the strike (1e18) has no canonical form.
pub fn option(
    venue: u16,
    underlying: u16,
    call: bool,
    expiry_day: u16,
    strike: u128,
) -> Option<u128> {
    use plimsoll_kernel::codec::{Instrument, Kind, Strike};
    let instrument = Instrument {
        venue,
        underlying,
        kind: if call { Kind::Call } else { Kind::Put },
        expiry_day,
        strike: Some(Strike::from_wad(strike)?),
    };
    Some(instrument.encode()?.0)
}

/// An instrument in words: `venue 1 / underlying 1 call 2500 of day 20800`.
pub fn name(instrument: u128) -> String {
    use plimsoll_kernel::codec::{InstrumentId, Kind};
    let Some(parts) = InstrumentId(instrument).decode() else {
        return format!("{instrument:#034x}");
    };
    let mut name = format!("venue {} / underlying {}", parts.venue, parts.underlying);
    let kind = match parts.kind {
        Kind::Perpetual => return name,
        Kind::Future => "future",
        Kind::Call => "call",
        Kind::Put => "put",
    };
    name += &format!(" {kind}");
    if let Some(strike) = parts.strike.map(|strike| strike.to_wad()) {
        let (whole, fraction) = (strike / WAD, format!("{:018}", strike % WAD));
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        name += &format!(" {whole}{point}{fraction}");
    }
    name + &format!(" of day {}", parts.expiry_day)
}

/// The venue of an instrument.
pub const fn venue_of(instrument: u128) -> u16 {
    (instrument >> 112) as u16
}

/// The underlying of an instrument.
pub const fn underlying_of(instrument: u128) -> u16 {
    (instrument >> 96) as u16
}

/// A leg as the vault stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which instrument.
    pub instrument: u128,
    /// Lots, signed.
    pub size: i64,
    /// Q, 1e-18 cash; 0 for an option.
    pub quote: i128,
}

/// The legs of some slots.
pub fn legs(slots: &[U256]) -> Vec<Leg> {
    plimsoll_kernel::book::all(slots)
        .map(|leg| Leg {
            instrument: leg.instrument.0,
            size: leg.size,
            quote: leg.quote,
        })
        .collect()
}

/// Reads a decimal number such as `-0.15` as an integer scaled by `10^decimals`.
///
/// # Errors
///
/// Not a number, more decimals than there are, or out of range.
pub fn parse_decimal(text: &str, decimals: usize) -> Result<i128> {
    let clean: String = text
        .trim()
        .chars()
        .filter(|&c| c != '_' && c != ',')
        .collect();
    let (negative, digits) = clean
        .strip_prefix('-')
        .map_or((false, clean.as_str()), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        bail!("{text} has more than {decimals} decimals");
    }
    if whole.is_empty() && fraction.is_empty() {
        bail!("{text:?} is not a number");
    }
    let joined = format!("{whole}{fraction:0<decimals$}");
    if joined.is_empty() || !joined.chars().all(|c| c.is_ascii_digit()) {
        bail!("{text:?} is not a number");
    }
    let value: i128 = joined
        .parse()
        .wrap_err_with(|| format!("{text:?} is out of range"))?;
    Ok(if negative { -value } else { value })
}

/// Reads an unsigned decimal number scaled 1e18.
///
/// # Errors
///
/// As [`parse_decimal`], or negative.
pub fn parse_wad(text: &str) -> Result<U256> {
    let value = parse_decimal(text, 18)?;
    u128::try_from(value)
        .map(U256::from)
        .map_err(|_| eyre!("{text} is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn accounts_carry_their_owner() {
        let owner = address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        let id = account_id(owner, 7);
        assert_eq!(account_owner(id), owner);
        assert_eq!(id[31], 7);
        let clearing = clearing_account(owner, perpetual(2, 1));
        assert_eq!(clearing[20], 1, "bit 88 marks clearing accounts");
    }

    #[test]
    fn instruments_have_names() {
        assert_eq!(name(perpetual(3, 9)), "venue 3 / underlying 9");
        let call = option(1, 2, true, 20_800, 2_500 * WAD + WAD / 4).unwrap();
        assert_eq!(
            name(call),
            "venue 1 / underlying 2 call 2500.25 of day 20800"
        );
        assert_eq!(name(1), "0x00000000000000000000000000000001");
    }

    #[test]
    fn legs_decode() {
        let instrument = perpetual(3, 9);
        let (size, quote) = (-5i64, -1_234i128);
        let slot = U256::from(instrument) << 128
            | U256::from(size as u64) << 128
            | U256::from(quote as u128);
        let leg = Leg {
            instrument,
            size,
            quote,
        };
        assert_eq!(legs(&[slot]), [leg]);
    }

    #[test]
    fn decimals_parse() {
        assert_eq!(parse_decimal("1,234.5", 6).unwrap(), 1_234_500_000);
        assert_eq!(
            parse_decimal("-0.15", 18).unwrap(),
            -150_000_000_000_000_000
        );
        assert_eq!(parse_decimal("3", 0).unwrap(), 3);
        assert!(parse_decimal("0.1234567", 6).is_err());
        assert!(parse_decimal("", 6).is_err());
        assert!(parse_decimal("1e5", 6).is_err());
        assert!(parse_wad("-1").is_err());
    }
}
