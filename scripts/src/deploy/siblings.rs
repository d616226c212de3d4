//! Who of the contracts knows whom: initialising, once, and the pointers that result.
use super::{Addresses, Deployer};
use crate::{
    bindings::{IAuction, IClearinghouse, ILens, IMargin, IOracle, IParameters, IVault},
    client::{CallError, Client},
};
use alloy::{primitives::Address, sol_types::SolCall};
use eyre::{Result, bail, eyre};

/// The contracts that have an owner of their own. Margin belongs to parameters, the lens to nobody.
pub(super) const OWNED: [&str; 5] = ["oracle", "parameters", "vault", "clearinghouse", "auction"];

/// One contract's word on where another is.
pub(super) struct Pointer {
    /// Who names it.
    pub(super) contract: &'static str,
    /// By what.
    pub(super) name: &'static str,
    /// What it should be.
    pub(super) wanted: Address,
    /// What the contract says, or why it says nothing.
    pub(super) found: Result<Address, CallError>,
}

/// What every contract says of its siblings.
pub(super) async fn pointers(client: &Client, at: &Addresses) -> Vec<Pointer> {
    let mut all = Vec::new();
    let mut say = |contract, names: &[&'static str], wanted: &[Address], found| {
        let found: Result<Vec<Address>, CallError> = found;
        let one = |i: usize| match &found {
            Ok(addresses) => addresses
                .get(i)
                .copied()
                .ok_or_else(|| eyre!("no answer").into()),
            Err(e) => Err(eyre!("{e}").into()),
        };
        for (i, (name, wanted)) in names.iter().zip(wanted).enumerate() {
            all.push(Pointer {
                contract,
                name,
                wanted: *wanted,
                found: one(i),
            });
        }
    };
    /// Asks for one address.
    macro_rules! ask {
        ($contract:ident . $name:literal = $wanted:ident, $call:expr) => {
            let found = client.call(at.$contract, &$call).await;
            say(
                stringify!($contract),
                &[$name],
                &[at.$wanted],
                found.map(|a| vec![a]),
            );
        };
    }
    ask!(margin."owner" = parameters, IMargin::ownerCall {});
    ask!(margin."oracle" = oracle, IMargin::oracleCall {});
    ask!(parameters."margin" = margin, IParameters::marginCall {});
    ask!(parameters."oracle" = oracle, IParameters::oracleCall {});
    ask!(parameters."vault" = vault, IParameters::vaultCall {});
    let siblings = client.call(at.vault, &IVault::siblingsCall {}).await;
    say(
        "vault",
        &["margin", "clearinghouse", "auction"],
        &[at.margin, at.clearinghouse, at.auction],
        siblings.map(|s| vec![s.margin, s.clearinghouse, s.auction]),
    );
    ask!(clearinghouse."vault" = vault, IClearinghouse::vaultCall {});
    ask!(clearinghouse."margin" = margin, IClearinghouse::marginCall {});
    ask!(clearinghouse."oracle" = oracle, IClearinghouse::oracleCall {});
    ask!(clearinghouse."lens" = lens, IClearinghouse::lensCall {});
    ask!(auction."vault" = vault, IAuction::vaultCall {});
    ask!(auction."margin" = margin, IAuction::marginCall {});
    if !at.lens.is_zero() {
        let siblings = client.call(at.lens, &ILens::siblingsCall {}).await;
        say(
            "lens",
            &["vault", "clearinghouse", "auction", "margin", "oracle"],
            &[at.vault, at.clearinghouse, at.auction, at.margin, at.oracle],
            siblings.map(|s| vec![s.vault, s.clearinghouse, s.auction, s.margin, s.oracle]),
        );
    }
    all
}

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
                vault,
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
        if !lens.is_zero() {
            self.init_one(
                "lens",
                lens,
                &ILens::initializeCall {
                    vault,
                    clearinghouse,
                    auction,
                    margin,
                    oracle,
                },
            )
            .await?;
            self.name_lens(at).await?;
        }
        // Refuses a house whose contracts do not know each other.
        for pointer in pointers(self.client, &at).await {
            let Pointer {
                contract,
                name,
                wanted,
                found,
            } = pointer;
            match found {
                Ok(found) if found == wanted => {}
                Ok(found) => bail!("{contract} names {found} as its {name}, not {wanted}"),
                Err(e) => bail!("{contract} does not say who its {name} is: {e}"),
            }
        }
        Ok(())
    }

    /// Has the clearinghouse name the lens, while the deployer owns it: its owner may name another one later.
    async fn name_lens(&mut self, at: Addresses) -> Result<()> {
        let named = IClearinghouse::lensCall {};
        if self.ask(at.clearinghouse, &named).await?.is_zero() {
            let call = IClearinghouse::setLensCall { lens: at.lens };
            let what = "the clearinghouse names the lens";
            self.send(at.clearinghouse, &call, what).await?;
        }
        Ok(())
    }
}
