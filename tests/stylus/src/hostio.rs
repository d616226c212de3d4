//! The host functions: what each costs, in which order, and what it does.
//!
//! The order is always the same. The base ink is bought first; some functions then ask for spare
//! gas; only then is the program's memory read, the chain asked, its gas bought, and the result
//! written. What a bad pointer costs follows from it.

use core::{fmt, ptr::NonNull};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use wasmi::{Caller, Engine, Global, Linker, Memory, StoreLimits, Val};

use crate::{
    host::{ApiStatus, CallKind, CallRequest, CreateRequest, Host, HostioTrace},
    params::StylusParams,
    parse::HOOKS,
    pricing::{self, EVM_API, HOSTIO, PTR},
    storage_cache::StorageCache,
};

/// Why a host function ends the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// The ink did not suffice.
    OutOfInk,
    /// A pointer beyond the memory.
    Memory,
    /// The chain refused.
    Logical(String),
    /// The program asked to end, with this status.
    Exit(u32),
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfInk => f.write_str("out of ink"),
            Self::Memory => f.write_str("failed to access memory"),
            Self::Logical(reason) => f.write_str(reason),
            Self::Exit(status) => write!(f, "exit early: {status}"),
        }
    }
}

impl std::error::Error for Escape {}
impl wasmi::errors::HostError for Escape {}

/// What host functions reach the instance by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handles {
    pub(crate) memory: Memory,
    pub(crate) ink: Global,
    pub(crate) status: Global,
}

/// All that a running frame owns, beside its instance.
pub(crate) struct Frame {
    /// The host of the run this frame belongs to: see [`Frame::host`].
    host: NonNull<dyn Host>,
    pub(crate) handles: Option<Handles>,
    pub(crate) limits: StoreLimits,
    ink_price: u64,
    arbos_version: u64,
    model: crate::MemoryModel,
    wide_page_counts: bool,
    tracing: bool,
    args: Bytes,
    pub(crate) outs: Vec<u8>,
    cache: StorageCache,
    return_data: Bytes,
    return_len: u32,
    last_code: Option<(Address, Bytes)>,
}

