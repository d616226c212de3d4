//! Market data of expiries, signed as the oracle wants it (EIP-712).

use crate::{
    bindings::{self, IOracle},
    client::Client,
    config::signed_wad,
    ids,
};
use alloy::{
    primitives::{Address, B256, Bytes, Signature},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::{Eip712Domain, SolStruct, eip712_domain},
};
use eyre::{Result, WrapErr, ensure, eyre};
use serde::Deserialize;
use std::{fs, path::Path};

/// What is signed.
pub mod typed {
    #![allow(missing_docs)]
    alloy::sol! {
        #[sol(all_derives)]
        struct ExpiryUpdate {
            uint16 underlying;
            uint16 expiryDay;
            uint64 ratio;
            uint128 fixedPart;
            uint64 discount;
            int128 a;
            int128 b;
            int128 rho;
            int128 m;
            int128 sigma;
        }

        #[sol(all_derives)]
        struct PushExpiries {
            ExpiryUpdate[] updates;
            uint64 observedAt;
        }

        #[sol(all_derives)]
        struct MarketSize {
            uint16 underlying;
            uint128 openInterest;
            uint128 volume;
            uint64 observedAt;
        }

        #[sol(all_derives)]
        struct PushMarketSizes {
            MarketSize[] sizes;
        }
    }
}

/// The domain of an oracle on a chain.
#[must_use]
pub fn domain(chain: u64, oracle: Address) -> Eip712Domain {
    eip712_domain! {
        name: "Plimsoll Oracle",
        version: "2",
        chain_id: chain,
        verifying_contract: oracle,
    }
}

/// The hash of sizes of markets that is signed.
#[must_use]
pub fn sizes_signing_hash(domain: &Eip712Domain, sizes: &[bindings::MarketSize]) -> B256 {
    let size = |s: &bindings::MarketSize| typed::MarketSize {
        underlying: s.underlying,
        openInterest: s.openInterest,
        volume: s.volume,
        observedAt: s.observedAt,
    };
    let push = typed::PushMarketSizes {
        sizes: sizes.iter().map(size).collect(),
    };
    push.eip712_signing_hash(domain)
}

/// The hash that is signed.
#[must_use]
pub fn signing_hash(
    domain: &Eip712Domain,
    updates: &[bindings::ExpiryUpdate],
    observed_at: u64,
) -> B256 {
    let update = |u: &bindings::ExpiryUpdate| typed::ExpiryUpdate {
        underlying: u.underlying,
        expiryDay: u.expiryDay,
        ratio: u.ratio,
        fixedPart: u.fixedPart,
        discount: u.discount,
        a: u.a,
        b: u.b,
        rho: u.rho,
        m: u.m,
        sigma: u.sigma,
    };
    let push = typed::PushExpiries {
        updates: updates.iter().map(update).collect(),
        observedAt: observed_at,
    };
    push.eip712_signing_hash(domain)
}

/// Signatures in the order the oracle wants: ascending by signer.
///
/// # Errors
///
/// A key does not sign.
pub fn sign(hash: B256, keys: &[PrivateKeySigner]) -> Result<Vec<Bytes>> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_by_key(|key| key.address());
    let sign = |key: &PrivateKeySigner| Ok(key.sign_hash_sync(&hash)?.as_bytes().into());
    keys.into_iter().map(sign).collect()
}

/// Signatures of others with their own, in the order the oracle wants.
///
/// # Errors
///
/// One is no signature.
pub fn in_order(hash: B256, signatures: &[Bytes]) -> Result<Vec<Bytes>> {
    let mut known = Vec::new();
    for bytes in signatures {
        let signer = Signature::from_raw(bytes)
            .and_then(|s| s.recover_address_from_prehash(&hash))
            .map_err(|e| eyre!("{bytes} is no signature of this push: {e}"))?;
        known.push((signer, bytes.clone()));
    }
    known.sort_unstable();
    known.dedup();
    Ok(known.into_iter().map(|(_, bytes)| bytes).collect())
}

/// Refuses what the oracle would refuse for its time: observed after the chain's time, or longer ago than the terms of an
/// underlying allow.
///
/// # Errors
///
/// Just that, or the node fails.
pub async fn check_time(client: &Client, oracle: Address, file: &ExpiriesFile) -> Result<()> {
    let client = client.pinned().await?;
    let (now, observed) = (client.now().await?, file.observed_at);
    ensure!(
        observed <= now,
        "observed_at is {observed}, {} seconds after the chain's time {now}: the oracle refuses what is observed in \
         its future (is it in milliseconds?)",
        observed - now
    );
    for expiry in &file.expiries {
        let underlying = expiry.underlying;
        let terms = client
            .call(oracle, &IOracle::surfaceTermsCall { underlying })
            .await
            .map_err(|e| eyre!("{e}"))?;
        ensure!(
            terms.maxAge != 0,
            "the house allows no expiries of underlying {underlying}: give it a surface in the house's file first"
        );
        ensure!(
            now - observed <= u64::from(terms.maxAge),
            "observed_at is {observed}, {} seconds before the chain's time {now}: of underlying {underlying} the \
             oracle takes what is at most {} seconds old",
            now - observed,
            terms.maxAge
        );
    }
    Ok(())
}

