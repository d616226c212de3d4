//! The chain as such: transactions, blocks, state, time, snapshots.

mod support;

use alloy::{
    consensus::{
        SignableTransaction, Transaction as _, TxEip1559, TxEip7702, TxEnvelope, TxLegacy,
        transaction::SignerRecoverable,
    },
    eips::{eip2718::Encodable2718, eip7702::Authorization},
    primitives::TxKind,
    signers::SignerSync,
    sol,
    sol_types::SolCall,
};
use plimsoll_devnode::{
    AccountOverride, BlockId, BlockNumberOrTag, BlockOverrides, CREATE2_DEPLOYER, CallRequest,
    Chain, ChainConfig, ChainError, ChainEvent, Clock, Filter, MAX_TX_GAS, Outcome, StateOverride,
    TransactionRequest, config::DEFAULT_NETWORK_FEE_ACCOUNT,
};
use support::*;

fn chain() -> (Chain, Address, Address) {
    let chain = Chain::new(ChainConfig::default());
    let (a, b) = (chain.accounts()[0].address, chain.accounts()[1].address);
    (chain, a, b)
}

fn transfer(from: Address, to: Address, wei: u64) -> TransactionRequest {
    TransactionRequest {
        from: Some(from),
        to: Some(to.into()),
        value: Some(U256::from(wei)),
        ..Default::default()
    }
}

fn signed(chain: &Chain, account: usize, tx: TxEip1559) -> TxEnvelope {
    let signature = chain.accounts()[account]
        .signer
        .sign_hash_sync(&tx.signature_hash())
        .unwrap();
    tx.into_signed(signature).into()
}

fn plain(chain: &Chain, nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: chain.config().chain_id,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 200_000_000,
        max_priority_fee_per_gas: 50_000_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        value: U256::from(5),
        ..Default::default()
    }
}

#[test]
fn a_transfer_and_its_block() {
    let (mut chain, a, b) = chain();
    let start = chain.balance(a, BlockId::latest()).unwrap();
    let envelope = signed(&chain, 0, plain(&chain, 0));
    let hash = chain.send_raw(&envelope.encoded_2718()).unwrap();
    assert_eq!(hash, *envelope.tx_hash());
    let tx = chain.transaction(hash).unwrap().clone();
    assert_eq!(
        (tx.block_number, tx.index, tx.sender, tx.impersonated),
        (1, 0, a, false)
    );
    assert_eq!(tx.receipt.gas_used, 21_000);
    // the tip is not charged
    assert_eq!(tx.receipt.effective_gas_price, 100_000_000);
    let fee = U256::from(21_000u64 * 100_000_000);
    assert_eq!(
        chain.balance(a, BlockId::latest()).unwrap(),
        start - fee - U256::from(5)
    );
    assert_eq!(
        chain
            .balance(DEFAULT_NETWORK_FEE_ACCOUNT, BlockId::latest())
            .unwrap(),
        fee
    );
    let block = chain.latest();
    assert_eq!(block.header.number, 1);
    assert_eq!(
        block.header.parent_hash,
        chain.block(0.into()).unwrap().hash
    );
    assert_eq!(block.hash, block.header.hash_slow());
    assert_eq!(block.header.gas_used, 21_000);
    assert_eq!(block.header.timestamp, chain.config().genesis_timestamp + 1);
    assert_eq!(chain.block(block.hash.into()).unwrap().hash, block.hash);
    assert!(chain.block(2.into()).is_none());
    assert_eq!(chain.nonce(b, BlockId::latest()).unwrap(), 0);
    assert_eq!(
        chain.send_raw(&envelope.encoded_2718()),
        Err(ChainError::AlreadyKnown(hash))
    );
}