impl Frame {
    /// A frame of a run on `host`.
    ///
    /// # Safety
    ///
    /// The frame must not be used once the borrow of `host` has ended, and while it lives nothing
    /// else may use `host`.
    pub(crate) unsafe fn new(host: &mut dyn Host, params: &StylusParams, args: Bytes) -> Self {
        let tracing = host.tracing();
        let host: *mut (dyn Host + '_) = host;
        // SAFETY: only the lifetime is forgotten, and the caller keeps to it.
        let host = unsafe { core::mem::transmute::<*mut (dyn Host + '_), *mut dyn Host>(host) };
        Self {
            // SAFETY: made from a reference.
            host: unsafe { NonNull::new_unchecked(host) },
            handles: None,
            limits: crate::engine::limits(),
            ink_price: u64::from(params.ink_price.max(1)),
            arbos_version: params.arbos_version,
            model: params.memory_model(),
            wide_page_counts: params.wide_page_counts(),
            tracing,
            args,
            outs: Vec::new(),
            cache: StorageCache::default(),
            return_data: Bytes::new(),
            return_len: 0,
            last_code: None,
        }
    }

    /// The host. One borrow at a time: it borrows the whole frame.
    pub(crate) fn host(&mut self) -> &mut dyn Host {
        // SAFETY: `Frame::new` promises the host outlives the frame and that nobody else uses it.
        unsafe { self.host.as_mut() }
    }
}

/// A host function at work. Ink is kept here and written back when it ends.
struct Hostio<'a> {
    memory: &'a mut [u8],
    frame: &'a mut Frame,
    name: &'static str,
    start_ink: u64,
    ink: u64,
}

type Result<T = ()> = core::result::Result<T, Escape>;

/// Runs a host function on the program's memory and ink.
fn enter<T>(
    mut caller: Caller<'_, Frame>,
    name: &'static str,
    body: impl FnOnce(&mut Hostio<'_>) -> Result<T>,
) -> core::result::Result<T, wasmi::Error> {
    let Some(handles) = caller.data().handles else {
        return Err(wasmi::Error::new("the program is not ready"));
    };
    let ink = match handles.ink.get(&caller) {
        Val::I64(ink) => ink as u64,
        _ => 0,
    };
    let (memory, frame) = handles.memory.data_and_store_mut(&mut caller);
    let mut hostio = Hostio {
        memory,
        frame,
        name,
        start_ink: ink,
        ink,
    };
    let result = body(&mut hostio);
    let out_of_ink = matches!(result, Err(Escape::OutOfInk));
    let ink = if out_of_ink { 0 } else { hostio.ink };
    handles
        .ink
        .set(&mut caller, Val::I64(ink as i64))
        .map_err(wasmi::Error::from)?;
    if out_of_ink {
        handles
            .status
            .set(&mut caller, Val::I32(1))
            .map_err(wasmi::Error::from)?;
    }
    result.map_err(wasmi::Error::host)
}

/// What the host functions are made of.
impl Hostio<'_> {
    fn buy_ink(&mut self, ink: u64) -> Result {
        self.ink = self.ink.checked_sub(ink).ok_or(Escape::OutOfInk)?;
        Ok(())
    }

    fn buy_gas(&mut self, gas: u64) -> Result {
        self.buy_ink(gas.saturating_mul(self.frame.ink_price))
    }

    /// Asks that `gas` be there, without taking it.
    fn require_gas(&self, gas: u64) -> Result {
        let ink = gas.saturating_mul(self.frame.ink_price);
        (self.ink >= ink).then_some(()).ok_or(Escape::OutOfInk)
    }

    fn gas_left(&self) -> u64 {
        self.ink / self.frame.ink_price
    }

    fn slice(&self, ptr: u32, len: u32) -> Result<&[u8]> {
        let start = ptr as usize;
        start
            .checked_add(len as usize)
            .and_then(|end| self.memory.get(start..end))
            .ok_or(Escape::Memory)
    }

    fn fixed<const N: usize>(&self, ptr: u32) -> Result<[u8; N]> {
        self.slice(ptr, N as u32)?
            .try_into()
            .map_err(|_| Escape::Memory)
    }

    fn word(&self, ptr: u32) -> Result<B256> {
        self.fixed(ptr).map(B256::new)
    }

    fn number(&self, ptr: u32) -> Result<U256> {
        self.fixed(ptr).map(U256::from_be_bytes::<32>)
    }

    fn address(&self, ptr: u32) -> Result<Address> {
        self.fixed(ptr).map(Address::new)
    }

    /// Writes all of `data` or nothing.
    fn put(&mut self, ptr: u32, data: &[u8]) -> Result {
        let start = ptr as usize;
        start
            .checked_add(data.len())
            .and_then(|end| self.memory.get_mut(start..end))
            .ok_or(Escape::Memory)?
            .copy_from_slice(data);
        Ok(())
    }

    /// Tells the host, where it listens.
    fn trace(&mut self, args: &[&[u8]], outs: &[&[u8]]) {
        if !self.frame.tracing {
            return;
        }
        let (name, start_ink, end_ink) = (self.name, self.start_ink, self.ink);
        let (args, outs) = (args.concat(), outs.concat());
        self.frame.host().trace(HostioTrace {
            name,
            args: &args,
            outs: &outs,
            start_ink,
            end_ink,
        });
    }
}

/// The host functions themselves, in the order of the importable set.
impl Hostio<'_> {
    fn read_args(&mut self, ptr: u32) -> Result {
        self.buy_ink(HOSTIO)?;
        let args = self.frame.args.clone();
        self.buy_ink(pricing::write(args.len() as u32))?;
        self.put(ptr, &args)?;
        self.trace(&[], &[&args]);
        Ok(())
    }

    fn write_result(&mut self, ptr: u32, len: u32) -> Result {
        self.buy_ink(HOSTIO)?;
        self.buy_ink(pricing::read(len))?;
        self.buy_ink(pricing::read(len))?;
        let data = self.slice(ptr, len)?.to_vec();
        self.trace(&[&data], &[]);
        self.frame.outs = data;
        Ok(())
    }

    fn exit_early(&mut self, status: u32) -> Result {
        self.trace(&[&status.to_be_bytes()], &[]);
        Err(Escape::Exit(status))
    }

    fn storage_load(&mut self, key: u32, dest: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR)?;
        // Before ArbOS 32 the ink of the call was taken for gas.
        let miss_gas = if self.frame.arbos_version < 32 {
            EVM_API
        } else {
            EVM_API / self.frame.ink_price
        };
        self.require_gas(pricing::COLD_SLOAD_GAS + StorageCache::REQUIRED_ACCESS_GAS + miss_gas)?;
        let key = self.word(key)?;

        let mut gas = self.frame.cache.read_gas();
        let value = match self.frame.cache.get(&key) {
            Some(value) => value,
            None => {
                let (value, cost) = self.frame.host().storage_load(key);
                gas = gas.saturating_add(cost).saturating_add(miss_gas);
                self.frame.cache.know(key, value);
                value
            }
        };
        self.buy_gas(gas)?;
        self.put(dest, value.as_slice())?;
        self.trace(&[key.as_slice()], &[value.as_slice()]);
        Ok(())
    }

