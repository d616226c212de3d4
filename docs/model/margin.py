"""The portfolio margin method, from its statement in `docs/method.md` and from nothing else.

Written once for two kinds of numbers: `Double` (float64, fast) and `Exact` (mpmath, as many digits as wanted), which
bounds the error of the former. Functions mirror the sections of the statement.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction as Q

import mpmath
import numpy as np

from cases import CALL, FUTURE, MILLION, PERPETUAL, PUT, WAD


class Double:
    pi = math.pi

    @staticmethod
    def number(x):
        return float(x)

    @staticmethod
    def ratio(n, d):
        return n / d  # of integers: correctly rounded

    @staticmethod
    def array(xs):
        return np.array(xs, dtype=float)

    sqrt = staticmethod(np.sqrt)
    log = staticmethod(np.log)
    floor = staticmethod(lambda x: np.floor(x).astype(int))

    @staticmethod
    def cdf(x):
        half = (x * -math.sqrt(0.5)).ravel().tolist()
        return 0.5 * np.array([math.erfc(h) for h in half]).reshape(x.shape)


class Exact:
    """As many digits as `mpmath.mp.dps` says."""

    pi = mpmath.pi

    @staticmethod
    def number(x):
        x = Q(x)
        return mpmath.mpf(x.numerator) / x.denominator

    @staticmethod
    def ratio(n, d):
        return mpmath.mpf(n) / d

    @staticmethod
    def array(xs):
        return np.array([mpmath.mpf(x) for x in xs], dtype=object)

    sqrt = staticmethod(np.frompyfunc(mpmath.sqrt, 1, 1))
    log = staticmethod(np.frompyfunc(mpmath.log, 1, 1))
    floor = staticmethod(lambda x: np.frompyfunc(lambda v: int(mpmath.floor(v)), 1, 1)(x).astype(int))
    cdf = staticmethod(np.frompyfunc(lambda v: mpmath.erfc(-v / mpmath.sqrt(2)) / 2, 1, 1))


# ---- constants; the rates that governance sets come with the case

DAY, YEAR, MONTH = 86_400, 31_536_000, 30 * 86_400
SETTLES_AT = 28_800
WINDOW = 1_800  # seconds before expiry in which the forward is fixed
NONE, DOWN, UP, SKEW, WINGS = range(5)  # volatility rules; the last two are "skew linear" and "skew absolute"

TERM_SHORT, TERM_LONG = Q("0.30"), Q("0.13")
REGIMES = ((None, "calm_reach"), (1, "together_reach"), (0, None))  # beta (None: the underlying's own), r (None: 1)
BASIS_MOST, JUMP_MOST = 32, 4
DEPEG_AT = Q("0.99")
POCKET_WITHIN, POCKETS = 172_800, (Q("0.75"), Q("1.5"), Q("2.25"), Q(3))

# step of the grid in percent (the outermost move is four), far moves (percent, weight), skews?, up, down
SETS = {
    1: (Q(5), [], False, Q("0.60"), Q("0.30")),
    2: (
        Q("4.5"),
        [(-66, ".21"), (-33, ".42"), (50, ".2772"), (100, ".1386"), (200, ".0693"), (300, ".0462"),
         (400, ".03465"), (500, ".02772")],
        True, Q("0.50"), Q("0.30"),
    ),
    3: (
        Q("7.875"),
        [(-80, ".35"), (-50, ".6"), (75, ".4"), (150, ".2"), (300, ".1"), (500, ".06"), (700, ".043"), (900, ".034")],
        True, Q("0.60"), Q("0.30"),
    ),
    4: (
        Q("12.5"),
        [(-95, ".47"), (-75, ".6"), (100, ".45"), (150, ".3"), (200, ".225"), (300, ".15"), (500, ".09"), (900, ".05")],
        True, Q("0.75"), Q("0.30"),
    ),
}  # fmt: skip
WIDEST = 4
SCAN_MOST, COST_MOST = Q("2.5"), Q(6)  # of multipliers
COMMON = 23
# where the losses at the grid positions −4..4 stand in a scenario list; constant beyond the reach
GRID = {NONE: [1, 1, 2, 3, 0, 4, 5, 6, 6], DOWN: [7, 7, 8, 9, 10, 11, 12, 13, 13], UP: list(range(14, 23))}


def rate(f, rates, name):
    return f.ratio(rates[name], MILLION)


def pair(f, rates, name):
    """Initial, maintenance."""
    return rate(f, rates, f"{name}_im"), rate(f, rates, f"{name}_mm")


def factors(f, rules):
    return rate(f, rules, "im_factor"), rate(f, rules, "mm_factor")


# ---- 1. the market


def seconds_left(day, now):
    return max(0, DAY * day + SETTLES_AT - now)


def is_settled(e, now):
    return e.fresh and waits(e, now)


def waits(e, now):
    """Nothing of it moves any more: settled, or to be."""
    return e.variable == 0 and seconds_left(e.day, now) == 0


def deviation(f, svi, k):
    """√w(k); svi at 1e18"""
    a, b, rho, m, sigma = (f.ratio(x, WAD) for x in svi)
    return f.sqrt(a + b * (rho * (k - m) + f.sqrt((k - m) * (k - m) + sigma * sigma)))


# ---- 2. what a leg is worth


def call_value(f, forward, strike, s):
    """Undiscounted Black-76; arrays of one shape."""
    flat = (s <= 0) | (forward <= 0)
    one = f.number(1)
    safe_s, safe_f = np.where(flat, one, s), np.where(flat, one, forward)
    d1 = f.log(safe_f / strike) / safe_s + safe_s / 2
    value = forward * f.cdf(d1) - strike * f.cdf(d1 - safe_s)
    return np.where(flat, np.maximum(forward - strike, f.number(0)), value)


def skew(f, tau):
    """c of the two skew rules"""
    return max(f.number(0), f.number(Q("0.25")) - f.number(Q("0.10")) * f.sqrt(tau))


def stressed(f, rule, s, k, left, up, down, floor):
    """s_v: `left` seconds to expiry; arrays over scenarios (rule) or legs, broadcast."""
    tau = f.ratio(left, YEAR)
    if left == 0:
        return s * 0
    term = f.number(TERM_SHORT if left <= MONTH else TERM_LONG)
    g = f.ratio(MONTH, max(left, DAY)) ** term
    root = f.sqrt(tau)
    if rule == NONE:
        return s
    if rule == UP:
        return np.maximum(s * (1 + f.number(up) * g), floor * root)
    if rule == DOWN:
        return s * max(f.number(0), 1 - f.number(down) * g)
    c = skew(f, tau)
    width = max(f.number(Q("0.01")), f.number(Q("2.4")) * root)
    tilt = np.minimum(np.maximum(k / width, f.number(-1)), f.number(1))
    return s * (1 + (tilt if rule == SKEW else abs(tilt)) * c)


# ---- 3. the scan of one underlying

_sets = {}


def scenario_set(f, number):
    """moves, rules, weights of a set, in its order"""
    if (f, number) not in _sets:
        step, far, skews, up, down = SETS[number]
        inner = [step * j / 100 for j in range(-3, 4)]
        rows = [(Q(0), NONE, Q(1))]
        rows += [(x, NONE, Q(1)) for x in inner if x]
        rows += [(x, DOWN, Q(1)) for x in inner]
        rows += [(x, UP, Q(1)) for x in [-4 * step / 100, *inner, 4 * step / 100]]
        rows += [(Q(x, 100), UP, Q(w)) for x, w in far]
        rows += [(Q(0), SKEW, Q(1)), (Q(0), WINGS, Q(1))] if skews else []
        x, rule, weight = zip(*rows)
        _sets[f, number] = f.array([f.number(v) for v in x]), np.array(rule), f.array([f.number(v) for v in weight])
    return _sets[f, number]


def scenarios(f, u, now, end=0):
    x, rule, weight = scenario_set(f, u.set)
    nearest = u.near or next((e for e in u.expiries if seconds_left(e.day, now) > 0), None)
    if nearest and not nearest.fresh and end == GOOD:
        nearest = None
    if nearest and seconds_left(nearest.day, now) <= POCKET_WITHIN:
        s0 = deviation(f, nearest.svi, f.number(0))
        moves = []
        for z in POCKETS:
            move = min(f.number(z) * s0, f.number(4 * SETS[u.set][0] / 100))
            moves += [move, -move]
        x = np.concatenate([x, f.array(moves)])
        rule = np.concatenate([rule, np.full(8, NONE)])
        weight = np.concatenate([weight, f.array([1] * 8)])
    return x, rule, weight


LAST, GOOD, BAD = range(3)  # at last prices; each stale item at the end of its box that is good, bad for its owner


@dataclass
class Options:
    """Options of one expiry, an array each; k, and the forward's parts and the deviation of each leg where it stands."""

    e: object
    call: object
    q: object
    strike: object
    k: object
    a: object
    b: object
    s: object
    doubtful: bool  # not at last prices, and the expiry or its spot is stale
    highest: object = None  # Σ |q|·the most a unit can be worth
    turned: object = None  # Σ |q|·the most a skew node may take
    forward: object = None  # the highest


