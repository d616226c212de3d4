//! Oracle, margin, its parameters and the lens alone on a chain, with feeds that do as they are told: no JSON-RPC, no
//! vault, so that a test can try thousands of things.
#![allow(dead_code, unused_imports)] // each test binary uses its part
pub(crate) mod furnished;

pub(crate) use alloy::{
    primitives::{Address, B256, Bytes, I256, U256},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolError, SolEvent},
};
use alloy::{rpc::types::TransactionRequest, sol_types::SolConstructor};
pub(crate) use plimsoll::bindings::{
    Assessment, AssetBalance, ExpiryUpdate, IAuction, IClearinghouse, ILens, IMargin, IOracle,
    IParameters, IVault, Portfolio, Price, Rate,
};
use plimsoll::push;
use plimsoll_devnode::{
    Chain, ChainConfig,
    types::{CallRequest, CallResult, Outcome, Transaction},
};
use plimsoll_e2e::Progress;
pub(crate) use plimsoll_e2e::hostile::HostileFeed;
pub(crate) use plimsoll_e2e::ratio;
use std::{fmt::Debug, sync::Arc};

/// 1e18.
pub(crate) const ONE: u128 = 1_000_000_000_000_000_000;

/// Bounds that hold nothing back.
pub(crate) const WIDE: (u128, u128) = (1, 1_000_000_000_000_000 * ONE);

/// How many of the three keys sign a push.
pub(crate) const THRESHOLD: u8 = 2;

