//! Who acts: proxies, reentry, delegate and static calls.

use super::*;

#[test]
fn proxies() {
    let mut world = World::new();
    let wasm = world.wasm;
    // EIP-1167
    let minimal = {
        let mut code = alloy::primitives::hex!("363d3d373d3d3d363d73").to_vec();
        code.extend_from_slice(wasm.as_slice());
        code.extend(alloy::primitives::hex!("5af43d82803e903d91602b57fd5bf3"));
        world
            .chain
            .deploy(world.me, plimsoll_devnode::init_code(&code))
            .unwrap()
    };
    // EIP-1967
    let slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a33c5d3f6ca2f18f79";
    let upgradeable = world.contract(
        "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 \
         0x360894a13ba1a3210667c828492db98dca3e2076cc3735a33c5d3f6ca2f18f79 SLOAD GAS DELEGATECALL \
         RETURNDATASIZE 0 0 RETURNDATACOPY @fine JUMPI RETURNDATASIZE 0 REVERT \
         :fine RETURNDATASIZE 0 RETURN",
    );
    world
        .chain
        .set_storage(upgradeable, slot.parse().unwrap(), wasm.into_word());
    for proxy in [minimal, upgradeable] {
        assert!(world.send(proxy, op::sstore(1, 5)).receipt.status);
        assert_eq!(world.slot(proxy, 1), 5, "acts on the proxy");
        assert_eq!(world.slot(wasm, 1), 0);
        assert_eq!(world.send(proxy, op::sload(1)).receipt.output[31], 5);
        let tx = world.send(proxy, op::revert(b"through"));
        assert_eq!(
            (tx.receipt.status, tx.receipt.output.as_ref()),
            (false, &b"through"[..])
        );
        let out = world.call(proxy, op::context()).output;
        let word = |i: usize| Address::from_slice(&out[32 * i + 12..32 * i + 32]);
        assert_eq!((word(0), word(2), word(3)), (world.me, proxy, world.me));
        // a delegate call of one's own code does not make the frame re-entrant
        assert_eq!(world.call(proxy, op::reentrant()).output.as_ref(), [0]);
        let log = world.send(proxy, op::log(1, b"x"));
        assert_eq!(log.receipt.logs[0].inner.address, proxy);
    }
}

#[test]
fn reentrant_counts_open_frames_of_the_acting_account() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let flag = |world: &World, to, data: Bytes| {
        let out = world.call(to, data).output;
        *out.last().unwrap()
    };
    let ask = op::reentrant();
    assert_eq!(flag(&world, wasm, ask.clone()), 0);
    assert_eq!(flag(&world, evm, op::bubble(op::CALL, wasm, 0, &ask)), 0);
    // wasm -> wasm
    assert_eq!(flag(&world, wasm, op::bubble(op::CALL, wasm, 0, &ask)), 1);
    // wasm -> evm -> wasm
    let through = op::bubble(op::CALL, evm, 0, &op::bubble(op::CALL, wasm, 0, &ask));
    assert_eq!(flag(&world, wasm, through), 1);
    // wasm -> (delegate) wasm: one frame of the account, and one that acts for it
    assert_eq!(
        flag(&world, wasm, op::bubble(op::DELEGATE, wasm, 0, &ask)),
        0
    );
    // evm -> (delegate) wasm acts for evm: one frame of it is open
    assert_eq!(
        flag(&world, evm, op::bubble(op::DELEGATE, wasm, 0, &ask)),
        0
    );
    // evm -> evm -> (delegate) wasm: two EVM frames count
    let twice = op::bubble(op::CALL, evm, 0, &op::bubble(op::DELEGATE, wasm, 0, &ask));
    assert_eq!(flag(&world, evm, twice), 1);
    // static frames count, of both kinds
    let twice = op::bubble(op::STATIC, evm, 0, &op::bubble(op::DELEGATE, wasm, 0, &ask));
    assert_eq!(flag(&world, evm, twice), 1);
    assert_eq!(flag(&world, wasm, op::bubble(op::STATIC, wasm, 0, &ask)), 1);
    // after the frame is closed it is gone, failed or not
    let tx = world.send(
        evm,
        op::then(
            (wasm, &op::revert(b"")),
            (wasm, &op::bubble(op::CALL, wasm, 0, &op::revert(b""))),
        ),
    );
    assert!(tx.receipt.status);
    assert_eq!(flag(&world, wasm, ask), 0);
}

#[test]
fn static_frames_stay_static() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    // evm -> (static) wasm -> (call) evm, which writes
    for kind in [op::CALL, op::DELEGATE] {
        for write in [
            op::sstore(1, 1),
            op::log(1, b""),
            op::tstore(1, 1),
            op::create(0, b""),
        ] {
            let inner = op::attempt(kind, evm, 0, &write);
            let tx = world.send(evm, op::bubble(op::STATIC, wasm, 0, &inner));
            assert_eq!(
                (tx.receipt.status, tx.receipt.output.as_ref()),
                (true, &[0][..])
            );
        }
        let read = op::bubble(
            op::STATIC,
            wasm,
            0,
            &op::attempt(kind, evm, 0, &op::sload(1)),
        );
        assert_eq!(world.send(evm, read).receipt.output.len(), 33);
    }
}

#[test]
fn delegate_calls_keep_who_and_how_much() {
    let mut world = World::new();
    let (evm, wasm, me) = (world.evm, world.wasm, world.me);
    for (outer, inner) in [(wasm, evm), (evm, wasm), (wasm, wasm)] {
        let tx = world.send_with(
            outer,
            op::bubble(op::DELEGATE, inner, 0, &op::context()),
            7,
            1_000_000,
        );
        let out = &tx.receipt.output;
        let word = |i: usize| U256::from_be_slice(&out[32 * i..32 * i + 32]);
        let address = |i: usize| Address::from_word(word(i).into());
        assert_eq!(
            (address(0), word(1), address(2), address(3)),
            (me, U256::from(7), outer, me)
        );
        let tx = world.send(outer, op::bubble(op::CALL, inner, 3, &op::context()));
        let out = &tx.receipt.output;
        let word = |i: usize| U256::from_be_slice(&out[32 * i..32 * i + 32]);
        let address = |i: usize| Address::from_word(word(i).into());
        assert_eq!(
            (address(0), word(1), address(2), address(3)),
            (outer, U256::from(3), inner, me)
        );
    }
}
