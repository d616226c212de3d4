//! The two reference venues on the house: real matches clear, fees flow, and orders that cannot be honoured block nobody.
//!
//! Names carry the ids of the invariants they check: I-ACC-1..3 (tokens cover claims, cash adds up, sizes and quotes sum to
//! zero) hold at the end of every test.

mod book;
mod model;
mod pool;

use plimsoll_e2e::*;
use plimsoll_kernel::portfolio::charges::UnderlyingRate;
use reference::{BookExchange, Feed, PoolExchange};

/// A venue of the tests' own, beside the three every house has.
const EXTRA: u16 = 9;
const KEEP: u8 = 0;
const DROP: u8 = 1;
const POST_ONLY: u8 = 2;

/// An order book whose maker fee is 2 bp and whose taker fee is 5 bp.
struct Book<'a> {
    house: &'a House,
    at: Address,
    instrument: u128,
    fees: B256,
}

impl<'a> Book<'a> {
    async fn open(house: &'a House) -> Self {
        let p = &house.people;
        let code = BookExchange::constructorCall {
            clearinghouse_: house.at.clearinghouse,
            venue_: EXTRA,
            makerFee_: uwad("0.0002"),
            takerFee_: uwad("0.0005"),
        };
        let at = house.create(&BookExchange::BYTECODE, code).await;
        let fees = ids::account_id(at, 7);
        let admit = IClearinghouse::setVenueCall {
            venue: EXTRA,
            contractAddress: at,
            feeAccount: fees,
            band: 100_000_000_000_000_000,
            active: true,
        };
        ok(house
            .send(&p.deployer, house.at.clearinghouse, &admit)
            .await);
        let instrument = perp(EXTRA, ETH);
        let list = BookExchange::listCall {
            instrument,
            tick: WAD / 100,
            minSize: WAD / 1_000,
        };
        ok(house.send(&p.deployer, at, &list).await);
        for actor in [&p.alice, &p.bob, &p.carol, &p.maker] {
            house.give(actor, "100,000").await;
            ok(house.admit(actor, actor.account(), EXTRA, true).await);
        }
        Self {
            house,
            at,
            instrument,
            fees,
        }
    }

    fn order(
        &self,
        actor: &Actor,
        is_buy: bool,
        size: &str,
        price: &str,
        rest: u8,
    ) -> BookExchange::placeCall {
        BookExchange::placeCall {
            account: actor.account(),
            instrument: self.instrument,
            isBuy: is_buy,
            price: uwad(price),
            size: uwad(size),
            rest,
            hint: 0,
        }
    }

    /// Places an order; gives its id and the size matched.
    async fn place(
        &self,
        actor: &Actor,
        is_buy: bool,
        size: &str,
        price: &str,
        rest: u8,
    ) -> (u64, U256) {
        let order = self.order(actor, is_buy, size, price, rest);
        let placed = self.house.exec(actor, self.at, &order).await;
        (placed.id, placed.filled)
    }

    async fn buy(&self, actor: &Actor, size: &str, price: &str) -> (u64, U256) {
        self.place(actor, true, size, price, KEEP).await
    }

    async fn sell(&self, actor: &Actor, size: &str, price: &str) -> (u64, U256) {
        self.place(actor, false, size, price, KEEP).await
    }

    /// A side of the book: id, price, remaining.
    async fn side(&self, is_buy: bool) -> Vec<(u64, U256, U256)> {
        let call = BookExchange::bookCall {
            instrument: self.instrument,
            isBuy: is_buy,
            max: U256::from(100),
        };
        ok(self.house.ask(self.at, &call).await)
            .into_iter()
            .map(|o| (o.id, o.price, o.remaining))
            .collect()
    }

    /// Signed size of an account, 1e18 units.
    async fn position(&self, account: B256) -> I256 {
        units(self.house, account, self.instrument).await
    }
}

async fn units(house: &House, account: B256, instrument: u128) -> I256 {
    let leg = ok(house.leg(account, instrument).await);
    let lots = leg.map_or(0, |leg| leg.size);
    // Every underlying of the reference house has a lot; ether's is 0.0001.
    I256::try_from(lots).expect("fits") * wad("0.0001")
}

async fn cash(house: &House, account: B256) -> I256 {
    I256::try_from(ok(house.cash(account).await)).expect("fits")
}
