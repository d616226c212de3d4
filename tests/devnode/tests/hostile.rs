//! Nothing anybody sends breaks the chain.

mod support;

use alloy::primitives::TxKind;
use plimsoll_devnode::{
    BlockId, BlockOverrides, CallRequest, Chain, ChainConfig, ChainError, TransactionRequest,
};
use proptest::{collection::vec, prelude::*};
use std::sync::{Mutex, OnceLock};
use support::*;

/// One world for all cases: what they leave behind only makes it livelier.
fn world() -> &'static Mutex<World> {
    static WORLD: OnceLock<Mutex<World>> = OnceLock::new();
    WORLD.get_or_init(|| Mutex::new(World::new()))
}

fn fine<T>(result: Result<T, ChainError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(ChainError::Internal(why)) => panic!("{why}"),
        Err(_) => None,
    }
}

/// Things the actors can be told, some of them nonsense, calling each other and the precompiles.
fn order() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        vec(any::<u8>(), 0..80),
        (0u8..18, vec(any::<u8>(), 0..120)).prop_map(|(op, mut rest)| {
            rest.insert(0, op);
            rest
        }),
        (any::<u8>(), any::<u8>()).prop_map(|(k, v)| op::sstore(k.into(), v.into()).to_vec()),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            (0u8..4, target(), 0u64..3, inner.clone(), any::<bool>()).prop_map(
                |(kind, to, wei, data, bubble)| {
                    let build = if bubble { op::bubble } else { op::attempt };
                    build(kind, to, wei, &data).to_vec()
                }
            ),
            (target(), inner.clone(), target(), inner.clone()).prop_map(|(a, x, b, y)| op::then(
                (a, &x),
                (b, &y)
            )
            .to_vec()),
            inner.clone().prop_map(|code| op::create(0, &code).to_vec()),
            inner.prop_map(|code| {
                let mut code = code;
                code.splice(0..0, [0xef, 0xf0, 0x00]);
                op::create(1, &plimsoll_devnode::init_code(&code)).to_vec()
            }),
        ]
    })
}

fn target() -> impl Strategy<Value = Address> {
    prop_oneof![
        4 => any::<bool>().prop_map(|wasm| {
            let world = world().lock().unwrap();
            if wasm { world.wasm } else { world.evm }
        }),
        2 => (0u8..0x80).prop_map(Address::with_last_byte),
        1 => any::<[u8; 20]>().prop_map(Address::from),
    ]
}

