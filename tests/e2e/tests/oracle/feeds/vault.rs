//! Shares of an ERC-4626 vault.

use super::*;
use plimsoll::bindings::reference::Token;
use plimsoll_e2e::hostile::ShareVault;

const GROWTH: u64 = 10 * PERCENT;
const YEAR: u64 = 31_536_000;

struct Desk {
    hub: Hub,
    vault: Address,
    asset: Address,
    asset_feed: Address,
}

/// A vault of 1,000 assets in 1,000 shares, whose asset (6 decimals) is feed 2, 2,000 coins; feed 1 is its shares.
fn desk() -> Desk {
    let mut hub = Hub::new();
    let owner = hub.owner;
    let arguments = Token::constructorCall {
        name_: "A".into(),
        symbol_: "A".into(),
        decimals_: 6,
    };
    let asset = hub.create(&Token::BYTECODE, &arguments);
    let vault = hub.create(
        &ShareVault::BYTECODE,
        &ShareVault::constructorCall { asset_: asset },
    );
    let (all, half) = (U256::from(4_000_000_000_u64), U256::from(1_000_000_000));
    hub.must(
        owner,
        asset,
        &Token::mintCall {
            to: owner,
            amount: all,
        },
    );
    hub.must(
        owner,
        asset,
        &Token::approveCall {
            spender: vault,
            amount: all,
        },
    );
    hub.must(
        owner,
        vault,
        &ShareVault::depositCall {
            assets: half,
            receiver: owner,
        },
    );
    let asset_feed = hub.feed(8, int(2_000_0000_0000));
    hub.list(2, asset_feed, 172_800, BOUNDS);
    hub.owner_must(&call(vault, 0));
    Desk {
        hub,
        vault,
        asset,
        asset_feed,
    }
}

fn call(vault: Address, market: u16) -> IOracle::setVaultFeedCall {
    IOracle::setVaultFeedCall {
        feed: 1,
        vault,
        parts: VaultTerms {
            assetFeed: 2,
            marketFeed: market,
            rate: ONE,
            growth: GROWTH,
        },
        terms: FeedTerms {
            maxAge: 172_800,
            ..terms()
        },
    }
}

impl Desk {
    fn give(&mut self, assets: u64) {
        let owner = self.hub.owner;
        let call = Token::transferCall {
            to: self.vault,
            amount: U256::from(assets),
        };
        self.hub.must(owner, self.asset, &call);
    }

    fn lose(&mut self, assets: u64) {
        let owner = self.hub.owner;
        let call = ShareVault::loseCall {
            assets: U256::from(assets),
        };
        self.hub.must(owner, self.vault, &call);
    }

    fn value(&self) -> f64 {
        let value = u128::try_from(strict(&self.hub).unwrap()).unwrap();
        value as f64 / 1e18
    }
}

/// a gift raises the price to the line and no further, a loss lowers it at once.
#[test]
fn a_30_gifts_count_up_to_the_line_and_losses_at_once() {
    let mut desk = desk();
    let since = desk
        .hub
        .get(desk.hub.oracle, &IOracle::feedSourceCall { feed: 1 })
        .since;
    assert!((desk.value() - 2_000.0).abs() < 0.01);
    desk.give(500_000_000); // half as much again
    let now = desk.hub.now();
    let line = 2_000.0 * (1.0 + 0.1 * (now - since) as f64 / YEAR as f64);
    assert!(
        (desk.value() - line).abs() < 0.01,
        "{} and {line}",
        desk.value()
    );
    // In half a year by 5 %.
    desk.hub.at(since + YEAR / 2);
    let time = U256::from(desk.hub.now());
    desk.hub.answer(desk.asset_feed, int(2_000_0000_0000), time);
    assert!((desk.value() - 2_100.0).abs() < 0.01, "{}", desk.value());
    // What is lost counts in the same second.
    desk.lose(1_000_000_000); // 500 of 1,000 left
    assert!((desk.value() - 1_000.0).abs() < 0.01, "{}", desk.value());
    assert!(one(&desk.hub).fresh);
    // the owner names the line anew; what is given to the vault before that call raises nothing.
    desk.give(500_000_000);
    let again = call(desk.vault, 0);
    desk.hub.owner_must(&again);
    let source = desk
        .hub
        .get(desk.hub.oracle, &IOracle::feedSourceCall { feed: 1 });
    assert!(source.rate <= ONE && source.rate > ONE - ONE / 1_000_000);
    desk.give(100_000_000);
    assert!((desk.value() - 2_000.0).abs() < 0.01, "{}", desk.value());
}