@dataclass
class Book:
    """What a portfolio holds on one underlying, in units of it."""

    u: object
    spot: object  # that charges are shares of
    perpetuals: list = field(default_factory=list)  # q, mark, funding index, quote
    futures: list = field(default_factory=list)  # day, q, quote
    options: dict = field(default_factory=dict)  # day -> Options
    linked_value: object = 0
    linked_units: object = 0
    never: list = field(default_factory=list)  # day, kind, q, strike of legs without a forward, where they count
    value: object = 0  # of what is linear, where it stands
    delta: object = 0  # its notional, linked collateral aside
    parts: dict = field(default_factory=dict)  # day -> the share of that notional that is futures'
    edge: dict = field(default_factory=dict)  # day of doubtful futures -> highest forward


def change(f, book, now, x, rule, end=LAST):
    """Value in scenario 0, and for each scenario the change of each expiry's options; then of everything linear."""
    u = book.u
    _, _, _, up, down = SETS[u.set]
    floor = rate(f, u.rates, "vol_floor")
    value = book.value
    parts = []
    for o in book.options.values():
        left = seconds_left(o.e.day, now)
        column = lambda v: v[:, None]  # noqa: E731
        by_rule = {r: stressed(f, r, column(o.s), column(o.k), left, up, down, floor) for r in set(rule.tolist())}
        shocked = np.concatenate([by_rule[r] for r in rule.tolist()], axis=1)
        forward = column(o.a) * (1 + x) + column(o.b)
        strike = np.broadcast_to(column(o.strike), shocked.shape)
        worth = call_value(f, forward, strike, shocked)
        worth = np.where(column(o.call), worth, worth - forward + strike) * f.ratio(o.e.discount, WAD)
        totals = o.q @ worth
        value = value + totals[0]
        moved = totals - totals[0]
        if o.doubtful:
            moved = np.where(rule >= SKEW, -o.turned if end == BAD else f.number(0), moved)
        parts.append(moved)
    return value, parts, (book.delta + book.linked_value) * x


