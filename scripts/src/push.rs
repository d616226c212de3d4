//! Market data of expiries, signed as the oracle wants it (EIP-712).

use crate::bindings;
use alloy::{
    primitives::{Address, B256, Bytes},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::{Eip712Domain, SolStruct, eip712_domain},
};
use eyre::Result;

/// What is signed.
pub mod typed {
    #![allow(missing_docs)]
    alloy::sol! {
        #[sol(all_derives)]
        struct ExpiryUpdate {
            uint16 underlying;
            uint16 expiryDay;
            uint128 forward;
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
    }
}

/// The domain of an oracle on a chain.
#[must_use]
pub fn domain(chain: u64, oracle: Address) -> Eip712Domain {
    eip712_domain! {
        name: "Plimsoll Oracle",
        version: "1",
        chain_id: chain,
        verifying_contract: oracle,
    }
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
        forward: u.forward,
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
