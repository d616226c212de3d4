//! Why a call or a transaction did not go through.

use crate::bindings::{self, IArbWasm};
use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolError,
};
use std::{borrow::Cow, fmt};

/// Why ArbOS refuses a Stylus program before its first instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramFault {
    /// Nobody activated its code.
    NotActivated,
    /// It was activated for another version of Stylus.
    NeedsUpgrade {
        /// Version it was activated for.
        version: u16,
        /// Version of the chain.
        stylus: u16,
    },
    /// Its activation is too old.
    Expired {
        /// Seconds since it was activated.
        age: u64,
    },
}

impl ProgramFault {
    /// What a node's text names, such as `error ProgramNeedsUpgrade(2, 3)`: a call of a program that does not run
    /// fails without data.
    fn named_in(text: &str) -> Option<Self> {
        let numbers = |name: &str| -> Option<Vec<u64>> {
            let (_, rest) = text.split_once(name)?;
            let (inside, _) = rest.strip_prefix('(')?.split_once(')')?;
            let number = |part: &str| part.rsplit('=').next()?.trim().parse().ok();
            Some(inside.split(',').filter_map(number).collect())
        };
        if let Some(given) = numbers("ProgramNeedsUpgrade") {
            let [version, stylus] = given[..] else {
                return None;
            };
            return Some(Self::NeedsUpgrade {
                version: u16::try_from(version).ok()?,
                stylus: u16::try_from(stylus).ok()?,
            });
        }
        if let Some(given) = numbers("ProgramExpired") {
            return Some(Self::Expired {
                age: *given.first()?,
            });
        }
        text.contains("ProgramNotActivated(")
            .then_some(Self::NotActivated)
    }
}

impl fmt::Display for ProgramFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotActivated => write!(f, "ProgramNotActivated: nobody activated it"),
            Self::NeedsUpgrade { version, stylus } => write!(
                f,
                "ProgramNeedsUpgrade({version}, {stylus}): it was activated for Stylus version {version}, the chain \
                 runs {stylus}"
            ),
            Self::Expired { age } => write!(
                f,
                "ProgramExpired({age}): it was activated {} days ago",
                age / 86_400
            ),
        }
    }
}

/// Why a call or a transaction did not go through.
#[derive(Debug)]
pub enum CallError {
    /// The contract refused.
    Reverted {
        /// The function, such as `deposit(bytes32,address,uint256)`.
        call: Cow<'static, str>,
        /// Whom it was sent to.
        to: Address,
        /// Revert data.
        data: Bytes,
    },
    /// The node or the way to it failed.
    Other(eyre::Report),
}

impl CallError {
    /// The revert data, if the contract refused.
    pub const fn revert_data(&self) -> Option<&Bytes> {
        match self {
            Self::Reverted { data, .. } => Some(data),
            Self::Other(_) => None,
        }
    }

    /// The error `E` with its numbers, if that is what the contract said.
    pub fn as_error<E: SolError>(&self) -> Option<E> {
        self.revert_data().and_then(|data| E::abi_decode(data).ok())
    }

    /// Why the program does not run, if that is the reason: `plimsoll renew` mends it.
    pub fn program_fault(&self) -> Option<ProgramFault> {
        if let Some(e) = self.as_error::<IArbWasm::ProgramNeedsUpgrade>() {
            return Some(ProgramFault::NeedsUpgrade {
                version: e.version,
                stylus: e.stylusVersion,
            });
        }
        if let Some(e) = self.as_error::<IArbWasm::ProgramExpired>() {
            return Some(ProgramFault::Expired {
                age: e.ageInSeconds,
            });
        }
        if self.as_error::<IArbWasm::ProgramNotActivated>().is_some() {
            return Some(ProgramFault::NotActivated);
        }
        match self {
            Self::Reverted { .. } => None,
            Self::Other(e) => ProgramFault::named_in(&format!("{e:#}")),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reverted { call, to, data } => {
                write!(f, "{call} at {to}: {}", bindings::explain(data))?;
                // A chain says no more where a program that runs calls one that does not.
                if data.is_empty() {
                    write!(f, " (`plimsoll status` says whether every program runs)")?;
                }
                Ok(())
            }
            Self::Other(e) => {
                write!(f, "{e:#}")?;
                match self.program_fault() {
                    Some(fault) => write!(f, " ({fault}; `plimsoll renew` activates it again)"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for CallError {}

impl From<eyre::Report> for CallError {
    fn from(e: eyre::Report) -> Self {
        Self::Other(e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eyre::eyre;

    #[test]
    fn a_program_that_does_not_run_is_named() {
        let named = |text: &str| CallError::from(eyre!("{text}")).program_fault();
        let upgrade = ProgramFault::NeedsUpgrade {
            version: 2,
            stylus: 3,
        };
        assert_eq!(
            named("x() at 0x1: error ProgramNeedsUpgrade(2, 3)"),
            Some(upgrade)
        );
        assert_eq!(
            named("ProgramNeedsUpgrade(version=2, stylusVersion=3)"),
            Some(upgrade)
        );
        assert_eq!(
            named("error ProgramExpired(31536001)"),
            Some(ProgramFault::Expired { age: 31_536_001 })
        );
        assert_eq!(
            named("error ProgramNotActivated()"),
            Some(ProgramFault::NotActivated)
        );
        assert_eq!(named("out of gas"), None);
        assert_eq!(named("ProgramNeedsUpgrade of what?"), None);
        let text =
            CallError::from(eyre!("x() at 0x1: error ProgramNeedsUpgrade(2, 3)")).to_string();
        assert!(text.contains("plimsoll renew"), "{text}");
    }
}