#[test]
fn what_is_refused() {
    let (mut chain, a, b) = chain();
    let send = |chain: &mut Chain, change: &dyn Fn(&mut TxEip1559)| {
        let mut tx = plain(chain, 0);
        change(&mut tx);
        let envelope = signed(chain, 0, tx);
        chain.send(envelope).unwrap_err()
    };
    let high = send(&mut chain, &|tx| tx.nonce = 3);
    assert_eq!(
        high,
        ChainError::NonceTooHigh {
            address: a,
            tx: 3,
            state: 0
        }
    );
    assert!(matches!(
        send(&mut chain, &|tx| tx.chain_id = 1),
        ChainError::WrongChain { .. }
    ));
    let low = send(&mut chain, &|tx| {
        tx.max_fee_per_gas = 99_999_999;
        tx.max_priority_fee_per_gas = 0;
    });
    assert!(matches!(low, ChainError::FeeCapTooLow { .. }));
    assert_eq!(
        send(&mut chain, &|tx| tx.max_priority_fee_per_gas = 1 << 40),
        ChainError::TipAboveFeeCap
    );
    assert!(matches!(
        send(&mut chain, &|tx| tx.value = U256::MAX),
        ChainError::InsufficientFunds { .. }
    ));
    assert_eq!(
        send(&mut chain, &|tx| tx.gas_limit = 20_999),
        ChainError::IntrinsicGas {
            have: 20_999,
            want: 21_000
        }
    );
    assert!(matches!(
        send(&mut chain, &|tx| {
            tx.to = TxKind::Create;
            tx.input = vec![0; 49_153].into();
        }),
        ChainError::InitCodeTooLarge { size: 49_153 }
    ));
    for junk in [
        &[][..],
        &[2],
        &[0xff; 40],
        &[0x02, 0xc0],
        &[0x7f, 1, 2, 3],
        &[0xf8, 0xff],
    ] {
        assert!(
            matches!(chain.send_raw(junk), Err(ChainError::Decode(_))),
            "{junk:?}"
        );
    }
    assert_eq!(chain.block_number(), 0, "no block was made");
    chain.transact(transfer(a, b, 1)).unwrap();
    assert!(matches!(
        send(&mut chain, &|_| ()),
        ChainError::NonceTooLow {
            tx: 0,
            state: 1,
            ..
        }
    ));
    let stranger = Address::repeat_byte(0x55);
    assert_eq!(
        chain.send_request(transfer(stranger, b, 0)),
        Err(ChainError::UnknownAccount(stranger))
    );
    // a gas limit over the cap is allowed: the computation is capped
    let mut tx = plain(&chain, 1);
    tx.gas_limit = 1_000_000_000;
    let envelope = signed(&chain, 0, tx);
    let hash = chain.send(envelope).unwrap();
    assert_eq!(chain.transaction(hash).unwrap().receipt.gas_used, 21_000);
}

#[test]
fn computation_is_capped() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    for to in [evm, wasm] {
        let tx = world.send_with(to, op::spin(), 0, 100_000_000);
        assert_eq!(tx.receipt.outcome, Outcome::Halted("out of gas".into()));
        assert_eq!(tx.receipt.gas_used, MAX_TX_GAS, "the rest was only held");
    }
    // calls are not capped
    let mut call: TransactionRequest = request(wasm, op::spin());
    call.gas = Some(50_000_000);
    assert_eq!(world.chain.call(&call.into()).unwrap().gas_used, 50_000_000);
}

