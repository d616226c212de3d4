#!/usr/bin/env node
// Bids in an auction: takes a slice of an account at a price limit computed from the state it sees.
import { readFileSync } from 'node:fs';
import { Wallet, ZeroAddress, isAddress } from 'ethers';
import { accountOf, ownerOf, parseAccount, readAccount, showAccount } from './account.mjs';
import {
  COMMON_HELP,
  Failure,
  WAD,
  accountsIn,
  connect,
  explain,
  main,
  misuse,
  money,
  options,
  parseSeconds,
  parseWad,
  planBid,
  toJson,
} from './lib.mjs';
import { transact } from './transact.mjs';

const HELP = `Takes a slice of an account in auction.

  node bid.mjs [options] ACCOUNT

ACCOUNT is 32 bytes in hex or owner/subaccount. The bidder's account gets the slice (legs, collateral and signed cash)
and pays the price; a negative price is paid to it. The bid names the version of the account it saw, a deadline and
a price limit, so it fails rather than buy something else or at a worse price. All that the plan rests on is read in
one block, which the plan names.

  --bidder ACCOUNT   who bids                                    [the signer's subaccount 0]
  --fraction F       most to take of the account, 0..1           [as much as the auction gives]
  --tolerance T      how far the price may move against the bid, as a share of the slice's maintenance margin   [0.01]
  --max-price=P      price limit of the planned share instead, in cash; negative: the least to be paid
  --deadline S       seconds the bid stands, and the longest wait for a transaction   [60]
  --start            start the auction if it is not running
  --replace          send in the place of a transaction of the signer that waits; otherwise that is a refusal
  --key-file FILE    signer's private key in hex                 [PLIMSOLL_KEY]
  --from ADDRESS     signer, for a dry run without a key
  --dry-run          compute, try it as a call, send nothing
${COMMON_HELP};
3 a transaction was sent and was in no block when the time was up: it may still go through.`;

const OPTIONS = {
  bidder: { type: 'string' },
  fraction: { type: 'string' },
  tolerance: { type: 'string', default: '0.01' },
  'max-price': { type: 'string' },
  deadline: { type: 'string', default: '60' },
  start: { type: 'boolean', default: false },
  replace: { type: 'boolean', default: false },
  'key-file': { type: 'string' },
  from: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
};

/** The signer's key, or null for a dry run without one. */
function keyOf(values) {
  let key = process.env.PLIMSOLL_KEY;
  if (values['key-file'] !== undefined) {
    try {
      key = readFileSync(values['key-file'], 'utf8').trim();
    } catch (error) {
      throw misuse(`cannot read the key: ${error.message}`);
    }
  }
  if (key === undefined) {
    if (values['dry-run']) return null;
    throw misuse('a key is needed: PLIMSOLL_KEY or --key-file; or --dry-run --from ADDRESS');
  }
  try {
    return new Wallet(key);
  } catch {
    throw misuse('that is no private key'); // never repeats it
  }
}

/** The latest block, but none before `block`: a node behind a name that many share may lag. */
async function latest(provider, block) {
  const newest = await provider.getBlock('latest');
  return newest.number < block ? provider.getBlock(block) : newest;
}

/** When the next block will be made, as far as the node says: the latest one may be long ago. */
async function nextTime(provider, block) {
  try {
    const pending = await provider.send('eth_getBlockByNumber', ['pending', false]);
    return Math.max(block.timestamp, Number(pending.timestamp));
  } catch {
    return block.timestamp;
  }
}

/** Why nothing is for sale. */
function nothing(account, { equity, im, mm }) {
  const numbers = `equity ${money(equity)}, initial ${money(im)}, maintenance ${money(mm)}`;
  return new Failure(
    equity >= mm
      ? `nothing of ${showAccount(account)} has to be sold now (${numbers}): anyone may close the auction`
      : `nothing of ${showAccount(account)} can be sold now (${numbers}): what it holds has no price`,
    { equity, im, mm },
  );
}

