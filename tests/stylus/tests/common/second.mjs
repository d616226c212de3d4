// A second engine: the one of the JavaScript runtime this file runs in.
//
// Reads one job a line and answers with one line. A job is a module that meters itself, as
// literal.rs writes it, and what to run it on:
//
//   {"wasm": hex, "exponents": [gas of a record of that many pages],
//    "runs": [{"input": hex, "ink": "n", "space": n, "wide": bool,
//              "replay"?: [[name, args, outs, start, end]]}]}
//
// and the answer is {"runs": [{"ended": "with" | "trap" | "ink" | "stack", "status": n,
// "output": hex, "ink": "n", "fault": null | text}]}, or {"fault": text}.
//
// "wide" says that pages are counted in more than 16 bits. Without "replay" the host functions that
// `live` knows are there, on a chain of nothing. With it every host function is, and answers what was
// recorded; a call that is not the one recorded, with the arguments and the ink recorded, is a fault.

import { createInterface } from "node:readline";

class Exit {
  constructor(status) {
    this.status = status;
  }
}
class OutOfInk {}
class Fault extends Error {}

const max = (a, b) => (a > b ? a : b);
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const big = (value, bytes) => Buffer.from(value.toString(16).padStart(2 * bytes, "0"), "hex");

class Frame {
  constructor(module, job, run) {
    this.exponents = job.exponents.map(BigInt);
    this.wide = run.wide;
    this.input = Buffer.from(run.input, "hex");
    this.output = Buffer.alloc(0);
    this.open = this.ever = 1;
    this.replay = run.replay;
    this.at = 0;
    const hooks = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      if (from !== "vm_hooks" || kind !== "function") throw new Fault(`import ${from} ${name}`);
      hooks[name] = this.replay ? this.recorded(name) : this.live(name);
    }
    this.instance = new WebAssembly.Instance(module, { vm_hooks: hooks });
    const { ink, status, space, memory } = this.instance.exports;
    Object.assign(this, { inkGlobal: ink, status, space, memory });
    ink.value = BigInt.asIntN(64, BigInt(run.ink));
    space.value = run.space;
  }

  get ink() {
    return BigInt.asUintN(64, this.inkGlobal.value);
  }

  set ink(value) {
    this.inkGlobal.value = BigInt.asIntN(64, value);
  }

  take(price) {
    if (this.ink < price) {
      this.status.value = 1;
      throw new OutOfInk();
    }
    this.ink -= price;
  }

  // n bytes of the program's memory, itself and not a copy
  bytes(ptr, len) {
    const [start, end] = [ptr >>> 0, (ptr >>> 0) + (len >>> 0)];
    if (end > this.memory.buffer.byteLength) throw new Fault(`memory ${start}..${end}`);
    return Buffer.from(this.memory.buffer, start, len >>> 0);
  }

  live(name) {
    const host = {
      read_args: (ptr) => {
        this.take(8_400n + 5_040n + 30n * max(0n, BigInt(this.input.length) - 32n));
        this.bytes(ptr, this.input.length).set(this.input);
      },
      write_result: (ptr, len) => {
        this.take(8_400n + 2n * (16_381n + 55n * max(0n, BigInt(len >>> 0) - 32n)));
        this.output = Buffer.from(this.bytes(ptr, len));
      },
      msg_reentrant: () => {
        this.take(8_400n);
        return 0;
      },
      evm_ink_left: () => {
        this.take(8_400n);
        return this.inkGlobal.value;
      },
      pay_for_memory_grow: (argument) => {
        const pages = this.wide ? argument >>> 0 : argument & 0xffff;
        if (pages === 0) return this.take(8_400n);
        const open = this.open + pages;
        const ever = Math.max(this.ever, open);
        if (ever > 128) return this.take(1n << 64n);
        const paid = (n) => Math.max(0, n - 2);
        const gas = BigInt(1_000 * (paid(open) - paid(this.open)));
        const record = this.exponents[ever] - this.exponents[this.ever];
        [this.open, this.ever] = [open, ever];
        this.take(10_000n * (ever <= 2 ? 0n : gas + record));
      },
    }[name];
    if (!host) throw new Fault(`no host function ${name}`);
    return host;
  }

  recorded(name) {
    const shape = SHAPES[name];
    if (!shape) throw new Fault(`no host function ${name}`);
    return (...params) => {
      const record = this.replay[this.at];
      if (!record) throw new Fault(`${name} after the last of the record`);
      const [recorded, args, outs, start, end] = record;
      const where = `host call ${this.at}`;
      const given = Buffer.concat(shape.args ? shape.args(this, ...params) : []).toString("hex");
      if (recorded !== name) throw new Fault(`${where}: ${name}, recorded: ${recorded}`);
      if (args !== given) throw new Fault(`${where}: ${name}(${given}), recorded: ${args}`);
      if (this.ink !== BigInt(start)) throw new Fault(`${where}: ${name} at ${this.ink} ink, recorded: ${start}`);
      this.at += 1;
      this.ink = BigInt(end);
      return shape.outs?.(this, Buffer.from(outs, "hex"), ...params);
    };
  }

  run() {
    const done = (ended, status = 0) => ({
      ended,
      status,
      output: toHex(ended === "with" ? this.output : []),
      ink: String(ended === "ink" || ended === "stack" ? 0n : this.ink),
      fault: null,
    });
    try {
      return done("with", this.instance.exports.user_entrypoint(this.input.length) >>> 0);
    } catch (error) {
      if (error instanceof Exit) return done("with", error.status >>> 0);
      const trapped = error instanceof WebAssembly.RuntimeError || error instanceof OutOfInk;
      if (!trapped) return { ...done("trap"), fault: String(error.message ?? error) };
      if (this.space.value === 0) return done("stack");
      return done(this.status.value === 0 ? "trap" : "ink");
    }
  }
}

