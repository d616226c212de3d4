//! The signers of pushes: M of N signatures over one push (EIP-712).
use crate::{
    Oracle,
    sol::{
        ExpiryUpdate, InvalidSignature, InvalidThreshold, MarketSize, SignersNotAscending,
        SignersSet, TooFewSignatures, UnknownSigner,
    },
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, Encoder, Fields},
    at_most,
};
use plimsoll_kernel::num::low_u8;
use stylus_sdk::{call::RawCall, crypto::keccak, keccak_const::Keccak256, prelude::*};

/// Most signers.
pub(crate) const MAX_SIGNERS: usize = 16;

/// The struct that is signed: an update's fields are those of [`ExpiryUpdate`], in its order.
const UPDATE_TYPE: &[u8] = b"ExpiryUpdate(uint16 underlying,uint16 expiryDay,uint64 ratio,\
uint128 fixedPart,uint64 discount,int128 a,int128 b,int128 rho,int128 m,int128 sigma)";
const UPDATE_HASH: [u8; 32] = Keccak256::new().update(UPDATE_TYPE).finalize();
const PUSH_HASH: [u8; 32] = Keccak256::new()
    .update(b"PushExpiries(ExpiryUpdate[] updates,uint64 observedAt)")
    .update(UPDATE_TYPE)
    .finalize();
/// A size's fields are those of [`MarketSize`], in its order.
const SIZE_TYPE: &[u8] =
    b"MarketSize(uint16 underlying,uint128 openInterest,uint128 volume,uint64 observedAt)";
const SIZE_HASH: [u8; 32] = Keccak256::new().update(SIZE_TYPE).finalize();
const SIZES_HASH: [u8; 32] = Keccak256::new()
    .update(b"PushMarketSizes(MarketSize[] sizes)")
    .update(SIZE_TYPE)
    .finalize();
