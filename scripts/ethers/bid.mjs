#!/usr/bin/env node
// Bids in an auction: takes a slice of an account at a price limit computed from the state it sees.
import { readFileSync } from 'node:fs';
import { Wallet, ZeroAddress } from 'ethers';
import {
  COMMON_HELP,
  Failure,
  WAD,
  accountOf,
  accountsIn,
  connect,
  explain,
  main,
  money,
  options,
  ownerOf,
  parseAccount,
  parseWad,
  planBid,
  readAccount,
  showAccount,
  toJson,
} from './lib.mjs';

const HELP = `Takes a slice of an account in auction.

  node bid.mjs [options] ACCOUNT

ACCOUNT is 32 bytes in hex or owner/subaccount. The bidder's account gets the slice (legs, collateral and signed cash)
and pays the price; a negative price is paid to it. The bid names the version of the account it saw, a deadline and
a price limit, so it fails rather than buy something else or at a worse price.

  --bidder ACCOUNT   who bids                                  [the signer's subaccount 0]
  --fraction F       share of the account to take, 0..1         [as much as the auction gives]
  --tolerance T      how far the price may move against the bid, as a share of the slice's maintenance margin   [0.01]
  --max-price=P      price limit instead, in cash; negative: the least to be paid
  --deadline S       seconds the bid stands                      [60]
  --start            start the auction if it is not running
  --key-file FILE    signer's private key in hex                 [PLIMSOLL_KEY]
  --from ADDRESS     signer, for a dry run without a key
  --dry-run          compute, try it as a call, send nothing
${COMMON_HELP}`;

const { values, positionals } = options(
  {
    bidder: { type: 'string' },
    fraction: { type: 'string' },
    tolerance: { type: 'string', default: '0.01' },
    'max-price': { type: 'string' },
    deadline: { type: 'string', default: '60' },
    start: { type: 'boolean', default: false },
    'key-file': { type: 'string' },
    from: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  HELP,
);

const say = (kind, fields, text) => console.log(values.json ? toJson({ kind, ...fields }) : text);

function signer(provider) {
  let key = process.env.PLIMSOLL_KEY;
  if (values['key-file'] !== undefined) {
    try {
      key = readFileSync(values['key-file'], 'utf8').trim();
    } catch (error) {
      throw new Failure(`cannot read the key: ${error.message}`);
    }
  }
  if (key === undefined) {
    if (values['dry-run']) return null;
    throw new Failure('a key is needed: PLIMSOLL_KEY or --key-file; or --dry-run --from ADDRESS');
  }
  try {
    return new Wallet(key, provider);
  } catch {
    throw new Failure('that is no private key'); // never repeats it
  }
}

/** Sends, waits, and explains a failure. */
async function send(what, contract, name, args) {
  try {
    const tx = await contract.getFunction(name)(...args);
    const receipt = await tx.wait();
    say('transaction', { what, tx: tx.hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed }, `${what}: ${tx.hash}, ${receipt.gasUsed} gas`);
    return receipt;
  } catch (error) {
    throw explain(error, what);
  }
}

await main(async () => {
  if (positionals.length !== 1) throw new Failure('one account is needed (--help shows how)');
  const account = parseAccount(positionals[0]);
  const tolerance = parseWad(values.tolerance, 'tolerance');
  const fraction = values.fraction === undefined ? undefined : parseWad(values.fraction, 'fraction');
  if (fraction !== undefined && (fraction <= 0n || fraction > WAD)) throw new Failure('--fraction is not in 0..1');
  const maxPrice = values['max-price'] === undefined ? undefined : parseWad(values['max-price'], 'max-price');
  if (!/^\d+$/.test(values.deadline)) throw new Failure(`--deadline ${values.deadline} is not a number of seconds`);

  const house = await connect(values);
  try {
    const wallet = signer(house.provider);
    const from = wallet?.address ?? values.from ?? ZeroAddress;
    const bidder = values.bidder === undefined ? accountOf(from) : parseAccount(values.bidder);
    const auction = wallet ? house.auction.connect(wallet) : house.auction;

    let state = await house.auction.state(account);
    if (state.startedAt === 0n) {
      if (!values.start) throw new Failure(`${showAccount(account)} is not in auction (--start begins one)`);
      if (values['dry-run']) {
        try {
          await house.auction.start.staticCall(account, { from });
        } catch (error) {
          throw explain(error, 'start');
        }
        say('plan', { start: account }, `start would go through; a bid can be planned once it is running`);
        return;
      }
      await send('start', auction, 'start', [account]);
      state = await house.auction.state(account);
    }

    const target = await readAccount(house, account);
    const planned = planBid({ state, fraction, tolerance, maxPrice });
    const now = BigInt((await house.provider.getBlock('latest')).timestamp);
    const bid = {
      account,
      bidder,
      fraction: planned.fraction,
      maxPrice: planned.maxPrice,
      version: target.version,
      deadline: now + BigInt(values.deadline),
    };
    say(
      'plan',
      { bid, price: planned.price, lambda: state.lambda, equity: state.equity, mm: state.mm },
      `${showAccount(account)}: equity ${money(state.equity)}, maintenance ${money(state.mm)}, discount ${money(state.lambda * 100n)} %\n` +
        `bid for ${money(planned.fraction * 100n)} %: price about ${money(planned.price)}, limit ${money(planned.maxPrice)}`,
    );

    let expected;
    try {
      expected = await house.auction.bid.staticCall(bid, { from: wallet?.address ?? ownerOf(bidder) });
    } catch (error) {
      throw explain(error, 'bid');
    }
    if (values['dry-run']) {
      const result = { fraction: expected.fraction, price: expected.price };
      say('dry-run', result, `would take ${money(expected.fraction * 100n)} % at ${money(expected.price)}`);
      return;
    }

    const receipt = await send('bid', auction, 'bid', [bid]);
    const taken = receipt.logs
      .map((log) => house.auction.interface.parseLog(log))
      .find((event) => event?.name === 'BidTaken' && accountsIn({ args: event.args }).includes(account));
    if (!taken) throw new Failure('the transaction went through but no BidTaken event is in it');
    const { fraction: share, price, lambda, fundPaid, equityAfter, mmAfter } = taken.args;
    say(
      'bid',
      { tx: receipt.hash, account, bidder, fraction: share, price, lambda, fundPaid, equityAfter, mmAfter },
      `took ${money(share * 100n)} % at ${money(price)}; the account's equity is now ${money(equityAfter)}, maintenance ${money(mmAfter)}`,
    );
  } finally {
    house.provider.destroy();
  }
});
