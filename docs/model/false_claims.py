"""The numbers of the false claims of `docs/method.md` §11."""

import margin
from cases import CALL, FUTURE, PERPETUAL, PUT, WAD, Expiry, Market, Portfolio, Underlying, defaults

TODAY = 20_000
F = margin.Double


def expiry(days, volatility, spot=2000, seconds=None):
    variance = volatility**2 * 10**14 * (seconds or days * 86_400) // (365 * 86_400)
    return Expiry(TODAY + days, spot * WAD, 0, WAD, (variance, 0, 0, 0, WAD))


def underlying(expiries, number=1, spot=2000):
    return Underlying(number, WAD, spot * WAD, 0, 2, defaults("underlying"), expiries, [])


def market(*underlyings, now=0):
    return Market(TODAY * 86_400 + 28_800 + now, WAD, list(underlyings), [], defaults("rules"))


def options(cash, *legs, days=7, number=1):
    """legs: kind, strike, lots"""
    return Portfolio(cash * WAD, [], [], [((1, number, kind, TODAY + days, k * WAD), n) for kind, k, n in legs])


def both(p, q):
    return Portfolio(p.cash + q.cash, [], p.linear + q.linear, p.options + q.options)


def excess(m, p, factor=None):
    if factor:
        m.rules = m.rules | {"im_factor": factor}
    a = margin.assess(m, p)
    return a.equity - a.im, a.equity - a.mm


def gifts():
    m = market(underlying([expiry(7, 80)]))
    short = options(3000, (CALL, 2000, -10))
    before, given = excess(m, short)[0], excess(m, both(short, options(0, (CALL, 5000, 5))))[0]
    print("F-1 five calls at 5,000:", given - before)
    before, given = (excess(m, p, 2_000_000)[0] for p in (short, both(short, options(0, (PUT, 2000, 5)))))
    print("F-1 five puts at f_IM = 2:", given - before)


def hedges():
    m = market(underlying([expiry(7, 80)]))
    spread, naked = options(300, (CALL, 2000, -10), (CALL, 2100, 10)), options(300, (CALL, 2000, -10))
    a, b = margin.assess(m, spread), margin.assess(m, naked)
    print("F-2 spread:", a.equity - a.mm, "without its long leg:", a.equity - b.mm)


def between_nodes():
    u = underlying([expiry(1, 80, seconds=7200)])
    m = market(u, now=79_200)
    fly = options(1000, (CALL, 2030, -10), (CALL, 2045, 20), (CALL, 2060, -10), days=1)
    loss = margin.losses(F, margin.books(F, m, fly, margin.LAST)[0][0], m.now, margin.LAST)[1]
    print("F-3 fly of two hours: grid", max(loss[:7]), "pockets", max(loss[33:]))
    held = expiry(2, 30, seconds=87_000)
    for others in ([], [expiry(1, 30, seconds=600)]):
        m = market(underlying([*others, held]), now=86_400 - 600)
        fly = options(0, (CALL, 2005, -10), (CALL, 2045, 20), (CALL, 2085, -10), days=2)
        print("F-3 fly of a day:", margin.assess(m, fly).scan)
    m = market(underlying([expiry(2, 20, seconds=181_440)]), now=-8640)
    straddle = options(0, (CALL, 2045, 10), (PUT, 2045, 10), days=2)
    a = margin.assess(m, straddle)
    moved = market(underlying([expiry(2, 20, seconds=181_440)]), now=-8640)
    moved.underlyings[0].spot = moved.underlyings[0].expiries[0].variable = 2044 * WAD
    print("F-3 straddle: MM", a.mm, "after +2.2 %", margin.assess(moved, straddle).equity + a.mm - a.equity)


def spreads():
    m = market(underlying([expiry(7, 80)]), underlying([expiry(7, 80)], 2))
    one, two = (options(0, (CALL, 2300, -10), (CALL, 2310, 10), number=n) for n in (1, 2))
    print("F-4 alone", margin.assess(m, one).scan, "together", margin.assess(m, both(one, two)).scan)
    a = margin.assess(m, options(0, (CALL, 2000, -10), (CALL, 2010, 10)))
    print("F-5 MM", a.mm, "largest loss", 100 + a.equity)


def times():
    for days in (30, 7, 1):
        m = market(underlying([expiry(days, 80)]))
        print("F-9", days, margin.assess(m, options(0, (CALL, 2000, -10), (PUT, 2000, -10), days=days)).mm)


def perpetual(number, lots, price):
    return Portfolio(0, [], [((1, number, PERPETUAL, 0, 0), lots, lots * price * WAD)])


def multiplied():
    """Short 5 at 2,000 and 4 at 2,000, long 1 at 2,000: the third's losses twice, inside the aggregation and outside."""
    m = market(*(underlying([], n) for n in (1, 2, 3)))
    p = both(both(perpetual(1, -5, 2000), perpetual(2, -4, 2000)), perpetual(3, 1, 2000))
    losses = [margin.losses(F, b, m.now, margin.LAST)[1] for b in margin.books(F, m, p, margin.LAST)[0]]
    scans = [l.max() for l in losses]
    plain = margin.aggregate(F, losses, [1.0] * 3, m.rules)[0]
    inside = margin.aggregate(F, [*losses[:2], 2 * losses[2]], [1.0] * 3, m.rules)[0]
    print("F-10 R", plain, "inside", inside, "outside", plain + scans[2])


def topped():
    """Short futures of 30 days on two underlyings: the basis in each scan by the root, then aggregated; and at the top."""
    m = market(underlying([expiry(30, 80)]), underlying([expiry(30, 80)], 2))
    legs = [((1, n, FUTURE, TODAY + 30, 0), -5, -10_000 * WAD) for n in (1, 2)]
    p = Portfolio(0, [], legs)
    held = margin.books(F, m, p, margin.LAST)[0]
    scans = [margin.losses(F, b, m.now, margin.LAST)[1].max() for b in held]
    ys = [margin.basis(F, b, m.now, margin.LAST) for b in held]
    tops = [margin.at_the_top(F, x, y) for x, y in zip(scans, ys)]
    a = margin.assess(m, p)
    print("F-11 y", ys, "scans", scans, "with it", tops, "1, 2:", 0.6 * sum(tops), sum(t * t for t in tops) ** 0.5)
    print("     R", a.scan, "by", a.binding, "at the top", margin.at_the_top(F, a.scan, sum(ys)))


def skewed():
    m = market(underlying([expiry(30, 80)]))
    for legs in (((CALL, 2600, 10),), ((CALL, 2900, -10),), ((CALL, 2600, 10), (CALL, 2900, -10))):
        b = margin.books(F, m, options(0, *legs, days=30), margin.LAST)[0][0]
        print("F-12", legs, margin.losses(F, b, m.now, margin.LAST)[1][32])


if __name__ == "__main__":
    for claim in (gifts, hedges, between_nodes, spreads, times, multiplied, topped, skewed):
        claim()
