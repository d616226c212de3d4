//! Tries calls, and sees that no account is hurt.

use super::*;
use alloy::{eips::BlockId, providers::Provider, rpc::types::TransactionRequest};
use std::collections::BTreeMap;

pub(crate) struct Watch<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) house: &'a House,
    healthy: BTreeMap<B256, bool>,
    /// Dora's account, which is below its line, and what it was before.
    sinking: (B256, Assessment),
    pub(crate) tried: usize,
    pub(crate) passed: usize,
}

impl<'a> Watch<'a> {
    pub(crate) async fn new(stage: &'a Stage) -> Self {
        let house = &stage.house;
        let p = &house.people;
        let now = ok(house.assess(stage.dora).await);
        let mut healthy = BTreeMap::new();
        for actor in p.all() {
            for number in 0..2 {
                let account = actor.subaccount(number);
                healthy.insert(account, is_healthy(house, account).await);
            }
        }
        assert!(healthy[&p.alice.account()] && !healthy[&p.carol.account()]);
        assert!(!healthy[&stage.dora] && now.equity > I256::ZERO);
        Self {
            stage,
            house,
            healthy,
            sinking: (stage.dora, now),
            tried: 0,
            passed: 0,
        }
    }

    /// Tries a call, checks every account, and undoes it.
    pub(crate) async fn attempt(&mut self, actor: &Actor, to: Address, call: &impl SolCall) {
        let snapshot = self.house.snapshot().await.unwrap();
        self.tried += 1;
        let outcome = self.house.send(actor, to, call).await;
        self.passed += usize::from(outcome.is_ok());
        if let Err(e) = &outcome {
            let data = e.revert_data().unwrap_or_else(|| panic!("{e}"));
            assert!(data.len() >= 4, "an empty revert: {e}");
        }
        self.assert_nobody_is_hurt(actor.name).await;
        self.house.assert_balanced().await;
        self.house.revert(snapshot).await.unwrap();
    }

    async fn assert_nobody_is_hurt(&self, name: &str) {
        for (account, was) in &self.healthy {
            if *was {
                assert!(
                    is_healthy(self.house, *account).await,
                    "{account} was healthy before {name}"
                );
            }
        }
        // An account that is not healthy has become no worse, also where nothing is left in it.
        let (account, before) = &self.sinking;
        let after = ok(self.house.assess(*account).await);
        assert!(
            after.im <= before.im && after.mm <= before.mm,
            "{name} added to the risk of {account}: {after:?}"
        );
        let rounding = I256::try_from(plimsoll_kernel::gate::EQUITY_ROUNDING).unwrap();
        assert!(
            after.equity >= before.equity - rounding,
            "{name} took from {account}: {after:?}"
        );
    }

    /// The owner offers a contract to alice, who does not own it yet.
    pub(crate) async fn transfer_ownership(&mut self, of: Address) {
        let p = &self.house.people;
        let new_owner = p.alice.address;
        let call = IVault::transferOwnershipCall {
            newOwner: new_owner,
        };
        self.attempt(&p.deployer, of, &call).await;
    }

    /// Alice accepts what was not offered to her.
    pub(crate) async fn accept_ownership(&mut self, of: Address) {
        let call = IVault::acceptOwnershipCall {};
        self.attempt(&self.house.people.alice, of, &call).await;
    }
}

/// In the latest block's own second: requirements of options change with time, which no caller causes.
async fn is_healthy(house: &House, account: B256) -> bool {
    let call = IVault::assessAccountCall { account };
    let request = TransactionRequest::default()
        .to(house.at.vault)
        .input(call.abi_encode().into());
    let answer = house.client.provider().call(request);
    let answer = answer.block(BlockId::latest()).await.expect("an answer");
    let a = IVault::assessAccountCall::abi_decode_returns(&answer).expect("an assessment");
    !a.stale && a.equity >= I256::try_from(a.im).unwrap()
}
