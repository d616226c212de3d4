//! What a feed, an asset and its link may not become once somebody relies on them.

use super::*;

const WEEK: u64 = 7 * 86_400;

/// The furnished floor, and feed 3, which also says 2,000.
struct House {
    hub: Hub,
    feeds: [Address; 3],
}

impl House {
    fn new() -> Self {
        let Floor {
            mut hub, eth, btc, ..
        } = Floor::new();
        let third = hub.feed(18, coins(2_000));
        hub.list(3, third, 172_800, WIDE);
        let mut house = Self {
            hub,
            feeds: [eth, btc, third],
        };
        [(1, 2_000), (2, 40_000), (3, 2_000)]
            .into_iter()
            .for_each(|(feed, price)| house.says(feed, coins(price)));
        house
    }

    fn refused<E: SolError + Debug>(&mut self, call: &impl SolCall) -> E {
        self.hub.must_not(self.hub.parameters, call)
    }

    /// What this feed says from now on, observed now.
    fn says(&mut self, feed: u16, answer: I256) {
        let now = U256::from(self.hub.now());
        let aggregator = self.feeds[usize::from(feed) - 1];
        self.hub.answer(aggregator, answer, now);
    }

    fn later(&mut self, seconds: u64) {
        let time = self.hub.chain.next_block_timestamp() + seconds;
        self.hub.chain.set_next_block_timestamp(time).unwrap();
        self.hub.chain.mine(1, None).unwrap();
    }

    fn feed_of(&self, underlying: u16) -> u16 {
        let call = IParameters::underlyingCall { underlying };
        self.hub.get(self.hub.parameters, &call).feed
    }

    fn of(&self, asset: u8) -> (u16, u16) {
        let call = IParameters::assetCall { asset };
        let now = self.hub.get(self.hub.parameters, &call);
        (now.feed, now.underlying)
    }
}

fn underlying(number: u16, feed: u16) -> IParameters::setUnderlyingCall {
    set_underlying(number, default_terms(feed))
}

/// With the decimals it has.
fn asset(asset: u8, feed: u16, link: u16) -> IParameters::setAssetCall {
    let decimals = [6, 18, 8, 24][usize::from(asset).min(3)];
    furnished::set_asset(asset, feed, link, decimals, (100_000, 50_000))
}

/// Only the settlement coin has no feed: any other token would be worth one coin for ever.
#[test]
fn attack_a_token_without_a_feed_is_no_coin() {
    let mut house = House::new();
    for index in 1..16 {
        let e: IParameters::AssetFeedRequired = house.refused(&asset(index, 0, 0));
        assert_eq!(e.asset, index);
    }
    assert_eq!((house.of(WETH), house.of(4)), ((1, ETH), (0, 0)));
    for index in [0, WETH] {
        let e: IParameters::FeedRequired = house.refused(&asset(index, 0, ETH));
        assert_eq!(e.underlying, ETH);
    }
    house.hub.set(&asset(0, 0, 0));
}

/// I-ORA-8: while both are fresh, a feed takes another's place only within 2 % of its price.
#[test]
fn i_ora_8_no_setter_moves_a_fresh_price() {
    let mut house = House::new();
    for (other, price) in [
        (2, 40_000 * ONE),
        (3, 2_040 * ONE + 1),
        (3, 1_960 * ONE - 1),
    ] {
        house.says(other, int(price.cast_signed()));
        let numbers = (1, other, 2_000 * ONE, price);
        let e: IParameters::FeedsDisagree = house.refused(&underlying(ETH, other));
        assert_eq!((e.oldFeed, e.newFeed, e.oldPrice, e.newPrice), numbers);
        let e: IParameters::FeedsDisagree = house.refused(&asset(1, other, ETH));
        assert_eq!((e.oldFeed, e.newFeed, e.oldPrice, e.newPrice), numbers);
    }
    assert_eq!((house.feed_of(ETH), house.of(1)), (1, (1, ETH)));
    for price in [2_040 * ONE, 1_960 * ONE] {
        house.says(3, int(price.cast_signed()));
        let before = house.hub.chain.snapshot();
        house.hub.set(&underlying(ETH, 3));
        house.hub.set(&asset(1, 3, ETH));
        assert_eq!((house.feed_of(ETH), house.of(1)), (3, (3, ETH)));
        assert!(house.hub.chain.revert(before));
    }
    // What is listed for the first time replaces nothing.
    house.hub.set(&underlying(5, 2));
    house.hub.set(&asset(5, 2, ETH));
    // The coin's own price is 1.
    house.says(3, int(ONE.cast_signed() / 50 * 51 + 1));
    let e: IParameters::FeedsDisagree = house.refused(&asset(0, 3, 0));
    assert_eq!((e.oldFeed, e.newFeed, e.oldPrice), (0, 3, ONE));
    house.says(3, int(ONE.cast_signed() / 50 * 51));
    house.hub.set(&asset(0, 3, 0));
    house.says(3, int(ONE.cast_signed() / 50 * 49));
    let e: IParameters::FeedsDisagree = house.refused(&asset(0, 0, 0));
    assert_eq!((e.oldFeed, e.newFeed, e.newPrice), (3, 0, ONE));
}