#[test]
fn no_calldata_floor_and_a_fifth_of_refunds() {
    let (mut chain, a, _) = chain();
    let data = vec![0xff; 10_000];
    let tx = chain
        .transact(TransactionRequest {
            from: Some(a),
            ..request(Address::repeat_byte(9), data.clone())
        })
        .unwrap();
    assert_eq!(
        tx.receipt.gas_used,
        intrinsic(&data),
        "EIP-7623 would ask 421,000"
    );
    // clears 20 slots: refund capped at a fifth
    let wipes: String = (0..20).map(|i| format!("0 {i} SSTORE ")).collect();
    let me = chain.accounts()[1].address;
    let contract = chain
        .deploy(
            me,
            plimsoll_devnode::init_code(&asm(&format!("{wipes} STOP"))),
        )
        .unwrap();
    for i in 0..20 {
        chain.set_storage(contract, U256::from(i), op::word(1));
    }
    let tx = chain
        .transact(TransactionRequest {
            from: Some(a),
            ..request(contract, Bytes::new())
        })
        .unwrap();
    let gas = chain.trace_transaction(tx.hash).unwrap().gas_used + 21_000;
    assert_eq!(tx.receipt.gas_used, gas - gas / 5);
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
fn snapshots_and_determinism() {
    let run = || {
        let mut world = World::new();
        let (evm, wasm) = (world.evm, world.wasm);
        world.send(evm, op::sstore(1, 1));
        world.chain.set_balance(evm, U256::from(5));
        world.chain.increase_time(100);
        world.send(
            wasm,
            op::then((evm, &op::log(1, b"x")), (wasm, &op::sstore(2, 2))),
        );
        world.chain.mine(3, Some(7)).unwrap();
        world
    };
    let (mut world, other) = (run(), run());
    let hashes = |chain: &Chain| -> Vec<B256> {
        (0..=chain.block_number())
            .map(|n| chain.block(n.into()).unwrap().hash)
            .collect()
    };
    assert_eq!(hashes(&world.chain), hashes(&other.chain));

    let (evm, me) = (world.evm, world.me);
    let head = world.chain.latest().hash;
    let mut events = world.chain.subscribe();
    let id = world.chain.snapshot();
    let inner_id = world.chain.snapshot();
    let first = world.send(evm, op::sstore(9, 9));
    world.chain.increase_time(1_000);
    world.program("(module (memory (export \"memory\") 0 0) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0))");
    let nonce = world.chain.nonce(me, BlockId::latest()).unwrap();
    assert!(world.chain.revert(id));
    assert!(!world.chain.revert(id), "once");
    assert!(!world.chain.revert(inner_id), "later ones are gone");
    assert_eq!(world.chain.latest().hash, head);
    assert_eq!(world.slot(evm, 9), 0);
    assert!(world.chain.transaction(first.hash).is_none());
    assert!(world.chain.nonce(me, BlockId::latest()).unwrap() < nonce);
    // the same again gives the same
    let again = world.send(evm, op::sstore(9, 9));
    assert_eq!(
        (again.hash, again.block_hash),
        (first.hash, first.block_hash)
    );
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push(event);
    }
    let ChainEvent::Block(block) = &seen[0] else {
        panic!()
    };
    assert_eq!(block.hash, first.block_hash);
    assert!(
        seen.iter()
            .any(|e| matches!(e, ChainEvent::Reverted(blocks) if blocks.len() == 3))
    );
}

#[test]
fn time() {
    let (mut chain, a, b) = chain();
    let genesis = chain.config().genesis_timestamp;
    assert_eq!(chain.next_block_timestamp(), genesis + 1);
    assert_eq!(chain.increase_time(100), 100);
    assert_eq!(chain.increase_time(20), 120);
    chain.transact(transfer(a, b, 1)).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 121);
    chain.mine(1, None).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 122);
    chain.set_next_block_timestamp(genesis + 1_000).unwrap();
    chain.mine(3, Some(60)).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 1_120);
    assert!(matches!(
        chain.set_next_block_timestamp(genesis),
        Err(ChainError::TimestampTooLow { .. })
    ));
    // the same second again is fine on Arbitrum
    chain.set_next_block_timestamp(genesis + 1_120).unwrap();
    chain.mine(1, None).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 1_120);
    chain.increase_time(u64::MAX);
    chain.increase_time(u64::MAX);
    chain.mine(2, Some(u64::MAX)).unwrap();
    assert_eq!(chain.latest().header.timestamp, u64::MAX);

    let mut chain = Chain::new(ChainConfig {
        clock: Clock::System,
        ..Default::default()
    });
    let now = chain.next_block_timestamp();
    assert!(now > 1_700_000_000);
    chain.increase_time(1_000_000);
    assert!(chain.next_block_timestamp() >= now + 1_000_000);

    // an interval beats the clock until it is taken away
    assert_eq!(chain.set_block_interval(Some(7)), None);
    let genesis = chain.latest().header.timestamp;
    chain.mine(2, None).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 14);
    chain.increase_time(100);
    chain.mine(2, None).unwrap();
    assert_eq!(chain.latest().header.timestamp, genesis + 128);
    assert_eq!(chain.set_block_interval(None), Some(7));
    assert!(chain.next_block_timestamp() >= now + 1_000_100);
}

