//! A contract as a deployment needs it: its module, and what accounts have to hold.

use alloy::primitives::{Address, B256, Bytes, keccak256};
use plimsoll_stylus::{Activation, StylusParams, code::Root};

/// Most an account's code may take on chain, prefix included.
pub const MAX_CODE_SIZE: usize = 24_576;

/// ArbOS versions whose rules a module must pass; the last is what Arbitrum One runs today, and what
/// figures are of.
pub const ARBOS: [u64; 2] = [51, 61];

/// The rules of today's chain.
pub const fn today() -> StylusParams {
    let [.., today] = ARBOS;
    StylusParams::arbos(today)
}

/// A contract ready for deployment.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name in the registry.
    pub name: &'static str,
    /// The module, re-encoded.
    pub wasm: Bytes,
    /// What accounts have to hold for the contract to stand, in order, each at most [`MAX_CODE_SIZE`]
    /// bytes. One: a whole program, the contract itself (`EFF00000` and the module compressed).
    /// Several: fragments (`EFF001` and a piece of the compressed module), each in an account of its
    /// own, which the contract's code names: [`Self::code`].
    pub fragments: Vec<Bytes>,
    /// What the chain will write down when it is activated.
    pub activation: Activation,
}

/// Gas a call pays before a program's first instruction, as the first call of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartGas {
    /// Neither cached nor called earlier in the block.
    pub cold: u64,
    /// Not cached, but called earlier in the block.
    pub warm_in_block: u64,
    /// In the chain's cache.
    pub cached: u64,
}

impl Program {
    /// Whether one account holds all of it.
    pub const fn is_whole(&self) -> bool {
        self.fragments.len() == 1
    }

    /// What has to stand at the contract's own address. Of a whole program that is its only piece,
    /// whatever `at` is. Else it is the root, which holds the addresses `at` of the accounts that hold
    /// [`Self::fragments`], in the same order.
    pub fn code(&self, at: &[Address]) -> Bytes {
        match self.fragments.as_slice() {
            [whole] => whole.clone(),
            _ => Root {
                dictionary: 0,
                wasm_len: self.wasm.len() as u32,
                fragments: at.to_vec(),
            }
            .to_code()
            .into(),
        }
    }

    /// What tells this build from another, wherever it is deployed. Of a whole program it is the
    /// contract's code hash on chain. The code of a root holds addresses, so that of a program in
    /// fragments it is keccak256 of the fragments' own code hashes, one after the other; on chain,
    /// each fragment is to be compared with [`Self::fragment_hashes`] and the root with [`Self::code`].
    pub fn code_hash(&self) -> B256 {
        match self.fragment_hashes().as_slice() {
            [whole] => *whole,
            hashes => keccak256(hashes.concat()),
        }
    }

    /// The code hash of each account of [`Self::fragments`].
    pub fn fragment_hashes(&self) -> Vec<B256> {
        self.fragments.iter().map(keccak256).collect()
    }

    /// Bytes on chain, prefixes included, a root's (8 and 20 for each fragment) not.
    pub fn compressed(&self) -> usize {
        self.fragments.iter().map(|f| f.len()).sum()
    }

    /// What starting it costs on today's chain.
    pub fn start_gas(&self) -> StartGas {
        let params = today();
        let cost = |recent, cached| {
            let program = plimsoll_stylus::Program::new(&self.activation, 0, cached);
            plimsoll_stylus::call_cost(&params, &program, recent, 0, 0)
        };
        StartGas {
            cold: cost(false, false),
            warm_in_block: cost(true, false),
            cached: cost(false, true),
        }
    }
}
