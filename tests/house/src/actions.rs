//! What people do in a house: deposits, trades, prices, time.

use crate::{Actor, BOOK, BTC, FEED_DECIMALS, House, POOL, TokenInfo};
use alloy::{
    primitives::{Address, B256, U256, aliases::I192},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use eyre::{Result, ensure, eyre};
use plimsoll::{
    bindings::{
        IVault,
        reference::{BookExchange, Feed, PoolExchange, Token},
    },
    client::CallError,
    ids,
};

impl House {
    /// Sends any call as `actor`.
    ///
    /// # Errors
    ///
    /// [`CallError::Reverted`] with the data where the contract refuses.
    pub async fn send<C: SolCall>(
        &self,
        actor: &Actor,
        to: Address,
        call: &C,
    ) -> Result<TransactionReceipt, CallError> {
        self.client.send(&actor.signer, to, call).await
    }

    /// Asks any view.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, CallError> {
        self.client.call(to, call).await
    }

    /// Creates tokens.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn mint(&self, token: TokenInfo, to: Address, amount: U256) -> Result<(), CallError> {
        let call = Token::mintCall { to, amount };
        self.send(&self.people.deployer, token.address, &call)
            .await
            .map(drop)
    }

    /// Deposits, in the token's own decimals.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn deposit(
        &self,
        actor: &Actor,
        account: B256,
        token: TokenInfo,
        amount: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let call = IVault::depositCall {
            account,
            token: token.address,
            amount,
        };
        self.send(actor, self.at.vault, &call).await
    }

    /// Withdraws to the actor, in the token's own decimals.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn withdraw(
        &self,
        actor: &Actor,
        account: B256,
        token: TokenInfo,
        amount: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let call = IVault::withdrawCall {
            account,
            token: token.address,
            amount,
            to: actor.address,
        };
        self.send(actor, self.at.vault, &call).await
    }

    /// Lets a venue trade for an account, or stops it.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn admit(
        &self,
        actor: &Actor,
        account: B256,
        venue: u16,
        admitted: bool,
    ) -> Result<TransactionReceipt, CallError> {
        self.send(
            actor,
            self.at.vault,
            &IVault::admitVenueCall {
                account,
                venue,
                admitted,
            },
        )
        .await
    }

    /// Two accounts trade on the book: `seller` rests an order at `price`, `buyer` takes it.
    /// Size and price 1e18; the price a multiple of 0.01.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]; the resting order is left where the second step fails.
    pub async fn trade_book(
        &self,
        buyer: &Actor,
        seller: &Actor,
        underlying: u16,
        size: U256,
        price: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let order = |account, is_buy, rest| BookExchange::placeCall {
            account,
            instrument: ids::perpetual(BOOK, underlying),
            isBuy: is_buy,
            price,
            size,
            rest,
            hint: 0,
        };
        self.send(seller, self.book, &order(seller.account(), false, 0))
            .await?;
        self.send(buyer, self.book, &order(buyer.account(), true, 1))
            .await
    }

    /// An account trades with the pool at whatever it quotes. Size 1e18.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn trade_pool(
        &self,
        actor: &Actor,
        underlying: u16,
        is_buy: bool,
        size: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let limit = if is_buy {
            U256::from(u128::MAX)
        } else {
            U256::ZERO
        };
        let call = PoolExchange::tradeCall {
            account: actor.account(),
            instrument: ids::perpetual(POOL, underlying),
            isBuy: is_buy,
            size,
            limit,
            deadline: U256::from(u64::MAX),
        };
        self.send(actor, self.pool, &call).await
    }

    /// Sets a feed's answer, now. `price` such as `"2,365.18"`.
    ///
    /// # Errors
    ///
    /// Not a number, or the node fails.
    pub async fn set_price(&self, underlying: u16, price: &str) -> Result<(), CallError> {
        let answer = ids::parse_decimal(price, FEED_DECIMALS)?;
        let answer = I192::try_from(answer).map_err(|e| eyre!("{price}: {e}"))?;
        let feed = if underlying == BTC {
            self.btc_feed
        } else {
            self.eth_feed
        };
        self.send(&self.people.deployer, feed, &Feed::pushCall { answer })
            .await
            .map(drop)
    }

    // ---- time -----------------------------------------------------------------------------------

    /// Makes the next block `seconds` later than the latest one, and makes it.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn warp(&self, seconds: u64) -> Result<()> {
        let now = self.client.now().await?;
        self.warp_to(now + seconds).await
    }

    /// Makes the next block at `time`, and makes it.
    ///
    /// # Errors
    ///
    /// `time` is not after the latest block, or the node fails.
    pub async fn warp_to(&self, time: u64) -> Result<()> {
        self.next_block_at(time).await?;
        self.client
            .rpc::<_, serde_json::Value>("evm_mine", ())
            .await
            .map(drop)
    }

    /// Sets the time of the block that the next transaction makes.
    ///
    /// # Errors
    ///
    /// As [`Self::warp_to`].
    pub async fn next_block_at(&self, time: u64) -> Result<()> {
        self.client
            .rpc::<_, serde_json::Value>("evm_setNextBlockTimestamp", [time])
            .await
            .map(drop)
    }

    /// Remembers everything; [`Self::revert`] goes back to it, once.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn snapshot(&self) -> Result<U256> {
        self.client.rpc("evm_snapshot", ()).await
    }

    /// Goes back.
    ///
    /// # Errors
    ///
    /// There is no such snapshot (any more), or the node fails.
    pub async fn revert(&self, snapshot: U256) -> Result<()> {
        let done: bool = self.client.rpc("evm_revert", [snapshot]).await?;
        ensure!(done, "there is no snapshot {snapshot}");
        Ok(())
    }

    // ---- what stands ----------------------------------------------------------------------------
}