/// I-ORA-8: a dead feed takes no fresh one's place, whatever it said last: what it says next is not known. In the place
/// of a dead one any may come.
#[test]
fn i_ora_8_any_feed_replaces_a_dead_one() {
    let mut house = House::new();
    let owner = house.hub.owner;
    house.later(WEEK);
    house.says(1, coins(2_000));
    let dead = |house: &mut House| {
        let e: IParameters::FeedsDisagree = house.refused(&underlying(ETH, 3));
        assert_eq!((e.oldFeed, e.newFeed), (1, 3));
        assert_eq!((e.oldPrice, e.newPrice), (2_000 * ONE, 0));
        let _: IParameters::FeedsDisagree = house.refused(&asset(1, 3, ETH));
    };
    dead(&mut house);
    let reverts = HostileFeed::setRevertsCall { reverts_: true };
    house.hub.must(owner, house.feeds[2], &reverts);
    dead(&mut house);
    // The other way round: too old, or failing.
    let fails = |house: &mut House| {
        house.hub.must(owner, house.feeds[0], &reverts);
    };
    let ages = |house: &mut House| house.later(WEEK);
    let ways: [&dyn Fn(&mut House); 2] = [&fails, &ages];
    for dies in ways {
        let before = house.hub.chain.snapshot();
        dies(&mut house);
        house.says(2, coins(40_000));
        house.hub.set(&underlying(ETH, 2));
        house.hub.set(&asset(1, 2, ETH));
        assert_eq!((house.feed_of(ETH), house.of(1)), (2, (2, ETH)));
        assert!(house.hub.chain.revert(before));
    }
}

/// Other terms change without a look at prices: a dead feed keeps no haircut from being raised.
#[test]
fn i_liv_9_the_same_feed_needs_no_price() {
    let mut house = House::new();
    house.later(WEEK);
    house.hub.set(&underlying(ETH, 1));
    house.hub.set(&asset(1, 1, ETH));
    house.says(1, coins(2_000));
    house.hub.set(&asset(1, 1, ETH));
}

/// A hedge does not vanish by a setter: what an asset moves with stays.
#[test]
fn attack_a_link_is_not_taken_off_a_hedge() {
    let mut house = House::new();
    for (index, feed, link, others) in [(WETH, 1, ETH, [0, BTC]), (WBTC, 2, BTC, [0, ETH])] {
        for given in others {
            let e: IParameters::LinkFrozen = house.refused(&asset(index, feed, given));
            assert_eq!((e.asset, e.underlying, e.given), (index, link, given));
        }
        assert_eq!(house.of(index), (feed, link));
        house.hub.set(&asset(index, feed, link));
    }
    // Nothing stands against a link that is new.
    house.hub.set(&asset(LOOSE, 2, 0));
    house.hub.set(&asset(LOOSE, 2, BTC));
    let e: IParameters::LinkFrozen = house.refused(&asset(LOOSE, 2, 0));
    assert_eq!((e.asset, e.underlying, e.given), (LOOSE, BTC, 0));
}