def losses(f, book, now, end):
    """Value of the legs, and the loss of every scenario."""
    x, rule, weight = scenarios(f, book.u, now, end)
    value, parts, linear = change(f, book, now, x, rule, end)
    total = linear + sum(parts)
    either_way = -abs(linear) - sum(abs(p) for p in parts)
    either_way = either_way - sum(abs(q) * highest_forward(f, book) for _, kind, q, _ in book.never if kind != FUTURE)
    return value, -weight * np.where(rule >= SKEW, either_way, total)


# ---- 4. across underlyings


def interpolate(f, grid, y):
    """grid[u, rule, 9] at positions y[u, n, e], constant beyond ±4: [u, rule, n, e]"""
    y = np.minimum(np.maximum(y, f.number(-4)), f.number(4)) + 4
    at = np.minimum(f.floor(y), 7)
    part = (y - at)[:, None]
    shape = (grid.shape[0], grid.shape[1], *y.shape[1:])
    wide = np.broadcast_to(grid[:, :, None, :], (*shape[:3], 9))
    at = np.broadcast_to(at[:, None], shape)
    low = np.take_along_axis(wide, at, 3)
    high = np.take_along_axis(wide, at + 1, 3)
    return low + (high - low) * part


def aggregate(f, loss, betas, rules):
    """R, and what gave it: 0 the single scan, else the numbers of the statement."""
    zero = f.number(0)
    scans = [max(zero, l.max()) for l in loss]
    if len(loss) < 2:
        return (scans[0] if loss else zero), 0
    candidates = [(1 - rate(f, rules, "max_offset")) * sum(scans), f.sqrt(sum(s * s for s in scans))]
    beyond = [sum((max(l[i], zero) for l in loss if len(l) > i), zero) for i in range(COMMON, max(map(len, loss)))]
    candidates.append(max(beyond, default=zero))
    grid = np.stack([np.stack([l[GRID[r]] for r in (NONE, DOWN, UP)]) for l in loss])
    steps = f.array(range(-4, 5))
    worst = zero
    for beta, name in REGIMES:
        r = rate(f, rules, name) if name else f.number(1)
        own = f.array([b if beta is None else f.number(beta) for b in betas])
        factor = steps if beta != 0 else f.array([0])
        base = own[:, None, None] * factor[None, :, None]
        y = base + r * steps[None, None, :]
        centre = interpolate(f, grid, base + 0 * steps[None, None, :1])[..., 0]
        excess = np.maximum(interpolate(f, grid, y) - centre[..., None], zero).max(axis=3)
        worst = max(worst, (centre.sum(axis=0) + f.sqrt((excess * excess).sum(axis=0))).max())
    candidates.append(worst)
    at = max(range(4), key=lambda i: candidates[i])
    return max(zero, candidates[at]), at + 1


