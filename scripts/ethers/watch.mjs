#!/usr/bin/env node
// Lists the accounts of the house and where they stand, then follows events.
import { setTimeout as sleep } from 'node:timers/promises';
import { ownerOf, parseAccount, readAccount, readAccountInFull, showAccount } from './account.mjs';
import { Tail } from './follow.mjs';
import {
  COMMON_HELP,
  Failure,
  accountsIn,
  connect,
  explain,
  main,
  misuse,
  money,
  options,
  toJson,
  words,
} from './lib.mjs';

const HELP = `Lists accounts and where they stand, then follows the house's events.

  node watch.mjs [options] [account...]

Accounts are 32 bytes in hex or owner/subaccount; without any, all that ever appeared in an event are watched, and
those that hold nothing are not listed.
Every account is assessed again at least every --interval seconds, because prices move without events. Blocks are
followed by their hashes: what a reorganisation took back is said to be undone, and what came in its place is told.

  --once           list and exit
  --full           also read sensitivities, distances and what may be withdrawn, once for the first list; shown by --json
  --unhealthy      list only accounts below their initial margin
  --interval S     seconds between looks       [2]
  --from BLOCK     first block to read         [the deployment's]
${COMMON_HELP}.`;

const OPTIONS = {
  once: { type: 'boolean', default: false },
  unhealthy: { type: 'boolean', default: false },
  full: { type: 'boolean', default: false },
  interval: { type: 'string', default: '2' },
  from: { type: 'string' },
};

/** How many accounts are asked for at a time. */
const WIDTH = 16;

const HEAD = `${'state'.padEnd(28)} ${'account'.padEnd(46)} ${'equity'.padStart(16)} ${'im'.padStart(16)} ${'mm'.padStart(16)}  legs`;

/** An account as a row under HEAD. */
function row({ account, state, stale, equity, im, mm, legs }) {
  const numbers = [equity, im, mm].map((amount) => money(amount).padStart(16));
  return [standing({ state, stale }).padEnd(28), showAccount(account).padEnd(46), ...numbers, String(legs.length).padStart(5)].join(' ');
}

/** An event as text: names and values, accounts shortened. */
function line({ block, contract, event, args }) {
  const text = Object.entries(args).map(([name, value]) => {
    const isAccount = accountsIn({ args: { [name]: value } }).length > 0;
    return `${name} ${isAccount ? showAccount(value) : value}`;
  });
  return `${String(block).padStart(8)}  ${contract}.${event}  ${text.join('  ')}`;
}

/** Waits; false when asked to stop. */
const pause = (seconds, signal) => sleep(seconds * 1000, true, { signal }).catch(() => false);

/** Reads many accounts in one block, a few at a time. One that cannot be read right now is reported, not fatal. */
async function readAll(house, accounts, { hash }, read = readAccount) {
  const states = [];
  for (let i = 0; i < accounts.length; i += WIDTH) {
    const part = accounts.slice(i, i + WIDTH);
    const results = await Promise.allSettled(part.map((account) => read(house, account, hash)));
    results.forEach((result, k) => {
      if (result.status === 'fulfilled') states.push(result.value);
      else console.error(explain(result.reason, showAccount(part[k])).message);
    });
  }
  return states;
}

/** Accounts with a requirement first, the nearest to its line first. */
function byDistance(a, b) {
  if (a.mm > 0n !== b.mm > 0n) return a.mm > 0n ? -1 : 1;
  const [x, y] = [a.equity - a.mm, b.equity - b.mm];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** What is told when it changes. */
const standing = ({ state, stale }) => `${state}${stale ? ', stale' : ''}`;

const isBelow = ({ state }) => state !== 'healthy' && state !== 'holds nothing';

await main(async () => {
  const { values, positionals } = options(OPTIONS, HELP);
  const say = (kind, fields, text) => console.log(values.json ? toJson({ kind, ...fields }) : text);
  const interval = Number(values.interval);
  if (!(interval > 0)) throw misuse(`--interval ${values.interval} is not a number of seconds above 0`);
  if (values.from !== undefined && !/^\d{1,15}$/.test(values.from)) throw misuse(`--from ${values.from} is not a block`);
  const chosen = positionals.map(parseAccount);
  const known = new Set(chosen);

  const house = await connect(values);
  const vault = house.record.contracts.vault.address.toLowerCase();
  // The house's own accounts (insurance fund, clearing accounts) have no margin to watch.
  const learn = (found) => {
    if (chosen.length > 0) return;
    for (const event of found) {
      for (const account of accountsIn(event)) {
        if (ownerOf(account).toLowerCase() !== vault) known.add(account);
      }
    }
  };
  const concerns = (event) => chosen.length === 0 || accountsIn(event).some((account) => known.has(account));
  const showRow = (view) => say('account', view, row(view));
  const showEvents = (kind, list) => {
    for (const event of list.filter(concerns)) say(kind, event, `${kind === 'undone' ? 'undone' : ''}${line(event)}`);
  };

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  try {
    const tail = new Tail(house);
    learn(await tail.begin(Number(values.from ?? house.fromBlock)));

    const last = new Map();
    const first = await readAll(house, [...known].sort(), tail.head, values.full ? readAccountInFull : readAccount);
    first.sort(byDistance);
    if (!values.json) console.log(HEAD);
    for (const view of first) {
      last.set(view.account, standing(view));
      if (view.state === 'holds nothing' && chosen.length === 0) continue;
      if (!values.unhealthy || isBelow(view)) showRow(view);
    }
    if (values.once) return;

    while (await pause(interval, stop.signal)) {
      let news;
      try {
        news = await tail.look();
      } catch (error) {
        if (error instanceof Failure) throw error;
        console.error(`${values.rpc}: ${words(error)}`);
        continue;
      }
      const { reorganised, base, undone, found } = news;
      if (reorganised) {
        const { number: block, hash: blockHash } = tail.head;
        const text = `the chain was reorganised after block ${base.number}: ${undone.length} events are undone, the head is ${block}`;
        say('reorganised', { after: base.number, undone: undone.length, block, blockHash }, text);
      }
      showEvents('undone', undone);
      learn(found);
      showEvents('event', found);
      for (const view of await readAll(house, [...known], tail.head)) {
        const before = last.get(view.account);
        if (before === standing(view)) continue;
        last.set(view.account, standing(view));
        if (!values.unhealthy || isBelow(view) || before !== undefined) showRow(view);
      }
    }
  } catch (error) {
    throw explain(error, values.rpc);
  } finally {
    house.provider.destroy();
  }
});
