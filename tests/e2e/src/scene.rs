//! Scenes that several tests begin with, and the calls that make them.

use crate::*;
use alloy::sol_types::SolConstructor;

impl House {
    /// A house in which alice, with 25,000 coins, is long 50 ETH at 2,000; bob, who is short, and the bidder have 200,000
    /// coins each.
    ///
    /// # Panics
    ///
    /// A step is refused.
    pub async fn with_a_long() -> Self {
        let house = Self::start().await;
        let p = &house.people;
        house.give(&p.alice, "25,000").await;
        house.give(&p.bob, "200,000").await;
        house.give(&p.bidder, "200,000").await;
        house
            .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
            .await;
        house
    }

    /// As [`Self::with_a_long`], with ether at 1,600 and alice's auction open.
    ///
    /// # Panics
    ///
    /// A step is refused.
    pub async fn with_an_auction() -> Self {
        let house = Self::with_a_long().await;
        house.set_price(ETH, "1,600").await.expect("a price");
        house.start_auction(house.people.alice.account()).await;
        house
    }

    /// A stranger starts the auction of an account.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn start_auction(&self, account: B256) -> TransactionReceipt {
        let call = IAuction::startCall { account };
        ok(self
            .send(&self.people.stranger, self.at.auction, &call)
            .await)
    }

    /// A bid for a share of alice's account at any price, at its present version.
    ///
    /// # Panics
    ///
    /// The node fails.
    pub async fn bid_of(&self, bidder: B256, fraction: U256) -> IAuction::bidCall {
        let account = self.people.alice.account();
        let (_, version, _) = ok(self.account(account).await);
        IAuction::bidCall {
            b: Bid {
                account,
                bidder,
                fraction,
                maxPrice: I256::MAX,
                version,
                deadline: u64::MAX,
            },
        }
    }

    /// The bidder's bid for a share of alice's account, as [`Self::bid_of`].
    ///
    /// # Panics
    ///
    /// The node fails.
    pub async fn bid(&self, fraction: U256) -> IAuction::bidCall {
        self.bid_of(self.people.bidder.account(), fraction).await
    }

    /// Carol deposits coins into the insurance fund.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn endow_fund(&self, coins: &str) {
        let amount = self.usdc.amount(coins).expect("an amount");
        let fund = ids::fund_account(self.at.vault);
        ok(self
            .deposit(&self.people.carol, fund, self.usdc, amount)
            .await);
    }

    /// Creates a contract as the deployer.
    ///
    /// # Panics
    ///
    /// Its constructor reverts.
    pub async fn create(&self, code: &Bytes, arguments: impl SolConstructor) -> Address {
        let init = [code.as_ref(), &arguments.abi_encode()].concat();
        let deployer = &self.people.deployer.signer;
        let created = self.client.create(deployer, init.into()).await;
        created.expect("created").0
    }
}

/// A trade for a venue that reports what it is told, without fees. Size in units, price in cash.
pub fn fill(
    buyer: &Actor,
    seller: &Actor,
    instrument: u128,
    size: &str,
    price: &str,
) -> reference::LyingVenue::Fill {
    reference::LyingVenue::Fill {
        buyer: buyer.account(),
        seller: seller.account(),
        instrument,
        size: uwad(size),
        price: uwad(price),
        buyerFee: U256::ZERO,
        sellerFee: U256::ZERO,
    }
}
