//! Every fault of a feed, by source: what is answered, and what may still be done.

use super::*;
use plimsoll_e2e::hostile::HostileFeed::setBombCall as Bomb;

const PRICE: [u8; 4] = [0x96, 0x83, 0x4a, 0xd3];
const SUPPLY: [u8; 4] = [0x18, 0x16, 0x0d, 0xdd];
const ASSETS: [u8; 4] = [0x07, 0xa2, 0xd1, 0x3a];
const ASSET: [u8; 4] = [0x38, 0xd5, 0x2e, 0x0f];

/// What a fault is made by.
#[derive(Clone, Debug)]
enum By {
    /// A selector answers these words.
    Words([u8; 4], Vec<I256>),
    /// Everything is answered with so many bytes; Off 0, Return 1, Revert 2, Burn 3, Invalid 4.
    Bomb(u8, u64),
    NoCode,
}

/// One hostile contract listed as all three sources: feed 1 Chainlink, 2 Pyth, 3 a vault on feed 4.
fn desk() -> (Hub, Address) {
    let (mut hub, bad) = listed();
    hub.list(4, bad, MAX_AGE, BOUNDS);
    let asset = hub.feed(8, int(2_000_0000_0000));
    hub.list(4, asset, MAX_AGE, BOUNDS);
    let now = int(hub.now().into());
    hub.teach(
        bad,
        PRICE,
        &[int(2_000_0000_0000), int(1_0000_0000), int(-8), now],
    );
    hub.teach(bad, SUPPLY, &[int(1)]);
    hub.teach(bad, ASSETS, &[int(1_0000_0000)]);
    hub.teach(bad, ASSET, &[I256::from_raw(asset.into_word().into())]);
    hub.owner_must(&IOracle::setPythFeedCall {
        feed: 2,
        pyth: bad,
        id: B256::repeat_byte(1),
        terms: terms(),
    });
    hub.owner_must(&IOracle::setVaultFeedCall {
        feed: 3,
        vault: bad,
        parts: VaultTerms {
            assetFeed: 4,
            marketFeed: 0,
            rate: ONE,
            growth: PERCENT,
        },
        terms: terms(),
    });
    assert!(hub.prices(&[1, 2, 3]).iter().all(|price| price.fresh));
    (hub, bad)
}

