// What the scripts share: options, the deployment record, contracts, numbers, errors.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  Contract,
  FetchRequest,
  Interface,
  JsonRpcProvider,
  formatUnits,
  isHexString,
  parseUnits,
} from 'ethers';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const registry = JSON.parse(readFileSync(join(root, 'contracts/registry.json'), 'utf8'));

/** The contracts: key in the record → interface. */
export const CONTRACTS = Object.fromEntries(registry.contracts.map((c) => [c.name, c.interface]));

/** Exit status of the scripts. */
export const EXIT = {
  /** Done, or the dry run shows that it would be. */
  done: 0,
  /** Refused or impossible; nothing was changed but the gas of a transaction that the output names. */
  refused: 1,
  /** The command line makes no sense; nothing was asked of the node. */
  misuse: 2,
  /** A transaction was sent and is in no block: it may still go through. */
  unknown: 3,
};

/** A mistake of the user or the world, told without a stack trace. */
export class Failure extends Error {
  constructor(message, detail = {}, status = EXIT.refused) {
    super(message);
    this.detail = detail;
    this.status = status;
  }
}

/** A mistake in the command line. */
export const misuse = (message) => new Failure(message, {}, EXIT.misuse);

/** The JSON ABI of an interface. */
export const abi = (name) => JSON.parse(readFileSync(join(root, 'abi', `${name}.json`), 'utf8'));

/** Options common to all scripts, for `parseArgs`. */
export const COMMON = {
  rpc: { type: 'string', default: process.env.PLIMSOLL_RPC ?? 'http://127.0.0.1:8545' },
  record: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

export const COMMON_HELP = `  --rpc URL        node to speak to            [PLIMSOLL_RPC, else http://127.0.0.1:8545]
  --record FILE    deployment record           [deployments/<chain id>.json]
  --json           one JSON object a line, each with a kind, a failure too; amounts are decimal strings in 1e-18
  -h, --help       this text

Exit status: 0 done; 1 refused or impossible; 2 wrong command line`;

/** Reads the command line; prints the help and exits where it is asked for. */
export function options(spec, help) {
  let parsed;
  try {
    parsed = parseArgs({ options: { ...COMMON, ...spec }, allowPositionals: true });
  } catch (error) {
    throw misuse(`${error.message} (--help shows what there is)`);
  }
  if (parsed.values.help) {
    console.log(help);
    process.exit(EXIT.done);
  }
  return parsed;
}

/** How long a node may take to answer a request, milliseconds. */
const PATIENCE = 30_000;

/** Connects, and opens the contracts a deployment record names. */
export async function connect({ rpc, record }) {
  const request = new FetchRequest(rpc);
  request.timeout = PATIENCE;
  request.setThrottleParams({ maxAttempts: 4 });
  // Answers are never kept: a nonce or a block of a moment ago is another one now.
  const provider = new JsonRpcProvider(request, undefined, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 50 });
  let chainId;
  try {
    ({ chainId } = await provider.getNetwork());
  } catch (error) {
    provider.destroy();
    throw new Failure(`no answer from ${rpc}: ${words(error)}`);
  }
  const path = record ?? join(root, 'deployments', `${chainId}.json`);
  let deployed;
  try {
    deployed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    provider.destroy();
    throw new Failure(`cannot read the deployment record ${path}: ${error.message}`);
  }
  if (BigInt(deployed.chainId) !== chainId) {
    provider.destroy();
    throw new Failure(`${path} is of chain ${deployed.chainId}, ${rpc} is chain ${chainId}`);
  }
  const token = (address) => new Contract(address, ['function symbol() view returns (string)'], provider);
  const house = { provider, chainId, record: deployed, token };
  for (const [key, name] of Object.entries(CONTRACTS)) {
    const entry = deployed.contracts?.[key];
    if (!entry) {
      provider.destroy();
      throw new Failure(`${path} has no ${key}`);
    }
    house[key] = new Contract(entry.address, abi(name), provider);
  }
  house.fromBlock = Math.min(...Object.keys(CONTRACTS).map((key) => Number(deployed.contracts[key].block)));
  return house;
}

// ---- numbers --------------------------------------------------------------------------------------------------------

export const WAD = 10n ** 18n;

/** floor(a / b) for b > 0. */
export const divFloor = (a, b) => (a % b < 0n ? a / b - 1n : a / b);
/** ceil(a / b) for b > 0. */
export const divCeil = (a, b) => -divFloor(-a, b);

/** 1e18 amount for people: two decimals, rounded down, thousands apart. */
export function money(amount) {
  const cents = divFloor(BigInt(amount), 10n ** 16n);
  const [whole, part] = formatUnits(cents < 0n ? -cents : cents, 2).split('.');
  return `${cents < 0n ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part.padEnd(2, '0')}`;
}

/** A decimal number from the command line as 1e18. */
export function parseWad(text, name) {
  try {
    return parseUnits(text, 18);
  } catch {
    throw misuse(`--${name} ${text} is not a number`);
  }
}

/** A whole number of seconds from the command line, above 0. */
export function parseSeconds(text, name) {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw misuse(`--${name} ${text} is not a number of seconds above 0`);
  return Number(text);
}

/** Decimal strings for big integers, so that nothing is lost in JSON. */
export const toJson = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString() : v));

