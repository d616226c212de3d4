//! `plimsoll renew`: what it costs to keep programs running, and doing it.

use super::{DAY, State, ask, health};
use crate::{
    bindings::IArbWasm,
    client::{CallError, Client},
    deploy::{ARB_WASM, Record},
    term::{Progress, Table, grouped, ufixed},
};
use alloy::{
    primitives::{Address, B256, U256, map::AddressMap},
    rpc::types::{
        TransactionReceipt,
        state::{AccountOverride, StateOverride},
    },
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use eyre::{Result, WrapErr, ensure, eyre};
use serde::Serialize;

/// What renews a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It does not run: activate its code.
    Activate {
        /// Where it is.
        program: Address,
    },
    /// It runs: let its year begin anew.
    KeepAlive {
        /// keccak256 of its code.
        code_hash: B256,
    },
}

/// What an action cost.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The transaction.
    pub transaction: B256,
    /// Gas it used.
    pub gas_used: u64,
    /// The data fee, wei.
    pub fee: U256,
}

/// Enough ether for any call that only asks.
fn rich(from: Address) -> StateOverride {
    let account = AccountOverride {
        balance: Some(plenty() * U256::from(100)),
        ..Default::default()
    };
    AddressMap::from_iter([(from, account)])
}

fn plenty() -> U256 {
    U256::from(10).pow(U256::from(18))
}

/// The fee for a program's data that the chain asks now, wei. It depends on demand, so others may raise it.
async fn data_fee(client: &Client, from: Address, action: &Action) -> Result<U256, CallError> {
    // A call with borrowed ether tells it, as cargo-stylus does.
    match *action {
        Action::Activate { program } => {
            let call = IArbWasm::activateProgramCall { program };
            client
                .call_with(from, ARB_WASM, &call, plenty(), Some(rich(from)))
                .await
                .map(|answer| answer.dataFee)
        }
        // This one answers nothing; what it lacks it names.
        Action::KeepAlive { code_hash } => {
            let call = IArbWasm::codehashKeepaliveCall {
                codehash: code_hash,
            };
            match client.call_as(from, ARB_WASM, &call).await {
                Ok(_) => Ok(U256::ZERO),
                Err(e) => e
                    .as_error::<IArbWasm::ProgramInsufficientValue>()
                    .map(|lacks| lacks.want)
                    .ok_or(e),
            }
        }
    }
}

/// A fifth more than is asked now: it covers what others activate meanwhile, and the rest comes back.
fn with_margin(fee: U256) -> U256 {
    fee + fee / U256::from(5)
}

/// Renews one program, at the expense of `signer`.
///
/// # Errors
///
/// The chain refuses, `signer` has too little ether, or the node fails.
pub async fn perform(
    client: &Client,
    signer: &PrivateKeySigner,
    action: &Action,
) -> Result<Renewed> {
    let from = signer.address();
    let fee = data_fee(client, from, action)
        .await
        .map_err(|e| eyre!("the chain would refuse it: {e}"))?;
    let value = with_margin(fee);
    let balance = client.balance(from).await?;
    ensure!(
        balance > value,
        "its data costs {} ETH, {from} has {}: send it more",
        ufixed(value, 6),
        ufixed(balance, 6)
    );
    let receipt = match *action {
        Action::Activate { program } => {
            let call = IArbWasm::activateProgramCall { program };
            client.send_value(signer, ARB_WASM, &call, value).await
        }
        Action::KeepAlive { code_hash } => {
            let call = IArbWasm::codehashKeepaliveCall {
                codehash: code_hash,
            };
            client.send_value(signer, ARB_WASM, &call, value).await
        }
    }
    .map_err(|e| eyre!("{e}"))?;
    Ok(Renewed {
        transaction: receipt.transaction_hash,
        gas_used: receipt.gas_used,
        fee: paid(&receipt).unwrap_or(fee),
    })
}

/// The fee that was taken, as the chain's own event says it.
fn paid(receipt: &TransactionReceipt) -> Option<U256> {
    receipt.logs().iter().find_map(|log| {
        let activated = IArbWasm::ProgramActivated::decode_log(&log.inner);
        let prolonged = IArbWasm::ProgramLifetimeExtended::decode_log(&log.inner);
        activated
            .map(|e| e.dataFee)
            .or_else(|_| prolonged.map(|e| e.dataFee))
            .ok()
    })
}

/// A program that wants renewing, and what that costs.
#[derive(Clone, Debug, Serialize)]
pub struct Renewal {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Why: its state.
    pub state: State,
    /// `activate` or `keep alive`.
    pub action: &'static str,
    /// The data fee the chain asks now, wei.
    pub data_fee: U256,
    /// Gas of the transaction, where the node estimates it.
    pub gas: Option<u64>,
    /// The transaction, once it is done.
    pub transaction: Option<B256>,
    #[serde(skip)]
    todo: Option<Action>,
}

/// What renewing a house takes.
#[derive(Clone, Debug, Serialize)]
pub struct Renewals {
    /// Chain id.
    pub chain_id: u64,
    /// Wei a unit of gas costs now.
    pub gas_price: u128,
    /// Whether it was done; if not, this is what it would cost now.
    pub done: bool,
    /// The programs that want it.
    pub renewals: Vec<Renewal>,
    /// All data fees, wei. Each activation raises the fee of the next a little.
    pub data_fees: U256,
    /// All data fees and gas, wei.
    pub total: U256,
}

