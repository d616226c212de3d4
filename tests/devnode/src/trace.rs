//! Records the tree of calls while it happens.

use crate::{
    evm::failure,
    types::{CallFrame, CallKind, HostCall},
};
use alloy::primitives::{Bytes, Log, U256};
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
        if let FrameResult::Create(created) = result {
            frame.to = created.address.filter(|_| how.is_ok());
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

    /// The whole tree.
    pub(crate) fn finish(self) -> Option<CallFrame> {
        self.root
    }
}
