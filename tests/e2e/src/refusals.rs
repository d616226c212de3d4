//! Calls that must be refused, one or a table of them, and change nothing.

use crate::*;
use std::fmt::Debug;

/// A row of a table of refusals: what is tried, by whom, the call, and the encoded error.
pub type Refusal<'a, C> = (&'a str, &'a Actor, C, Vec<u8>);

impl House {
    /// Sends a call that must be refused with `E`, asserts that nothing changed, gives the numbers.
    ///
    /// # Panics
    ///
    /// It goes through, is refused with something else, or changed something.
    pub async fn expect_revert<E: SolError + Debug>(
        &self,
        actor: &Actor,
        to: Address,
        call: &impl SolCall,
    ) -> E {
        let before = self.digest().await;
        let outcome = self.send(actor, to, call).await;
        let after = self.digest().await;
        assert_eq!(before, after, "a refused call changed the state");
        match outcome {
            Ok(_) => panic!("expected {}, but it went through", E::SIGNATURE),
            Err(e) => e
                .as_error::<E>()
                .unwrap_or_else(|| panic!("expected {}, got {e}", E::SIGNATURE)),
        }
    }

    /// Sends calls that must be refused, each with exactly its error; asserts after each that nothing changed.
    ///
    /// # Panics
    ///
    /// A call goes through, is refused with something else, or changed something; the message names the row.
    pub async fn expect_refusals<C: SolCall>(
        &self,
        to: Address,
        table: impl IntoIterator<Item = Refusal<'_, C>>,
    ) {
        let before = self.digest().await;
        for (what, actor, call, error) in table {
            let outcome = self.send(actor, to, &call).await;
            assert_eq!(before, self.digest().await, "{what}: changed the state");
            assert_refused(what, outcome, &error);
        }
    }

    /// Makes calls that must be refused in the name of `caller`, each with exactly its error. Calls change nothing.
    ///
    /// # Panics
    ///
    /// A call goes through or is refused with something else; the message names the row.
    pub async fn expect_call_refusals<C: SolCall>(
        &self,
        caller: Address,
        to: Address,
        table: impl IntoIterator<Item = (&str, C, Vec<u8>)>,
    ) {
        for (what, call, error) in table {
            let outcome = self.client.call_as(caller, to, &call).await;
            assert_refused(what, outcome, &error);
        }
    }
}

fn assert_refused<T>(what: &str, outcome: Result<T, CallError>, error: &[u8]) {
    let Err(e) = outcome else {
        panic!("{what}: went through");
    };
    let data = e.revert_data().unwrap_or_else(|| panic!("{what}: {e}"));
    assert_eq!(data, error, "{what}: {e}");
}