def multipliers(f, u, rules):
    """m, m′ as the maintenance requirement has it, c, c′"""
    scan, scan_following, cost, cost_following = (1 + f.ratio(e, 4096) for e in u.multipliers)
    scan, cost = min(scan, f.number(SCAN_MOST)), min(cost, f.number(COST_MOST))
    initial, maintenance = factors(f, rules)
    return scan, min(scan, scan_following, initial / maintenance), cost, min(cost, cost_following)


# ---- 5. add-ons: (initial, maintenance, a bidder's)


CLOSING = ("short_option", "linear_cost", "option_cost")


def add_ons(f, book, m, end):
    """{name: (initial, maintenance, a bidder's)} of one underlying, all but the basis"""
    u, now, spot, zero = book.u, m.now, book.spot, f.number(0)
    settled = {e.day for e in u.expiries if is_settled(e, now) or end == GOOD and waits(e, now)}
    p, kappa = f.ratio(m.coin, WAD), f.ratio(u.confidence, WAD)
    options = [(day, c, q, k) for day, o in book.options.items() if day not in settled for c, q, k in zip(o.call, o.q, o.strike)]
    futures = [(day, q) for day, q, _ in book.futures if day not in settled]
    never = [(kind != FUTURE, q) for _, kind, q, _ in book.never]
    net = {}
    for day, _, q, strike in options:
        net[day, strike] = net.get((day, strike), zero) + q
    short = sum((max(-q, zero) for q in [*net.values(), *(q for option, q in never if option)]), zero) * spot
    gross = sum((abs(q) for q in [*(q for _, _, q, _ in options), *(q for option, q in never if option)]), zero) * spot
    linear = sum((abs(q) for q, *_ in book.perpetuals), zero) + sum((abs(q) for _, q in futures), zero)
    linear = (linear + sum((abs(q) for option, q in never if not option), zero)) * spot
    perpetual = sum((q for q, *_ in book.perpetuals), zero)
    expiring = sum((abs(q) for _, q in never), zero)
    for day in {d for d, *_ in options} | {d for d, *_ in futures}:
        expiring += abs(sum((q for d, q in futures if d == day), zero))
        expiring += abs(sum((q for d, c, q, _ in options if d == day and c), zero))
        expiring += abs(sum((q for d, c, q, _ in options if d == day and not c), zero))
    unsure = spot * (abs(perpetual + book.linked_units) + expiring)
    doubtful = kappa + min(f.ratio(u.jump, WAD), f.number(JUMP_MOST))
    depeg = max(f.number(DEPEG_AT) - p, zero) * (short + linear)
    initial, maintenance = pair(f, u.rates, "depeg")
    charges = {
        "confidence": (doubtful * unsure, kappa * unsure, doubtful * unsure),
        "depeg": (initial * depeg, maintenance * depeg, initial * depeg),
        "rate": rate_risk(f, book, now, end),
    }
    _, _, cost, following = multipliers(f, u, m.rules)
    for name, base in zip(CLOSING, (short, linear, gross)):
        initial, maintenance = pair(f, u.rates, name)
        charges[name] = (initial * cost * base, min(maintenance * following, initial) * base, initial * following * base)
    return charges


