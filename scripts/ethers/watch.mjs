#!/usr/bin/env node
// Lists the accounts of the house with their health, then follows events.
import {
  COMMON_HELP,
  Failure,
  accountsIn,
  connect,
  events,
  explain,
  main,
  money,
  options,
  ownerOf,
  parseAccount,
  readAccount,
  showAccount,
  toJson,
} from './lib.mjs';

const HELP = `Lists accounts with their health, then follows the house's events.

  node watch.mjs [options] [account...]

Accounts are 32 bytes in hex or owner/subaccount; without any, all that ever appeared in an event are watched, and
those that hold nothing are not listed.
Every account is assessed again at least every --interval seconds, because prices move without events.

  --once           list and exit
  --unhealthy      list only accounts below their initial margin
  --interval S     seconds between looks       [2]
  --from BLOCK     first block to read         [the deployment's]
${COMMON_HELP}`;

const { values, positionals } = options(
  {
    once: { type: 'boolean', default: false },
    unhealthy: { type: 'boolean', default: false },
    interval: { type: 'string', default: '2' },
    from: { type: 'string' },
  },
  HELP,
);

/** How many accounts are asked for at a time. */
const WIDTH = 16;

const say = (kind, fields, text) => console.log(values.json ? toJson({ kind, ...fields }) : text);

function showRow(state) {
  const { account, health, equity, im, mm, legs } = state;
  const line = [health.padEnd(21), showAccount(account).padEnd(46), money(equity).padStart(16)];
  say('account', state, [...line, money(im).padStart(16), money(mm).padStart(16), String(legs.length).padStart(5)].join(' '));
}

const HEAD = `${'health'.padEnd(21)} ${'account'.padEnd(46)} ${'equity'.padStart(16)} ${'im'.padStart(16)} ${'mm'.padStart(16)}  legs`;

/** Text of an event: names and values, accounts shortened. */
function showEvent({ block, tx, contract, event, args }) {
  const text = Object.entries(args).map(([name, value]) => {
    const isAccount = typeof value === 'string' && value.length === 66 && accountsIn({ args: { [name]: value } }).length;
    return `${name} ${isAccount ? showAccount(value) : value}`;
  });
  say('event', { block, tx, contract, event, args }, `${String(block).padStart(8)}  ${contract}.${event}  ${text.join('  ')}`);
}

/** Reads many accounts, a few at a time. One that cannot be read right now is reported, not fatal. */
async function readAll(house, accounts) {
  const states = [];
  for (let i = 0; i < accounts.length; i += WIDTH) {
    const part = accounts.slice(i, i + WIDTH);
    const results = await Promise.allSettled(part.map((account) => readAccount(house, account)));
    results.forEach((result, k) => {
      if (result.status === 'fulfilled') states.push(result.value);
      else console.error(explain(result.reason, showAccount(part[k])).message);
    });
  }
  return states;
}

const isEmpty = ({ cash, collateral, legs }) => cash === 0n && collateral.length === 0 && legs.length === 0;

/** Accounts with a requirement first, the nearest to its line first. */
function byDistance(a, b) {
  if (a.mm > 0n !== b.mm > 0n) return a.mm > 0n ? -1 : 1;
  const [x, y] = [a.equity - a.mm, b.equity - b.mm];
  return x < y ? -1 : x > y ? 1 : 0;
}

const isHealthy = (state) => state.health.startsWith('healthy');

await main(async () => {
  const interval = Number(values.interval);
  if (!(interval > 0)) throw new Failure(`--interval ${values.interval} is not a number of seconds`);
  if (values.from !== undefined && !/^\d+$/.test(values.from)) throw new Failure(`--from ${values.from} is not a block`);
  const house = await connect(values);
  const vault = house.record.contracts.vault.address.toLowerCase();
  const chosen = positionals.map(parseAccount);
  const known = new Set(chosen);

  // The house's own accounts (insurance fund, clearing accounts) have no health to watch.
  const learn = (found) => {
    if (chosen.length > 0) return;
    for (const event of found) {
      for (const account of accountsIn(event)) {
        if (ownerOf(account).toLowerCase() !== vault) known.add(account);
      }
    }
  };
  const concerns = (event) => chosen.length === 0 || accountsIn(event).some((account) => known.has(account));

  let head = await house.provider.getBlockNumber();
  learn(await events(house, Number(values.from ?? house.fromBlock), head));

  const last = new Map();
  const first = await readAll(house, [...known].sort());
  first.sort(byDistance);
  if (!values.json) console.log(HEAD);
  for (const state of first) {
    last.set(state.account, state.health);
    if (isEmpty(state) && chosen.length === 0) continue;
    if (!values.unhealthy || !isHealthy(state)) showRow(state);
  }
  if (values.once) return house.provider.destroy();

  let going = true;
  const stop = () => (going = false);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  while (going) {
    await new Promise((resume) => setTimeout(resume, interval * 1000));
    let found;
    try {
      const now = await house.provider.getBlockNumber();
      if (now < head) head = now; // the chain was reset or rolled back
      found = now > head ? await events(house, head + 1, now) : [];
      head = now;
    } catch (error) {
      console.error(`${values.rpc}: ${error.shortMessage ?? error.message}`);
      continue;
    }
    learn(found);
    found.filter(concerns).forEach(showEvent);
    for (const state of await readAll(house, [...known])) {
      const before = last.get(state.account);
      if (before === state.health) continue;
      last.set(state.account, state.health);
      if (!values.unhealthy || !isHealthy(state) || before !== undefined) showRow(state);
    }
  }
  house.provider.destroy();
});
