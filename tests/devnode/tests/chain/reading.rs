//! Calls, estimates, logs, and the past.

use super::*;

#[test]
fn reading_the_past() {
    let mut world = World::new();
    let (me, evm) = (world.me, world.evm);
    let before = world.chain.block_number();
    for value in 1..=3 {
        world.send(evm, op::sstore(1, value));
    }
    world.chain.set_balance(evm, U256::from(77));
    let slot = |n: u64| {
        world
            .chain
            .storage(evm, U256::from(1), (before + n).into())
            .unwrap()
    };
    for n in 0..=3 {
        assert_eq!(slot(n), op::word(n));
    }
    assert_eq!(
        world.chain.balance(evm, (before + 2).into()).unwrap(),
        U256::ZERO
    );
    assert_eq!(
        world.chain.balance(evm, BlockId::latest()).unwrap(),
        U256::from(77)
    );
    assert!(world.chain.code(evm, 0.into()).unwrap().is_empty());
    assert_eq!(world.chain.nonce(me, 0.into()).unwrap(), 0);
    assert!(matches!(
        world.chain.balance(me, 999.into()),
        Err(ChainError::UnknownBlock(_))
    ));
    // calls in the past
    let call = CallRequest {
        block: Some((before + 1).into()),
        ..request(evm, op::sload(1)).into()
    };
    assert_eq!(world.chain.call(&call).unwrap().output[31], 1);
    let hash = world.chain.block((before + 2).into()).unwrap().hash;
    let call = CallRequest {
        block: Some(hash.into()),
        ..request(evm, op::sload(1)).into()
    };
    assert_eq!(world.chain.call(&call).unwrap().output[31], 2);
}

#[test]
fn calls_with_overrides() {
    let world = World::new();
    let target = Address::repeat_byte(0xaa);
    let mut overrides = StateOverride::default();
    overrides.insert(
        target,
        AccountOverride {
            code: Some(asm("SELFBALANCE 0 MSTORE 5 SLOAD 32 MSTORE 6 SLOAD 64 MSTORE NUMBER 96 MSTORE TIMESTAMP 128 MSTORE 160 0 RETURN").into()),
            balance: Some(U256::from(9)),
            state_diff: Some([(op::word(5), op::word(55))].into_iter().collect()),
            ..Default::default()
        },
    );
    let call = CallRequest {
        state_overrides: Some(overrides.clone()),
        block_overrides: Some(BlockOverrides {
            number: Some(U256::from(1)),
            time: Some(2),
            ..Default::default()
        }),
        ..request(target, Bytes::new()).into()
    };
    let out = world.chain.call(&call).unwrap().output;
    let word = |i: usize| out[32 * i + 31];
    assert_eq!((word(0), word(1), word(2), word(4)), (9, 55, 0, 2));
    // `block.number` is L1's, which the override does not move
    let l1_number = world.chain.latest().l1_block_number;
    assert_eq!(U256::from_be_slice(&out[96..128]), U256::from(l1_number));
    assert!(
        world
            .chain
            .code(target, BlockId::latest())
            .unwrap()
            .is_empty()
    );
    // `state` replaces everything
    let mut overrides = StateOverride::default();
    overrides.insert(
        world.wasm,
        AccountOverride {
            state: Some([(op::word(1), op::word(3))].into_iter().collect()),
            ..Default::default()
        },
    );
    let call = CallRequest {
        state_overrides: Some(overrides),
        ..request(world.wasm, op::sload(1)).into()
    };
    assert_eq!(world.chain.call(&call).unwrap().output[31], 3);
    // value that is not there
    let mut poor = request(world.evm, op::echo(b""));
    poor.from = Some(target);
    poor.value = Some(U256::ONE);
    assert!(matches!(
        world.chain.call(&poor.into()),
        Err(ChainError::InsufficientFunds { .. })
    ));
}

