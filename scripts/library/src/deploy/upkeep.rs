//! `plimsoll status` and `plimsoll renew`: whether the programs of a house run, for how long, and what to do.
//!
//! A Stylus program runs while its activation is of the chain's Stylus version and younger than a year. Anybody may
//! renew it and pays a fee for its data: `codehashKeepalive` while it runs, `activateProgram` once it does not. Nothing
//! else changes: code, storage and addresses stay, and a place in the chain's cache too.

mod renew;

pub use renew::{Action, Renewal, Renewals, Renewed, perform, plan, renew};

use super::{ARB_WASM, ARB_WASM_CACHE, Record};
use crate::{
    bindings::{IArbWasm, IArbWasmCache},
    client::{Client, ProgramFault},
    term::{Table, grouped},
};
use alloy::{
    primitives::{Address, B256, keccak256},
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, eyre};
use plimsoll_stylus::code::Root;
use serde::Serialize;

/// Days before the end from which a program should be renewed.
pub const RENEW_WITHIN: u64 = 60;

const DAY: u64 = 86_400;

/// Whether a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs.
    Active,
    /// It was activated for another version of Stylus and does not run.
    NeedsUpgrade,
    /// Its activation is too old; it does not run.
    Expired,
    /// Its code was never activated; it does not run.
    NotActivated,
    /// There is no code at its address.
    Gone,
}

impl State {
    /// Whether calls reach the program.
    pub const fn runs(self) -> bool {
        matches!(self, Self::Active)
    }
}

/// What the chain says of one program.
#[derive(Clone, Debug)]
pub struct Health {
    /// Whether it runs.
    pub state: State,
    /// keccak256 of its code: what the chain keeps activations by.
    pub code_hash: B256,
    /// Accounts that hold its module, beside the contract itself.
    pub fragments: usize,
    /// Stylus version it was activated for, where the chain says it.
    pub version: Option<u16>,
    /// Seconds until it expires, if it runs.
    pub seconds_left: Option<u64>,
    /// Whether it is in the chain's program cache.
    pub cached: bool,
    /// Gas a call pays before the first instruction, not cached and cached, if it runs.
    pub start_gas: Option<(u64, u64)>,
}

/// Asks the chain about the program at an address.
///
/// # Errors
///
/// The chain runs no Stylus programs, or the node fails.
pub async fn health(client: &Client, program: Address) -> Result<Health> {
    let code = client.code(program).await?;
    let code_hash = keccak256(&code);
    let mut health = Health {
        state: State::Gone,
        code_hash,
        fragments: Root::parse(&code).map_or(0, |root| root.fragments.len()),
        version: None,
        seconds_left: None,
        cached: false,
        start_gas: None,
    };
    if code.is_empty() {
        return Ok(health);
    }
    let cached = IArbWasmCache::codehashIsCachedCall {
        codehash: code_hash,
    };
    health.cached = ask(client, ARB_WASM_CACHE, &cached).await?;
    let version = client
        .call(ARB_WASM, &IArbWasm::programVersionCall { program })
        .await;
    match version {
        Ok(version) => {
            let left = IArbWasm::programTimeLeftCall { program };
            let start = IArbWasm::programInitGasCall { program };
            let start = ask(client, ARB_WASM, &start).await?;
            health.state = State::Active;
            health.version = Some(version);
            health.seconds_left = Some(ask(client, ARB_WASM, &left).await?);
            health.start_gas = Some((start.gas, start.gasWhenCached));
        }
        Err(e) => match e.program_fault() {
            Some(ProgramFault::NotActivated) => health.state = State::NotActivated,
            Some(ProgramFault::Expired { .. }) => health.state = State::Expired,
            Some(ProgramFault::NeedsUpgrade { version, .. }) => {
                health.state = State::NeedsUpgrade;
                health.version = Some(version);
            }
            None => return Err(eyre!("{e}")),
        },
    }
    Ok(health)
}

async fn ask<C: SolCall>(client: &Client, to: Address, call: &C) -> Result<C::Return> {
    client.call(to, call).await.map_err(|e| eyre!("{e}"))
}

/// One program of a house.
#[derive(Clone, Debug, Serialize)]
pub struct ProgramStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: B256,
    /// Accounts that hold its module, beside the contract itself; 0 where it is in one piece.
    pub fragments: usize,
    /// Whether it runs.
    pub state: State,
    /// Stylus version it was activated for; none where the chain does not say it.
    pub version: Option<u16>,
    /// Whole days until it expires; none where it does not run.
    pub days_left: Option<u64>,
    /// Whether it is in the chain's program cache.
    pub cached: bool,
    /// Gas before the first instruction, not cached; none where it does not run.
    pub start_cold: Option<u64>,
    /// The same, cached.
    pub start_cached: Option<u64>,
    /// What to do about it; none where nothing is to be done.
    pub advice: Option<String>,
}

