//! Pyth: prices that somebody brings, with a confidence of their own.

use super::*;

const ID: B256 = B256::repeat_byte(0x71);
const FEE: u64 = 1_000;

/// A Pyth contract of this fee, with the price 2,000, and feed 1 listed of it.
fn desk(fee: u64) -> (Hub, Address) {
    let mut hub = Hub::new();
    let arguments = MockPyth::constructorCall {
        _validTimePeriod: U256::from(60),
        _singleUpdateFeeInWei: U256::from(fee),
    };
    let pyth = hub.create(&MockPyth::BYTECODE, &arguments);
    hub.bring(pyth, 2_000_0000_0000, 0, -8, 0, fee);
    hub.owner_must(&call(pyth));
    (hub, pyth)
}

fn call(pyth: Address) -> IOracle::setPythFeedCall {
    IOracle::setPythFeedCall {
        feed: 1,
        pyth,
        id: ID,
        terms: terms(),
    }
}

impl Hub {
    fn update(&self, pyth: Address, price: i64, conf: u64, expo: i32, time: u64) -> Bytes {
        let call = MockPyth::createPriceFeedUpdateDataCall {
            id: ID,
            price,
            conf,
            expo,
            emaPrice: price,
            emaConf: conf,
            publishTime: time,
            prevPublishTime: 0,
        };
        self.get(pyth, &call)
    }

    /// Gives Pyth a price of this age at Pyth itself.
    fn bring(&mut self, pyth: Address, price: i64, conf: u64, expo: i32, age: i64, fee: u64) {
        let time = self.now() + 10;
        let update = self.update(
            pyth,
            price,
            conf,
            expo,
            time.checked_add_signed(-age).unwrap(),
        );
        let call = MockPyth::updatePriceFeedsCall {
            updateData: vec![update],
        };
        self.chain.set_next_block_timestamp(time).unwrap();
        self.pay(self.owner, pyth, call.abi_encode(), fee).unwrap();
    }

    fn pay(
        &mut self,
        from: Address,
        to: Address,
        data: Vec<u8>,
        value: u64,
    ) -> Result<Arc<Transaction>, Bytes> {
        let request = alloy::rpc::types::TransactionRequest {
            from: Some(from),
            to: Some(to.into()),
            input: data.into(),
            value: Some(U256::from(value)),
            ..Default::default()
        };
        let done = self.chain.transact(request).expect("the chain takes it");
        match done.receipt.outcome {
            Outcome::Success => Ok(done),
            _ => Err(done.receipt.output.clone()),
        }
    }

    fn ether(&self, of: Address) -> U256 {
        self.chain.balance(of, Default::default()).unwrap()
    }
}

/// I-ORA-1, I-ORA-3, A-12: what Pyth says, with thresholds at equality.
#[test]
fn i_ora_3_what_pyth_says_is_a_price() {
    let (mut hub, pyth) = desk(0);
    let confidence =
        |conf: u64| U256::from(conf) * U256::from(ONE) / U256::from(2_000_0000_0000_u64);
    let widest = 255 * 1_0000_0000; // 12.75 % of 2,000
    for (price, conf, age, value, fresh) in [
        (2_000_0000_0000, 0, 0, 2_000 * ONE, true),
        (2_000_0000_0000, 10_0000_0000, 0, 2_000 * ONE, true),
        (2_000_0000_0000, widest, 0, 2_000 * ONE, true),
        (2_000_0000_0000, widest + 1, 0, 2_000 * ONE, false),
        (2_000_0000_0000, u64::MAX >> 1, 0, 2_000 * ONE, false),
        (2_000_0000_0000, 0, 3_600, 2_000 * ONE, true),
        (2_000_0000_0000, 0, 3_601, 2_000 * ONE, false),
        (2_000_0000_0000, 0, -1, 0, false),
        (0, 0, 0, 0, false),
        (-2_000_0000_0000, 0, 0, 0, false),
        (100_000_0000_0001, 0, 0, 0, false),
        (10_0000_0000, 0, 0, 10 * ONE, true),
    ] {
        // Pyth never goes back: each case begins anew.
        let before = hub.chain.snapshot();
        let later = hub.now() + 4_000;
        hub.at(later);
        hub.bring(pyth, price, conf, -8, age, 0);
        let said = one(&hub);
        let what = format!("{price} ± {conf}, {age} s old");
        assert_eq!(
            (said.value, said.fresh),
            (U256::from(value), fresh),
            "{what}"
        );
        assert_eq!(hub.quote(1).fresh, fresh, "{what}");
        assert_eq!(strict(&hub).is_ok(), fresh, "{what}");
        if price == 2_000_0000_0000 && age >= 0 && conf < 1 << 40 {
            assert!(
                U256::from(said.confidence) - confidence(conf) <= U256::ONE,
                "{what}"
            );
        }
        if conf > widest && conf < 1 << 40 {
            let e: IOracle::ConfidenceTooWide = fault(&hub, 2_000 * ONE);
            assert_eq!((e.feed, e.limit), (1, 255 * STEP));
        }
        assert!(hub.chain.revert(before));
    }
    // The exponent is each price's own.
    for (price, expo, fresh) in [
        (2_000, 0, true),
        (20, 2, false),
        (2_000_000_000_000_000_000, -15, true),
        (2_000, -37, false),
        (2_000, i32::MIN, false),
    ] {
        hub.bring(pyth, price, 0, expo, 0, 0);
        let value = if fresh { 2_000 * ONE } else { 0 };
        let said = one(&hub);
        assert_eq!(
            (said.value, said.fresh),
            (U256::from(value), fresh),
            "{expo}"
        );
        if !fresh {
            let _: IOracle::FeedFailed = fault(&hub, 0);
        }
    }
    // The feed's own confidence is the least.
    hub.bring(pyth, 2_000_0000_0000, 1_0000_0000, -8, 0, 0);
    let wide = IOracle::setPythFeedCall {
        terms: FeedTerms {
            confidence: 4 * STEP,
            ..terms()
        },
        ..call(pyth)
    };
    let done = hub.owner_must(&wide);
    assert_eq!(events::<IOracle::PythFeedSet>(&done)[0].id, ID);
    assert_eq!(one(&hub).confidence, 4 * STEP);
}