/// What signers sign, as a file says it: numbers in quotes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiriesFile {
    /// When it was observed, unix seconds: all signers must name the same second.
    pub observed_at: u64,
    /// By underlying and day, ascending.
    pub expiries: Vec<ExpiryText>,
}

/// One expiry: `ExpiryUpdate` in `abi/Types.sol`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiryText {
    /// Its underlying.
    pub underlying: u16,
    /// Days since 1970-01-01; it expires at 08:00 UTC.
    pub day: u16,
    /// The part of the forward that still moves, as a share of a spot of the same second; 0 to settle.
    pub ratio: String,
    /// What a settlement window has fixed already, or the settlement price.
    #[serde(default = "zero")]
    pub fixed_part: String,
    /// Discount factor, above 0 and at most 1.
    #[serde(default = "one")]
    pub discount: String,
    /// Level of total variance.
    pub a: String,
    /// Slope.
    pub b: String,
    /// Skew.
    pub rho: String,
    /// Position.
    pub m: String,
    /// Width.
    pub sigma: String,
}

fn zero() -> String {
    "0".into()
}

fn one() -> String {
    "1".into()
}

impl ExpiriesFile {
    /// Reads JSON or TOML.
    ///
    /// # Errors
    ///
    /// It is not there, or does not parse.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        if path.extension().is_some_and(|e| e == "toml") {
            return toml::from_str(&text).wrap_err_with(|| path.display().to_string());
        }
        serde_json::from_str(&text).wrap_err_with(|| path.display().to_string())
    }

    /// As the oracle takes them.
    ///
    /// # Errors
    ///
    /// A number does not parse.
    pub fn updates(&self) -> Result<Vec<bindings::ExpiryUpdate>> {
        self.expiries.iter().map(ExpiryText::update).collect()
    }
}

impl ExpiryText {
    fn update(&self) -> Result<bindings::ExpiryUpdate> {
        let of = format!("underlying {} day {}", self.underlying, self.day);
        let price = |text: &str| -> Result<u128> {
            let wad = ids::parse_wad(text).wrap_err_with(|| of.clone())?;
            u128::try_from(wad).map_err(|_| eyre!("{of}: {text} is too large"))
        };
        let number = |text: &str| signed_wad(text, &of);
        Ok(bindings::ExpiryUpdate {
            underlying: self.underlying,
            expiryDay: self.day,
            ratio: u64::try_from(price(&self.ratio)?)
                .map_err(|_| eyre!("{of}: the ratio {} is too large", self.ratio))?,
            fixedPart: price(&self.fixed_part)?,
            discount: u64::try_from(price(&self.discount)?)
                .map_err(|_| eyre!("{of}: the discount is above 1"))?,
            a: number(&self.a)?,
            b: number(&self.b)?,
            rho: number(&self.rho)?,
            m: number(&self.m)?,
            sigma: number(&self.sigma)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_push() {
        let path = crate::workspace::root().join("scripts/data/expiries.example.json");
        assert_eq!(
            ExpiriesFile::read(&path).unwrap().updates().unwrap().len(),
            1
        );
    }

    #[test]
    fn a_file_is_a_push_and_signatures_find_their_order() {
        let file: ExpiriesFile = serde_json::from_str(
            r#"{"observed_at": 7, "expiries": [{"underlying": 1, "day": 20800, "ratio": "1.005",
                "a": "0.02", "b": "0.05", "rho": "-0.3", "m": "0", "sigma": "0.2"}]}"#,
        )
        .unwrap();
        let updates = file.updates().unwrap();
        assert_eq!(updates[0].ratio, 1_005_000_000_000_000_000);
        assert_eq!(
            (updates[0].rho, updates[0].discount),
            (-300_000_000_000_000_000, 1_000_000_000_000_000_000)
        );
        let hash = signing_hash(&domain(1, Address::ZERO), &updates, file.observed_at);
        let keys =
            [1_u8, 2, 3].map(|n| PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).unwrap());
        let wanted = sign(hash, &keys).unwrap();
        let mut mixed = wanted.clone();
        mixed.reverse();
        mixed.push(wanted[0].clone());
        assert_eq!(in_order(hash, &mixed).unwrap(), wanted);
        assert!(in_order(hash, &[Bytes::from(vec![1; 64])]).is_err());
    }
}