def rate_risk(f, book, now, end):
    """Σ over expiries of |value of the options|·min(1, ρ·τ)"""
    values = {}
    for day, o in book.options.items():
        if o.doubtful:
            values[day] = o.highest if end == BAD else f.number(0)
        else:
            values[day] = abs(change(f, Book(book.u, book.spot, options={day: o}), now, *unmoved(f))[0])
    for day, kind, q, strike in book.never:
        if kind != FUTURE:
            most = strike if kind == PUT else highest_forward(f, book)
            values[day] = values.get(day, f.number(0)) + abs(q) * most
    total = [f.number(0)] * 2
    for day, value in values.items():
        tau = f.ratio(seconds_left(day, now), YEAR)
        for side, rho in enumerate(pair(f, book.u.rates, "rate")):
            total[side] += value * min(f.number(1), rho * tau)
    return total[0], total[1], total[0]


def unmoved(f):
    return f.array([0]), np.array([NONE])


def highest_forward(f, book):
    return book.spot * (1 + f.ratio(book.u.max_basis, WAD))


def at_the_top(f, x, y):
    """What the basis y makes of the scan's part x."""
    return f.sqrt(x * x + x * y + y * y)


def basis(f, book, now, end):
    """y of one underlying: Σ over expiries of rate · base"""
    rates = book.u.rates
    move = rate(f, rates, "basis_move")
    at_expiry, per_year = rate(f, rates, "basis_at_expiry"), rate(f, rates, "basis_per_year")
    zero = f.number(0)
    x = f.array([0, -move, move])
    same = np.zeros(3, dtype=int)
    bases = {}
    for day in {day for day, *_ in book.futures} | set(book.options):
        o = book.options.get(day)
        if day in book.edge or (o and o.doubtful):
            if end == BAD:
                units = abs(sum((q for d, q, _ in book.futures if d == day), zero))
                units += sum(abs(o.q), zero) if o else zero
                bases[day] = move * units * (o.forward if o else book.edge[day])
            continue
        alone = Book(book.u, book.spot, options={day: o} if o else {}, delta=book.parts.get(day, zero))
        _, parts, linear = change(f, alone, now, x, same)
        bases[day] = max(zero, (-(linear + sum(parts))).max())
    for day, _, q, _ in book.never:
        bases[day] = bases.get(day, zero) + move * abs(q) * highest_forward(f, book)
    total = zero
    for day, base in bases.items():
        tau = f.ratio(seconds_left(day, now), YEAR)
        total += min(f.number(BASIS_MOST), at_expiry + per_year * tau) * base
    return total


# ---- 6. the answer


@dataclass
class Answer:
    equity: object
    im: object
    mm: object
    bid_im: object
    marks: object
    best: object
    worst: object
    stale: bool
    scan: object  # R
    binding: int  # 0 one underlying, else the number in section 4
    scans: list  # (underlying, scan, index of the worst scenario)
    add_ons: dict


@dataclass
class Box:
    """Of one underlying: what spot and the forwards may be where something of them is stale."""

    f: object
    u: object
    now: int

    def __post_init__(self):
        self.stale = not self.u.fresh
        self.reach = self.f.number(4 * SETS[self.u.set][0] / 100) if self.stale else self.f.number(0)
        self.spot = self.f.ratio(self.u.spot, WAD)

    def spots(self):
        return self.spot * (1 - self.reach), self.spot * (1 + self.reach)

    def doubtful(self, e):
        return not is_settled(e, self.now) and (self.stale or not e.fresh)

    def forwards(self, e):
        """Lowest and highest forward; the share of it that is fixed stays. `None`: of an expiry never pushed."""
        low, high = self.spots()
        basis = self.f.ratio(self.u.max_basis, WAD)
        if e is None:
            return self.f.number(0), high * (1 + basis)
        if e.fresh:
            forward = self.f.ratio(e.variable + e.fixed, WAD)
            return forward * (1 - self.reach), forward * (1 + self.reach)
        low, high = low * (1 - basis), high * (1 + basis)
        if not e.fixed:
            return low, high
        fixed = self.f.ratio(e.fixed, WAD)
        left = self.f.ratio(min(seconds_left(e.day, self.now), WINDOW), WINDOW)
        return min(low, fixed), max(high, fixed + high * left)


def moving(f, e):
    """The share of a forward that moves with spot."""
    return f.ratio(e.variable, e.variable + e.fixed)