/// A chain with an oracle, a margin calculator and its parameters, of one owner, and a lens.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) chain: Chain,
    pub(crate) owner: Address,
    pub(crate) stranger: Address,
    pub(crate) oracle: Address,
    pub(crate) margin: Address,
    pub(crate) parameters: Address,
    pub(crate) lens: Address,
    /// Three that may sign pushes once [`Self::signers`] is sent, ascending by address.
    pub(crate) keys: Vec<PrivateKeySigner>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self::on(ChainConfig::default())
    }

    pub(crate) fn on(config: ChainConfig) -> Self {
        let mut chain = Chain::new(config);
        let (owner, stranger) = (chain.accounts()[1].address, chain.accounts()[2].address);
        let deployer = chain.accounts()[0].address;
        let [oracle, margin, parameters, lens] = ["oracle", "margin", "parameters", "lens"]
            .map(|name| deploy(&mut chain, deployer, name));
        let mut keys: Vec<_> = (1..=3_u8)
            .map(|n| PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).expect("a key"))
            .collect();
        keys.sort_by_key(PrivateKeySigner::address);
        let mut hub = Self {
            chain,
            owner,
            stranger,
            oracle,
            margin,
            parameters,
            lens,
            keys,
        };
        hub.must(deployer, oracle, &IOracle::initializeCall { owner });
        hub.must(
            deployer,
            margin,
            &IMargin::initializeCall { parameters, oracle },
        );
        let call = IParameters::initializeCall {
            owner,
            margin,
            oracle,
            vault: every_asset_is_listed(&mut hub.chain, deployer),
        };
        hub.must(deployer, parameters, &call);
        // What the lens says of accounts needs a vault; here it is asked about portfolios.
        let call = ILens::initializeCall {
            vault: owner,
            clearinghouse: owner,
            auction: owner,
            margin,
            oracle,
        };
        hub.must(deployer, lens, &call);
        hub
    }

    /// The call that names the keys as signers.
    pub(crate) fn signers(&self, threshold: u8) -> IOracle::setSignersCall {
        IOracle::setSignersCall {
            signers: self.keys.iter().map(PrivateKeySigner::address).collect(),
            threshold,
        }
    }

    /// What a push is signed by.
    pub(crate) fn hash(&self, updates: &[ExpiryUpdate], observed_at: u64) -> B256 {
        let domain = push::domain(self.chain.config().chain_id, self.oracle);
        push::signing_hash(&domain, updates, observed_at)
    }

    /// A push that as many keys sign as must.
    pub(crate) fn push(
        &self,
        updates: &[ExpiryUpdate],
        observed_at: u64,
    ) -> IOracle::pushExpiriesCall {
        let hash = self.hash(updates, observed_at);
        let signatures = push::sign(hash, &self.keys[..usize::from(THRESHOLD)]);
        IOracle::pushExpiriesCall {
            updates: updates.to_vec(),
            observedAt: observed_at,
            signatures: signatures.expect("keys sign"),
        }
    }

    /// Pushed by a stranger, observed in the second of its block.
    pub(crate) fn pushed(&mut self, updates: &[ExpiryUpdate]) -> Arc<Transaction> {
        let call = self.push(updates, self.chain.next_block_timestamp());
        let (stranger, oracle) = (self.stranger, self.oracle);
        self.must(stranger, oracle, &call)
    }

    /// Sets parameters, as their owner.
    pub(crate) fn set(&mut self, call: &impl SolCall) -> Arc<Transaction> {
        let (owner, parameters) = (self.owner, self.parameters);
        self.must(owner, parameters, call)
    }

    /// Time of the latest block: what calls see.
    pub(crate) fn now(&self) -> u64 {
        self.chain.latest().header.timestamp
    }

    /// Any calldata, as a call with plenty of gas.
    pub(crate) fn raw(&self, to: Address, data: Bytes, value: u64, gas: Option<u64>) -> CallResult {
        let transaction = TransactionRequest {
            from: Some(self.stranger),
            to: Some(to.into()),
            input: data.into(),
            value: Some(U256::from(value)),
            gas,
            ..Default::default()
        };
        let result = self.chain.call(&CallRequest::from(transaction));
        result.expect("the chain answers")
    }

    /// A view; an error is revert data, or nothing where it ran out of gas.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, Bytes> {
        self.ask_with_gas(to, call, None)
    }

    pub(crate) fn ask_with_gas<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        gas: Option<u64>,
    ) -> Result<C::Return, Bytes> {
        let result = self.raw(to, call.abi_encode().into(), 0, gas);
        match result.outcome {
            Outcome::Success => {
                Ok(C::abi_decode_returns_validate(&result.output).expect("well-formed answer"))
            }
            _ => Err(result.output),
        }
    }

    /// Gas of a view, without the transaction's own 21,000 and calldata.
    pub(crate) fn gas<C: SolCall>(&self, to: Address, call: &C) -> u64 {
        let data = call.abi_encode();
        let intrinsic: u64 = 21_000
            + data
                .iter()
                .map(|b| if *b == 0 { 4 } else { 16 })
                .sum::<u64>();
        self.raw(to, data.into(), 0, None).gas_used - intrinsic
    }

    /// A view that must answer.
    pub(crate) fn get<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        self.ask(to, call)
            .unwrap_or_else(|data| panic!("{}: {data}", C::SIGNATURE))
    }

    /// A view that must be refused with `E`.
    pub(crate) fn refused<E: SolError + Debug>(&self, to: Address, call: &impl SolCall) -> E {
        match self.ask(to, call) {
            Ok(_) => panic!("expected {}", E::SIGNATURE),
            Err(data) => decode_error(&data),
        }
    }

    pub(crate) fn send<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<Arc<Transaction>, Bytes> {
        self.transact(from, to, call.abi_encode().into())
    }

    /// Any calldata, as a transaction; an error is revert data.
    pub(crate) fn transact(
        &mut self,
        from: Address,
        to: Address,
        data: Bytes,
    ) -> Result<Arc<Transaction>, Bytes> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(to.into()),
            input: data.into(),
            ..Default::default()
        };
        let done = self.chain.transact(request).expect("the chain takes it");
        match done.receipt.outcome {
            Outcome::Success => Ok(done),
            _ => Err(done.receipt.output.clone()),
        }
    }

    pub(crate) fn must<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Arc<Transaction> {
        self.send(from, to, call)
            .unwrap_or_else(|data| panic!("{}: {data}", C::SIGNATURE))
    }

    /// A transaction of the owner's that must be refused with `E` and leave no log.
    pub(crate) fn must_not<E: SolError + Debug>(&mut self, to: Address, call: &impl SolCall) -> E {
        let owner = self.owner;
        match self.send(owner, to, call) {
            Ok(_) => panic!("expected {}", E::SIGNATURE),
            Err(data) => decode_error(&data),
        }
    }

    /// A feed that answers this, observed now, until told otherwise.
    pub(crate) fn feed(&mut self, decimals: u8, answer: I256) -> Address {
        let arguments = HostileFeed::constructorCall {
            decimals_: decimals,
            answer,
            updatedAt: U256::from(self.now()),
        };
        let mut code = HostileFeed::BYTECODE.to_vec();
        code.extend(arguments.abi_encode());
        let owner = self.owner;
        self.chain.deploy(owner, code).expect("the feed deploys")
    }

    /// Sets a feed's round.
    pub(crate) fn answer(&mut self, feed: Address, answer: I256, updated_at: U256) {
        let call = HostileFeed::setRoundWordsCall {
            id: U256::from(7),
            answer,
            startedAt: updated_at,
            updatedAt: updated_at,
            answeredInRound: U256::from(7),
        };
        let owner = self.owner;
        self.must(owner, feed, &call);
    }

    /// Lists a feed at the oracle.
    pub(crate) fn list(
        &mut self,
        feed: u16,
        aggregator: Address,
        max_age: u32,
        (min, max): (u128, u128),
    ) {
        let call = set_feed(feed, aggregator, max_age, min, max);
        let (owner, oracle) = (self.owner, self.oracle);
        self.must(owner, oracle, &call);
    }

    /// What the oracle says of these feeds.
    pub(crate) fn prices(&self, feeds: &[u16]) -> Vec<Price> {
        self.get(
            self.oracle,
            &IOracle::pricesCall {
                feeds: feeds.to_vec(),
            },
        )
    }
}

