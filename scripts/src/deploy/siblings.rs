//! Initialising: every contract learns its siblings, once.
use super::{Addresses, Deployer};
use crate::bindings::{
    IAuction, IClearinghouse, IExplainer, ILens, IMargin, IOracle, IParameters, IVault,
};
use alloy::{primitives::Address, sol_types::SolCall};
use eyre::{Result, ensure, eyre};

impl Deployer<'_> {
    /// Initialises a contract unless that is done.
    async fn init_one<C: SolCall>(&mut self, name: &str, to: Address, call: &C) -> Result<()> {
        let tried = self.client.call_as(self.signer.address(), to, call).await;
        match tried {
            Ok(_) => {
                self.send(to, call, &format!("{name} initialised")).await?;
            }
            Err(e) if e.as_error::<IVault::AlreadyInitialized>().is_some() => {}
            // A view belongs to nobody once it is initialised.
            Err(e)
                if e.as_error::<ILens::NotOwner>()
                    .is_some_and(|e| e.owner.is_zero()) => {}
            Err(e) => return Err(eyre!("{e}")),
        }
        Ok(())
    }

    /// Initialises what is not initialised yet, and checks who knows whom.
    pub(super) async fn initialise(&mut self, at: Addresses) -> Result<()> {
        // The deployer owns the house while it is being furnished.
        let owner = self.signer.address();
        let Addresses {
            oracle,
            margin,
            parameters,
            vault,
            clearinghouse,
            auction,
            lens,
            explainer,
        } = at;
        self.init_one("oracle", oracle, &IOracle::initializeCall { owner })
            .await?;
        self.init_one(
            "margin",
            margin,
            &IMargin::initializeCall { parameters, oracle },
        )
        .await?;
        self.init_one(
            "parameters",
            parameters,
            &IParameters::initializeCall {
                owner,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "vault",
            vault,
            &IVault::initializeCall {
                owner,
                margin,
                clearinghouse,
                auction,
            },
        )
        .await?;
        self.init_one(
            "clearinghouse",
            clearinghouse,
            &IClearinghouse::initializeCall {
                owner,
                vault,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "auction",
            auction,
            &IAuction::initializeCall {
                owner,
                vault,
                margin,
            },
        )
        .await?;
        self.init_one(
            "lens",
            lens,
            &ILens::initializeCall {
                vault,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "explainer",
            explainer,
            &IExplainer::initializeCall { margin, oracle },
        )
        .await?;
        self.check_siblings(at).await
    }

    /// Refuses a house whose contracts do not know each other.
    async fn check_siblings(&self, at: Addresses) -> Result<()> {
        let Addresses {
            oracle,
            margin,
            parameters,
            vault,
            clearinghouse,
            auction,
            lens,
            explainer,
        } = at;
        let seen = self.ask(explainer, &IExplainer::siblingsCall {}).await?;
        ensure!(
            (seen.margin, seen.oracle) == (margin, oracle),
            "the explainer names other siblings"
        );
        ensure!(
            self.ask(margin, &IMargin::ownerCall {}).await? == parameters,
            "margin belongs to other parameters"
        );
        for (name, o) in [
            ("margin", self.ask(margin, &IMargin::oracleCall {}).await?),
            (
                "parameters",
                self.ask(parameters, &IParameters::oracleCall {}).await?,
            ),
            (
                "clearinghouse",
                self.ask(clearinghouse, &IClearinghouse::oracleCall {})
                    .await?,
            ),
            ("lens", self.ask(lens, &ILens::oracleCall {}).await?),
        ] {
            ensure!(o == oracle, "{name} names another oracle");
        }
        ensure!(
            self.ask(parameters, &IParameters::marginCall {}).await? == margin,
            "parameters name another margin"
        );
        let siblings = self.ask(vault, &IVault::siblingsCall {}).await?;
        ensure!(
            (siblings.margin, siblings.clearinghouse, siblings.auction)
                == (margin, clearinghouse, auction),
            "the vault names other siblings"
        );
        for (name, v, m) in [
            (
                "clearinghouse",
                self.ask(clearinghouse, &IClearinghouse::vaultCall {})
                    .await?,
                self.ask(clearinghouse, &IClearinghouse::marginCall {})
                    .await?,
            ),
            (
                "auction",
                self.ask(auction, &IAuction::vaultCall {}).await?,
                self.ask(auction, &IAuction::marginCall {}).await?,
            ),
            (
                "lens",
                self.ask(lens, &ILens::vaultCall {}).await?,
                self.ask(lens, &ILens::marginCall {}).await?,
            ),
        ] {
            ensure!(
                (v, m) == (vault, margin),
                "{name} names another vault or margin"
            );
        }
        Ok(())
    }
}
