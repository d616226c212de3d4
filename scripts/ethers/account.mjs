// What accounts are: ids, instruments, and the whole of one as ILens tells it, in the words of `plimsoll account --json`.
import { formatUnits, getAddress, isAddress, isHexString } from 'ethers';
import { misuse } from './lib.mjs';

/** account = owner (20 bytes) ‖ subaccount (12 bytes). */
export function accountOf(owner, subaccount = 0n) {
  const sub = BigInt(subaccount);
  if (sub < 0n || sub >= 1n << 96n) throw misuse(`subaccount ${subaccount} is not in 0..2^96-1`);
  return getAddress(owner).toLowerCase() + sub.toString(16).padStart(24, '0');
}

export const ownerOf = (account) => getAddress(account.slice(0, 42));

const subaccountOf = (account) => BigInt('0x' + account.slice(42));

/** Reads an account from the command line: 32 bytes, or owner[/subaccount]. */
export function parseAccount(text) {
  if (isHexString(text, 32)) return text.toLowerCase();
  const [owner, sub = '0', rest] = text.split('/');
  if (isAddress(owner) && /^\d+$/.test(sub) && rest === undefined) return accountOf(owner, sub);
  throw misuse(`${text} is no account: 32 bytes in hex, or owner/subaccount`);
}

/** owner/subaccount, short enough to read. */
export const showAccount = (account) => `${ownerOf(account)}/${subaccountOf(account)}`;

const KINDS = ['perpetual', 'future', 'call', 'put'];

/** The parts of a canonical instrument id, and its name. The strike is 1e18; null where there is none. */
export function decodeInstrument(id) {
  const bits = (from, width) => (id >> BigInt(from)) & ((1n << BigInt(width)) - 1n);
  const [venue, underlying] = [Number(bits(112, 16)), Number(bits(96, 16))];
  const kind = KINDS[Number(bits(94, 2))];
  const expiryDay = kind === 'perpetual' ? null : Number(bits(78, 16));
  // 20 bits of mantissa and 4 of exponent: mantissa * 10^(exponent - 8) coins.
  const strike = kind === 'call' || kind === 'put' ? bits(58, 20) * 10n ** (bits(54, 4) + 10n) : null;
  const name = [`venue ${venue} / underlying ${underlying}`];
  if (kind !== 'perpetual') name.push(kind);
  if (strike !== null) name.push(formatUnits(strike, 18).replace(/\.0$/, ''));
  if (expiryDay !== null) name.push(`of day ${expiryDay}`);
  return { name: name.join(' '), venue, underlying, kind, expiryDay, strike };
}

/** The word for where an account stands. */
function stateOf({ inAuction, portfolio, assessment, imExcess, mmExcess }) {
  if (portfolio.cash === 0n && portfolio.collateral.length === 0 && portfolio.legs.length === 0) return 'holds nothing';
  if (inAuction) return 'in auction';
  if (assessment.equity < 0n) return 'insolvent';
  if (mmExcess < 0n) return 'liquidatable';
  if (imExcess < 0n) return 'below initial margin';
  return assessment.stale ? 'prices stale' : 'healthy';
}

/** A struct of an answer as an object, with the type's own fields and no others. */
const fields = (struct, ...names) => Object.fromEntries(names.map((name) => [name, struct[name]]));
const ifKnown = ({ known }, value) => (known ? value : null);

const collateralOf = (held) => ({
  asset: Number(held.asset),
  token: held.token.toLowerCase(),
  decimals: Number(held.decimals),
  price: ifKnown(held, held.price),
  ...fields(held, 'amount', 'fresh', 'value', 'im', 'mm'),
});

const legOf = (leg) => ({
  instrument: '0x' + leg.instrument.toString(16).padStart(32, '0'),
  ...decodeInstrument(leg.instrument),
  mark: ifKnown(leg, leg.mark),
  ...fields(leg, 'size', 'units', 'quote', 'fresh', 'value', 'im', 'mm'),
});

const venueOf = (venue) => ({
  venue: Number(venue.venue),
  legs: Number(venue.legs),
  ...fields(venue, 'admitted', 'value', 'im', 'mm', 'imReleased', 'mmReleased'),
});

const auctionOf = (auction) => ({
  startedAt: Number(auction.startedAt),
  insolventSince: Number(auction.insolventSince) || null,
  ...fields(auction, 'lambda', 'maxFraction', 'price'),
});

function viewOf(seen) {
  const { account, portfolio, assessment, auction } = seen;
  return {
    account,
    owner: seen.owner.toLowerCase(),
    subaccount: subaccountOf(account),
    time: Number(seen.time),
    version: Number(seen.version),
    state: stateOf(seen),
    cash: portfolio.cash,
    ...fields(assessment, 'equity', 'im', 'mm', 'best', 'worst', 'stale', 'outOfRange'),
    ...fields(seen, 'healthy', 'liquidatable', 'imExcess', 'mmExcess', 'collateralIm', 'collateralMm', 'imOffset', 'mmOffset'),
    collateral: seen.collateral.map(collateralOf),
    legs: seen.legs.map(legOf),
    venues: seen.venues.map(venueOf),
    auction: auction.startedAt === 0n ? null : auctionOf(auction),
  };
}

const ask = (house, account, blockTag) => house.lens.getFunction('account')(account, { blockTag });

/**
 * All of an account in one call, in one block: a number, a hash or a tag.
 *
 * Amounts are bigints: cash, prices and units 1e-18, `size` in lots, `amount` in the token's own decimals; differences are
 * signed. null: there is none. `ILens.account` says what each number means.
 */
export const readAccount = async (house, account, blockTag) => viewOf(await ask(house, account, blockTag));

const distanceOf = ({ found, by }) => (found ? by : null);

/**
 * The same with what takes more calls, all in one block: sensitivities, distances to liquidation (signed relative moves,
 * 1e18; null: none as far as is looked), what may be withdrawn, tokens' symbols.
 */
export async function readAccountInFull(house, account, blockTag) {
  const at = { blockTag };
  const seen = await ask(house, account, blockTag);
  const [view, portfolio] = [viewOf(seen), seen.portfolio.toArray(true)];
  const withdrawable = async (asset) => {
    const [{ token, decimals }, amount] = await Promise.all([house.vault.asset(asset, at), house.lens.maxWithdraw(account, asset, at)]);
    return { asset, symbol: await house.token(token).symbol(at), decimals: Number(decimals), amount };
  };
  const [greeks, far, ...most] = await Promise.all([
    house.lens.greeks(portfolio, at),
    house.lens.distances(portfolio, at),
    ...[0, ...view.collateral.map(({ asset }) => asset)].map(withdrawable),
  ]);
  return {
    ...view,
    collateral: view.collateral.map((held, i) => ({ ...held, symbol: most[i + 1].symbol })),
    withdrawable: most,
    greeks: greeks.map((one) => ({ underlying: Number(one.underlying), ...fields(one, 'delta', 'gamma', 'vega', 'theta') })),
    distances: Object.fromEntries(['spotUp', 'spotDown', 'volUp', 'volDown'].map((name) => [name, distanceOf(far[name])])),
  };
}