    fn storage_cache(&mut self, key: u32, value: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR)?;
        self.require_gas(pricing::SSTORE_SENTRY_GAS + StorageCache::REQUIRED_ACCESS_GAS)?;
        let (key, value) = (self.word(key)?, self.word(value)?);

        let gas = self.frame.cache.write_gas();
        self.frame.cache.write(key, value);
        self.buy_gas(gas)?;
        self.trace(&[key.as_slice(), value.as_slice()], &[]);
        Ok(())
    }

    fn storage_flush(&mut self, clear: bool) -> Result {
        self.buy_ink(HOSTIO + EVM_API)?;
        self.require_gas(pricing::SSTORE_SENTRY_GAS)?;
        // One more than there is, so that spending the last of it is no error.
        let gas_left = self.gas_left().saturating_add(1);

        let dirty = self.frame.cache.flush(clear);
        if !dirty.is_empty() {
            let (cost, status) = self.frame.host().storage_store(&dirty, gas_left);
            if self.frame.arbos_version >= 32 {
                self.buy_gas(cost)?;
            }
            refuse(status)?;
        }
        self.trace(&[&[u8::from(clear)]], &[]);
        Ok(())
    }

    fn transient_load(&mut self, key: u32, dest: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.buy_gas(pricing::TRANSIENT_GAS)?;
        let key = self.word(key)?;
        let value = self.frame.host().transient_load(key);
        self.put(dest, value.as_slice())?;
        self.trace(&[key.as_slice()], &[value.as_slice()]);
        Ok(())
    }

    fn transient_store(&mut self, key: u32, value: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.buy_gas(pricing::TRANSIENT_GAS)?;
        let (key, value) = (self.word(key)?, self.word(value)?);
        refuse(self.frame.host().transient_store(key, value))?;
        self.trace(&[key.as_slice(), value.as_slice()], &[]);
        Ok(())
    }

    fn call(
        &mut self,
        kind: CallKind,
        to: u32,
        (data, len): (u32, u32),
        value: Option<u32>,
        gas: u64,
        ret_len: u32,
    ) -> Result<u32> {
        self.buy_ink(HOSTIO + 3 * PTR + EVM_API)?;
        self.buy_ink(pricing::read(len))?;
        self.buy_ink(pricing::read(len))?;

        let gas_left = self.gas_left();
        let to = self.address(to)?;
        let input = Bytes::copy_from_slice(self.slice(data, len)?);
        let value = value.map(|ptr| self.number(ptr)).transpose()?;
        let traced = self.frame.tracing.then(|| input.clone());

        let outcome = self.frame.host().call(CallRequest {
            kind,
            to,
            input,
            value: value.unwrap_or_default(),
            gas_left,
            gas_requested: gas.min(gas_left),
        });
        let outs_len = outcome.output.len() as u32;
        self.frame.return_data = outcome.output;
        self.buy_gas(outcome.gas_cost)?;
        self.frame.return_len = outs_len;
        self.put(ret_len, &outs_len.to_le_bytes())?;

        if let Some(input) = traced {
            let value = value.map(|x| x.to_be_bytes::<32>());
            let value = value.as_ref().map_or(&[][..], |x| &x[..]);
            self.trace(
                &[to.as_slice(), &gas.to_be_bytes(), value, &input],
                &[&outs_len.to_be_bytes(), &[outcome.status]],
            );
        }
        Ok(outcome.status.into())
    }

    fn create(
        &mut self,
        code: u32,
        len: u32,
        value: u32,
        salt: Option<u32>,
        contract: u32,
        ret_len: u32,
    ) -> Result {
        let pointers = if salt.is_some() { 4 } else { 3 };
        self.buy_ink(HOSTIO + pointers * PTR + EVM_API)?;
        self.buy_ink(pricing::read(len))?;
        self.buy_ink(pricing::read(len))?;

        let code = Bytes::copy_from_slice(self.slice(code, len)?);
        let value = self.number(value)?;
        let salt = salt.map(|ptr| self.word(ptr)).transpose()?;
        let gas_left = self.gas_left();
        let traced = self.frame.tracing.then(|| code.clone());

        let outcome = self.frame.host().create(CreateRequest {
            code,
            value,
            salt,
            gas_left,
        });
        if outcome.failed_frame {
            return Err(Escape::Logical("create failed".into()));
        }
        let outs_len = outcome.output.len() as u32;
        self.frame.return_data = outcome.output;
        self.buy_gas(outcome.gas_cost)?;
        self.frame.return_len = outs_len;
        self.put(ret_len, &outs_len.to_le_bytes())?;
        self.put(contract, outcome.address.as_slice())?;

        if let Some(code) = traced {
            let salt = salt.as_ref().map_or(&[][..], |x| x.as_slice());
            self.trace(
                &[&value.to_be_bytes::<32>(), salt, &code],
                &[outcome.address.as_slice(), &outs_len.to_be_bytes()],
            );
        }
        Ok(())
    }

    fn read_return_data(&mut self, dest: u32, offset: u32, size: u32) -> Result<u32> {
        self.buy_ink(HOSTIO + EVM_API)?;
        let most = self.frame.return_len.saturating_sub(offset);
        self.buy_ink(pricing::write(size.min(most)))?;
        let data = window(&self.frame.return_data.clone(), offset, size);
        if most > 0 && !data.is_empty() {
            self.put(dest, &data)?;
        }
        self.trace(&[&offset.to_be_bytes(), &size.to_be_bytes()], &[&data]);
        Ok(data.len() as u32)
    }

    fn return_data_size(&mut self) -> Result<u32> {
        self.buy_ink(HOSTIO)?;
        let len = self.frame.return_len;
        self.trace(&[], &[&len.to_be_bytes()]);
        Ok(len)
    }

    fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Result {
        self.buy_ink(HOSTIO + EVM_API)?;
        if topics > 4 || len < topics * 32 {
            return Err(Escape::Logical("bad topic data".into()));
        }
        self.buy_ink(pricing::read(len))?;
        let (topic_count, data_len) = (u64::from(topics), u64::from(len - topics * 32));
        self.buy_gas(
            (1 + topic_count) * pricing::LOG_TOPIC_GAS + data_len * pricing::LOG_DATA_GAS,
        )?;

        let bytes = self.slice(data, len)?.to_vec();
        let (head, tail) = bytes.split_at(topics as usize * 32);
        let list = head.chunks_exact(32).map(B256::from_slice).collect();
        refuse(self.frame.host().log(list, Bytes::copy_from_slice(tail)))?;
        self.trace(&[&topics.to_be_bytes(), &bytes], &[]);
        Ok(())
    }

    fn account_balance(&mut self, address: u32, dest: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.address(address)?;
        let (balance, gas) = self.frame.host().balance(address);
        self.buy_gas(gas)?;
        let balance = balance.to_be_bytes::<32>();
        self.put(dest, &balance)?;
        self.trace(&[address.as_slice()], &[&balance]);
        Ok(())
    }

    /// The account's code, bought; nothing is asked or bought for the account asked last.
    fn load_code(&mut self, address: u32) -> Result<(Address, Bytes)> {
        self.buy_ink(HOSTIO + EVM_API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.address(address)?;
        let gas_left = self.gas_left();
        if let Some((last, code)) = &self.frame.last_code
            && *last == address
        {
            return Ok((address, code.clone()));
        }
        let (code, gas) = self.frame.host().code(address, gas_left);
        if !code.is_empty() || self.frame.arbos_version < 40 {
            self.frame.last_code = Some((address, code.clone()));
        }
        self.buy_gas(gas)?;
        Ok((address, code))
    }

    fn account_code(&mut self, address: u32, offset: u32, size: u32, dest: u32) -> Result<u32> {
        let (address, code) = self.load_code(address)?;
        self.buy_ink(pricing::write(code.len() as u32))?;
        let data = window(&code, offset, size);
        self.put(dest, &data)?;
        self.trace(
            &[
                address.as_slice(),
                &offset.to_be_bytes(),
                &size.to_be_bytes(),
            ],
            &[&data],
        );
        Ok(data.len() as u32)
    }

    fn account_code_size(&mut self, address: u32) -> Result<u32> {
        let (address, code) = self.load_code(address)?;
        let len = code.len() as u32;
        self.trace(&[address.as_slice()], &[&len.to_be_bytes()]);
        Ok(len)
    }

    fn account_codehash(&mut self, address: u32, dest: u32) -> Result {
        self.buy_ink(HOSTIO + 2 * PTR + EVM_API)?;
        self.require_gas(pricing::COLD_ACCOUNT_GAS)?;
        let address = self.address(address)?;
        let (hash, gas) = self.frame.host().code_hash(address);
        self.buy_gas(gas)?;
        self.put(dest, hash.as_slice())?;
        self.trace(&[address.as_slice()], &[hash.as_slice()]);
        Ok(())
    }

    /// A constant of the frame, written to `dest`.
    fn constant<const N: usize>(
        &mut self,
        dest: u32,
        value: impl FnOnce(&crate::host::FrameContext) -> [u8; N],
    ) -> Result {
        self.buy_ink(HOSTIO + PTR)?;
        let value = value(self.frame.host().context());
        self.put(dest, &value)?;
        self.trace(&[], &[&value]);
        Ok(())
    }

    /// A constant of the frame, given back.
    fn small(&mut self, value: impl FnOnce(&crate::host::FrameContext) -> u64) -> Result<u64> {
        self.buy_ink(HOSTIO)?;
        let value = value(self.frame.host().context());
        self.trace(&[], &[&value.to_be_bytes()]);
        Ok(value)
    }

    fn evm_gas_left(&mut self) -> Result<u64> {
        self.buy_ink(HOSTIO)?;
        let gas = self.gas_left();
        self.trace(&[], &[&gas.to_be_bytes()]);
        Ok(gas)
    }

    fn evm_ink_left(&mut self) -> Result<u64> {
        self.buy_ink(HOSTIO)?;
        let ink = self.ink;
        self.trace(&[], &[&ink.to_be_bytes()]);
        Ok(ink)
    }

    fn msg_reentrant(&mut self) -> Result<u32> {
        self.buy_ink(HOSTIO)?;
        let reentrant = u32::from(self.frame.host().context().reentrant);
        self.trace(&[], &[&reentrant.to_be_bytes()]);
        Ok(reentrant)
    }

    fn tx_ink_price(&mut self) -> Result<u32> {
        self.buy_ink(HOSTIO)?;
        let price = self.frame.ink_price as u32;
        self.trace(&[], &[&price.to_be_bytes()]);
        Ok(price)
    }

    /// An operation on numbers; the result goes where the first one was.
    fn math<const N: usize>(
        &mut self,
        ink: u64,
        ptrs: [u32; N],
        operation: impl FnOnce(&mut Self, [U256; N]) -> Result<U256>,
    ) -> Result {
        self.buy_ink(ink)?;
        let mut numbers = [U256::ZERO; N];
        for (number, ptr) in numbers.iter_mut().zip(ptrs) {
            *number = self.number(ptr)?;
        }
        let result = operation(self, numbers)?.to_be_bytes::<32>();
        self.put(ptrs[0], &result)?;
        let args = numbers.map(|x| x.to_be_bytes::<32>());
        self.trace(&args.each_ref().map(|x| &x[..]), &[&result]);
        Ok(())
    }

    fn keccak(&mut self, input: u32, len: u32, output: u32) -> Result {
        self.buy_ink(pricing::keccak(len))?;
        let digest = keccak256(self.slice(input, len)?);
        let preimage = self
            .frame
            .tracing
            .then(|| self.slice(input, len).map(<[u8]>::to_vec));
        self.put(output, digest.as_slice())?;
        if let Some(preimage) = preimage {
            self.trace(&[&preimage?], &[digest.as_slice()]);
        }
        Ok(())
    }

    fn pay_for_memory_grow(&mut self, argument: u32) -> Result {
        let wide = self.frame.wide_page_counts;
        let pages = match u16::try_from(argument) {
            Ok(pages) => pages,
            Err(_) if wide => return Err(Escape::OutOfInk),
            Err(_) => argument as u16,
        };
        if pages == 0 {
            self.buy_ink(HOSTIO)?;
        } else {
            let (open, ever) = self.frame.host().pages();
            self.frame.host().add_pages(pages);
            self.buy_gas(self.frame.model.gas_cost(pages, open, ever))?;
        }
        let traced = argument.to_be_bytes();
        self.trace(&[if wide { &traced } else { &traced[2..] }], &[]);
        Ok(())
    }
}

