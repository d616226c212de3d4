//! Time, mining and snapshots.

use super::*;

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
