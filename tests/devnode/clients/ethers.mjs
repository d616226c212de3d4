// Walks a devnode with ethers v6. Usage: node ethers.mjs <http url> <ws url>
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  Contract,
  ContractFactory,
  Interface,
  JsonRpcProvider,
  Wallet,
  WebSocketProvider,
  getBytes,
  isError,
  parseEther,
  verifyMessage,
  verifyTypedData,
} from "ethers";

const [url, wsUrl] = process.argv.slice(2);
assert.ok(url && wsUrl, "usage: node ethers.mjs <http url> <ws url>");

const KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const { abi, bytecode } = JSON.parse(
  readFileSync(new URL("./Probe.json", import.meta.url), "utf8"),
);

const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const wallet = new Wallet(KEY, provider);
const step = (name) => console.log(`ok ${name}`);

// Network, fees, accounts
const network = await provider.getNetwork();
assert.equal(network.chainId, BigInt(await provider.send("net_version", [])));
const fees = await provider.getFeeData();
assert.ok(fees.maxFeePerGas > 0n && fees.gasPrice > 0n);
const accounts = await provider.listAccounts();
assert.equal(accounts[0].address, wallet.address);
step("network, fees, accounts");

// Deploy, send, read
const factory = new ContractFactory(abi, bytecode, wallet);
const probe = await factory.deploy(7n);
await probe.waitForDeployment();
assert.equal(await probe.value(), 7n);
const receipt = await (await probe.store(42n)).wait();
assert.equal(receipt.status, 1);
assert.equal(receipt.logs.length, 1);
assert.equal(receipt.logs[0].fragment.name, "Stored");
assert.equal(receipt.logs[0].args.value, 42n);
assert.equal(await probe.value(), 42n);
step("deploy, send, read");

// Blocks with what Nitro adds
const raw = await provider.send("eth_getTransactionReceipt", [receipt.hash]);
assert.ok(raw.gasUsedForL1 && raw.l1BlockNumber);
const block = await provider.getBlock(receipt.blockNumber, true);
assert.equal(block.prefetchedTransactions[0].hash, receipt.hash);
const rawBlock = await provider.send("eth_getBlockByNumber", ["latest", false]);
assert.ok(rawBlock.l1BlockNumber && rawBlock.sendRoot && rawBlock.sendCount);
for (const tag of ["latest", "pending", "safe", "finalized", "earliest"]) {
  assert.ok(await provider.getBlock(tag), tag);
}
step("blocks, receipts, tags");

// Logs
const events = await probe.queryFilter(probe.filters.Stored(wallet.address), 0, "latest");
assert.equal(events.at(-1).args.value, 42n);
step("logs");

// Reverts, decoded
await assert.rejects(probe.store.staticCall(2000n * 10n ** 18n), (e) => {
  assert.ok(isError(e, "CALL_EXCEPTION"));
  assert.equal(e.revert.name, "TooLarge");
  assert.equal(e.revert.args.limit, 1000n * 10n ** 18n);
  return true;
});
await assert.rejects(probe.store(13n), (e) => isError(e, "CALL_EXCEPTION") && e.reason === "unlucky");
await assert.rejects(
  probe.divide(1n, 0n),
  (e) => isError(e, "CALL_EXCEPTION") && e.reason.includes("0x12") || /DIVIDE_BY_ZERO/.test(e.reason),
);
await assert.rejects(
  provider.send("eth_call", [
    { to: await probe.getAddress(), data: probe.interface.encodeFunctionData("store", [13n]) },
  ]),
  (e) => e.info.error.code === 3 && e.info.error.message === "execution reverted: unlucky",
);
step("reverts");

// A failed transaction that was sent anyway
const doomed = await probe.store(13n, { gasLimit: 200_000n });
await assert.rejects(doomed.wait(), (e) => isError(e, "CALL_EXCEPTION") && e.receipt.status === 0);
step("failed transaction");