/// Ends the frame where the chain did not do as asked.
fn refuse(status: ApiStatus) -> Result {
    match status {
        ApiStatus::Success => Ok(()),
        other => Err(Escape::Logical(format!("outcome {other:?}"))),
    }
}

/// The part of `data` that `offset` and `size` cover.
fn window(data: &[u8], offset: u32, size: u32) -> Vec<u8> {
    let end = (offset.saturating_add(size) as usize).min(data.len());
    data.get(offset as usize..end)
        .map(<[u8]>::to_vec)
        .unwrap_or_default()
}

/// The importable set.
pub(crate) fn linker(engine: &Engine) -> core::result::Result<Linker<Frame>, wasmi::Error> {
    type C<'a> = Caller<'a, Frame>;
    let mut linker = Linker::new(engine);
    macro_rules! hostio {
        ($name:ident, |$this:ident $(, $arg:ident: $ty:ty)*| $body:expr) => {
            linker.func_wrap(HOOKS, stringify!($name), |caller: C<'_> $(, $arg: $ty)*| {
                enter(caller, stringify!($name), |$this| $body)
            })?;
        };
    }
    hostio!(read_args, |x, ptr: u32| x.read_args(ptr));
    hostio!(write_result, |x, ptr: u32, len: u32| x
        .write_result(ptr, len));
    hostio!(exit_early, |x, status: u32| x.exit_early(status));
    hostio!(storage_load_bytes32, |x, key: u32, dest: u32| x
        .storage_load(key, dest));
    hostio!(storage_cache_bytes32, |x, key: u32, value: u32| x
        .storage_cache(key, value));
    hostio!(storage_flush_cache, |x, clear: u32| x
        .storage_flush(clear != 0));
    hostio!(transient_load_bytes32, |x, key: u32, dest: u32| x
        .transient_load(key, dest));
    hostio!(transient_store_bytes32, |x, key: u32, value: u32| x
        .transient_store(key, value));
    hostio!(call_contract, |x,
                            to: u32,
                            data: u32,
                            len: u32,
                            value: u32,
                            gas: u64,
                            ret: u32| x.call(
        CallKind::Call,
        to,
        (data, len),
        Some(value),
        gas,
        ret
    ));
    hostio!(
        delegate_call_contract,
        |x, to: u32, data: u32, len: u32, gas: u64, ret: u32| x.call(
            CallKind::Delegate,
            to,
            (data, len),
            None,
            gas,
            ret
        )
    );
    hostio!(
        static_call_contract,
        |x, to: u32, data: u32, len: u32, gas: u64, ret: u32| x.call(
            CallKind::Static,
            to,
            (data, len),
            None,
            gas,
            ret
        )
    );
    hostio!(create1, |x,
                      code: u32,
                      len: u32,
                      value: u32,
                      contract: u32,
                      ret: u32| x
        .create(code, len, value, None, contract, ret));
    hostio!(create2, |x,
                      code: u32,
                      len: u32,
                      value: u32,
                      salt: u32,
                      contract: u32,
                      ret: u32| x.create(
        code,
        len,
        value,
        Some(salt),
        contract,
        ret
    ));
    hostio!(read_return_data, |x, dest: u32, offset: u32, size: u32| x
        .read_return_data(dest, offset, size));
    hostio!(return_data_size, |x| x.return_data_size());
    hostio!(emit_log, |x, data: u32, len: u32, topics: u32| x
        .emit_log(data, len, topics));
    hostio!(account_balance, |x, address: u32, dest: u32| x
        .account_balance(address, dest));
    hostio!(account_code, |x,
                           address: u32,
                           offset: u32,
                           size: u32,
                           dest: u32| x
        .account_code(address, offset, size, dest));
    hostio!(account_code_size, |x, address: u32| x
        .account_code_size(address));
    hostio!(account_codehash, |x, address: u32, dest: u32| x
        .account_codehash(address, dest));
    hostio!(evm_gas_left, |x| x.evm_gas_left());
    hostio!(evm_ink_left, |x| x.evm_ink_left());
    hostio!(block_basefee, |x, dest: u32| x
        .constant(dest, |c| c.basefee.to_be_bytes::<32>()));
    hostio!(chainid, |x| x.small(|c| c.chain_id));
    hostio!(block_coinbase, |x, dest: u32| x
        .constant(dest, |c| *c.coinbase.0));
    hostio!(block_gas_limit, |x| x.small(|c| c.block_gas_limit));
    hostio!(block_number, |x| x.small(|c| c.block_number));
    hostio!(block_timestamp, |x| x.small(|c| c.timestamp));
    hostio!(contract_address, |x, dest: u32| x
        .constant(dest, |c| *c.contract.0));
    hostio!(math_div, |x, value: u32, divisor: u32| x.math(
        HOSTIO + 3 * PTR + pricing::DIV,
        [value, divisor],
        |_, [a, b]| Ok(a.checked_div(b).unwrap_or_default())
    ));
    hostio!(math_mod, |x, value: u32, modulus: u32| x.math(
        HOSTIO + 3 * PTR + pricing::DIV,
        [value, modulus],
        |_, [a, b]| Ok(a.checked_rem(b).unwrap_or_default())
    ));
    hostio!(math_pow, |x, value: u32, exponent: u32| x.math(
        HOSTIO + 3 * PTR,
        [value, exponent],
        |x, [a, b]| {
            x.buy_ink(pricing::pow(&b.to_be_bytes()))?;
            Ok(a.wrapping_pow(b))
        }
    ));
    hostio!(math_add_mod, |x, value: u32, addend: u32, modulus: u32| x
        .math(
            HOSTIO + 4 * PTR + pricing::ADD_MOD,
            [value, addend, modulus],
            |_, [a, b, c]| Ok(a.add_mod(b, c))
        ));
    hostio!(math_mul_mod, |x, value: u32, factor: u32, modulus: u32| x
        .math(
            HOSTIO + 4 * PTR + pricing::MUL_MOD,
            [value, factor, modulus],
            |_, [a, b, c]| Ok(a.mul_mod(b, c))
        ));
    hostio!(msg_reentrant, |x| x.msg_reentrant());
    hostio!(msg_sender, |x, dest: u32| x.constant(dest, |c| *c.caller.0));
    hostio!(msg_value, |x, dest: u32| x
        .constant(dest, |c| c.value.to_be_bytes::<32>()));
    hostio!(native_keccak256, |x, input: u32, len: u32, output: u32| x
        .keccak(input, len, output));
    hostio!(tx_gas_price, |x, dest: u32| x
        .constant(dest, |c| c.gas_price.to_be_bytes::<32>()));
    hostio!(tx_ink_price, |x| x.tx_ink_price());
    hostio!(tx_origin, |x, dest: u32| x.constant(dest, |c| *c.origin.0));
    hostio!(pay_for_memory_grow, |x, pages: u32| x
        .pay_for_memory_grow(pages));
    Ok(linker)
}
