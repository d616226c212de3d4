//! Who of the contracts knows whom: initialising, once, and the pointers that result.
use super::{Addresses, Deployer};
use crate::{
    bindings::*, // interfaces, which the registry names
    client::{CallError, Client},
};
use alloy::{primitives::Address, sol_types::SolCall};
use eyre::{Result, bail, eyre};

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

impl Pointer {
    /// What a contract that answers for all its siblings at once says of one.
    fn of_many<T>(
        contract: &'static str,
        name: &'static str,
        wanted: Address,
        answer: &Result<T, CallError>,
        of: impl Fn(&T) -> Address,
    ) -> Self {
        let found = answer.as_ref().map(of);
        Self {
            contract,
            name,
            wanted,
            found: found.map_err(|e| eyre!("{e}").into()),
        }
    }
}

macro_rules! wiring {
    ($($name:ident {
        $about:literal, $interface:ident $errors:ident, owner $owner:literal, proxied $proxied:literal,
        optional $optional:literal, most $module:literal $code:literal, initialize [$($argument:ident),*],
        getters [$($getter:ident $call:ident $to:ident),*], siblings [$($all:ident: $($sibling:ident),*)?]
    })*) => {
        /// What every contract says of its siblings.
        pub(super) async fn pointers(client: &Client, at: &Addresses) -> Vec<Pointer> {
            let mut pointers = Vec::new();
            $(if !at.$name.is_zero() {
                $(
                    let found = client.call(at.$name, &$interface::$call {}).await;
                    pointers.push(Pointer { contract: stringify!($name), name: stringify!($getter), wanted: at.$to, found });
                )*
                $(
                    let answer = client.call(at.$name, &$interface::$all {}).await;
                    $(pointers.push(Pointer::of_many(
                        stringify!($name), stringify!($sibling), at.$sibling, &answer, |all| all.$sibling,
                    ));)*
                )?
            })*
            pointers
        }

        impl Deployer<'_> {
            /// Initialises what is not initialised yet.
            async fn initialise_each(&mut self, at: Addresses, owner: Address) -> Result<()> {
                let given = |argument| at.get(argument).unwrap_or(owner);
                $(if !at.$name.is_zero() {
                    let call = $interface::initializeCall {
                        $($argument: given(stringify!($argument))),*
                    };
                    self.init_one(stringify!($name), at.$name, &call).await?;
                })*
                Ok(())
            }
        }
    };
}

contracts!(wiring);

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
        self.initialise_each(at, owner).await?;
        if !at.lens.is_zero() {
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
