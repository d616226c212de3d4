//! What is asked of a house.

use crate::{House, TokenInfo};
use alloy::{
    primitives::{B256, U256},
    rpc::types::TransactionReceipt,
};
use eyre::{Result, eyre};
use plimsoll::{
    balance_sheet,
    bindings::{Assessment, ExpiryUpdate, IClearinghouse, ILens, IOracle, IVault, Portfolio},
    client::CallError,
    ids, push,
};

impl House {
    /// Margin's word on an account now.
    ///
    /// # Errors
    ///
    /// The vault refuses to answer, or the node fails.
    pub async fn assess(&self, account: B256) -> Result<Assessment, CallError> {
        self.ask(self.at.vault, &IVault::assessAccountCall { account })
            .await
    }

    /// An account as the vault has it: portfolio, version, in auction.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn account(&self, account: B256) -> Result<(Portfolio, u32, bool), CallError> {
        let a = self
            .ask(self.at.vault, &IVault::accountCall { account })
            .await?;
        Ok((a.portfolio, a.version, a.inAuction))
    }

    /// Cash of an account, 1e18.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn cash(&self, account: B256) -> Result<i128, CallError> {
        self.ask(self.at.vault, &IVault::cashOfCall { account })
            .await
    }

    /// The leg of an account in an instrument, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn leg(
        &self,
        account: B256,
        instrument: u128,
    ) -> Result<Option<ids::Leg>, CallError> {
        let (portfolio, _, _) = self.account(account).await?;
        Ok(ids::legs(&portfolio.legs)
            .into_iter()
            .find(|l| l.instrument == instrument))
    }

    /// Signs and pushes forwards and surfaces, observed now.
    ///
    /// # Errors
    ///
    /// The oracle refuses, or the node fails.
    pub async fn push(&self, updates: Vec<ExpiryUpdate>) -> Result<TransactionReceipt, CallError> {
        let deployer = &self.people.deployer;
        let observed_at = self
            .node
            .chain
            .with(|chain| chain.latest().header.timestamp);
        let domain = push::domain(self.client.chain_id(), self.at.oracle);
        let hash = push::signing_hash(&domain, &updates, observed_at);
        let call = IOracle::pushExpiriesCall {
            updates,
            observedAt: observed_at,
            signatures: push::sign(hash, std::slice::from_ref(&deployer.signer))?,
        };
        self.send(deployer, self.at.oracle, &call).await
    }

    /// Most of a token that the vault would pay out of an account now, in its own decimals.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn max_withdraw(&self, account: B256, token: TokenInfo) -> Result<U256, CallError> {
        let place = self
            .tokens()
            .iter()
            .position(|t| t.address == token.address)
            .and_then(|place| u8::try_from(place).ok())
            .ok_or_else(|| eyre!("not a token of the house"))?;
        let call = ILens::maxWithdrawCall {
            account,
            asset: place,
        };
        self.ask(self.at.lens, &call).await
    }

    /// The mark of an instrument, 1e18 per unit.
    ///
    /// # Errors
    ///
    /// Margin does not know the underlying, or the node fails.
    pub async fn mark(&self, instrument: u128) -> Result<U256, CallError> {
        let call = IClearinghouse::marksCall {
            instruments: vec![instrument],
        };
        let marks = self.ask(self.at.clearinghouse, &call).await?;
        marks
            .values
            .first()
            .copied()
            .ok_or_else(|| eyre!("no mark came back").into())
    }

    /// The books of the whole house, read from the chain.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn balance_sheet(&self) -> Result<balance_sheet::BalanceSheet> {
        balance_sheet::read(&self.client, self.at).await
    }
}