// What each host function is given and gives, in the order of the record.
const word = (f, ptr) => f.bytes(ptr, 32);
const address = (f, ptr) => f.bytes(ptr, 20);
const number = (value, bytes) => big(BigInt.asUintN(8 * bytes, BigInt(value)), bytes);
const to = (pick) => ({ outs: (f, outs, ...params) => void f.bytes(pick(...params), outs.length).set(outs) });
const small = { outs: (f, outs) => outs.readUInt32BE(0) | 0 };
const long = { outs: (f, outs) => outs.readBigInt64BE(0) };
const constant = to((dest) => dest);
const math = (count) => ({
  args: (f, ...ptrs) => ptrs.slice(0, count).map((ptr) => word(f, ptr)),
  ...to((first) => first),
});
const call = (args, ret) => ({
  args,
  outs: (f, outs, ...params) => {
    f.bytes(ret(params), 4).writeUInt32LE(outs.readUInt32BE(0));
    return outs[4];
  },
});
const create = (args, at) => ({
  args,
  outs: (f, outs, ...params) => {
    const [contract, ret] = params.slice(at);
    f.bytes(ret, 4).writeUInt32LE(outs.readUInt32BE(20));
    f.bytes(contract, 20).set(outs.subarray(0, 20));
  },
});
const SHAPES = {
  read_args: constant,
  write_result: {
    args: (f, ptr, len) => [f.bytes(ptr, len)],
    outs: (f, _, ptr, len) => void (f.output = Buffer.from(f.bytes(ptr, len))),
  },
  exit_early: {
    args: (f, status) => [number(status, 4)],
    outs: (f, _, status) => {
      throw new Exit(status);
    },
  },
  storage_load_bytes32: { args: (f, key) => [word(f, key)], ...to((_, dest) => dest) },
  storage_cache_bytes32: { args: (f, key, value) => [word(f, key), word(f, value)] },
  storage_flush_cache: { args: (f, clear) => [number(clear === 0 ? 0 : 1, 1)] },
  transient_load_bytes32: { args: (f, key) => [word(f, key)], ...to((_, dest) => dest) },
  transient_store_bytes32: { args: (f, key, value) => [word(f, key), word(f, value)] },
  call_contract: call(
    (f, whom, data, len, value, gas) => [address(f, whom), number(gas, 8), word(f, value), f.bytes(data, len)],
    (params) => params[5],
  ),
  delegate_call_contract: call(
    (f, whom, data, len, gas) => [address(f, whom), number(gas, 8), f.bytes(data, len)],
    (params) => params[4],
  ),
  static_call_contract: call(
    (f, whom, data, len, gas) => [address(f, whom), number(gas, 8), f.bytes(data, len)],
    (params) => params[4],
  ),
  create1: create((f, code, len, value) => [word(f, value), f.bytes(code, len)], 3),
  create2: create((f, code, len, value, salt) => [word(f, value), word(f, salt), f.bytes(code, len)], 4),
  read_return_data: {
    args: (f, _, offset, size) => [number(offset, 4), number(size, 4)],
    outs: (f, outs, dest) => {
      if (outs.length > 0) f.bytes(dest, outs.length).set(outs);
      return outs.length;
    },
  },
  return_data_size: small,
  emit_log: { args: (f, data, len, topics) => [number(topics, 4), f.bytes(data, len)] },
  account_balance: { args: (f, whom) => [address(f, whom)], ...to((_, dest) => dest) },
  account_code: {
    args: (f, whom, offset, size) => [address(f, whom), number(offset, 4), number(size, 4)],
    outs: (f, outs, whom, offset, size, dest) => {
      f.bytes(dest, outs.length).set(outs);
      return outs.length;
    },
  },
  account_code_size: { args: (f, whom) => [address(f, whom)], ...small },
  account_codehash: { args: (f, whom) => [address(f, whom)], ...to((_, dest) => dest) },
  evm_gas_left: long,
  evm_ink_left: long,
  block_basefee: constant,
  chainid: long,
  block_coinbase: constant,
  block_gas_limit: long,
  block_number: long,
  block_timestamp: long,
  contract_address: constant,
  math_div: math(2),
  math_mod: math(2),
  math_pow: math(2),
  math_add_mod: math(3),
  math_mul_mod: math(3),
  msg_reentrant: small,
  msg_sender: constant,
  msg_value: constant,
  native_keccak256: { args: (f, input, len) => [f.bytes(input, len)], ...to((input, len, output) => output) },
  tx_gas_price: constant,
  tx_ink_price: small,
  tx_origin: constant,
  pay_for_memory_grow: { args: (f, pages) => [number(pages, 4)] },
};

function work(line) {
  try {
    const job = JSON.parse(line);
    const module = new WebAssembly.Module(Buffer.from(job.wasm, "hex"));
    return { runs: job.runs.map((run) => new Frame(module, job, run).run()) };
  } catch (error) {
    return { fault: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(work(line))}\n`);
}