// Errors ethers tells apart by the node's words
const nonce = await wallet.getNonce();
await assert.rejects(
  wallet.sendTransaction({ to: wallet.address, nonce: nonce - 1 }),
  (e) => isError(e, "NONCE_EXPIRED"),
);
await assert.rejects(
  wallet.sendTransaction({ to: wallet.address, value: parseEther("100000000"), gasLimit: 21000n }),
  (e) => isError(e, "INSUFFICIENT_FUNDS"),
);
// geth's words, which ethers knows a method that is not there by
await assert.rejects(
  provider.send("eth_nonsense", []),
  (e) => e.code === "UNSUPPORTED_OPERATION" && e.info.error.code === -32601,
);
await assert.rejects(provider.send("eth_getBalance", ["0x12"]), (e) => e.error.code === -32602);
step("refusals");

// Unlocked accounts, message signatures
const signer = await provider.getSigner(1);
const sent = await signer.sendTransaction({ to: wallet.address, value: 1n });
assert.equal((await sent.wait()).status, 1);
assert.equal(verifyMessage("hello", await signer.signMessage("hello")), signer.address);
const domain = { name: "Plimsoll", version: "1", chainId: network.chainId };
const types = {
  Leg: [{ name: "instrument", type: "uint128" }, { name: "size", type: "int64" }],
  Order: [{ name: "trader", type: "address" }, { name: "legs", type: "Leg[]" }],
};
const order = { trader: wallet.address, legs: [{ instrument: 1n, size: -2n }, { instrument: 3n, size: 4n }] };
const typed = await signer.signTypedData(domain, types, order);
assert.equal(verifyTypedData(domain, types, order, typed), signer.address);
step("unlocked accounts");

// Levers
const stranger = "0x00000000000000000000000000000000DeaDBeef";
await provider.send("hardhat_setBalance", [stranger, "0xde0b6b3a7640000"]);
assert.equal(await provider.getBalance(stranger), parseEther("1"));
await provider.send("anvil_impersonateAccount", [stranger]);
const asStranger = await provider.getSigner(stranger);
await (await probe.connect(asStranger).store(5n)).wait();
await provider.send("anvil_stopImpersonatingAccount", [stranger]);
await assert.rejects(probe.connect(asStranger).store(6n));
const snapshot = await provider.send("evm_snapshot", []);
await (await probe.store(99n)).wait();
assert.equal(await provider.send("evm_revert", [snapshot]), true);
assert.equal(await probe.value(), 5n);
const before = await probe.time();
await provider.send("evm_increaseTime", [3600]);
await provider.send("evm_mine", []);
assert.ok((await probe.time()) >= before + 3600n);
step("levers");

// State overrides
const overridden = await provider.send("eth_call", [
  { to: stranger, data: probe.interface.encodeFunctionData("divide", [84n, 2n]) },
  "latest",
  { [stranger]: { code: await provider.getCode(await probe.getAddress()) } },
]);
assert.equal(BigInt(overridden), 42n);
step("state overrides");

// Precompiles
const arbSys = new Contract(
  "0x0000000000000000000000000000000000000064",
  new Interface(["function arbBlockNumber() view returns (uint256)"]),
  provider,
);
assert.equal(await arbSys.arbBlockNumber(), BigInt(await provider.getBlockNumber()));
step("precompiles");

// Subscriptions
const ws = new WebSocketProvider(wsUrl);
const heads = [];
await ws.on("block", (number) => heads.push(number));
const stored = [];
const live = new Contract(await probe.getAddress(), abi, ws);
await live.on("Stored", (by, value) => stored.push([by, value]));
await (await probe.store(77n)).wait();
for (let i = 0; i < 100 && (heads.length === 0 || stored.length === 0); i++) {
  await new Promise((done) => setTimeout(done, 50));
}
assert.ok(heads.length >= 1, "a block was heard");
assert.deepEqual(stored[0], [wallet.address, 77n]);
await ws.destroy();
step("subscriptions");

// Batches: a dozen requests in one body
const many = await Promise.all([...Array(12).keys()].map((n) => provider.getBlock(n % 3)));
assert.ok(many.every((b) => b !== null));
assert.ok(getBytes(await provider.getCode(await probe.getAddress())).length > 0);
step("batches");

provider.destroy();
console.log("ethers: all ok");