// ---- events ---------------------------------------------------------------------------------------------------------

/** Interfaces of all contracts by address, to read logs with. */
export function interfaces(house) {
  return new Map(
    Object.entries(CONTRACTS).map(([key, name]) => [
      house.record.contracts[key].address.toLowerCase(),
      { contract: key, interface: new Interface(abi(name)) },
    ]),
  );
}

/** Events of the house in a range of blocks, in their order; halves the range when the node finds it too long. */
export async function events(house, from, to) {
  if (from > to) return [];
  const known = interfaces(house);
  let logs;
  try {
    logs = await house.provider.getLogs({ address: [...known.keys()], fromBlock: from, toBlock: to });
  } catch (error) {
    // Only a node that answered may have found the range too long.
    if (to === from || !(saidByNode(error) || error.code === 'SERVER_ERROR')) throw error;
    const middle = Math.floor((from + to) / 2);
    return [...(await events(house, from, middle)), ...(await events(house, middle + 1, to))];
  }
  return logs.flatMap((log) => {
    const { contract, interface: abi } = known.get(log.address.toLowerCase());
    const parsed = abi.parseLog(log);
    if (!parsed) return [];
    const args = Object.fromEntries(parsed.fragment.inputs.map((input, i) => [input.name, parsed.args[i]]));
    const { blockNumber: block, blockHash, index, transactionHash: tx } = log;
    return [{ block, blockHash, index, tx, contract, event: parsed.name, args }];
  });
}

/** Accounts an event names. */
export function accountsIn({ args }) {
  return ['account', 'bidder', 'buyer', 'seller', 'feeAccount'].flatMap((key) =>
    isHexString(args[key], 32) ? [args[key].toLowerCase()] : [],
  );
}

// ---- bids -----------------------------------------------------------------------------------------------------------

/**
 * The bid to make in a state: the share it is to take, the price of that, and what to ask for.
 *
 * The auction clamps a bid to the largest share it gives, which grows with time, and takes none that asks for less than
 * `minFraction`. So a bid without `fraction` asks for `minFraction` more than the auction gives, and gets
 * all of it though it is mined some seconds later; a rest below `minFraction` is asked for as `minFraction`.
 * With a `fraction` or a `maxPrice` it asks for no more than the share it is to take, or `minFraction`.
 *
 * The price scales with the share and rounds up, against the bidder. The auction scales the limit down with a clamped
 * share, so `maxPrice` is for the share asked for: of the share it is to take it is `limit`, to the last digit.
 */
export function planBid({ state, minFraction, fraction, tolerance, maxPrice }) {
  if (fraction !== undefined && fraction < minFraction) {
    throw misuse(`--fraction ${formatUnits(fraction, 18)} is below the smallest share, ${formatUnits(minFraction, 18)}`);
  }
  const most = state.maxFraction;
  const share = fraction === undefined || fraction > most ? most : fraction;
  if (share <= 0n) throw new Failure('the auction gives nothing now');
  const price = divCeil(state.price * share, most);
  const slack = divCeil(divCeil(state.mm * share, WAD) * tolerance, WAD);
  const limit = maxPrice ?? price + slack;

  let asked = fraction === undefined && maxPrice === undefined ? share + minFraction : share;
  if (asked < minFraction) asked = minFraction;
  if (asked > WAD) asked = WAD;
  return { share, price, limit, fraction: asked, maxPrice: divCeil(limit * asked, share) };
}

// ---- failures -------------------------------------------------------------------------------------------------------

const errorInterfaces = Object.values(CONTRACTS).map((name) => new Interface(abi(name)));

/** The house's error in a failed call or transaction: { name, args }, or null. */
export function houseError(error) {
  const data = error?.data ?? error?.info?.error?.data;
  if (!isHexString(data) || data.length < 10) return null;
  for (const known of errorInterfaces) {
    const parsed = known.parseError(data);
    if (parsed) {
      const args = Object.fromEntries(parsed.fragment.inputs.map((input, i) => [input.name, parsed.args[i]]));
      return { name: parsed.name, args };
    }
  }
  return { name: 'unknown', args: { data } };
}

/** Whether the node answered with an error, rather than not at all. */
export const saidByNode = (error) => (error?.error ?? error?.info?.error) !== undefined;

/** What went wrong, in the node's own words where it has some. */
export const words = (error) => error.error?.message ?? error.info?.error?.message ?? error.shortMessage ?? error.message;

/** Turns a call's exception into a Failure that names the house's error and its numbers. */
export function explain(error, what) {
  if (error instanceof Failure) return error;
  const known = houseError(error);
  if (known) {
    const numbers = Object.entries(known.args).map(([name, value]) => `${name} ${value}`);
    return new Failure(`${what}: ${known.name}${numbers.length ? ` (${numbers.join(', ')})` : ''}`, {
      error: known.name,
      args: known.args,
    });
  }
  return new Failure(`${what}: ${words(error)}`);
}

/** Runs a script; a Failure goes to stderr, or with --json to stdout as an object, and sets the exit status. */
export async function main(run) {
  // Whoever reads the output may stop reading.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message: failure, detail, status } = error;
    if (process.argv.includes('--json')) console.log(toJson({ kind: 'failure', failure, ...detail }));
    else console.error(failure);
    process.exitCode = status;
  }
}