#[test]
fn manual_mining() {
    let (mut chain, a, b) = chain();
    chain.set_automine(false);
    let ids: Vec<B256> = (0..3)
        .map(|i| chain.send_request(transfer(a, b, i)).unwrap())
        .collect();
    let other = chain.send_request(transfer(b, a, 1)).unwrap();
    assert_eq!(chain.pending_transactions().count(), 4);
    assert_eq!(chain.nonce(a, BlockId::pending()).unwrap(), 3);
    assert_eq!(chain.nonce(a, BlockId::latest()).unwrap(), 0);
    assert_eq!(chain.block_number(), 0);
    // a nonce ahead waits
    let mut ahead = transfer(a, b, 9);
    ahead.nonce = Some(10);
    let ahead = chain.send_request(ahead).unwrap();
    // the same nonce replaces
    let mut instead = transfer(b, a, 2);
    instead.nonce = Some(0);
    let instead = chain.send_request(instead).unwrap();
    chain.mine(1, None).unwrap();
    assert_eq!(chain.block_number(), 1);
    let block = chain.latest().clone();
    assert_eq!(block.transactions.len(), 4);
    assert!(chain.transaction(other).is_none());
    assert_eq!(
        chain
            .transaction(instead)
            .unwrap()
            .receipt
            .cumulative_gas_used,
        block.header.gas_used
    );
    for id in ids {
        assert_eq!(chain.transaction(id).unwrap().block_number, 1);
    }
    assert_eq!(chain.pending_transactions().count(), 1);
    assert!(chain.drop_pending(ahead));
    assert!(!chain.drop_pending(ahead));
    chain.mine(2, None).unwrap();
    assert_eq!(chain.block_number(), 3);
    // out of order
    for nonce in [5, 4, 3] {
        let mut tx = transfer(a, b, 1);
        tx.nonce = Some(nonce);
        chain.send_request(tx).unwrap();
    }
    chain.mine(1, None).unwrap();
    assert_eq!(chain.latest().transactions.len(), 3);
}

