// Walks a devnode with viem. Usage: node viem.mjs <http url> <ws url>
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  verifyTypedData,
  webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

const [url, wsUrl] = process.argv.slice(2);
assert.ok(url && wsUrl, "usage: node viem.mjs <http url> <ws url>");

const { abi, bytecode } = JSON.parse(
  readFileSync(new URL("./Probe.json", import.meta.url), "utf8"),
);
const step = (name) => console.log(`ok ${name}`);
const chain = defineChain({
  id: 412346,
  name: "devnode",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url], webSocket: [wsUrl] } },
});
const account = privateKeyToAccount(
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
);
const pub = createPublicClient({ chain, transport: http(), pollingInterval: 50 });
const wallet = createWalletClient({ account, chain, transport: http() });
const test = createTestClient({ mode: "anvil", chain, transport: http() });

assert.equal(await pub.getChainId(), 412346);
const hash = await wallet.deployContract({ abi, bytecode, args: [7n] });
const { contractAddress: address } = await pub.waitForTransactionReceipt({ hash });
assert.equal(await pub.readContract({ address, abi, functionName: "value" }), 7n);
step("deploy, read");

const { request } = await pub.simulateContract({
  account, address, abi, functionName: "store", args: [42n],
});
const receipt = await pub.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
assert.equal(receipt.status, "success");
const [event] = await pub.getContractEvents({ address, abi, eventName: "Stored", fromBlock: 0n });
assert.equal(event.args.value, 42n);
step("simulate, write, events");

await assert.rejects(
  pub.simulateContract({
    account, address, abi, functionName: "store", args: [2000n * 10n ** 18n],
  }),
  (e) => {
    const revert = e instanceof BaseError && e.walk((x) => x instanceof ContractFunctionRevertedError);
    assert.equal(revert.data.errorName, "TooLarge");
    return true;
  },
);
step("reverts");

assert.equal(
  await pub.readContract({
    address: "0x00000000000000000000000000000000DeaDBeef",
    abi,
    functionName: "divide",
    args: [84n, 2n],
    stateOverride: [
      {
        address: "0x00000000000000000000000000000000DeaDBeef",
        code: await pub.getCode({ address }),
      },
    ],
  }),
  42n,
);
step("state overrides");

const id = await test.snapshot();
await test.setBalance({ address: account.address, value: parseEther("5") });
await test.increaseTime({ seconds: 100 });
await test.mine({ blocks: 3 });
assert.equal(await pub.getBalance({ address: account.address }), parseEther("5"));
await test.revert({ id });
assert.ok((await pub.getBalance({ address: account.address })) > parseEther("9000"));
step("levers");

// A wallet whose keys are in the node: typed data, transactions signed and not sent.
const unlocked = createWalletClient({
  account: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", chain, transport: http(),
});
const typed = {
  domain: { name: "Plimsoll", version: "1", chainId: 412346 },
  types: {
    Leg: [{ name: "instrument", type: "uint128" }, { name: "size", type: "int64" }],
    Order: [{ name: "legs", type: "Leg[]" }, { name: "note", type: "bytes" }],
  },
  primaryType: "Order",
  message: { legs: [{ instrument: 1n, size: -2n }, { instrument: 3n, size: 4n }], note: "0x0102" },
};
const signature = await unlocked.signTypedData(typed);
assert.ok(await verifyTypedData({ address: unlocked.account.address, signature, ...typed }));
const prepared = await unlocked.prepareTransactionRequest({ to: account.address, value: 1n });
const serialized = await unlocked.signTransaction(prepared);
const synced = await unlocked.sendRawTransactionSync({ serializedTransaction: serialized });
assert.equal(synced.status, "success");
step("typed data, signed transactions, receipts at once");

const stranger = "0x00000000000000000000000000000000DeaDBeef";
const simulated = await pub.simulateBlocks({
  blocks: [
    { stateOverrides: [{ address: stranger, balance: 5n }],
      calls: [{ account: stranger, to: address, abi, functionName: "store", args: [7n] }] },
    { calls: [{ account: stranger, to: address, abi, functionName: "value" },
              { account: stranger, to: address, abi, functionName: "store", args: [13n] }] },
  ],
});
assert.equal(simulated[0].calls[0].status, "success");
assert.equal(simulated[0].calls[0].logs.length, 1);
assert.equal(simulated[1].calls[0].result, 7n);
assert.equal(simulated[1].calls[1].status, "failure");
assert.match(simulated[1].calls[1].error.message, /unlucky/);
assert.equal(simulated[1].number, simulated[0].number + 1n);
const { assetChanges } = await pub.simulateCalls({
  account: account.address,
  calls: [{ to: stranger, value: parseEther("1.5") }],
  traceAssetChanges: true,
});
assert.equal(assetChanges[0].value.diff, -parseEther("1.5"));
step("simulations");

const dump = await test.dumpState();
await test.setBalance({ address: stranger, value: 9n });
await test.mine({ blocks: 2 });
const height = await pub.getBlockNumber({ cacheTime: 0 });
await test.loadState({ state: dump });
assert.equal(await pub.getBlockNumber({ cacheTime: 0 }), height - 2n);
assert.equal(await pub.getBalance({ address: stranger }), 0n);
step("dump and load");

const live = createPublicClient({ chain, transport: webSocket() });
const heard = await new Promise((done, failed) => {
  const stop = live.watchBlockNumber({
    onBlockNumber: (n) => { stop(); done(n); },
    onError: failed,
  });
  setTimeout(() => test.mine({ blocks: 1 }).catch(failed), 300);
});
assert.ok(heard > 0n);
step("subscriptions");

console.log("viem: all ok");
process.exit(0);
