//! ArbOS' own state: which programs are activated, what activation costs, who may cache.
//!
//! It lives in the storage of one account, so that it reverts, snapshots and stays readable in past
//! states with everything else. The layout is ours, not Nitro's.

use crate::{evm::Ctx, state::State};
use alloy::primitives::{Address, B256, U256, address, keccak256};
use core::convert::Infallible;
use plimsoll_stylus::{DataPricer, Program};
use revm::context_interface::{ContextTr, JournalTr};

/// The account that keeps it.
pub(crate) const ARBOS_STATE: Address = address!("0xa4b05fffffffffffffffffffffffffffffffffff");

/// A result whose failure is impossible.
pub(crate) fn sure<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}

fn slot(room: &str, key: &[u8]) -> U256 {
    keccak256([room.as_bytes(), key].concat()).into()
}

fn read(ctx: &mut Ctx, slot: U256) -> U256 {
    let journal = ctx.journal_mut();
    sure(journal.load_account(ARBOS_STATE));
    sure(journal.sload(ARBOS_STATE, slot)).data
}

fn write(ctx: &mut Ctx, slot: U256, value: U256) {
    let journal = ctx.journal_mut();
    sure(journal.load_account(ARBOS_STATE));
    journal.touch_account(ARBOS_STATE);
    sure(journal.sstore(ARBOS_STATE, slot, value));
}

/// What is known of the program with this code hash.
pub(crate) fn program(ctx: &mut Ctx, code_hash: B256) -> Program {
    Program::from_word(read(ctx, slot("program", code_hash.as_slice())).into())
}

/// Notes it.
pub(crate) fn set_program(ctx: &mut Ctx, code_hash: B256, program: &Program) {
    write(
        ctx,
        slot("program", code_hash.as_slice()),
        program.to_word().into(),
    );
}

/// The state of the price of activation data.
pub(crate) fn data_pricer(ctx: &mut Ctx) -> DataPricer {
    let word = read(ctx, slot("data pricer", &[]));
    let mut pricer = DataPricer::default();
    if !word.is_zero() {
        let [low, high, ..] = *word.as_limbs();
        pricer.last_update_time = low;
        pricer.demand = high as u32;
    }
    pricer
}

/// Notes it.
pub(crate) fn set_data_pricer(ctx: &mut Ctx, pricer: &DataPricer) {
    let word = U256::from_limbs([pricer.last_update_time, pricer.demand.into(), 0, 0]);
    write(ctx, slot("data pricer", &[]), word);
}

const CACHE_MANAGERS: &str = "cache managers";

/// Who may cache programs, beside the chain's owners.
pub(crate) fn cache_managers(ctx: &mut Ctx) -> Vec<Address> {
    let count = read(ctx, slot(CACHE_MANAGERS, &[])).to::<u64>();
    (0..count)
        .map(|i| {
            let word: B256 = read(ctx, slot(CACHE_MANAGERS, &i.to_be_bytes())).into();
            Address::from_word(word)
        })
        .collect()
}

/// Adds or takes away one of them.
pub(crate) fn set_cache_manager(state: &mut State, manager: Address, is_manager: bool) {
    let read = |state: &State, key: &[u8]| state.storage(&ARBOS_STATE, &slot(CACHE_MANAGERS, key));
    let before = read(state, &[]).to::<u64>();
    let mut all: Vec<Address> = (0..before)
        .map(|i| Address::from_word(read(state, &i.to_be_bytes()).into()))
        .filter(|a| *a != manager)
        .collect();
    if is_manager {
        all.push(manager);
    }
    for i in 0..before.max(all.len() as u64) {
        let value = all.get(i as usize).map_or(B256::ZERO, |a| a.into_word());
        state.set_storage(
            ARBOS_STATE,
            slot(CACHE_MANAGERS, &i.to_be_bytes()),
            value.into(),
        );
    }
    state.set_storage(
        ARBOS_STATE,
        slot(CACHE_MANAGERS, &[]),
        U256::from(all.len()),
    );
}
