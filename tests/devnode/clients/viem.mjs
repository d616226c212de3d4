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
