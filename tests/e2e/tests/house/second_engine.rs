//! The contracts' real calls under a second engine. A house is built, trades, falls and is sold; every
//! call of a program in it was traced by the node's own engine, and is run again by one made by
//! others, which is given what the host functions gave and checked on what it asks of them. Calls,
//! arguments, the ink at each, status, output and the gas left must be equal.

#[path = "../../../stylus/tests/common/literal.rs"]
mod literal;
#[path = "../../../stylus/tests/common/second.rs"]
mod second;

use std::collections::BTreeMap;

use alloy::{eips::BlockId, rpc::types::TransactionRequest};
use plimsoll_devnode::{CallFrame, Chain};
use plimsoll_e2e::*;
use plimsoll_stylus::{
    StylusParams,
    code::{self, CodeKind, Root},
    evm_memory_cost,
};
use second::{Ended, Recorded, Second, Start};

/// The module at an address, put together from its fragments where it has some.
fn module(chain: &Chain, at: Address, params: &StylusParams) -> Vec<u8> {
    let code = |at: Address| chain.code(at, BlockId::latest()).unwrap();
    let root = code(at);
    match code::kind(&root, params) {
        CodeKind::Root => {
            let root = Root::parse(&root).unwrap();
            let pieces: Vec<Bytes> = root.fragments.iter().map(|at| code(*at)).collect();
            root.assemble(pieces.iter().map(|piece| piece.as_ref()))
                .unwrap()
        }
        _ => code::decompress(&root, params).unwrap(),
    }
}

/// The frames of a tree that ran programs.
fn programs(frame: CallFrame, found: &mut Vec<CallFrame>) {
    for call in &frame.calls {
        programs(call.clone(), found);
    }
    if frame.stylus && !frame.host_calls.is_empty() {
        found.push(frame);
    }
}

/// Everything programs did since the chain began and do when they are asked this, and their modules.
fn record(
    chain: &Chain,
    asked: Vec<TransactionRequest>,
) -> (Vec<CallFrame>, BTreeMap<Address, Vec<u8>>) {
    let params = StylusParams::arbos(chain.config().arbos_version);
    let mut frames = vec![];
    for number in 0..=chain.block_number() {
        let block = chain.block(number.into()).unwrap();
        for transaction in &block.transactions {
            programs(
                chain.trace_transaction(transaction.hash).unwrap(),
                &mut frames,
            );
        }
    }
    for request in asked {
        let result = chain.trace_call(&request.into()).unwrap();
        programs(result.trace.unwrap(), &mut frames);
    }
    let mut modules = BTreeMap::new();
    for at in frames.iter().filter_map(|frame| frame.to) {
        modules
            .entry(at)
            .or_insert_with(|| module(chain, at, &params));
    }
    (frames, modules)
}

/// What the second engine is to do, from what the first did.
fn start(frame: &CallFrame, params: &StylusParams) -> Start {
    let (entry, rest) = frame.host_calls.split_first().unwrap();
    assert_eq!(entry.name, "user_entrypoint");
    let replay = rest
        .iter()
        .filter(|call| call.name != "user_returned")
        .map(|call| Recorded {
            name: call.name.into(),
            args: call.args.to_vec(),
            outs: call.outs.to_vec(),
            start_ink: call.start_ink,
            end_ink: call.end_ink,
        })
        .collect();
    Start {
        input: frame.input.to_vec(),
        ink: entry.start_ink,
        space: params.max_stack_depth,
        wide: params.wide_page_counts(),
        replay: Some(replay),
    }
}

/// A house that was built, traded, fell, and of which an account was sold.
async fn sold() -> House {
    let house = House::with_a_long().await;
    let p = &house.people;
    house
        .fill(&p.bob, &p.alice, perp(DESK, BTC), "0.1", "40,000")
        .await;
    let withdraw = IVault::withdrawCall {
        account: p.bob.account(),
        token: house.usdc.address,
        amount: house.usdc.amount("1,000").unwrap(),
        to: p.bob.address,
    };
    ok(house.send(&p.bob, house.at.vault, &withdraw).await);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(p.alice.account()).await;
    house.warp(450).await.unwrap();
    let bid = house.bid(U256::from(WAD)).await;
    ok(house.send(&p.bidder, house.at.auction, &bid).await);
    house
}

/// Two calls that change nothing: one that is refused, one that asks.
fn asked(house: &House) -> Vec<TransactionRequest> {
    let (p, auction) = (&house.people, house.at.auction);
    let ask = |input: Vec<u8>| {
        TransactionRequest::default()
            .from(p.stranger.address)
            .to(auction)
            .input(input.into())
    };
    let close = IAuction::closeCall {
        account: p.bob.account(),
    };
    let state = IAuction::stateCall {
        account: p.alice.account(),
    };
    vec![ask(close.abi_encode()), ask(state.abi_encode())]
}

/// Runs a frame again: status, output and the gas left must be the same.
fn assert_same(
    second: &mut Second,
    module: &[u8],
    frame: &CallFrame,
    start: Start,
    params: &StylusParams,
) {
    let at = frame.to.unwrap();
    let run = second
        .run(module, &[start])
        .unwrap_or_else(|e| panic!("{at}: {e}: {}", frame.input))
        .remove(0);
    let ended = match &frame.error {
        None => run.ended == Ended::With(0),
        Some(_) => matches!(run.ended, Ended::With(1..) | Ended::Trap),
    };
    assert!(ended, "{at}: {run:?}, but {:?}", frame.error);
    assert_eq!(run.output, frame.output.to_vec(), "{at}: {}", frame.input);
    let mut left = run.ink_left / u64::from(params.ink_price);
    if !run.output.is_empty() {
        left = left.min(frame.gas - evm_memory_cost(run.output.len() as u64));
    }
    assert_eq!(left, frame.gas - frame.gas_used, "{at}: {}", frame.input);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_real_calls_are_the_same_under_a_second_engine() {
    let Some(mut second) = Second::start() else {
        return;
    };
    let house = sold().await;
    let asked = asked(&house);
    let (arbos, (frames, modules)) = house
        .node
        .chain
        .with(move |chain| (chain.config().arbos_version, record(chain, asked)));
    let params = StylusParams::arbos(arbos);
    let literal: BTreeMap<Address, Vec<u8>> = modules
        .into_iter()
        .map(|(at, wasm)| (at, literal::instrument(&wasm).0))
        .collect();
    let mut calls: BTreeMap<Address, usize> = BTreeMap::new();
    let mut hostios = 0;
    for frame in &frames {
        let at = frame.to.unwrap();
        let start = start(frame, &params);
        hostios += start.replay.as_ref().map_or(0, Vec::len);
        assert_same(&mut second, &literal[&at], frame, start, &params);
        *calls.entry(at).or_default() += 1;
    }
    println!("{} calls, {hostios} host calls: {calls:?}", frames.len());
    // An optional contract is a view, which no transaction calls.
    for contract in plimsoll::registry::CONTRACTS.iter().filter(|c| !c.optional) {
        let name = contract.name;
        let at = house.at.get(name).unwrap();
        assert!(calls.get(&at).is_some_and(|n| *n > 0), "{name}: {calls:?}");
    }
    assert!(hostios > 500, "{hostios}");
    assert!(frames.iter().any(|frame| frame.error.is_some()));
}