/// The fee is paid, also one of 0; what is too much comes back; too little is refused.
#[test]
fn i_ora_1_anyone_brings_prices_for_the_fee() {
    for fee in [0, FEE] {
        let (mut hub, pyth) = desk(fee);
        let (oracle, stranger) = (hub.oracle, hub.stranger);
        for (index, sent) in [2 * fee, 2 * fee + 7].into_iter().enumerate() {
            let price = 2_001_0000_0000 + index as i64;
            let time = hub.chain.next_block_timestamp();
            // Another id's, or the same again, is paid for as well.
            let update = hub.update(pyth, price, 0, -8, time);
            let call = IOracle::pullPricesCall {
                feed: 1,
                updateData: vec![update.clone(), update],
            };
            let paid = hub.ether(pyth);
            hub.pay(stranger, oracle, call.abi_encode(), sent).unwrap();
            assert_eq!(hub.ether(pyth) - paid, U256::from(2 * fee));
            assert_eq!(hub.ether(oracle), U256::ZERO, "nothing stays");
            assert_eq!(one(&hub).value, U256::from(price as u128 * 10_u128.pow(10)));
        }
        // an older price does not come back.
        let old = hub.now() - 5;
        let update = hub.update(pyth, 1_500_0000_0000, 0, -8, old);
        let call = IOracle::pullPricesCall {
            feed: 1,
            updateData: vec![update],
        };
        hub.pay(stranger, oracle, call.abi_encode(), fee).unwrap();
        assert!(one(&hub).value > U256::from(2_000 * ONE));
    }
}

#[test]
fn i_par_1_bringing_prices_is_refused_with_the_numbers() {
    let (mut hub, pyth) = desk(FEE);
    let (oracle, stranger) = (hub.oracle, hub.stranger);
    let other = hub.feed(8, int(2_000_0000_0000));
    hub.list(2, other, MAX_AGE, BOUNDS);
    let time = hub.now() + 1;
    let update = hub.update(pyth, 2_001_0000_0000, 0, -8, time);
    let pull = |feed, count| {
        IOracle::pullPricesCall {
            feed,
            updateData: vec![update.clone(); count],
        }
        .abi_encode()
    };
    let before = one(&hub);
    let refused = |hub: &mut Hub, data, value| hub.pay(stranger, oracle, data, value).unwrap_err();
    let e: IOracle::FeeTooSmall = decode_error(&refused(&mut hub, pull(1, 2), 2 * FEE - 1));
    assert_eq!(
        (e.sent, e.fee),
        (U256::from(2 * FEE - 1), U256::from(2 * FEE))
    );
    let e: IOracle::NotPulled = decode_error(&refused(&mut hub, pull(2, 1), FEE));
    assert_eq!(e.feed, 2);
    let e: IOracle::UnknownFeed = decode_error(&refused(&mut hub, pull(3, 1), FEE));
    assert_eq!(e.feed, 3);
    let _: IOracle::TooManyItems = decode_error(&refused(&mut hub, pull(1, 33), 33 * FEE));
    // A caller who cannot take the rest back.
    hub.chain.impersonate(other);
    hub.chain.set_balance(other, U256::from(ONE));
    let data = hub.pay(other, oracle, pull(1, 1), FEE + 3).unwrap_err();
    let e: IOracle::RefundFailed = decode_error(&data);
    assert_eq!((e.to, e.amount), (other, U256::from(3)));
    assert_eq!(format!("{:?}", one(&hub)), format!("{before:?}"));
    assert_eq!(hub.ether(oracle), U256::ZERO);
    // No rounds, and so neither a largest move nor a phase; a price that Pyth does not know is not listed.
    let _: IOracle::NoRounds = hub.must_not(oracle, &largest(PERCENT));
    let _: IOracle::NoRounds = hub.must_not(oracle, &IOracle::recheckFeedCall { feed: 1 });
    let unknown = IOracle::setPythFeedCall {
        feed: 3,
        id: B256::ZERO,
        ..call(pyth)
    };
    let _: IOracle::FeedFailed = hub.must_not(oracle, &unknown);
    // I-ORA-8: another source of the same number says the same.
    let far = hub.feed(8, int(2_041_0000_0000));
    let e: IOracle::PriceWouldJump =
        hub.must_not(oracle, &set_feed(1, far, MAX_AGE, BOUNDS.0, BOUNDS.1));
    assert_eq!(e.limit, U256::from(40 * ONE));
    assert_eq!(
        hub.get(oracle, &IOracle::feedSourceCall { feed: 1 }).source,
        1
    );
}