const DOMAIN_HASH: [u8; 32] = Keccak256::new()
    .update(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    .finalize();
const NAME_HASH: [u8; 32] = Keccak256::new().update(b"Plimsoll Oracle").finalize();
const VERSION_HASH: [u8; 32] = Keccak256::new().update(b"2").finalize();

/// Half the order of secp256k1, rounded down: of the two forms every signature has, the one with the larger s is
/// refused.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

impl Oracle {
    /// Stores the signers. The first word is count 8 · threshold 8; the signers follow, ascending.
    pub(crate) fn store_signers(
        &mut self,
        signers: &[Address],
        threshold: u8,
    ) -> Result<(), Revert> {
        let count = match u8::try_from(signers.len()) {
            Ok(count) if signers.len() <= MAX_SIGNERS && threshold != 0 && threshold <= count => {
                count
            }
            _ => {
                return Err(InvalidThreshold {
                    count: U256::from(signers.len()),
                    threshold,
                    limit: U256::from(MAX_SIGNERS),
                }
                .into());
            }
        };
        let mut list = self.signers.list(0_u16);
        let mut previous = Address::ZERO;
        for (index, signer) in signers.iter().enumerate() {
            ascending(index, previous, *signer)?;
            previous = *signer;
            let word = U256::from_be_bytes(signer.into_word().0);
            list.set(index.saturating_add(1), word);
        }
        let head = u64::from(count) << 8 | u64::from(threshold);
        list.set(0, U256::from(head));
        SignersSet { count, threshold }.emit(self.vm());
        Ok(())
    }

    /// The signers, ascending, and how many of them must sign; none and 0 before they are set.
    pub(crate) fn load_signers(&self) -> (Vec<Address>, u8) {
        let list = self.signers.list(0_u16);
        let [head, ..] = *list.get(0).as_limbs();
        let count = (head >> 8) as usize & 0xff;
        let signers = (1..=count).map(|index| Address::from_word(list.get(index).into()));
        (signers.collect(), low_u8(head))
    }

    /// Hash of the domain: this contract on this chain.
    pub(crate) fn domain(&self) -> B256 {
        let mut out = Encoder::new(&DOMAIN_HASH, 4);
        out.raw(&NAME_HASH);
        out.raw(&VERSION_HASH);
        out.unsigned(self.vm().chain_id().into());
        out.field(&self.vm().contract_address());
        keccak(out.finish())
    }

    /// The hash that is signed.
    pub(crate) fn digest(&self, updates: &[ExpiryUpdate], observed_at: u64) -> B256 {
        let mut hashes = Vec::with_capacity(updates.len().saturating_mul(32));
        for update in updates {
            hashes.extend_from_slice(&keccak(update.encode(&UPDATE_HASH)).0);
        }
        let mut out = Encoder::new(&PUSH_HASH, 2);
        out.raw(&keccak(hashes).0);
        out.unsigned(observed_at.into());
        self.typed(&keccak(out.finish()))
    }

    /// The hash of sizes that is signed.
    pub(crate) fn sizes_digest(&self, sizes: &[MarketSize]) -> B256 {
        let mut hashes = Vec::with_capacity(sizes.len().saturating_mul(32));
        for size in sizes {
            hashes.extend_from_slice(&keccak(size.encode(&SIZE_HASH)).0);
        }
        let mut out = Encoder::new(&SIZES_HASH, 1);
        out.raw(&keccak(hashes).0);
        self.typed(&keccak(out.finish()))
    }

    /// The hash that is signed for a struct's hash.
    fn typed(&self, of: &B256) -> B256 {
        let mut out = Encoder::new(&[0x19, 0x01], 2);
        out.raw(&self.domain().0);
        out.raw(&of.0);
        keccak(out.finish())
    }

    /// Refuses a push that too few signers have signed. Every signature given must be a signer's, in ascending order of their
    /// addresses, so that none counts twice.
    pub(crate) fn check_quorum(&self, digest: &B256, signatures: &[Bytes]) -> Result<(), Revert> {
        let (signers, threshold) = self.load_signers();
        at_most(signatures.len(), MAX_SIGNERS)?;
        // Before signers are set the threshold is 0, and nothing is enough.
        if threshold == 0 || signatures.len() < usize::from(threshold) {
            let given = U256::from(signatures.len());
            return Err(TooFewSignatures { given, threshold }.into());
        }
        let mut previous = Address::ZERO;
        for (index, signature) in signatures.iter().enumerate() {
            let signer = self.recover(digest, &signature.0).ok_or(InvalidSignature {
                index: U256::from(index),
            })?;
            if !signers.contains(&signer) {
                return Err(UnknownSigner { signer }.into());
            }
            ascending(index, previous, signer)?;
            previous = signer;
        }
        Ok(())
    }

    /// The signer; `None` if the signature is not 65 bytes, has v other than 27 and 28, or s above half the order.
    fn recover(&self, digest: &B256, signature: &[u8]) -> Option<Address> {
        let (r, rest) = signature.split_first_chunk::<32>()?;
        let (s, rest) = rest.split_first_chunk::<32>()?;
        let [v @ 27..=28] = rest else {
            return None;
        };
        if *s > HALF_ORDER {
            return None;
        }
        let mut input = Encoder::new(&[], 4);
        input.raw(&digest.0);
        input.unsigned((*v).into());
        input.raw(r);
        input.raw(s);
        // SAFETY: a static call to a precompile, which calls nothing.
        let answer = unsafe {
            RawCall::new_static(self.vm())
                .limit_return_data(0, 32)
                .call(ECRECOVER, &input.finish())
        };
        let word: [u8; 32] = answer.ok()?.try_into().ok()?;
        Some(Address::from_word(word.into())).filter(|signer| !signer.is_zero())
    }
}

fn ascending(index: usize, previous: Address, signer: Address) -> Result<(), Revert> {
    if signer <= previous {
        return Err(SignersNotAscending {
            index: U256::from(index),
            signer,
        }
        .into());
    }
    Ok(())
}
