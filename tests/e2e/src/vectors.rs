//! Twenty accounts of every kind, the same on every machine: `tests/vectors/accounts.json` has what clients show of them.
//!
//! Times are absolute and every block is a second after the one before, so what is said of the accounts depends on the
//! contracts alone, not on how the house below them was deployed. Addresses do depend on that; the file has none but
//! those of the accounts' owners.

use crate::*;
use serde_json::Value;

/// Midnight before it all, 2026-01-05.
const MIDNIGHT: u64 = 1_767_571_200;
const HOUR: u64 = 3_600;
/// The day that expires at 08:00, two hours after trading begins.
const SOON: u16 = (MIDNIGHT / 86_400) as u16;
/// Expiries a month and two months away.
const MONTH: u16 = SOON + 30;
const TWO_MONTHS: u16 = SOON + 60;
/// Further venues that report whatever they are told.
const SECOND: u16 = 4;
const THIRD: u16 = 5;
/// Number of the feed, and index of the token, whose price goes stale.
const LINK: u16 = 3;

/// An account of the file.
#[derive(Clone, Debug)]
pub struct Vector {
    /// What is special about it.
    pub name: &'static str,
    /// Its id.
    pub account: B256,
}

/// Where the file is.
pub fn path() -> std::path::PathBuf {
    plimsoll::workspace::root().join("tests/vectors/accounts.json")
}

/// An answer of a client without the addresses that depend on the deployment.
pub fn without_addresses(mut view: Value) -> Value {
    if let Some(collateral) = view["collateral"].as_array_mut() {
        for held in collateral {
            if let Some(held) = held.as_object_mut() {
                held.remove("token");
            }
        }
    }
    view
}

/// Builds the accounts in a fresh house. Its latest block is then the one the file is about.
///
/// # Panics
///
/// A step is refused.
pub async fn furnish(house: &House) -> Vec<Vector> {
    let p = &house.people;
    let mut builder = Builder::new(house).await;
    let b = &mut builder;
    let usdc = house.usdc;

    b.add("holds nothing", &p.alice, 90);
    let it = b.add("cash only", &p.alice, 1);
    b.deposit(it, &p.alice, usdc, "1,234.567891").await;
    let it = b.open("one lot", &p.alice, 2, &[DESK]).await;
    b.deposit(it, &p.alice, usdc, "1").await;
    b.trade(DESK, it, perp(DESK, ETH), "0.0001", "2,000").await;
    let it = b.open("negative cash", &p.alice, 3, &[DESK]).await;
    b.deposit(it, &p.alice, house.weth, "10").await;
    b.trade(DESK, it, perp(DESK, ETH), "10", "2,000").await;
    b.trade(DESK, it, perp(DESK, ETH), "-10", "1,950").await;
    let it = b.add("linked collateral", &p.alice, 4);
    b.deposit(it, &p.alice, house.weth, "5").await;
    b.deposit(it, &p.alice, house.wbtc, "0.25").await;
    let link = b.link().await;
    let it = b.add("collateral with a stale price", &p.alice, 5);
    b.deposit(it, &p.alice, usdc, "500").await;
    b.deposit(it, &p.alice, link, "1,000").await;
    let it = b
        .open("ether against its own short", &p.alice, 6, &[DESK])
        .await;
    b.deposit(it, &p.alice, house.weth, "10").await;
    b.trade(DESK, it, perp(DESK, ETH), "-10", "2,000").await;

    let name = "hedged across venues";
    let it = b.open(name, &p.bob, 1, &[DESK, SECOND]).await;
    b.deposit(it, &p.bob, usdc, "6,000").await;
    b.trade(DESK, it, perp(DESK, ETH), "10", "2,000").await;
    b.trade(SECOND, it, perp(SECOND, ETH), "-20", "2,001").await;
    b.trade(DESK, it, perp(DESK, ETH), "10", "2,000").await;
    let it = b.open("call spread", &p.bob, 2, &[DESK]).await;
    b.deposit(it, &p.bob, usdc, "5,000").await;
    b.mark(it, option(DESK, ETH, true, MONTH, "2,200"), "10")
        .await;
    b.mark(it, option(DESK, ETH, true, MONTH, "2,400"), "-10")
        .await;
    let it = b.open("short straddle", &p.bob, 3, &[DESK]).await;
    b.deposit(it, &p.bob, usdc, "12,000").await;
    for call in [true, false] {
        b.mark(it, option(DESK, ETH, call, MONTH, "2,000"), "-5")
            .await;
    }
    let it = b.open("sixteen legs", &p.bob, 4, &[DESK]).await;
    b.deposit(it, &p.bob, usdc, "60,000").await;
    for (i, strike) in (1_400..3_000).step_by(200).enumerate() {
        let size = if i % 2 == 0 { "2.5" } else { "-1.75" };
        for (call, size) in [(true, size), (false, "-1")] {
            let strike = strike.to_string();
            b.mark(it, option(DESK, ETH, call, MONTH, &strike), size)
                .await;
        }
    }

    for (name, number, cash) in [
        ("between maintenance and initial margin", 1, "17,000"),
        ("in auction", 2, "15,000"),
        ("liquidatable", 3, "13,500"),
        ("insolvent", 4, "10,000"),
    ] {
        let it = b.open(name, &p.carol, number, &[DESK]).await;
        b.deposit(it, &p.carol, usdc, cash).await;
        b.trade(DESK, it, perp(DESK, ETH), "20", "2,000").await;
    }
    let it = b.open("stale surface", &p.carol, 5, &[DESK]).await;
    b.deposit(it, &p.carol, usdc, "8,000").await;
    b.mark(it, option(DESK, ETH, true, TWO_MONTHS, "2,000"), "5")
        .await;
    b.mark(it, option(DESK, ETH, false, TWO_MONTHS, "1,800"), "-5")
        .await;

    let name = "expired, not settled";
    let it = b.open(name, &p.maker, 1, &[DESK]).await;
    b.deposit(it, &p.maker, usdc, "10,000").await;
    b.mark(it, option(DESK, BTC, true, SOON, "38,000"), "0.5")
        .await;
    b.mark(it, option(DESK, BTC, true, SOON, "42,000"), "-0.5")
        .await;
    let it = b.open("expired, settled", &p.maker, 2, &[DESK]).await;
    b.deposit(it, &p.maker, usdc, "5,000").await;
    b.mark(it, option(DESK, ETH, false, SOON, "2,100"), "-3")
        .await;
    b.mark(it, option(DESK, ETH, true, SOON, "1,900"), "1")
        .await;
    let name = "several venues";
    let it = b.open(name, &p.maker, 3, &[DESK, SECOND, THIRD]).await;
    b.deposit(it, &p.maker, usdc, "6,000").await;
    b.deposit(it, &p.maker, house.weth, "2").await;
    b.trade(DESK, it, perp(DESK, ETH), "5", "2,000").await;
    b.trade(SECOND, it, perp(SECOND, ETH), "-3", "1,999").await;
    b.trade(THIRD, it, perp(THIRD, BTC), "-0.2", "40,000").await;
    b.mark(it, option(THIRD, ETH, true, MONTH, "2,500"), "-1")
        .await;
    let it = b.open("large", &p.maker, 4, &[DESK]).await;
    b.deposit(it, &p.maker, usdc, "3,000,000").await;
    b.trade(DESK, it, perp(DESK, ETH), "-5,000", "2,000").await;

    b.later().await;
    builder.vectors
}

