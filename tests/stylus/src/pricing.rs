//! What host functions cost, in ink.

/// A host function at all.
pub(crate) const HOSTIO: u64 = 8_400;
/// Each pointer it is given.
pub(crate) const PTR: u64 = 5_040;
/// Going to the chain.
pub(crate) const EVM_API: u64 = 59_673;
/// A division.
pub(crate) const DIV: u64 = 20_000;
/// A multiplication modulo.
pub(crate) const MUL_MOD: u64 = 24_100;
/// An addition modulo.
pub(crate) const ADD_MOD: u64 = 21_000;

/// Gas of a cold slot.
pub(crate) const COLD_SLOAD_GAS: u64 = 2_100;
/// Gas that must be left before slots are written.
pub(crate) const SSTORE_SENTRY_GAS: u64 = 2_300;
/// Gas of a cold account.
pub(crate) const COLD_ACCOUNT_GAS: u64 = 2_600;
/// Gas of transient storage.
pub(crate) const TRANSIENT_GAS: u64 = 100;
/// Gas of a log, and of each of its topics.
pub(crate) const LOG_TOPIC_GAS: u64 = 375;
/// Gas of each byte of a log.
pub(crate) const LOG_DATA_GAS: u64 = 8;

/// Writing `bytes` into the program.
pub(crate) const fn write(bytes: u32) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32) as u64
}

/// Reading `bytes` from the program.
pub(crate) const fn read(bytes: u32) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32) as u64
}

/// Hashing `bytes`, reading and writing included.
pub(crate) const fn keccak(bytes: u32) -> u64 {
    121_800 + 21_000 * bytes.div_ceil(32).saturating_sub(2) as u64
}

/// Raising to `exponent`, big endian.
pub(crate) fn pow(exponent: &[u8; 32]) -> u64 {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
    3_000 + 17_500 * (33 - zeros)
}
