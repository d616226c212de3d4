import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interface } from 'ethers';
import {
  CONTRACTS,
  Failure,
  WAD,
  abi,
  accountOf,
  accountsIn,
  decodeLeg,
  divCeil,
  divFloor,
  explain,
  health,
  money,
  ownerOf,
  parseAccount,
  planBid,
  showAccount,
  toJson,
} from './lib.mjs';

const OWNER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

test('accounts name their owner and number', () => {
  const account = accountOf(OWNER, 7n);
  assert.equal(account.length, 66);
  assert.equal(ownerOf(account), OWNER);
  assert.equal(showAccount(account), `${OWNER}/7`);
  assert.equal(parseAccount(`${OWNER}/7`), account);
  assert.equal(parseAccount(OWNER), accountOf(OWNER));
  assert.equal(parseAccount(account.toUpperCase().replace('0X', '0x')), account);
  for (const bad of ['', '0x12', `${OWNER}/x`, `${OWNER}/1/2`, OWNER.replace('f', 'F'), `${OWNER}/${2n ** 96n}`]) {
    assert.throws(() => parseAccount(bad), Failure, bad);
  }
});

test('leg slots decode with their signs', () => {
  const slot = (3n << 240n) | (9n << 224n) | (BigInt.asUintN(64, -5n) << 128n) | BigInt.asUintN(128, -1234n);
  assert.deepEqual(decodeLeg(slot), { venue: 3, underlying: 9, kind: 'perpetual', size: -5n, quote: -1234n });
});

test('division names its rounding', () => {
  for (const [a, b, floor, ceil] of [[7n, 2n, 3n, 4n], [-7n, 2n, -4n, -3n], [6n, 2n, 3n, 3n], [0n, 5n, 0n, 0n]]) {
    assert.equal(divFloor(a, b), floor);
    assert.equal(divCeil(a, b), ceil);
  }
});

test('money rounds down and keeps its sign', () => {
  assert.equal(money(1_234_567n * WAD + 999n * 10n ** 15n), '1,234,567.99');
  assert.equal(money(-1n), '-0.01');
  assert.equal(money(0n), '0.00');
});

test('health uses the words of the house', () => {
  const at = (equity, more) => health({ equity, im: 10n, mm: 5n, stale: false, inAuction: false, ...more });
  assert.equal(at(10n), 'healthy');
  assert.equal(at(9n), 'below initial');
  assert.equal(at(5n), 'below initial');
  assert.equal(at(4n), 'liquidatable');
  assert.equal(at(-1n), 'insolvent');
  assert.equal(at(-1n, { inAuction: true }), 'in auction');
  assert.equal(at(10n, { stale: true }), 'healthy, prices stale');
});

test('a bid is clamped, its price scales with the share and rounds against the bidder', () => {
  const state = { maxFraction: WAD / 2n, price: 101n, mm: 1000n };
  assert.deepEqual(planBid({ state, fraction: undefined, tolerance: WAD / 100n }), {
    fraction: WAD / 2n,
    price: 101n,
    maxPrice: 106n,
  });
  assert.deepEqual(planBid({ state, fraction: WAD / 4n, tolerance: 0n }), { fraction: WAD / 4n, price: 51n, maxPrice: 51n });
  // Negative: the bidder is paid, at least 50.
  assert.equal(planBid({ state: { ...state, price: -101n }, fraction: WAD / 4n, tolerance: 0n }).maxPrice, -50n);
  assert.equal(planBid({ state, fraction: WAD, tolerance: 0n, maxPrice: 3n }).maxPrice, 3n);
  assert.throws(() => planBid({ state: { ...state, maxFraction: 0n }, tolerance: 0n }), Failure);
});

test('failures name the error of the house and its numbers', () => {
  const vault = new Interface(abi('IVault'));
  const data = vault.encodeErrorResult('NotAuthorized', [accountOf(OWNER), OWNER]);
  const failure = explain({ data, shortMessage: 'execution reverted' }, 'withdraw');
  assert.equal(failure.message, `withdraw: NotAuthorized (account ${accountOf(OWNER)}, caller ${OWNER})`);
  assert.equal(failure.detail.error, 'NotAuthorized');
  assert.match(explain({ data: '0x12345678' }, 'x').message, /unknown/);
  assert.match(explain({ shortMessage: 'timeout' }, 'x').message, /x: timeout/);
});

test('every interface loads, and events name accounts', () => {
  for (const name of Object.values(CONTRACTS)) assert.ok(new Interface(abi(name)).fragments.length > 0);
  const args = { account: accountOf(OWNER), token: OWNER, amount: 1n, bidder: accountOf(OWNER, 1) };
  assert.deepEqual(accountsIn({ args }), [accountOf(OWNER), accountOf(OWNER, 1)]);
  assert.equal(toJson({ amount: 2n ** 200n }), `{"amount":"${2n ** 200n}"}`);
});