await main(async () => {
  const { values, positionals } = options(OPTIONS, HELP);
  const say = (kind, fields, text) => console.log(values.json ? toJson({ kind, ...fields }) : text);
  if (positionals.length !== 1) throw misuse('one account is needed (--help shows how)');
  const account = parseAccount(positionals[0]);
  const tolerance = parseWad(values.tolerance, 'tolerance');
  if (tolerance < 0n) throw misuse(`--tolerance ${values.tolerance} is below 0`);
  const fraction = values.fraction === undefined ? undefined : parseWad(values.fraction, 'fraction');
  if (fraction !== undefined && (fraction <= 0n || fraction > WAD)) throw misuse(`--fraction ${values.fraction} is not in 0..1`);
  const maxPrice = values['max-price'] === undefined ? undefined : parseWad(values['max-price'], 'max-price');
  const seconds = parseSeconds(values.deadline, 'deadline');
  const wallet = keyOf(values);
  const from = wallet?.address ?? values.from ?? ZeroAddress;
  if (!isAddress(from)) throw misuse(`--from ${from} is no address`);
  const bidder = values.bidder === undefined ? accountOf(from) : parseAccount(values.bidder);

  const house = await connect(values);
  const { auction, provider } = house;
  /** Sends, waits, tells. */
  const send = async (what, args, deadline) => {
    const receipt = await transact(house, wallet, what, auction, what, args, { seconds, deadline, replace: values.replace });
    const { hash: tx, blockNumber: block, gasUsed } = receipt;
    say('transaction', { what, tx, block, gasUsed }, `${what}: ${tx}, ${gasUsed} gas`);
    return receipt;
  };
  try {
    let block = await provider.getBlock('latest');
    let target = await readAccount(house, account, block.hash);
    if (target.auction === null) {
      if (!values.start) throw new Failure(`${showAccount(account)} is not in auction (--start begins one)`);
      if (values['dry-run']) {
        await auction.start.staticCall(account, { from, blockTag: block.hash }).catch((error) => {
          throw explain(error, 'start');
        });
        say('plan', { block: block.number, start: account }, 'start would go through; a bid can be planned once it is running');
        return;
      }
      const started = await send('start', [account]).catch((error) => {
        if (error.detail?.error === 'AuctionOpen') return { blockNumber: 0 }; // somebody else was faster
        throw error;
      });
      block = await latest(provider, started.blockNumber);
      target = await readAccount(house, account, block.hash);
      if (target.auction === null) throw new Failure(`the auction of ${showAccount(account)} has ended already`);
    }

    // One block for all of the plan: what is priced is what the bid names.
    const blockTag = block.hash;
    const [{ minFraction }, now] = await Promise.all([
      auction.parameters({ blockTag }),
      nextTime(provider, block),
    ]);
    const { equity, mm } = target;
    const state = { ...target.auction, mm };
    if (state.maxFraction === 0n) throw nothing(account, target);
    const planned = planBid({ state, minFraction, fraction, tolerance, maxPrice });
    const bid = {
      account,
      bidder,
      fraction: planned.fraction,
      maxPrice: planned.maxPrice,
      version: target.version,
      deadline: now + seconds,
    };
    const { share, price, limit } = planned;
    say(
      'plan',
      { block: block.number, blockHash: block.hash, share, price, limit, bid, lambda: state.lambda, equity, mm },
      `${showAccount(account)} at block ${block.number}: equity ${money(equity)}, maintenance ${money(mm)}, ` +
        `discount ${money(state.lambda * 100n)} %\n` +
        `bid for ${money(share * 100n)} %: price about ${money(price)}, limit ${money(limit)}`,
    );

    const expected = await auction.bid.staticCall(bid, { from: wallet?.address ?? ownerOf(bidder), blockTag });
    if (values['dry-run']) {
      const result = { fraction: expected.fraction, price: expected.price };
      say('dry-run', result, `would take ${money(expected.fraction * 100n)} % at ${money(expected.price)}`);
      return;
    }

    const receipt = await send('bid', [bid], bid.deadline);
    const taken = receipt.logs
      .map((log) => auction.interface.parseLog(log))
      .find((event) => event?.name === 'BidTaken' && accountsIn({ args: event.args }).includes(account));
    if (!taken) throw new Failure('the transaction went through but no BidTaken event is in it');
    const { fraction: got, price: paid, lambda, fundPaid, equityAfter, mmAfter } = taken.args;
    say(
      'bid',
      { tx: receipt.hash, account, bidder, fraction: got, price: paid, lambda, fundPaid, equityAfter, mmAfter },
      `took ${money(got * 100n)} % at ${money(paid)}; the account's equity is now ${money(equityAfter)}, maintenance ${money(mmAfter)}`,
    );
  } catch (error) {
    throw explain(error, 'bid');
  } finally {
    provider.destroy();
  }
});
