//! Transactions: what is taken, refused and paid.

use super::*;

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
