//! Records the tree of calls while it happens.

use crate::{
    evm::failure,
    types::{CallFrame, CallKind, HostCall},
};
use alloy::primitives::{Address, B256, Bytes, Log, U256, address, b256};
use plimsoll_stylus::host::HostioTrace;
use revm::context_interface::CreateScheme;
use revm::{
    JournalEntry,
    context::LocalContext,
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput, InstructionResult},
};

/// Frames open and done.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    open: Vec<CallFrame>,
    root: Option<CallFrame>,
    /// Logs of the journal that were given to their frames.
    seen_logs: usize,
    /// Logs in the order they came, with one for each movement of ether, those undone taken out.
    all_logs: Vec<Log>,
    /// How many there were when each of the open frames opened.
    marks: Vec<usize>,
}

/// The address that logs of ether's movements come from.
const ETHER: Address = address!("0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// Transfer(address,address,uint256)
const TRANSFER: B256 = b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// The log that stands for a movement of ether.
fn transfer(from: Address, to: Address, value: U256) -> Log {
    Log::new_unchecked(
        ETHER,
        vec![TRANSFER, from.into_word(), to.into_word()],
        value.to_be_bytes_vec().into(),
    )
}

impl Tracer {
    /// A frame is about to open.
    pub(crate) fn enter(&mut self, input: &FrameInput, local: &LocalContext) {
        let mut frame = CallFrame {
            kind: CallKind::Call,
            from: Default::default(),
            to: None,
            value: U256::ZERO,
            gas: 0,
            gas_used: 0,
            input: Bytes::new(),
            output: Bytes::new(),
            error: None,
            stylus: false,
            host_calls: Vec::new(),
            logs: Vec::new(),
            calls: Vec::new(),
        };
        match input {
            FrameInput::Call(call) => {
                frame.kind = match call.scheme {
                    CallScheme::Call => CallKind::Call,
                    CallScheme::CallCode => CallKind::CallCode,
                    CallScheme::DelegateCall => CallKind::DelegateCall,
                    CallScheme::StaticCall => CallKind::StaticCall,
                };
                // as geth: a delegate call comes from the account it acts for
                frame.from = if call.scheme == CallScheme::DelegateCall {
                    call.target_address
                } else {
                    call.caller
                };
                frame.to = Some(call.bytecode_address);
                frame.value = call.value.get();
                frame.gas = call.gas_limit;
                frame.input = call.input.bytes_local(local);
            }
            FrameInput::Create(create) => {
                frame.kind = match create.scheme() {
                    CreateScheme::Create2 { .. } => CallKind::Create2,
                    _ => CallKind::Create,
                };
                frame.from = create.caller();
                frame.value = create.value();
                frame.gas = create.gas_limit();
                frame.input = create.init_code().clone();
            }
            FrameInput::Empty => {}
        }
        self.marks.push(self.all_logs.len());
        if !frame.value.is_zero() && frame.kind != CallKind::DelegateCall {
            // Where a creation goes to is known when it is done.
            let to = frame.to.unwrap_or_default();
            self.all_logs.push(transfer(frame.from, to, frame.value));
        }
        self.open.push(frame);
    }

    /// The frame that opened last runs a program.
    pub(crate) fn mark_stylus(&mut self) {
        if let Some(frame) = self.open.last_mut() {
            frame.stylus = true;
        }
    }

    /// A program called a host function.
    pub(crate) fn host_call(&mut self, call: HostioTrace<'_>) {
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        let opens = matches!(
            call.name,
            "call_contract"
                | "delegate_call_contract"
                | "static_call_contract"
                | "create1"
                | "create2"
        );
        let taken = frame.host_calls.iter().filter(|c| c.call.is_some()).count();
        let opened = opens && frame.calls.len() > taken;
        frame.host_calls.push(HostCall {
            name: call.name,
            args: Bytes::copy_from_slice(call.args),
            outs: Bytes::copy_from_slice(call.outs),
            start_ink: call.start_ink,
            end_ink: call.end_ink,
            call: opened.then(|| frame.calls.len() - 1),
        });
    }

    /// Gives the logs that came since to the frame that is open.
    pub(crate) fn sync_logs(&mut self, logs: &[Log]) {
        if let (Some(frame), Some(new)) = (self.open.last_mut(), logs.get(self.seen_logs..)) {
            frame.logs.extend_from_slice(new);
            self.all_logs.extend_from_slice(new);
        }
        self.seen_logs = logs.len();
    }

    /// The frame that opened last destroyed itself.
    pub(crate) fn self_destruct(&mut self, journal: &[JournalEntry]) {
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        let account = frame.to;
        let (to, value) = journal
            .iter()
            .rev()
            .take(4)
            .find_map(|entry| match entry {
                JournalEntry::AccountDestroyed {
                    target,
                    had_balance,
                    ..
                } => Some((*target, *had_balance)),
                JournalEntry::BalanceTransfer { to, balance, .. } => Some((*to, *balance)),
                _ => None,
            })
            .unwrap_or_default();
        if !value.is_zero() {
            let from = account.unwrap_or_default();
            self.all_logs.push(transfer(from, to, value));
        }
        frame.calls.push(CallFrame {
            kind: CallKind::SelfDestruct,
            from: account.unwrap_or_default(),
            to: Some(to),
            value,
            gas: 0,
            gas_used: 0,
            input: Bytes::new(),
            output: Bytes::new(),
            error: None,
            stylus: false,
            host_calls: Vec::new(),
            logs: Vec::new(),
            calls: Vec::new(),
        });
    }

    /// The frame that opened last is over; `logs` are left in the journal.
    pub(crate) fn exit(&mut self, result: &FrameResult, reason: Option<&str>, logs: usize) {
        self.seen_logs = logs;
        let Some(mut frame) = self.open.pop() else {
            return;
        };
        let inner = result.interpreter_result();
        let how = inner.result;
        frame.gas_used = if how.is_ok_or_revert() {
            frame.gas.saturating_sub(inner.gas.remaining())
        } else {
            frame.gas
        };
        if how.is_ok() || how == InstructionResult::Revert {
            frame.output = inner.output.clone();
        }
        let mark = self.marks.pop().unwrap_or_default();
        if let FrameResult::Create(created) = result {
            frame.to = created.address.filter(|_| how.is_ok());
            if let (Some(to), Some(log)) = (frame.to, self.all_logs.get_mut(mark))
                && !frame.value.is_zero()
            {
                *log = transfer(frame.from, to, frame.value);
            }
        }
        if !how.is_ok() {
            self.all_logs.truncate(mark);
        }
        if !how.is_ok() {
            frame.error = Some(match reason {
                Some(why) if how != InstructionResult::Revert => why.to_owned(),
                Some(why) if frame.output.is_empty() => format!("{}: {why}", failure(how)),
                _ => failure(how).to_owned(),
            });
        }
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(frame),
            None => self.root = Some(frame),
        }
    }

    /// The whole tree, and all logs with those of ether's movements.
    pub(crate) fn finish(self) -> (Option<CallFrame>, Vec<Log>) {
        (self.root, self.all_logs)
    }
}