/// The call that lists a feed.
pub(crate) fn set_feed(
    feed: u16,
    aggregator: Address,
    max_age: u32,
    min: u128,
    max: u128,
) -> IOracle::setFeedCall {
    IOracle::setFeedCall {
        feed,
        aggregator,
        maxAge: max_age,
        minPrice: U256::from(min),
        maxPrice: U256::from(max),
        confidence: 0,
    }
}

/// A signed number.
pub(crate) fn int(value: i128) -> I256 {
    I256::try_from(value).expect("128 bits fit")
}

pub(crate) fn decode_error<E: SolError + Debug>(data: &Bytes) -> E {
    E::abi_decode_validate(data).unwrap_or_else(|_| {
        panic!(
            "expected {}, got {}",
            E::SIGNATURE,
            plimsoll::bindings::explain(data)
        )
    })
}

/// The events `E` of a transaction.
pub(crate) fn events<E: SolEvent>(transaction: &Transaction) -> Vec<E> {
    let logs = transaction.receipt.logs.iter();
    logs.filter_map(|log| E::decode_log(&log.inner).ok().map(|log| log.data))
        .collect()
}

/// A contract that nobody has initialised yet, activated.
pub(crate) fn deploy(chain: &mut Chain, deployer: Address, name: &str) -> Address {
    let address = create(chain, deployer, name);
    chain.activate(deployer, address).expect("it activates");
    address
}

/// Another one of code that is activated.
pub(crate) fn create(chain: &mut Chain, deployer: Address, name: &str) -> Address {
    let programs = plimsoll_build::build_cached(&Progress::silent()).expect("the contracts build");
    let program = programs
        .iter()
        .find(|p| p.name == name)
        .expect("a contract");
    let mut at = Vec::new();
    if !program.is_whole() {
        for fragment in &program.fragments {
            let code = plimsoll::deploy::fragment_init_code(fragment).expect("it fits");
            at.push(chain.deploy(deployer, code).expect("it deploys"));
        }
    }
    let code = plimsoll::deploy::init_code(&program.code(&at)).expect("it fits");
    chain.deploy(deployer, code).expect("it deploys")
}

/// A contract that answers 16 to everything, as a vault does that lists all the assets it may.
fn every_asset_is_listed(chain: &mut Chain, deployer: Address) -> Address {
    // PUSH1 16 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN, put into memory and returned by what stands before it.
    let code = "0x6760105f5260205ff35f5260086018f3";
    let code: Bytes = code.parse().expect("hex");
    chain.deploy(deployer, code).expect("it deploys")
}