#[test]
fn estimates_are_exact() {
    let mut world = World::new();
    let (evm, wasm, me) = (world.evm, world.wasm, world.me);
    let deep = op::bubble(
        op::CALL,
        wasm,
        0,
        &op::bubble(op::CALL, evm, 0, &op::sstore(1, 1)),
    );
    let cases = [
        (Address::repeat_byte(3), Bytes::new()),
        (evm, op::sstore(1, 1)),
        (wasm, op::sstore(1, 1)),
        (wasm, op::sload(1)),
        (evm, op::bubble(op::CALL, wasm, 0, &op::sload(1))),
        (wasm, deep),
    ];
    for (to, data) in cases {
        let request = TransactionRequest {
            from: Some(me),
            ..request(to, data)
        };
        let gas = world.chain.estimate_gas(&request.clone().into()).unwrap();
        let snapshot = world.chain.snapshot();
        let with = |gas| TransactionRequest {
            gas: Some(gas),
            ..request.clone()
        };
        assert!(world.chain.transact(with(gas)).unwrap().receipt.status);
        world.chain.revert(snapshot);
        match world.chain.transact(with(gas - 1)) {
            Ok(tx) => assert!(!tx.receipt.status, "one gas less fails"),
            Err(e) => assert!(matches!(e, ChainError::IntrinsicGas { .. })),
        }
    }
    // a view that reads little wants spare gas for the host functions' sentries
    let view = TransactionRequest {
        from: Some(me),
        ..request(wasm, op::sload(1))
    };
    let gas = world.chain.estimate_gas(&view.clone().into()).unwrap();
    let used = world.chain.call(&view.into()).unwrap().gas_used;
    assert!(gas >= used, "{gas} {used}");
    let reverts = request(wasm, op::revert(b"why"));
    assert_eq!(
        world.chain.estimate_gas(&reverts.into()),
        Err(ChainError::Reverted(b"why".into()))
    );
    let spins = request(evm, op::spin());
    assert_eq!(
        world.chain.estimate_gas(&spins.into()),
        Err(ChainError::GasRequiredExceedsAllowance(MAX_TX_GAS))
    );
}

#[test]
fn logs_by_filter() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let first = world.chain.block_number() + 1;
    for i in 1..=4 {
        world.send(if i % 2 == 0 { evm } else { wasm }, op::log(i, b"d"));
    }
    let count = |filter: Filter| world.chain.logs(&filter).map(|logs| logs.len());
    let all = Filter::new().from_block(first);
    assert_eq!(count(all.clone()), Ok(4));
    assert_eq!(count(all.clone().address(evm)), Ok(2));
    assert_eq!(count(all.clone().event_signature(op::word(3))), Ok(1));
    assert_eq!(count(all.address(evm).event_signature(op::word(3))), Ok(0));
    assert_eq!(
        count(Filter::new().from_block(first + 1).to_block(first + 2)),
        Ok(2)
    );
    assert_eq!(count(Filter::new()), Ok(1), "the latest block");
    assert_eq!(
        count(
            Filter::new()
                .from_block(BlockNumberOrTag::Earliest)
                .address(wasm)
        ),
        Ok(2)
    );
    let hash = world.chain.block((first + 1).into()).unwrap().hash;
    assert_eq!(count(Filter::new().at_block_hash(hash)), Ok(1));
    assert!(count(Filter::new().at_block_hash(B256::ZERO)).is_err());
    assert!(count(Filter::new().from_block(5).to_block(3)).is_err());
}

#[test]
fn osaka_opcodes_and_arbitrums_surroundings() {
    let (mut chain, a, _) = chain();
    let get = |chain: &mut Chain, opcode: &str| {
        let contract = chain
            .deploy(
                a,
                plimsoll_devnode::init_code(&asm(&format!("{opcode} 0 MSTORE 32 0 RETURN"))),
            )
            .unwrap();
        let tx = chain
            .transact(TransactionRequest {
                from: Some(a),
                max_priority_fee_per_gas: Some(7),
                ..request(contract, Bytes::new())
            })
            .unwrap();
        assert!(tx.receipt.status, "{opcode}");
        U256::from_be_slice(&tx.receipt.output)
    };
    assert_eq!(get(&mut chain, "PREVRANDAO"), U256::ONE);
    assert_eq!(get(&mut chain, "BASEFEE"), U256::from(100_000_000));
    assert_eq!(get(&mut chain, "GASPRICE"), U256::from(100_000_000));
    assert_eq!(get(&mut chain, "CHAINID"), U256::from(412_346));
    assert_eq!(get(&mut chain, "1 CLZ"), U256::from(255));
    assert_eq!(
        get(&mut chain, "NUMBER"),
        U256::from(24_000_000 + 1),
        "the L1 block number, 12 s each"
    );
    let coinbase = Address::from_word(get(&mut chain, "COINBASE").into());
    assert_eq!(coinbase, chain.latest().header.beneficiary);
    let hash = get(&mut chain, "NUMBER 1 SWAP1 SUB BLOCKHASH");
    assert!(!hash.is_zero());
    chain.set_l1_block_number(25_000_000);
    assert_eq!(get(&mut chain, "NUMBER"), U256::from(25_000_000));
    assert_eq!(chain.latest().l1_block_number, 25_000_000);
    let mix = chain.latest().header.mix_hash;
    assert_eq!(mix[8..16], 25_000_000u64.to_be_bytes());
    assert_eq!(mix[16..24], 61u64.to_be_bytes());
    // calls that offer no gas price see no base fee, as with geth
    let contract = chain
        .deploy(
            a,
            plimsoll_devnode::init_code(&asm("BASEFEE 0 MSTORE 32 0 RETURN")),
        )
        .unwrap();
    assert_eq!(
        chain
            .call(&request(contract, Bytes::new()).into())
            .unwrap()
            .output[31],
        0
    );
}