/// Calls of ArbOS' precompiles: known selectors, any arguments.
fn precompile_call() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let selectors: Vec<(u8, &str)> = vec![
        (0x71, "activateProgram(address)"),
        (0x71, "codehashKeepalive(bytes32)"),
        (0x71, "programInitGas(address)"),
        (0x71, "programTimeLeft(address)"),
        (0x71, "codehashAsmSize(bytes32)"),
        (0x72, "cacheProgram(address)"),
        (0x72, "evictCodehash(bytes32)"),
        (0x72, "codehashIsCached(bytes32)"),
        (0x72, "allCacheManagers()"),
        (0x64, "arbBlockHash(uint256)"),
        (0x64, "mapL1SenderContractAddressToL2Alias(address,address)"),
        (0x64, "myCallersAddressWithoutAliasing()"),
        (0x65, "getCode(address)"),
        (0x65, "getBalance(address)"),
        (0x6c, "getPricesInArbGas()"),
        (0x6b, "getAllChainOwners()"),
        (0xc8, "gasEstimateComponents(address,bool,bytes)"),
    ];
    (
        proptest::sample::select(selectors),
        vec(any::<u8>(), 0..140),
        any::<bool>(),
        target(),
    )
        .prop_map(|((at, name), rest, of_target, target)| {
            let mut data = alloy::primitives::keccak256(name)[..4].to_vec();
            if of_target {
                data.extend([0; 12]);
                data.extend(target);
            }
            data.extend(rest);
            (at, data)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn raw_transactions(raw in vec(any::<u8>(), 0..300), typed in 0u8..5) {
        let mut world = world().lock().unwrap();
        fine(world.chain.send_raw(&raw));
        let mut raw = raw;
        raw.insert(0, typed);
        fine(world.chain.send_raw(&raw));
    }

    #[test]
    fn orders_to_the_actors(data in order(), wasm in any::<bool>(), gas in 0u64..3_000_000, value in 0u64..3) {
        let mut world = world().lock().unwrap();
        let to = if wasm { world.wasm } else { world.evm };
        let request = TransactionRequest {
            from: Some(world.me),
            gas: Some(gas),
            value: Some(U256::from(value)),
            ..request(to, data)
        };
        let called = fine(world.chain.trace_call(&CallRequest::from(request.clone())));
        let sent = fine(world.chain.transact(request));
        if let (Some(called), Some(sent)) = (called, sent) {
            prop_assert!(called.gas_used <= gas && sent.receipt.gas_used <= gas);
            // the trace of the transaction accounts for its gas
            let trace = fine(world.chain.trace_transaction(sent.hash)).unwrap();
            prop_assert_eq!(trace.error.is_none(), sent.receipt.status);
            nested(&trace)?;
        }
    }

    #[test]
    fn any_code_any_input(code in vec(any::<u8>(), 0..200), data in vec(any::<u8>(), 0..64)) {
        let mut world = world().lock().unwrap();
        let at = Address::repeat_byte(0xcc);
        world.chain.set_code(at, code.clone().into());
        let me = world.me;
        let call = TransactionRequest { from: Some(me), gas: Some(200_000), ..request(at, data) };
        fine(world.chain.call(&call.clone().into()));
        fine(world.chain.transact(call));
        let create = TransactionRequest {
            from: Some(me),
            gas: Some(300_000),
            to: Some(TxKind::Create),
            input: Bytes::from(code).into(),
            ..Default::default()
        };
        fine(world.chain.transact(create));
    }

    #[test]
    fn any_call_of_a_precompile((at, data) in precompile_call(), gas in 0u64..3_000_000, value in 0u64..2) {
        let mut world = world().lock().unwrap();
        let request = TransactionRequest {
            from: Some(world.me),
            gas: Some(gas),
            value: Some(U256::from(value)),
            ..request(Address::with_last_byte(at), data)
        };
        fine(world.chain.call(&request.clone().into()));
        fine(world.chain.estimate_gas(&request.clone().into()));
        fine(world.chain.transact(request));
    }
}

/// Frames use no more than they were given, and their callees no more than they used.
fn nested(frame: &plimsoll_devnode::CallFrame) -> Result<(), TestCaseError> {
    prop_assert!(frame.gas_used <= frame.gas);
    for inner in &frame.calls {
        prop_assert!(inner.gas_used <= frame.gas_used + 2_300);
        nested(inner)?;
    }
    Ok(())
}

#[test]
fn levers_at_their_ends() {
    let mut chain = Chain::new(ChainConfig::default());
    let (a, b) = (chain.accounts()[0].address, chain.accounts()[1].address);
    let pay = TransactionRequest {
        from: Some(a),
        to: Some(b.into()),
        value: Some(U256::ONE),
        ..Default::default()
    };
    let start = chain.snapshot();
    chain.set_base_fee(u64::MAX);
    fine(chain.transact(pay.clone()));
    chain.set_balance(a, U256::MAX);
    fine(chain.transact(pay.clone()));
    chain.set_balance(b, U256::MAX);
    fine(chain.transact(pay.clone()));
    chain.set_nonce(a, u64::MAX);
    fine(chain.transact(pay.clone()));
    fine(chain.estimate_gas(&pay.clone().into()));
    chain.set_l1_block_number(u64::MAX);
    fine(chain.mine(2, Some(u64::MAX)));
    chain.increase_time(u64::MAX);
    fine(chain.mine(2, None));
    assert!(chain.revert(start));
    assert!(chain.transact(pay.clone()).unwrap().receipt.status);

    chain.set_base_fee(0);
    let mut free = pay.clone();
    free.gas_price = Some(0);
    assert!(chain.transact(free).unwrap().receipt.status);
    chain.set_base_fee(1);
    let overrides = BlockOverrides {
        number: Some(U256::MAX),
        time: Some(u64::MAX),
        gas_limit: Some(0),
        base_fee: Some(U256::MAX),
        ..Default::default()
    };
    let call = CallRequest {
        block_overrides: Some(overrides),
        ..pay.clone().into()
    };
    fine(chain.call(&call));
    for gas in [0, 1, 20_999, 21_000, u64::MAX] {
        let request = TransactionRequest {
            gas: Some(gas),
            ..pay.clone()
        };
        fine(chain.call(&request.clone().into()));
        fine(chain.estimate_gas(&request.clone().into()));
        fine(chain.transact(request));
    }
    fine(chain.call(&CallRequest {
        block: Some(BlockId::pending()),
        ..pay.clone().into()
    }));
    assert!(matches!(
        chain.call(&CallRequest {
            block: Some(u64::MAX.into()),
            ..pay.into()
        }),
        Err(ChainError::UnknownBlock(_))
    ));
    let dear = ChainConfig {
        l1_price_per_byte: u64::MAX,
        base_fee: 1,
        ..ChainConfig::default()
    };
    let mut chain = Chain::new(dear);
    let request = TransactionRequest {
        from: Some(a),
        to: Some(b.into()),
        ..Default::default()
    };
    fine(chain.estimate_gas(&request.clone().into()));
    fine(chain.transact(request));
    for accounts in [0, 3, 100] {
        let chain = Chain::new(ChainConfig {
            accounts,
            ..ChainConfig::default()
        });
        assert_eq!(chain.accounts().len(), accounts.min(10));
    }
}