/// emptied, paused, without shares, with parts that fail.
#[test]
fn a_30_a_vault_in_trouble_is_not_fresh() {
    let mut desk = desk();
    let (owner, vault) = (desk.hub.owner, desk.vault);
    desk.hub
        .must(owner, vault, &ShareVault::pauseCall { paused_: true });
    let e: IOracle::FeedFailed = fault(&desk.hub, 0);
    assert_eq!(e.aggregator, vault);
    desk.hub
        .must(owner, vault, &ShareVault::pauseCall { paused_: false });
    assert!(one(&desk.hub).fresh);
    // The asset's feed.
    let time = U256::from(desk.hub.now());
    desk.hub.answer(desk.asset_feed, int(0), time);
    let e: IOracle::PartNotFresh = fault(&desk.hub, 0);
    assert_eq!((e.feed, e.part), (1, 2));
    desk.hub.answer(desk.asset_feed, int(2_000_0000_0000), time);
    desk.hub.at(time.to::<u64>() + 172_801);
    assert!(!one(&desk.hub).fresh);
    let e: IOracle::PartNotFresh = desk
        .hub
        .refused(desk.hub.oracle, &IOracle::priceCall { feed: 1 });
    assert_eq!(e.part, 2);
    let time = U256::from(desk.hub.now());
    desk.hub.answer(desk.asset_feed, int(2_000_0000_0000), time);
    // Emptied: a share redeems for nothing.
    desk.lose(1_000_000_000);
    let _: IOracle::InvalidPrice = fault(&desk.hub, 0);
    desk.give(1_000_000_000);
    assert!(one(&desk.hub).fresh);
    // No share exists.
    let shares = U256::from(1_000_000_000);
    let redeem = ShareVault::redeemCall {
        shares,
        receiver: owner,
        owner,
    };
    desk.hub.must(owner, vault, &redeem);
    let _: IOracle::InvalidPrice = fault(&desk.hub, 0);
    let (oracle, mut again) = (desk.hub.oracle, call(vault, 0));
    again.feed = 5;
    let e: IOracle::InvalidRate = desk.hub.must_not(oracle, &again);
    assert_eq!((e.rate, e.nowRate), (ONE, 0));
}

/// The lower of market and book; and what is refused.
#[test]
fn a_30_the_lower_of_market_and_book_counts() {
    let mut desk = desk();
    let oracle = desk.hub.oracle;
    let market = desk.hub.feed(8, int(1_990_0000_0000));
    desk.hub.list(3, market, 172_800, BOUNDS);
    let with_market = call(desk.vault, 3);
    let done = desk.hub.owner_must(&with_market);
    let told = &events::<IOracle::VaultFeedSet>(&done)[0];
    assert_eq!(
        (told.assetFeed, told.marketFeed, told.growth),
        (2, 3, GROWTH)
    );
    for (answer, value, fresh) in [
        (1_990_0000_0000, 1_990.0, true),
        (1_500_0000_0000, 1_500.0, true),
        (2_500_0000_0000, 2_000.0, true),
        (0, 0.0, false),
    ] {
        let now = U256::from(desk.hub.now());
        desk.hub.answer(market, int(answer), now);
        let price = one(&desk.hub);
        assert_eq!(price.fresh, fresh, "{answer}");
        if fresh {
            assert!(
                (desk.value() - value).abs() < 0.01,
                "{answer}: {}",
                desk.value()
            );
        }
    }
    let vault = desk.vault;
    let parts = |asset_feed, market_feed, rate, growth| IOracle::setVaultFeedCall {
        feed: 4,
        parts: VaultTerms {
            assetFeed: asset_feed,
            marketFeed: market_feed,
            rate,
            growth,
        },
        ..call(vault, 0)
    };
    // A vault's feed, the feed itself, one that is not listed.
    for (asset_feed, market_feed, part) in [
        (1, 0, 1),
        (4, 0, 4),
        (9, 0, 9),
        (0, 0, 0),
        (2, 1, 1),
        (2, 9, 9),
    ] {
        let call = parts(asset_feed, market_feed, ONE, 0);
        let e: IOracle::InvalidPart = desk.hub.must_not(oracle, &call);
        assert_eq!((e.feed, e.part), (4, part));
    }
    let e: IOracle::GrowthTooHigh = desk.hub.must_not(oracle, &parts(2, 0, ONE, ONE as u64 + 1));
    assert_eq!((e.growth, e.limit), (ONE as u64 + 1, ONE as u64));
    let e: IOracle::InvalidRate = desk.hub.must_not(oracle, &parts(2, 0, 0, 0));
    assert_eq!(e.rate, 0);
    let no_vault = IOracle::setVaultFeedCall {
        vault: market,
        ..parts(2, 0, ONE, 0)
    };
    let _: IOracle::FeedFailed = desk.hub.must_not(oracle, &no_vault);
    let e: IOracle::InvalidPart = desk.hub.must_not(
        oracle,
        &IOracle::setSecondSourceCall {
            feed: 2,
            second: 1,
            tolerance: 0,
        },
    );
    assert_eq!(e.part, 1);
    assert_eq!(
        desk.hub
            .get(oracle, &IOracle::feedCall { feed: 4 })
            .aggregator,
        Address::ZERO
    );
}
