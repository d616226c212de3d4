"""Random markets and portfolios from a 64-bit seed: `contracts/kernel/tests/common/mod.rs` draw for draw.

All numbers are integers at the scale of the ABI: 1e18 unless said. Rates are in millionths; their names, bounds and
defaults are those of the table in `docs/method.md`.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

WAD = 10**18
MASK = 2**64 - 1
PERPETUAL, FUTURE, CALL, PUT = range(4)


class Random:
    """splitmix64"""

    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def pick(self, choices):
        return choices[self.below(len(choices))]


# ---- the table of rates

MILLION = 10**6


@dataclass
class Rate:
    name: str
    default: int
    minimum: int
    maximum: int
    initial: bool  # the next one is its maintenance rate


def millionths(text):
    whole, _, part = text.partition(".")
    return int(whole) * MILLION + int(part.ljust(6, "0"))


def rate_table():
    """{scope: [Rate]} in the order of their ids, from the page."""
    page = (Path(__file__).parents[1] / "method.md").read_text(encoding="utf-8")
    body = page.split("<!-- rates -->")[1].split("<!-- /rates -->")[0]
    scopes = {}
    for line in body.strip().splitlines()[2:]:
        scope, number, name, _, default, bounds, _ = (cell.strip() for cell in line.strip("|").split("|"))
        minimum, maximum, order = re.fullmatch(r"([\d.]+) … ([\d.]+)(, ≥ `\w+`)?", bounds).groups()
        rates = scopes.setdefault(scope, [])
        assert int(number) == len(rates)
        rates.append(Rate(name.strip("`"), *map(millionths, (default, minimum, maximum)), order is not None))
    return scopes


def charge_names():
    """Charges of the page, as this model calls them."""
    page = (Path(__file__).parents[1] / "method.md").read_text(encoding="utf-8")
    body = page.split("<!-- charges -->")[1].split("<!-- /charges -->")[0]
    return {line.split("|")[1].strip().replace(" ", "_") for line in body.strip().splitlines()[2:]}


RATES = rate_table()


def defaults(scope):
    return {rate.name: rate.default for rate in RATES[scope]}


def draw(r, scope):
    """Each at an end of its bounds, at its default or anywhere between, then pairs put in order."""
    drawn = []
    for rate in RATES[scope]:
        fate = r.below(6)
        if fate < 2:
            drawn.append((rate.minimum, rate.maximum)[fate])
        elif fate < 4:
            drawn.append(rate.default)
        else:
            drawn.append(rate.minimum + r.below(rate.maximum - rate.minimum + 1))
    for i, rate in enumerate(RATES[scope]):
        if rate.initial and drawn[i] < drawn[i + 1]:
            drawn[i], drawn[i + 1] = drawn[i + 1], drawn[i]
    return {rate.name: value for rate, value in zip(RATES[scope], drawn)}


# ---- markets and portfolios


@dataclass
class Expiry:
    day: int
    variable: int
    fixed: int
    discount: int
    svi: tuple  # a, b, rho, m, sigma
    fresh: bool = True
    deviations: dict | None = None  # by strike, in place of the slice


@dataclass
class Underlying:
    id: int
    lot: int
    spot: int
    confidence: int
    set: int
    rates: dict
    expiries: list
    perpetuals: list  # (venue, mark, index)
    fresh: bool = True
    jump: int = 0
    max_basis: int = WAD
    multipliers: tuple = (0, 0, 0, 0)  # m, m′, c, c′: excess over 1 in 2^-12
    near: Expiry | None = None  # what pockets follow, where it is not the first of the expiries above


@dataclass
class Asset:
    price: int
    decimals: int
    underlying: int
    rates: dict
    fresh: bool = True


@dataclass
class Market:
    now: int
    coin: int
    underlyings: list
    assets: list
    rules: dict


@dataclass
class Portfolio:
    cash: int = 0
    collateral: list = field(default_factory=list)  # (index of asset, amount)
    linear: list = field(default_factory=list)  # ((venue, underlying, kind, day, strike), lots, quote)
    options: list = field(default_factory=list)  # ((venue, underlying, kind, day, strike), lots)


def quotient(a, b):
    """a/b cut towards zero, as Rust divides integers."""
    return a // b if (a >= 0) == (b > 0) else -(-a // b)


def market(r):
    now = 1_700_000_000 + r.below(2_592_000)
    coin = WAD - r.below(40_000_000_000_000_000) if r.below(6) == 0 else WAD
    count = r.pick([1, 1, 2, 2, 3, 4, 6, 8])
    pairs = 0
    underlyings = []
    for id in range(1, count + 1):
        base = r.pick([10_000_000_000_000, WAD // 100, WAD, 25 * WAD, 1_800 * WAD, 30_000 * WAD])
        spot = base * (500 + r.below(1000)) // 1000
        if spot >= 1000 * WAD:
            lot = WAD // 1000
        elif spot >= WAD:
            lot = WAD // 10
        else:
            lot = WAD
        confidence = r.below(10_000_000_000_000_000) if r.below(5) == 0 else 0
        set = 1 + r.below(3)
        rates = defaults("underlying") | {"beta": MILLION // 2 + r.below(11) * MILLION // 10}
        day = now // 86_400 + r.below(3)
        expiries = []
        for _ in range(min(r.below(4), 24 - pairs)):
            forward = spot * (9_800 + r.below(600)) // 10_000
            fixed = forward * r.below(100) // 100 if r.below(8) == 0 else 0
            discount = WAD - r.below(50_000_000_000_000_000)
            seconds = max(0, day * 86_400 + 28_800 - now)
            vol = 30 + r.below(120)
            w = vol * vol * 100_000_000_000_000 * seconds // 31_536_000
            sigma = WAD // 10 + r.below(40) * WAD // 100
            b = min(w * 4 // 10 * WAD // sigma, WAD)
            rho = -r.below(80) * (WAD // 100)
            m = (r.below(20) - 10) * (WAD // 100)
            expiries.append(
                Expiry(day, forward - fixed, fixed, discount, (w * 6 // 10, b, rho, m, sigma))
            )
            day += 1 + r.below(60)
            pairs += 1
        perpetuals = []
        if r.below(3) == 0:
            mark = spot * (9_950 + r.below(100)) // 10_000
            index = quotient((r.below(2001) - 1000) * spot, 100_000)
            perpetuals.append((1, mark, index))
        underlyings.append(
            Underlying(id, lot, spot, confidence, set, rates, expiries, perpetuals)
        )
    assets = []
    for _ in range(r.below(4)):
        underlying = r.below(count + 1)
        if underlying:
            price = underlyings[underlying - 1].spot * (990 + r.below(20)) // 1000
        else:
            price = WAD * (900 + r.below(200)) // 1000
        decimals = r.pick([6, 8, 18])
        mm = r.below(200) * MILLION // 1000
        im = mm + r.below(100) * MILLION // 1000
        assets.append(Asset(price, decimals, underlying, {"im_haircut": im, "mm_haircut": mm}))
    return Market(now, coin, underlyings, assets, defaults("rules"))


def draw_rates(market, seed):
    """Draws every rate of the table anew."""
    r = Random(seed ^ 0x5241544553)
    market.rules = draw(r, "rules")
    for u in market.underlyings:
        u.rates = draw(r, "underlying")
    for a in market.assets:
        a.rates = draw(r, "linked asset" if a.underlying else "asset")


def draw_mood(market, seed):
    """What the oracle says of each underlying beside prices; a quarter of them have the widest set."""
    r = Random(seed ^ 0x4D4F4F44)
    for u in market.underlyings:
        if r.below(4) == 0:
            u.set = 4
        u.max_basis = r.below(200_001) * 10**12
        fate = r.below(8)
        u.jump = r.below(5 * WAD) if fate == 0 else r.below(WAD // 10) if fate < 3 else 0
        u.multipliers = tuple(excess(r) for _ in range(4))


def excess(r):
    """Of a multiplier, above its clamp too."""
    fate = r.below(4)
    return 0 if fate == 0 else r.below((65_536, 6_145, 20_481)[fate - 1])


def strike_of(price):
    """Four significant digits, multiples of 1e-8; 0 when nothing is left."""
    step = 10_000_000_000
    while price // step >= 10_000:
        step *= 10
    return price // step * step


def portfolio(r, market):
    legs = 1 + r.below([4, 16, 64, 128][r.state & 3])
    p = Portfolio()
    p.cash = (r.below(2_000_001) - 1_000_000) * (WAD // 10)
    for index, asset in enumerate(market.assets):
        if r.below(2) == 0:
            units = r.below(100_000) * 10**asset.decimals
            p.collateral.append(
                (index, units // (asset.price // 10**12) * 1_000_000 // 1000)
            )
    held = set()

    def linear(instrument, size, u):
        # the draw comes first: it happens whether or not there is room
        entry = quotient(size * (u.lot * (u.spot // 10**12) // 10**6) * (95 + r.below(10)), 100)
        if len(p.linear) < 20 and instrument not in held:
            held.add(instrument)
            p.linear.append((instrument, size, entry))

    for _ in range(legs):
        u = market.underlyings[r.below(len(market.underlyings))]
        venue = 1 + r.below(3)
        coins = 10 + r.below(100_000)
        lots = min(coins * WAD // (u.spot * u.lot // WAD) + 1, 1 << 52)
        size = lots if r.below(2) == 0 else -lots
        kind = r.below(8)
        if kind == 0 or not u.expiries:
            linear((venue, u.id, PERPETUAL, 0, 0), size, u)
            continue
        e = u.expiries[r.below(len(u.expiries))]
        if kind == 1:
            linear((venue, u.id, FUTURE, e.day, 0), size, u)
            continue
        strike = strike_of((e.variable + e.fixed) * (40 + r.below(160)) // 100)
        kind = CALL if r.below(2) == 0 else PUT
        instrument = (venue, u.id, kind, e.day, strike)
        if is_strike(strike) and instrument not in held:
            held.add(instrument)
            p.options.append((instrument, size))
    return p


def is_strike(price):
    """True when the price has the form mantissa · 10^(exponent − 8), 20 and 4 bits."""
    if price == 0 or price % 10**10:
        return False
    mantissa, exponent = price // 10**10, 0
    while mantissa % 10 == 0 and exponent < 15:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa < 2**20


def case(seed):
    r = Random(seed)
    m = market(r)
    p = portfolio(r, m)
    draw_rates(m, seed)
    draw_mood(m, seed)
    return m, p


def stale_case(seed):
    """The same case after feeds failed: prices stale, forwards gone."""
    m, p = case(seed)
    r = Random(seed ^ 0x5354414C45)
    for u in m.underlyings:
        u.fresh = r.below(4) != 0
        kept = []
        for e in u.expiries:
            fate = r.below(8)
            e.fresh = fate != 1
            if fate != 0:
                kept.append(e)
        u.expiries = kept
    for a in m.assets:
        a.fresh = r.below(4) != 0
    return m, p


def numbers(m, p):
    """Every integer of a case in one fixed order: what both sides hash."""
    yield from (m.now, m.coin, len(m.underlyings), len(m.assets), *m.rules.values())
    for u in m.underlyings:
        yield from (u.id, u.lot, u.spot, u.confidence, u.set, *u.rates.values())
        yield from (u.jump, u.max_basis, *u.multipliers)
        yield from (len(u.expiries), len(u.perpetuals))
        for e in u.expiries:
            yield from (e.day, e.variable, e.fixed, e.discount, *e.svi)
        for perpetual in u.perpetuals:
            yield from perpetual
    for a in m.assets:
        yield from (a.price, a.decimals, a.underlying, *a.rates.values())
    yield from (p.cash, len(p.collateral), len(p.linear), len(p.options))
    for balance in p.collateral:
        yield from balance
    for instrument, size, quote in p.linear:
        yield from (*instrument, size, quote)
    for instrument, size in p.options:
        yield from (*instrument, size)


def fingerprint(seeds):
    """FNV-1a, 64 bits, over the numbers as 16 little-endian bytes each, two's complement."""
    h = 0xCBF29CE484222325
    for seed in seeds:
        for n in numbers(*case(seed)):
            for byte in (n & (2**128 - 1)).to_bytes(16, "little"):
                h = ((h ^ byte) * 0x100000001B3) & MASK
    return h