/// All programs of a house.
#[derive(Clone, Debug, Serialize)]
pub struct HouseStatus {
    /// Chain id.
    pub chain_id: u64,
    /// Block it was read at.
    pub block: u64,
    /// Stylus version of the chain: programs of another do not run.
    pub stylus_version: u16,
    /// Days an activation lasts.
    pub expiry_days: u16,
    /// Days after which it may be prolonged.
    pub keepalive_days: u16,
    /// Every program runs.
    pub ok: bool,
    /// In the order of their names.
    pub programs: Vec<ProgramStatus>,
}

/// Reads the state of every program of a house at one block.
///
/// # Errors
///
/// The chain runs no Stylus programs, or the node fails.
pub async fn status(client: &Client, record: &Record) -> Result<HouseStatus> {
    let client = &client.pinned().await?;
    let stylus_version = ask(client, ARB_WASM, &IArbWasm::stylusVersionCall {})
        .await
        .wrap_err("no ArbWasm answers: does this chain run Stylus programs?")?;
    let expiry_days = ask(client, ARB_WASM, &IArbWasm::expiryDaysCall {}).await?;
    let keepalive_days = ask(client, ARB_WASM, &IArbWasm::keepaliveDaysCall {}).await?;
    let mut programs = Vec::new();
    for (name, deployed) in &record.contracts {
        let health = health(client, deployed.address)
            .await
            .wrap_err_with(|| name.clone())?;
        let days_left = health.seconds_left.map(|left| left / DAY);
        programs.push(ProgramStatus {
            name: name.clone(),
            address: deployed.address,
            code_hash: health.code_hash,
            fragments: health.fragments,
            state: health.state,
            version: health.version,
            days_left,
            cached: health.cached,
            start_cold: health.start_gas.map(|(cold, _)| cold),
            start_cached: health.start_gas.map(|(_, cached)| cached),
            advice: advice(&health, stylus_version, deployed.code_hash),
        });
    }
    Ok(HouseStatus {
        chain_id: client.chain_id(),
        block: client.block().unwrap_or_default(),
        stylus_version,
        expiry_days,
        keepalive_days,
        ok: programs.iter().all(|p| p.state.runs()),
        programs,
    })
}

/// What to do about a program.
fn advice(health: &Health, stylus_version: u16, recorded: B256) -> Option<String> {
    const RENEW: &str = "`plimsoll renew` activates it again";
    let mut advice = match health.state {
        State::Gone => return Some("nothing stands there: was the chain reset?".into()),
        State::NeedsUpgrade => vec![format!(
            "does not run: the chain is at Stylus version {stylus_version}; {RENEW}"
        )],
        State::Expired => vec![format!("does not run: expired; {RENEW}")],
        State::NotActivated => vec![format!("does not run: never activated; {RENEW}")],
        State::Active => match health.seconds_left {
            Some(left) if left < RENEW_WITHIN * DAY => {
                vec!["ends soon: `plimsoll renew` prolongs it".into()]
            }
            _ => Vec::new(),
        },
    };
    if health.code_hash != recorded {
        advice.push("not the code that was recorded: see `plimsoll verify-deployment`".into());
    }
    if health.state.runs() && !health.cached {
        advice.push("not cached: `cargo stylus cache bid` makes its calls cheaper".into());
    }
    (!advice.is_empty()).then(|| advice.join("; "))
}

impl HouseStatus {
    /// The text a person reads.
    pub fn render(&self) -> String {
        let mut table = Table::new([
            "program",
            "state",
            "version",
            "days left",
            "cached",
            "start cold",
            "start cached",
        ]);
        let or_dash = |number: Option<u64>| number.map_or_else(|| "-".into(), grouped);
        for p in &self.programs {
            let state = match p.state {
                State::Active => "runs",
                State::NeedsUpgrade => "NEEDS UPGRADE",
                State::Expired => "EXPIRED",
                State::NotActivated => "NOT ACTIVATED",
                State::Gone => "GONE",
            };
            table.row([
                p.name.clone(),
                state.into(),
                or_dash(p.version.map(u64::from)),
                or_dash(p.days_left),
                if p.cached { "yes" } else { "no" }.into(),
                or_dash(p.start_cold),
                or_dash(p.start_cached),
            ]);
        }
        let mut text = format!(
            "Chain {} at block {}: Stylus version {}; an activation lasts {} days, and may be prolonged after {}\n\n{}",
            self.chain_id,
            self.block,
            self.stylus_version,
            self.expiry_days,
            self.keepalive_days,
            table.render(2)
        );
        let advice: Vec<_> = self
            .programs
            .iter()
            .filter_map(|p| Some(format!("  {}: {}\n", p.name, p.advice.as_ref()?)))
            .collect();
        if !advice.is_empty() {
            text += "\n";
            text += &advice.concat();
        }
        text
    }
}