def placed(f, box, e, legs, end):
    """`Options` of an expiry at an end of its box."""
    now, u = box.now, box.u
    left = seconds_left(e.day, now)
    a, b = f.ratio(e.variable, WAD), f.ratio(e.fixed, WAD)
    call = np.array([c for c, _, _ in legs])
    q, strike = f.array([q for _, q, _ in legs]), f.array([k for _, _, k in legs])
    k = f.log(strike / (a + b))
    s = deviation(f, e.svi, k) if left else k * 0
    if e.deviations is not None:
        s = f.array([e.deviations[x] for _, _, x in legs])
    whole = k * 0
    o = Options(e, call, q, strike, k, whole + a, whole + b, s, end != LAST and box.doubtful(e))
    if o.doubtful:
        _, _, _, up, down = SETS[u.set]
        floor = rate(f, u.rates, "vol_floor")
        ends = [stressed(f, r, s, k, left, up, down, floor) for r in (DOWN, UP)]
        low, high = box.forwards(e)
        net = {}
        for c, size, x in legs:
            net[c, x] = net.get((c, x), f.number(0)) + size
        best = np.array([(net[c, x] > 0) == (end == GOOD) for c, _, x in legs])
        o.s = np.where(best, ends[1], ends[0])
        forward = whole + np.where(best == call, high, low)
        o.a, o.b = forward * moving(f, e), forward * (1 - moving(f, e))
        o.highest = (abs(q) * np.where(call, high, strike)).sum()
        share = skew(f, f.ratio(left, YEAR)) * ends[1] / f.sqrt(2 * f.pi)
        o.turned = (abs(q) * np.minimum(share, f.number(1))).sum() * high
        o.forward = high
    return o


def books(f, m, p, end):
    """What is held on each underlying, where it stands at an end; whether a leg is stale; what the legs without a forward
    are worth at last prices."""
    held = {}
    stale = False
    low = zero = f.number(0)
    markets = {u.id: u for u in m.underlyings}
    boxes = {u.id: Box(f, u, m.now) for u in m.underlyings}
    forwards = {(u.id, e.day): e for u in m.underlyings for e in u.expiries}

    def book(id):
        low, high = boxes[id].spots()
        spot = (boxes[id].spot, low, high)[end]
        return held.setdefault(id, Book(markets[id], spot, linked_value=zero, linked_units=zero, value=zero, delta=zero))

    lists = {}
    net, own = {}, {}  # notional that moves with spot; q of futures by doubtful expiry
    for (venue, id, kind, day, strike), lots, quote in [*p.linear, *((*leg, None) for leg in p.options)]:
        u, box = markets[id], boxes[id]
        q = f.ratio(lots * u.lot, WAD)
        paid = f.ratio(quote or 0, WAD)
        expiry = forwards.get((id, day))
        if kind != PERPETUAL and expiry is None:
            stale = True
            k = f.ratio(strike, WAD)
            if end == LAST:
                low += min(q * (k if kind == PUT else box.spot), zero) - paid
                continue
            b = book(id)
            b.value -= paid
            if end == BAD:
                b.never.append((day, kind, q, k))
            if (q > 0) == (end == GOOD):
                top = box.forwards(None)[1]
                b.value += q * (k if kind == PUT else top)
                b.delta += zero if kind == PUT else q * top
            continue
        b = book(id)
        if kind == PERPETUAL:
            mark, index = next(((mk, ix) for v, mk, ix in u.perpetuals if v == venue), (u.spot, 0))
            mark, index = f.ratio(mark, WAD), f.ratio(index, WAD)
            b.perpetuals.append((q, mark, index, paid))
            b.value += q * (mark - index) - paid
            net[id] = net.get(id, zero) + q * mark
        elif kind == FUTURE:
            b.futures.append((day, q, paid))
            b.value -= paid
            if end != LAST and not expiry.fresh and box.doubtful(expiry):
                own[id, day] = own.get((id, day), zero) + q
            else:
                a, fixed = f.ratio(expiry.variable, WAD), f.ratio(expiry.fixed, WAD)
                b.value += q * (a + fixed)
                net[id] = net.get(id, zero) + q * a
                b.parts[day] = b.parts.get(day, zero) + q * a
            if end != LAST and box.doubtful(expiry):
                b.edge[day] = box.forwards(expiry)[1]
        else:
            lists.setdefault((id, day), []).append((kind == CALL, q, f.ratio(strike, WAD)))
        if box.doubtful(expiry) if expiry else box.stale:
            stale = True
    for id, notional in net.items():
        towards = 0 if end == LAST else boxes[id].reach * (1 if (notional > 0) == (end == GOOD) else -1)
        held[id].value += notional * towards
        held[id].delta += notional * (1 + towards)
    for (id, day), q in own.items():
        e = forwards[id, day]
        worth = q * boxes[id].forwards(e)[1 if (q > 0) == (end == GOOD) else 0]
        held[id].value += worth
        held[id].delta += worth * moving(f, e)
    for (id, day), legs in lists.items():
        book(id).options[day] = placed(f, boxes[id], forwards[id, day], legs, end)
    for index, amount in p.collateral:
        a = m.assets[index]
        if (a.fresh or end != LAST) and a.underlying in markets:
            n = f.ratio(amount, 10**a.decimals)
            b = book(a.underlying)
            b.linked_units += n
            if a.fresh or end == GOOD:
                b.linked_value += n * f.ratio(a.price, WAD)
    return [held[id] for id in sorted(held)], stale, low