struct Builder<'a> {
    house: &'a House,
    /// The contract of each venue.
    venues: [(u16, Address); 3],
    vectors: Vec<Vector>,
}

impl<'a> Builder<'a> {
    /// Six in the morning: prices, expiries, venues, and somebody who takes the other side of everything.
    async fn new(house: &'a House) -> Self {
        let p = &house.people;
        house.warp_to(MIDNIGHT + 6 * HOUR).await.expect("later");
        ok(house.set_price(ETH, "2,000").await);
        ok(house.set_price(BTC, "40,000").await);
        let mut updates = Vec::new();
        for (underlying, day, forward) in [
            (ETH, SOON, "2,000"),
            (ETH, MONTH, "2,010"),
            (ETH, TWO_MONTHS, "2,020"),
            (BTC, SOON, "40,000"),
        ] {
            updates.push(house.flat(underlying, day, forward, "0.8").await);
        }
        ok(house.push(updates).await);
        let other = p.bidder.account();
        let mut venues = [(DESK, house.desk()); 3];
        for (place, number) in [(1, SECOND), (2, THIRD)] {
            let arguments = reference::LyingVenue::constructorCall {
                clearinghouse_: house.at.clearinghouse,
            };
            let address = create(house, &reference::LyingVenue::BYTECODE, &arguments).await;
            let call = IClearinghouse::setVenueCall {
                venue: number,
                contractAddress: address,
                feeAccount: ids::account_id(address, 0),
                band: WAD as u64 / 10,
                active: true,
            };
            ok(house.send(&p.deployer, house.at.clearinghouse, &call).await);
            ok(house.admit(&p.bidder, other, number, true).await);
            venues[place] = (number, address);
        }
        house.give(&p.bidder, "9,900,000").await;
        Self {
            house,
            venues,
            vectors: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, owner: &Actor, number: u128) -> B256 {
        let account = owner.subaccount(number);
        self.vectors.push(Vector { name, account });
        account
    }

    async fn open(
        &mut self,
        name: &'static str,
        owner: &Actor,
        number: u128,
        venues: &[u16],
    ) -> B256 {
        let account = self.add(name, owner, number);
        for venue in venues {
            ok(self.house.admit(owner, account, *venue, true).await);
        }
        account
    }

    async fn deposit(&self, account: B256, owner: &Actor, token: TokenInfo, amount: &str) {
        let amount = token.amount(amount).expect("an amount");
        ok(self.house.deposit(owner, account, token, amount).await);
    }

    /// A trade of `size` units, signed, with the other side.
    async fn fill(&self, venue: u16, account: B256, instrument: u128, size: &str, price: U256) {
        let other = self.house.people.bidder.account();
        let (buyer, seller, size) = match size.strip_prefix('-') {
            Some(size) => (other, account, size),
            None => (account, other, size),
        };
        let mut call = House::report(buyer, seller, instrument, size, "1");
        call.price = price;
        let (_, contract) = self.venues[usize::from(venue - DESK)];
        let stranger = &self.house.people.stranger;
        ok(self.house.send(stranger, contract, &call).await);
    }

    async fn trade(&self, venue: u16, account: B256, instrument: u128, size: &str, price: &str) {
        self.fill(venue, account, instrument, size, uwad(price))
            .await;
    }

    /// A trade at the mark.
    async fn mark(&self, account: B256, instrument: u128, size: &str) {
        let price = ok(self.house.mark(instrument).await);
        let venue = ids::venue_of(instrument);
        self.fill(venue, account, instrument, size, price).await;
    }

    /// A token that moves with nothing, at 15, whose price is stale after an hour.
    async fn link(&self) -> TokenInfo {
        let house = self.house;
        let p = &house.people;
        let arguments = reference::Token::constructorCall {
            name_: "Chain Link".into(),
            symbol_: "LINK".into(),
            decimals_: 18,
        };
        let token = TokenInfo {
            address: create(house, &reference::Token::BYTECODE, &arguments).await,
            asset: LINK as u8,
            decimals: 18,
        };
        let arguments = reference::Feed::constructorCall {
            description_: "LINK / USD".into(),
            decimals_: 8,
        };
        let aggregator = create(house, &reference::Feed::BYTECODE, &arguments).await;
        let answer = aliases::I192::try_from(1_500_000_000).expect("fits");
        let push = reference::Feed::pushCall { answer };
        ok(house.send(&p.deployer, aggregator, &push).await);
        let feed = IOracle::setFeedCall {
            feed: LINK,
            aggregator,
            maxAge: 3_600,
            minPrice: uwad("1"),
            maxPrice: uwad("1,000"),
            confidence: 0,
        };
        ok(house.send(&p.deployer, house.at.oracle, &feed).await);
        let terms = IParameters::setAssetCall {
            asset: token.asset,
            feed: LINK,
            underlying: 0,
            decimals: token.decimals,
            rates: rates(&[WAD as u64 / 10 * 3, WAD as u64 / 5]),
        };
        ok(house.send(&p.deployer, house.at.parameters, &terms).await);
        let listed = IVault::listAssetCall {
            token: token.address,
            cap: u128::MAX,
        };
        ok(house.send(&p.deployer, house.at.vault, &listed).await);
        let amount = token.amount("1,000").expect("an amount");
        ok(house.mint(token, p.alice.address, amount).await);
        let approve = IERC20::approveCall {
            spender: house.at.vault,
            amount: U256::MAX,
        };
        ok(house.send(&p.alice, token.address, &approve).await);
        token
    }

    /// At nine ether's expiry of the day settles; ether has fallen, and an auction begins; ten minutes later is when the
    /// file is about.
    async fn later(&self) {
        let house = self.house;
        let p = &house.people;
        let eight = MIDNIGHT + 8 * HOUR;
        house.warp_to(eight + 60).await.expect("later");
        ok(house.set_price(ETH, "1,990").await);
        house.warp_to(eight + HOUR).await.expect("later");
        let settled = ExpiryUpdate {
            ratio: 0,
            fixedPart: uwad("1,985").to(),
            ..house.flat(ETH, SOON, "1", "0").await
        };
        ok(house.push(vec![settled]).await);
        ok(house.set_price(ETH, "1,450").await);
        ok(house.set_price(BTC, "39,000").await);
        let month = house.flat(ETH, MONTH, "1,460", "0.9").await;
        ok(house.push(vec![month]).await);
        let account = p.carol.subaccount(2);
        let start = IAuction::startCall { account };
        ok(house.send(&p.stranger, house.at.auction, &start).await);
        house.warp_to(eight + HOUR + 600).await.expect("later");
    }
}

async fn create(
    house: &House,
    bytecode: &Bytes,
    arguments: &impl alloy::sol_types::SolConstructor,
) -> Address {
    let code = [&bytecode[..], &arguments.abi_encode()].concat();
    let signer = &house.people.deployer.signer;
    let created = house.client.create(signer, code.into()).await;
    created.expect("it is created").0
}