#[test]
fn impersonation() {
    let mut world = World::new();
    let wasm = world.wasm;
    let whale = Address::repeat_byte(0x33);
    world.chain.set_balance(whale, U256::from(ETHER));
    world.chain.set_balance(wasm, U256::from(ETHER));
    for sender in [whale, wasm] {
        let request = TransactionRequest {
            from: Some(sender),
            ..request(world.evm, op::context())
        };
        assert!(matches!(
            world.chain.send_request(request.clone()),
            Err(ChainError::UnknownAccount(_))
        ));
        world.chain.impersonate(sender);
        let hash = world.chain.send_request(request.clone()).unwrap();
        let tx = world.chain.transaction(hash).unwrap().clone();
        assert!(tx.receipt.status && tx.impersonated);
        assert_eq!(Address::from_slice(&tx.receipt.output[12..32]), sender);
        world.chain.stop_impersonating(sender);
        assert!(world.chain.send_request(request).is_err());
    }
    world.chain.set_auto_impersonate(true);
    assert!(world.chain.is_impersonated(Address::repeat_byte(1)));
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
fn create2_deployer_and_unprotected_transactions() {
    let (mut chain, a, _) = chain();
    let init = plimsoll_devnode::init_code(&asm("1 0 MSTORE 32 0 RETURN"));
    let salt = op::word(5);
    let data = [salt.as_slice(), &init].concat();
    let tx = chain
        .transact(TransactionRequest {
            from: Some(a),
            ..request(CREATE2_DEPLOYER, data)
        })
        .unwrap();
    let expected = CREATE2_DEPLOYER.create2_from_code(salt, &init);
    assert_eq!(tx.receipt.output.as_ref(), expected.as_slice());
    assert!(!chain.code(expected, BlockId::latest()).unwrap().is_empty());
    assert_eq!(
        alloy::primitives::keccak256(chain.code(CREATE2_DEPLOYER, BlockId::latest()).unwrap()),
        "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"
            .parse::<B256>()
            .unwrap(),
        "the hash of the code on mainnet"
    );
    // a transaction for any chain
    let tx = TxLegacy {
        chain_id: None,
        nonce: 1,
        gas_price: 100_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(a),
        ..Default::default()
    };
    let signature = chain.accounts()[0]
        .signer
        .sign_hash_sync(&tx.signature_hash())
        .unwrap();
    let envelope: TxEnvelope = tx.into_signed(signature).into();
    assert_eq!(envelope.recover_signer().unwrap(), a);
    assert!(chain.send_raw(&envelope.encoded_2718()).is_ok());
}

#[test]
fn delegated_accounts() {
    // an account whose code is delegated to a program (EIP-7702)
    let mut world = World::new();
    let wasm = world.wasm;
    let authority = world.chain.accounts()[3].clone();
    let authorization = Authorization {
        chain_id: U256::from(412_346),
        address: wasm,
        nonce: 0,
    };
    let signature = authority
        .signer
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    let tx = TxEip7702 {
        chain_id: 412_346,
        nonce: world.chain.nonce(world.me, BlockId::latest()).unwrap(),
        gas_limit: 1_000_000,
        max_fee_per_gas: 100_000_000,
        to: authority.address,
        input: op::sstore(1, 8),
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    };
    let signature = world.chain.accounts()[1]
        .signer
        .sign_hash_sync(&tx.signature_hash())
        .unwrap();
    let hash = world.chain.send(tx.into_signed(signature).into()).unwrap();
    let tx = world.chain.transaction(hash).unwrap().clone();
    assert!(tx.receipt.status);
    assert_eq!(
        tx.envelope.nonce() + 1,
        world.chain.nonce(world.me, BlockId::latest()).unwrap()
    );
    assert_eq!(
        world.slot(authority.address, 1),
        8,
        "the program acted on the account"
    );
    // through a program
    let out = world.send(
        wasm,
        op::bubble(op::CALL, authority.address, 0, &op::sload(1)),
    );
    assert_eq!(out.receipt.output[31], 8);
    // the account still sends transactions
    assert!(
        world
            .chain
            .transact(transfer(authority.address, world.me, 1))
            .unwrap()
            .receipt
            .status
    );
}

#[test]
fn l1_fee() {
    let mut chain = Chain::new(ChainConfig {
        l1_price_per_byte: 10_000_000_000,
        ..Default::default()
    });
    let (a, b) = (chain.accounts()[0].address, chain.accounts()[1].address);
    let tx = chain.transact(transfer(a, b, 1)).unwrap();
    let bytes = tx.envelope.encoded_2718().len() as u64;
    // 10 gwei a byte at 0.1 gwei a gas
    assert_eq!(tx.receipt.gas_used_for_l1, 100 * bytes);
    assert_eq!(tx.receipt.gas_used, 21_000 + 100 * bytes);
    let pool = "0xa4b00000000000000000000000000000000000f6"
        .parse()
        .unwrap();
    assert_eq!(
        chain.balance(pool, BlockId::latest()).unwrap(),
        U256::from(100 * bytes) * U256::from(100_000_000)
    );
    let gas = chain.estimate_gas(&transfer(a, b, 1).into()).unwrap();
    assert!(gas >= tx.receipt.gas_used && gas < tx.receipt.gas_used + 3_000);
    let mut short = transfer(a, b, 1);
    short.gas = Some(22_000);
    assert!(matches!(
        chain.transact(short),
        Err(ChainError::IntrinsicGas { .. })
    ));
    // the chain's own estimate of its parts
    sol! {
        function gasEstimateComponents(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function getCurrentTxL1GasFees() external view returns (uint256);
    }
    let ask = gasEstimateComponentsCall {
        to: b,
        contractCreation: false,
        data: Bytes::new(),
    };
    let out = chain
        .call(&request(Address::with_last_byte(0xc8), ask.abi_encode()).into())
        .unwrap()
        .output;
    let parts = gasEstimateComponentsCall::abi_decode_returns(&out).unwrap();
    assert_eq!(parts.gasEstimate, 21_000 + parts.gasEstimateForL1);
    assert_eq!(parts.baseFee, U256::from(100_000_000));
    let tx = chain
        .transact(TransactionRequest {
            from: Some(a),
            ..request(
                Address::with_last_byte(0x6c),
                getCurrentTxL1GasFeesCall {}.abi_encode(),
            )
        })
        .unwrap();
    assert_eq!(
        U256::from_be_slice(&tx.receipt.output),
        U256::from(tx.receipt.gas_used_for_l1) * U256::from(100_000_000)
    );
}

#[test]
fn precompiles_that_clients_touch() {
    sol! {
        interface Arb {
            function arbBlockNumber() external view returns (uint256);
            function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
            function arbChainID() external view returns (uint256);
            function arbOSVersion() external view returns (uint256);
            function isTopLevelCall() external view returns (bool);
            function myCallersAddressWithoutAliasing() external view returns (address);
            function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
            function getMinimumGasPrice() external view returns (uint256);
            function getL1BaseFeeEstimate() external view returns (uint256);
            function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
            function getBalance(address account) external view returns (uint256);
            function getCode(address account) external view returns (bytes);
            function isChainOwner(address addr) external view returns (bool);
            function getAllChainOwners() external view returns (address[] memory);
            function getMaxStylusContractFragments() external view returns (uint8);
        }
    }
    let mut world = World::new();
    let (me, evm) = (world.me, world.evm);
    let at = |byte| Address::with_last_byte(byte);
    let ask = |world: &World, to: u8, data: Vec<u8>| world.call(at(to), data);
    let word = |world: &World, to: u8, data: Vec<u8>| {
        U256::from_be_slice(&ask(world, to, data).output[..32])
    };
    let head = world.chain.block_number();
    assert_eq!(
        word(&world, 0x64, Arb::arbBlockNumberCall {}.abi_encode()),
        U256::from(head)
    );
    assert_eq!(
        word(&world, 0x64, Arb::arbChainIDCall {}.abi_encode()),
        U256::from(412_346)
    );
    assert_eq!(
        word(&world, 0x64, Arb::arbOSVersionCall {}.abi_encode()),
        U256::from(55 + 61)
    );
    for back in 1..=head {
        let asked = Arb::arbBlockHashCall {
            arbBlockNum: U256::from(head - back),
        }
        .abi_encode();
        let hash: B256 = word(&world, 0x64, asked).into();
        assert_eq!(hash, world.chain.block((head - back).into()).unwrap().hash);
    }
    let asked = Arb::arbBlockHashCall {
        arbBlockNum: U256::from(head),
    }
    .abi_encode();
    assert_eq!(ask(&world, 0x64, asked).outcome, Outcome::Reverted);
    // top level: called by a contract that an account called
    let top = Arb::isTopLevelCallCall {}.abi_encode();
    assert_eq!(word(&world, 0x64, top.clone()), U256::ONE);
    let nested = |world: &World, n: usize, data: &[u8]| {
        let mut data = op::bubble(op::CALL, at(0x64), 0, data);
        for _ in 1..n {
            data = op::bubble(op::CALL, evm, 0, &data);
        }
        U256::from_be_slice(&world.call(evm, data).output)
    };
    assert_eq!(nested(&world, 1, &top), U256::ONE);
    assert_eq!(nested(&world, 2, &top), U256::ZERO);
    let who = Arb::myCallersAddressWithoutAliasingCall {}.abi_encode();
    assert_eq!(Address::from_word(nested(&world, 1, &who).into()), me);
    assert_eq!(Address::from_word(nested(&world, 2, &who).into()), evm);
    let alias = Arb::mapL1SenderContractAddressToL2AliasCall {
        sender: Address::ZERO,
        unused: me,
    };
    let aliased = word(&world, 0x64, alias.abi_encode());
    assert_eq!(
        Address::from_word(aliased.into()),
        "0x1111000000000000000000000000000000001111"
            .parse::<Address>()
            .unwrap()
    );
    assert_eq!(
        word(&world, 0x6c, Arb::getMinimumGasPriceCall {}.abi_encode()),
        U256::from(100_000_000)
    );
    assert_eq!(
        word(&world, 0x6c, Arb::getL1BaseFeeEstimateCall {}.abi_encode()),
        U256::from(1_000_000_000)
    );
    assert_eq!(
        ask(&world, 0x6c, Arb::getPricesInWeiCall {}.abi_encode())
            .output
            .len(),
        192
    );
    assert_eq!(
        word(
            &world,
            0x65,
            Arb::getBalanceCall { account: me }.abi_encode()
        ),
        world.chain.balance(me, BlockId::latest()).unwrap()
    );
    let code = ask(&world, 0x65, Arb::getCodeCall { account: evm }.abi_encode()).output;
    assert_eq!(
        Arb::getCodeCall::abi_decode_returns(&code).unwrap(),
        world.chain.code(evm, BlockId::latest()).unwrap()
    );
    let owner = world.chain.accounts()[0].address;
    assert_eq!(
        word(
            &world,
            0x6b,
            Arb::isChainOwnerCall { addr: owner }.abi_encode()
        ),
        U256::ONE
    );
    assert_eq!(
        word(
            &world,
            0x6b,
            Arb::isChainOwnerCall { addr: me }.abi_encode()
        ),
        U256::ZERO
    );
    let fragments = Arb::getMaxStylusContractFragmentsCall {}.abi_encode();
    assert_eq!(
        ask(&World::arbos51(), 0x6b, fragments.clone()).outcome,
        Outcome::Reverted,
        "not before ArbOS 60"
    );
    assert_eq!(word(&world, 0x6b, fragments), U256::from(4));
    // all of them have code, and unknown methods revert with all gas
    for byte in 0x64..=0x73u8 {
        if byte == 0x6a {
            continue;
        }
        assert_eq!(
            world
                .chain
                .code(at(byte), BlockId::latest())
                .unwrap()
                .as_ref(),
            [0xfe]
        );
        let tx = world.send_with(at(byte), vec![1, 2, 3, 4], 0, 50_000);
        assert_eq!(
            (tx.receipt.outcome.clone(), tx.receipt.gas_used),
            (Outcome::Reverted, 50_000)
        );
        let tx = world.send_with(at(byte), Bytes::new(), 0, 50_000);
        assert!(!tx.receipt.status);
    }
    // value to a view
    let tx = world.send_with(at(0x64), Arb::arbChainIDCall {}.abi_encode(), 1, 50_000);
    assert!(!tx.receipt.status);
    // a program asks, too, and they are warm
    let trace = world.trace(
        world.wasm,
        op::bubble(
            op::CALL,
            at(0x64),
            0,
            &Arb::arbBlockNumberCall {}.abi_encode(),
        ),
    );
    assert_eq!(
        U256::from_be_slice(&trace.output),
        U256::from(world.chain.block_number())
    );
    assert_eq!(trace.calls[0].gas_used, 803);
}

#[test]
fn ethereum_precompiles() {
    let world = World::new();
    let out = world.call(Address::with_last_byte(2), b"".to_vec()).output;
    assert_eq!(
        op::hex(&out),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let echo = world.call(
        world.wasm,
        op::bubble(op::CALL, Address::with_last_byte(4), 0, b"copy"),
    );
    assert_eq!(echo.output.as_ref(), b"copy");
    // P256VERIFY at 0x100 answers nothing to nonsense, for 6,900 gas
    let p256 = "0x0000000000000000000000000000000000000100"
        .parse()
        .unwrap();
    let result = world.call(p256, vec![1; 160]);
    assert_eq!((result.outcome, result.output.len()), (Outcome::Success, 0));
    assert_eq!(result.gas_used, intrinsic(&[1; 160]) + 6_900);
}
