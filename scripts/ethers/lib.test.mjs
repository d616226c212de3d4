import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interface } from 'ethers';
import { accountOf, decodeInstrument, ownerOf, parseAccount, showAccount } from './account.mjs';
import { Tail } from './follow.mjs';
import {
  CONTRACTS,
  EXIT,
  Failure,
  WAD,
  abi,
  accountsIn,
  divCeil,
  divFloor,
  explain,
  money,
  planBid,
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

test('instruments have parts and a name', () => {
  assert.deepEqual(decodeInstrument(0x00030001940200005a80000000000000n), {
    name: 'venue 3 / underlying 1 call 2200 of day 20488',
    venue: 3,
    underlying: 1,
    kind: 'call',
    expiryDay: 20488,
    strike: 2200n * WAD,
  });
  const perpetual = { name: 'venue 7 / underlying 9', venue: 7, underlying: 9, kind: 'perpetual', expiryDay: null, strike: null };
  assert.deepEqual(decodeInstrument((7n << 112n) | (9n << 96n)), perpetual);
  const future = decodeInstrument((7n << 112n) | (9n << 96n) | (1n << 94n) | (5n << 78n));
  assert.equal(future.name, 'venue 7 / underlying 9 future of day 5');
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

/** The limit of a share that the auction took of the share asked for, as the contract scales it. */
const scaled = (limit, taken, asked) => (taken >= asked ? limit : divFloor(limit * taken, asked));
const MIN = WAD / 100n;
const plan = (over) => planBid({ state: { maxFraction: WAD / 2n, price: 101n, mm: 1000n }, minFraction: MIN, tolerance: 0n, ...over });

test('a bid is clamped, its price scales with the share and rounds against the bidder', () => {
  const quarter = plan({ fraction: WAD / 4n });
  assert.deepEqual(quarter, { share: WAD / 4n, price: 51n, limit: 51n, fraction: WAD / 4n, maxPrice: 51n });
  const clamped = plan({ fraction: (WAD * 3n) / 4n, tolerance: WAD / 100n });
  assert.deepEqual([clamped.share, clamped.price, clamped.limit], [WAD / 2n, 101n, 106n]);
  assert.equal(clamped.fraction, WAD / 2n);
  // Negative: the bidder is paid, at least 50.
  const paid = { maxFraction: WAD / 2n, price: -101n, mm: 1000n };
  assert.equal(plan({ state: paid, fraction: WAD / 4n }).maxPrice, -50n);
  assert.equal(plan({ fraction: WAD, maxPrice: 3n }).maxPrice, 3n);
  assert.throws(() => plan({ state: { ...paid, maxFraction: 0n } }), Failure);
  assert.throws(() => plan({ fraction: MIN - 1n }), { status: EXIT.misuse });
});

test('S-1: all that the auction gives is asked for with room, what may not be asked for never', () => {
  const whole = plan({ state: { maxFraction: WAD, price: 7n, mm: 1n } });
  assert.deepEqual([whole.share, whole.fraction, whole.maxPrice], [WAD, WAD, 7n]);
  for (const maxFraction of [1n, MIN / 31n, MIN - 1n, MIN, WAD / 3n, WAD - 2n * MIN, WAD - MIN, WAD - 1n]) {
    for (const price of [10n ** 21n + 7n, -(10n ** 21n) - 7n, 0n, 1n]) {
      const state = { maxFraction, price, mm: 10n ** 22n };
      for (const fraction of [undefined, WAD, MIN]) {
        const bid = plan({ state, fraction, tolerance: 10n ** 16n });
        assert.ok(bid.fraction >= MIN && bid.fraction <= WAD, `${bid.fraction} is a share the auction takes`);
        if (fraction !== undefined) assert.ok(bid.fraction <= fraction, 'no more than was asked for');
        else assert.ok(bid.fraction === WAD || bid.fraction === maxFraction + MIN);
        // Of the planned share the contract sees the planned limit, to the last digit.
        assert.equal(scaled(bid.maxPrice, bid.share, bid.fraction), bid.limit);
      }
      const held = plan({ state, maxPrice: 5n });
      assert.equal(scaled(held.maxPrice, held.share, held.fraction), 5n, 'a limit of the user is kept');
    }
  }
});

test('failures name the error of the house and its numbers', () => {
  const vault = new Interface(abi('IVault'));
  const data = vault.encodeErrorResult('NotAuthorized', [accountOf(OWNER), OWNER]);
  const failure = explain({ data, shortMessage: 'execution reverted' }, 'withdraw');
  assert.equal(failure.message, `withdraw: NotAuthorized (account ${accountOf(OWNER)}, caller ${OWNER})`);
  assert.equal(failure.detail.error, 'NotAuthorized');
  assert.match(explain({ data: '0x12345678' }, 'x').message, /unknown/);
  assert.match(explain({ shortMessage: 'timeout' }, 'x').message, /x: timeout/);
  assert.match(explain({ shortMessage: 'could not coalesce', error: { message: 'nonce too low' } }, 'x').message, /x: nonce too low/);
});

test('every interface loads, and events name accounts', () => {
  for (const name of Object.values(CONTRACTS)) assert.ok(new Interface(abi(name)).fragments.length > 0);
  const args = { account: accountOf(OWNER), token: OWNER, amount: 1n, bidder: accountOf(OWNER, 1) };
  assert.deepEqual(accountsIn({ args }), [accountOf(OWNER), accountOf(OWNER, 1)]);
  assert.equal(toJson({ amount: 2n ** 200n }), `{"amount":"${2n ** 200n}"}`);
});

/** A chain of blocks that a test makes and takes back; block n holds the logs given for it. */
function chain() {
  let blocks = [{ number: 0, hash: 'genesis', logs: [] }];
  const vault = new Interface(abi('IVault'));
  const address = OWNER;
  let made = 0;
  const record = { contracts: Object.fromEntries(Object.keys(CONTRACTS).map((key) => [key, { address: key === 'vault' ? address : key }])) };
  const log = (venue) => {
    const { data, topics } = vault.encodeEventLog('VenueAdmitted', [accountOf(OWNER), venue, true]);
    return { address, data, topics };
  };
  const house = {
    record,
    provider: {
      getBlock: async (tag) => blocks[tag === 'latest' ? blocks.length - 1 : tag] ?? null,
      getLogs: async ({ fromBlock, toBlock }) =>
        blocks.slice(fromBlock, toBlock + 1).flatMap(({ number, hash, logs }) =>
          logs.map((one, index) => ({ ...one, index, blockNumber: number, blockHash: hash, transactionHash: `tx of ${hash}` })),
        ),
    },
  };
  return {
    house,
    mine: (...venues) => blocks.push({ number: blocks.length, hash: `${blocks.length}-${made++}`, logs: venues.map(log) }),
    back: (number) => (blocks = blocks.slice(0, number + 1)),
  };
}

const venuesOf = (list) => list.map(({ args }) => Number(args.venue));

test('S-5: events are told once, undone when their block is gone, and told again when it comes back', async () => {
  const { house, mine, back } = chain();
  for (let i = 1; i <= 20; i++) mine(i);
  const tail = new Tail(house);
  assert.equal((await tail.begin(1)).length, 20);
  assert.deepEqual(venuesOf((await tail.look()).found), []);
  mine(21);
  mine();
  assert.deepEqual(venuesOf((await tail.look()).found), [21]);

  // To the same height; block 21 with another event.
  back(20);
  mine(31);
  mine();
  let news = await tail.look();
  assert.equal(news.reorganised, true);
  assert.deepEqual([venuesOf(news.undone), venuesOf(news.found)], [[21], [31]]);

  // Deeper, between two marks, before the watch began: what stayed is not told again.
  back(13);
  mine(41);
  news = await tail.look();
  assert.deepEqual(venuesOf(news.undone), [31, 20, 19, 18, 17, 16, 15, 14]);
  assert.deepEqual(venuesOf(news.found), [41]);

  // Shorter, and nothing new; then longer.
  back(12);
  news = await tail.look();
  assert.deepEqual([news.reorganised, venuesOf(news.undone), venuesOf(news.found)], [true, [41, 13], []]);
  mine(51);
  news = await tail.look();
  assert.deepEqual([news.reorganised, venuesOf(news.undone), venuesOf(news.found)], [false, [], [51]]);
});

test('S-5: what is rolled back further than remembered is an error, not silence', async () => {
  const { house, mine, back } = chain();
  for (let i = 1; i <= 3000; i++) mine();
  const tail = new Tail(house);
  await tail.begin(1);
  for (let i = 0; i < 100; i++) {
    mine(i);
    await tail.look();
  }
  back(2500);
  mine(7);
  assert.deepEqual(venuesOf((await tail.look()).found), [7]);
  back(900);
  await assert.rejects(tail.look(), /rolled back below block/);
});

test('S-5: a chain that changes while it is read is read again', async () => {
  const { house, mine, back } = chain();
  for (let i = 1; i <= 5; i++) mine(i);
  const tail = new Tail(house);
  await tail.begin(1);
  mine(6);
  const { getLogs } = house.provider;
  house.provider.getLogs = async (filter) => {
    const logs = await getLogs(filter);
    back(5);
    mine(60); // the head that was asked about is gone
    house.provider.getLogs = getLogs;
    return logs;
  };
  assert.deepEqual(venuesOf((await tail.look()).found), [60]);
});