/// Finds what wants renewing in a house: whatever does not run, and what ends within so many days. Nothing is sent.
///
/// # Errors
///
/// A program cannot be renewed, or the node fails.
pub async fn plan(client: &Client, record: &Record, within_days: u64) -> Result<Renewals> {
    let client = &client.pinned().await?;
    let keepalive_days = ask(client, ARB_WASM, &IArbWasm::keepaliveDaysCall {}).await?;
    let expiry_days = ask(client, ARB_WASM, &IArbWasm::expiryDaysCall {}).await?;
    let too_soon = u64::from(expiry_days.saturating_sub(keepalive_days)) * DAY;
    let mut renewals = Vec::new();
    let mut seen = Vec::new();
    for (name, deployed) in &record.contracts {
        let program = deployed.address;
        let health = health(client, program)
            .await
            .wrap_err_with(|| name.clone())?;
        ensure!(
            health.state != State::Gone,
            "{name}: nothing stands at {program}: is this the record of a house on this chain?"
        );
        let action = match health.seconds_left {
            None => Action::Activate { program },
            Some(left) if left < within_days.saturating_mul(DAY) && left <= too_soon => {
                Action::KeepAlive {
                    code_hash: health.code_hash,
                }
            }
            Some(_) => continue,
        };
        // An activation is of code, not of an address.
        if seen.contains(&health.code_hash) {
            continue;
        }
        seen.push(health.code_hash);
        // Anybody may, so anybody may be asked about.
        let payer = Address::repeat_byte(0x11);
        let fee = data_fee(client, payer, &action)
            .await
            .map_err(|e| eyre!("{name}: the chain would refuse it: {e}"))?;
        let value = with_margin(fee);
        let gas = match action {
            Action::Activate { program } => {
                let call = IArbWasm::activateProgramCall { program };
                client
                    .estimate(payer, ARB_WASM, &call, value, Some(rich(payer)))
                    .await
            }
            Action::KeepAlive { code_hash } => {
                let call = IArbWasm::codehashKeepaliveCall {
                    codehash: code_hash,
                };
                client
                    .estimate(payer, ARB_WASM, &call, value, Some(rich(payer)))
                    .await
            }
        };
        renewals.push(Renewal {
            name: name.clone(),
            address: program,
            state: health.state,
            action: match action {
                Action::Activate { .. } => "activate",
                Action::KeepAlive { .. } => "keep alive",
            },
            data_fee: fee,
            gas: gas.ok(),
            transaction: None,
            todo: Some(action),
        });
    }
    let mut plan = Renewals {
        chain_id: client.chain_id(),
        gas_price: client.gas_price().await?,
        done: false,
        renewals,
        data_fees: U256::ZERO,
        total: U256::ZERO,
    };
    plan.sum();
    Ok(plan)
}

/// Renews what wants renewing in a house, at the expense of `signer`, who may be anybody. A run that was interrupted
/// may be started again: what runs is not paid for twice.
///
/// # Errors
///
/// As [`plan`] and [`perform`]; what was renewed before stays renewed.
pub async fn renew(
    client: &Client,
    signer: &PrivateKeySigner,
    record: &Record,
    within_days: u64,
    progress: &Progress,
) -> Result<Renewals> {
    let mut plan = plan(client, record, within_days).await?;
    if !plan.renewals.is_empty() {
        client.nothing_waits(signer.address()).await?;
        let balance = client.balance(signer.address()).await?;
        let needed = with_margin(plan.total);
        ensure!(
            balance > needed,
            "renewing takes about {} ETH, {} has {}: send it more",
            ufixed(needed, 6),
            signer.address(),
            ufixed(balance, 6)
        );
    }
    for renewal in &mut plan.renewals {
        let Some(action) = renewal.todo.take() else {
            continue;
        };
        let name = &renewal.name;
        let renewed = perform(client, signer, &action)
            .await
            .wrap_err_with(|| format!("renewing {name}"))?;
        let after = health(client, renewal.address).await?;
        ensure!(
            after.state.runs(),
            "{name} was paid for in {} and does not run: {:?}",
            renewed.transaction,
            after.state
        );
        renewal.data_fee = renewed.fee;
        renewal.gas = Some(renewed.gas_used);
        renewal.transaction = Some(renewed.transaction);
        progress.say(format!(
            "  {name}: {} ({} ETH for its data, {} gas)",
            renewal.action,
            ufixed(renewed.fee, 6),
            grouped(renewed.gas_used)
        ));
    }
    plan.done = true;
    plan.sum();
    Ok(plan)
}

impl Renewals {
    fn sum(&mut self) {
        let price = U256::from(self.gas_price);
        let zero = U256::ZERO;
        self.data_fees = self
            .renewals
            .iter()
            .fold(zero, |sum, r| sum.saturating_add(r.data_fee));
        self.total = self.renewals.iter().fold(self.data_fees, |sum, r| {
            let gas = U256::from(r.gas.unwrap_or_default());
            sum.saturating_add(price.saturating_mul(gas))
        });
    }

    /// The text a person reads.
    pub fn render(&self) -> String {
        if self.renewals.is_empty() {
            return "Nothing wants renewing.\n".into();
        }
        let mut table = Table::new(["program", "what", "data fee, ETH", "gas"]);
        for r in &self.renewals {
            table.row([
                r.name.clone(),
                r.action.into(),
                ufixed(r.data_fee, 6),
                r.gas.map_or_else(|| "?".into(), grouped),
            ]);
        }
        let total = ufixed(self.total, 6);
        let last = if self.done {
            format!("Done: {total} ETH in all.\n")
        } else {
            format!(
                "About {total} ETH in all, at {} gwei a unit of gas. Nothing was sent: --yes does it. Anybody may \
                 pay.\n",
                ufixed(
                    U256::from(self.gas_price).saturating_mul(U256::from(1_000_000_000_u64)),
                    3
                )
            )
        };
        format!("{}\n{last}", table.render(2))
    }
}