/// I-ORA-1, I-ORA-3, A-06, A-12: the table. Whatever a source does, its own price is not fresh, the other feeds' are, a
/// snapshot answers, and the owner may put another contract in its place.
#[test]
fn i_ora_3_every_fault_costs_its_own_price_only() {
    let (mut hub, bad) = desk();
    let (owner, oracle) = (hub.owner, hub.oracle);
    let now = int(hub.now().into());
    let (all, none) = (2_000 * ONE, 0);
    let words = |selector, words: &[i128], time: I256| {
        let mut words: Vec<I256> = words.iter().copied().map(int).collect();
        words.push(time);
        By::Words(selector, words)
    };
    let mut table = Vec::new();
    for feed in 1..=3_u16 {
        for (mode, size) in [
            (1, 0),
            (1, 31),
            (1, 33),
            (1, 127),
            (1, 1_000_000),
            (2, 0),
            (2, 1_000_000),
            (3, 0),
            (4, 0),
        ] {
            table.push((feed, "bytes", By::Bomb(mode, size), none));
        }
        table.push((feed, "no code", By::NoCode, none));
    }
    let good = 2_000_0000_0000;
    table.extend([
        (2, "price 0", words(PRICE, &[0, 0, -8], now), none),
        (2, "price < 0", words(PRICE, &[-good, 0, -8], now), none),
        (
            2,
            "price above the bounds",
            words(PRICE, &[1_000 * good, 0, -8], now),
            none,
        ),
        (
            2,
            "price of 128 bits",
            words(PRICE, &[i128::MAX, 0, -8], now),
            none,
        ),
        (2, "time 0", words(PRICE, &[good, 0, -8], I256::ZERO), none),
        (
            2,
            "future",
            words(PRICE, &[good, 0, -8], now + int(100_000)),
            none,
        ),
        (
            2,
            "old by a second",
            words(PRICE, &[good, 0, -8], now - int(3_601)),
            all,
        ),
        (2, "exponent 1", words(PRICE, &[good, 0, 1], now), none),
        (2, "exponent -37", words(PRICE, &[good, 0, -37], now), none),
        (
            2,
            "exponent of 256 bits",
            words(PRICE, &[good, 0, i128::MIN], now),
            none,
        ),
        (
            2,
            "confidence as large as the price",
            words(PRICE, &[good, good, -8], now),
            all,
        ),
        (2, "confidence < 0", words(PRICE, &[good, -1, -8], now), all),
        (3, "no shares", By::Words(SUPPLY, vec![int(0)]), none),
        (3, "no assets", By::Words(ASSETS, vec![int(0)]), none),
        (
            3,
            "two words",
            By::Words(ASSETS, vec![int(1), int(1)]),
            none,
        ),
        (
            3,
            "assets of 256 bits",
            By::Words(ASSETS, vec![I256::MINUS_ONE]),
            none,
        ),
        (3, "one word less", By::Words(SUPPLY, vec![]), none),
    ]);
    for (feed, what, by, value) in table {
        let before = hub.chain.snapshot();
        match by.clone() {
            By::Words(selector, words) => hub.teach(bad, selector, &words),
            By::Bomb(mode_, size) => {
                let size_ = U256::from(size);
                hub.must(owner, bad, &Bomb { mode_, size_ });
            }
            By::NoCode => hub.chain.set_code(bad, Bytes::new()),
        }
        let what = format!("feed {feed}, {what}, {by:?}");
        let prices = hub.prices(&[feed, 4]);
        assert_eq!(
            (prices[0].value, prices[0].fresh),
            (U256::from(value), false),
            "{what}"
        );
        assert!(prices[1].fresh, "{what}");
        let quote = hub.quote(feed);
        // What its own source is too unsure of is unknown to margin.
        let known = value != 0 && !what.contains("confidence");
        assert_eq!((quote.known, quote.fresh), (known, false), "{what}");
        if !known {
            assert_eq!(quote.value, BOUNDS.1, "{what}: the most that it can be");
        }
        assert!(
            hub.ask(oracle, &IOracle::priceCall { feed }).is_err(),
            "{what}"
        );
        // Another source takes its place.
        let new = hub.feed(8, int(2_300_0000_0000));
        hub.list(feed, new, MAX_AGE, BOUNDS);
        assert_eq!(
            hub.prices(&[feed])[0].value,
            U256::from(2_300 * ONE),
            "{what}"
        );
        assert!(hub.chain.revert(before));
    }
}

/// I-LIV-9: too little gas never makes a source look dead, whatever it has to be asked.
#[test]
fn i_liv_9_no_gas_limit_makes_any_source_look_dead() {
    let (mut hub, bad) = desk();
    hub.owner_must(&largest(5 * PERCENT));
    hub.rounds(
        bad,
        (3 << 64) + 7,
        2_000_0000_0000,
        Some(2_000_0000_0000),
        0,
    );
    let now = int(hub.now().into());
    hub.teach(bad, PRICE, &[int(2_000_0000_0000), int(0), int(-8), now]);
    let call = IOracle::pricesCall {
        feeds: vec![1, 2, 3],
    };
    let (mut answered, mut refused) = (0, 0);
    for gas in (25_000..700_000).step_by(3_989) {
        match hub.ask_with_gas(hub.oracle, &call, Some(gas)) {
            Ok(prices) => {
                assert!(prices.iter().all(|p| p.fresh), "at {gas} gas");
                answered += 1;
            }
            Err(data) if data.is_empty() => {}
            Err(data) => {
                let _: IOracle::InsufficientGas = decode_error(&data);
                refused += 1;
            }
        }
    }
    assert!(answered > 20 && refused > 5, "{answered} and {refused}");
}