def at(m, p, f, end):
    """The assessment at an end; `best` and `worst` are left open."""
    held, any_stale, low = books(f, m, p, end)
    equity = f.ratio(p.cash, WAD)
    factor = factors(f, m.rules)
    markets = {u.id: u for u in m.underlyings}
    haircut = [f.number(0), f.number(0)]
    for index, amount in p.collateral:
        a = m.assets[index]
        value = f.ratio(amount, 10**a.decimals) * f.ratio(a.price, WAD)
        any_stale = any_stale or not a.fresh
        if not a.fresh and end != GOOD:
            continue
        equity += value
        homeless = a.underlying and a.underlying not in markets
        alone = f.number(4 * SETS[WIDEST][0] / 100) if homeless else f.number(0)
        for side in (0, 1):
            haircut[side] += value * (rate(f, a.rates, ("im_haircut", "mm_haircut")[side]) + alone * factor[side])
    loss, scans = [], []
    total = {"haircut": (haircut[0], haircut[1], haircut[0])}
    marks, curve = low, f.number(0)
    surcharge = [[], [], []]
    for b in held:
        value, l = losses(f, b, m.now, end)
        marks += value
        loss.append(l)
        alone = max(f.number(0), l.max())
        scans.append((b.u.id, alone, int(np.argmax(l))))
        for name, sides in add_ons(f, b, m, end).items():
            old = total.get(name, (0, 0, 0))
            total[name] = tuple(a + b for a, b in zip(old, sides))
        curve += basis(f, b, m.now, end)
        initial, following, _, _ = multipliers(f, b.u, m.rules)
        for part, multiplier in zip(surcharge, (initial, following, following)):
            part.append((multiplier - 1) * alone)
    equity += marks
    betas = [rate(f, b.u.rates, "beta") for b in held]
    scan, binding = aggregate(f, loss, betas, m.rules)
    extra = sum(surcharge[0]), f.sqrt(sum((v * v for v in surcharge[1]), f.number(0))), sum(surcharge[2])
    moved = [g * (scan + e) for g, e in zip((factor[0], factor[1], factor[0]), extra)]
    topped = [at_the_top(f, x, curve) for x in moved]
    total["basis"] = tuple(t - x for t, x in zip(topped, moved))
    im, mm, bid = (moved[i] + sum(v[i] for v in total.values()) for i in range(3))
    return Answer(equity, im, mm, bid, marks, None, None, any_stale, scan, binding, scans, total)


def assess(m, p, f=Double):
    answer = at(m, p, f, LAST)
    answer.best = answer.worst = answer.equity - answer.mm
    if answer.stale:
        good, bad = at(m, p, f, GOOD), at(m, p, f, BAD)
        following = [multipliers(f, u, m.rules)[1] for u in m.underlyings if u.id in {id for id, *_ in good.scans + bad.scans}]
        slope = factors(f, m.rules)[1] * max(following, default=f.number(1))
        slack = (slope - 1) * max(good.equity - bad.equity, f.number(0))
        answer.best = max(answer.best, good.equity - good.mm + slack)
        answer.worst = min(answer.worst, bad.equity - bad.mm - slack)
    return answer


def gross(m, p):
    """(|q|, price) of every leg: what errors are measured by."""
    markets = {u.id: u for u in m.underlyings}
    for (_, id, _, _, _), lots, _ in p.linear:
        u = markets[id]
        yield abs(lots * u.lot) / WAD, u.spot / WAD
    for (_, id, _, day, strike), lots in p.options:
        u = markets[id]
        forward = max((e.variable + e.fixed for e in u.expiries if e.day == day), default=u.spot)
        yield abs(lots * u.lot) / WAD, max(forward, strike) / WAD
