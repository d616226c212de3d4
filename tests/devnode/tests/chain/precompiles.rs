//! What clients ask of precompiles.

use super::*;

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
