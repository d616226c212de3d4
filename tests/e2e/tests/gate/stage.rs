//! The accounts that calls could hurt.

use super::*;

/// A house in which alice is close to her line but above it, and carol and dora are in auction.
pub(crate) struct Stage {
    pub(crate) house: House,
    /// The perpetual that all hold.
    pub(crate) eth: u128,
    /// A call and a put, 30 days away.
    pub(crate) options: [u128; 2],
    pub(crate) day: u16,
    /// Another account of carol's, with linear legs only, so that no clock moves its numbers.
    pub(crate) dora: B256,
}

impl Stage {
    pub(crate) async fn build() -> Self {
        let house = House::start().await;
        let day = house.day(30).await;
        let mut stage = Self {
            eth: perp(DESK, ETH),
            options: [
                option(DESK, ETH, true, day, "2,000"),
                option(DESK, ETH, false, day, "1,800"),
            ],
            day,
            dora: house.people.carol.subaccount(1),
            house,
        };
        stage.trade().await;
        stage.fall().await;
        stage.house.warp(600).await.unwrap();
        // An observation of 600 seconds is the oldest that is fresh.
        let surface = stage.surface("1,750").await;
        ok(stage.house.push(vec![surface]).await);
        stage
    }

    /// The surface that is pushed at a forward.
    pub(crate) async fn surface(&self, forward: &str) -> ExpiryUpdate {
        self.house.flat(ETH, self.day, forward, "0.8").await
    }

    /// Alice and carol are long 50 ETH and short options; so is dora, without options.
    async fn trade(&mut self) {
        let (house, eth, [call, put]) = (&self.house, self.eth, self.options);
        let p = &house.people;
        ok(house.push(vec![self.surface("2,000").await]).await);
        house.give(&p.alice, "50,000").await;
        house.give_token(&p.alice, house.weth, "1").await;
        house.give(&p.bob, "50,000").await;
        house.give(&p.carol, "26,000").await;
        house.give(&p.bidder, "50,000").await;
        house.fill(&p.alice, &p.bob, eth, "50", "2,000").await;
        house.fill(&p.carol, &p.bidder, eth, "50", "2,000").await;
        house.fill_at_mark(&p.bob, &p.alice, call, "5").await;
        house.fill_at_mark(&p.bidder, &p.carol, put, "5").await;
        let coins = house.usdc.amount("24,000").unwrap();
        ok(house.deposit(&p.carol, self.dora, house.usdc, coins).await);
        ok(house.admit(&p.carol, self.dora, DESK, true).await);
        let trade = House::report(self.dora, p.bidder.account(), eth, "50", "2,000");
        ok(house.send(&p.stranger, house.desk(), &trade).await);
    }

    /// Carol's and dora's accounts end in an auction; alice withdraws to close above her line.
    async fn fall(&mut self) {
        let house = &self.house;
        let p = &house.people;
        house.set_price(ETH, "1,750").await.unwrap();
        // A second round at the price: the jump is over.
        house.refresh().await;
        ok(house.push(vec![self.surface("1,750").await]).await);
        let alice = p.alice.account();
        let most = ok(house.max_withdraw(alice, house.usdc).await);
        let most = most - house.usdc.amount("500").unwrap();
        ok(house.withdraw(&p.alice, alice, house.usdc, most).await);
        for account in [p.carol.account(), self.dora] {
            let call = IAuction::startCall { account };
            ok(house.send(&p.stranger, house.at.auction, &call).await);
        }
    }

    /// Everybody but the owner.
    pub(crate) fn everyone(&self) -> [&Actor; 5] {
        let p = &self.house.people;
        [&p.alice, &p.bob, &p.carol, &p.bidder, &p.stranger]
    }

    /// Alice's, bob's and carol's accounts.
    pub(crate) fn accounts(&self) -> [B256; 3] {
        let p = &self.house.people;
        [&p.alice, &p.bob, &p.carol].map(Actor::account)
    }

    /// Their accounts and the fund's.
    pub(crate) fn accounts_and_fund(&self) -> [B256; 4] {
        let [alice, bob, carol] = self.accounts();
        [alice, bob, carol, ids::fund_account(self.house.at.vault)]
    }
}
