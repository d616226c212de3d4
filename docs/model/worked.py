"""The worked examples of `docs/method.md` (§3, §6, §9), with the numbers on the way."""

import numpy as np

import margin
from cases import CALL, FUTURE, PERPETUAL, PUT, WAD, Asset, Expiry, Market, Portfolio, Underlying, defaults

DAY = 20_000
NOW = DAY * 86_400 + 28_800 - 30 * 86_400  # thirty days before expiry: the tenor factor g is 1
VARIANCE = 64 * 10**16 * 30 // 365  # 80 % volatility, flat


def eth(expiries=()):
    return Underlying(1, WAD // 1000, 2000 * WAD, 0, 2, defaults("underlying"), list(expiries), [])


def btc():
    return Underlying(2, WAD // 10**5, 40_000 * WAD, 0, 2, defaults("underlying"), [], [])


def perpetual(u, lots, price):
    return (1, u.id, PERPETUAL, 0, 0), lots, lots * u.lot * price


def first():
    u = eth()
    weth = Asset(2000 * WAD, 18, 1, defaults("linked asset"))
    return Market(NOW, WAD, [u], [weth], defaults("rules")), Portfolio(5000 * WAD, [(0, 3 * WAD)], [perpetual(u, -4000, 2100)])


def doubtful():
    m, p = first()
    m.coin = WAD // 100 * 97
    m.underlyings[0].confidence = WAD // 200
    return m, p


def stale():
    m, p = first()
    m.assets[0].fresh = False
    return m, p


def second():
    u = eth([Expiry(DAY, 2000 * WAD, 0, WAD, (VARIANCE, 0, 0, 0, WAD))])
    calls = [((1, 1, CALL, DAY, k * WAD), lots) for k, lots in ((2000, -10_000), (2200, 10_000))]
    return Market(NOW, WAD, [u], [], defaults("rules")), Portfolio(2500 * WAD, [], [], calls)


def third(bitcoin):
    u, v = eth(), btc()
    legs = [perpetual(u, -5000, 2000), perpetual(v, bitcoin, 40_000)]
    return Market(NOW, WAD, [u, v], [], defaults("rules")), Portfolio(4000 * WAD, [], legs)


def flat(days, spot=2000, volatility=80, discount=WAD):
    return Expiry(DAY - 30 + days, spot * WAD, 0, discount, (volatility**2 * 10**14 * days // 365, 0, 0, 0, WAD))


def crowded(bitcoin=20_000):
    """Multipliers of ETH: 1.8 and 2.5 at once, 1.4 and 1.5 so far in the maintenance requirement."""
    m, p = third(bitcoin)
    m.underlyings[0].multipliers = tuple(round((x - 1) * 4096) for x in (1.8, 1.4, 2.5, 1.5))
    return m, p


def box():
    """Short one 1,000/11,000 box of a year, D = 0.95: fault R-2."""
    u = eth([flat(365, discount=WAD // 100 * 95)])
    day = DAY - 30 + 365
    legs = [(CALL, 1000, -1000), (CALL, 11_000, 1000), (PUT, 1000, 1000), (PUT, 11_000, -1000)]
    return Market(NOW, WAD, [u], [], defaults("rules")), Portfolio(9556 * WAD, [], [], [((1, 1, k, day, x * WAD), n) for k, x, n in legs])


def year(kind):
    """Short ten units, as a future of a year or as a perpetual: fault R-7."""
    u = eth([flat(365)])
    leg = ((1, 1, FUTURE, DAY - 30 + 365, 0), -10_000, -20_000 * WAD) if kind == FUTURE else perpetual(u, -10_000, 2000)
    return Market(NOW, WAD, [u], [], defaults("rules")), Portfolio(4000 * WAD, [], [leg])


def shelter(spot):
    """Long 50 from 2,000, 25,000 of cash, and 0.1 of a call at 8,000 whose surface is stale: fault H-3 (there 0.0001)."""
    u = eth([flat(30, spot)])
    u.spot = spot * WAD
    u.max_basis = WAD // 20
    u.expiries[0].fresh = False
    legs = [perpetual(u, 50_000, 2000)]
    return Market(NOW, WAD, [u], [], defaults("rules")), Portfolio(25_000 * WAD, [], legs, [((1, 1, CALL, DAY, 8000 * WAD), 100)])


def calendar(share):
    """Short ten futures of 30 days, long ten of 90, spot stale; equity is a share of MM."""
    u = eth([flat(30), flat(90)])
    u.max_basis = WAD // 20
    legs = [((1, 1, FUTURE, DAY - 30 + d, 0), n, n * 2 * WAD) for d, n in ((30, -10_000), (90, 10_000))]
    m, p = Market(NOW, WAD, [u], [], defaults("rules")), Portfolio(0, [], legs)
    p.cash = round(margin.assess(m, p).mm * share * 1e18)
    u.fresh = False
    return m, p


def far(strikes, days, volatility):
    """Fault R-1: options at multiples of 1,000."""
    u = Underlying(1, WAD, 1000 * WAD, 0, 2, defaults("underlying"), [flat(days, 1000, volatility)], [])
    p = Portfolio(0, [], [], [((1, 1, CALL, DAY - 30 + days, k * 1000 * WAD), n) for k, n in strikes])
    return Market(NOW, WAD, [u], [], defaults("rules")), p


def show(name, m, p):
    a = margin.assess(m, p)
    print(f"\n{name}\nequity {a.equity:.4f}  R {a.scan:.4f} (by {a.binding})  IM {a.im:.4f}  MM {a.mm:.4f}  bidder {a.bid_im:.4f}")
    if a.stale:
        print(f"best {a.best:.4f}  worst {a.worst:.4f}")
    print("scans", [(u, round(float(s), 4), i) for u, s, i in a.scans])
    print("add-ons", {k: tuple(round(float(x), 4) for x in v) for k, v in a.add_ons.items() if any(v)})
    for b in margin.books(margin.Double, m, p, margin.LAST)[0]:
        x, rule, weight = margin.scenarios(margin.Double, b.u, m.now)
        _, loss = margin.losses(margin.Double, b, m.now, margin.LAST)
        order = np.argsort(-loss)[:4]
        print("worst of", b.u.id, [(int(i), float(x[i]), int(rule[i]), round(float(loss[i]), 4)) for i in order])
    return a


def black(forward, strike, s):
    one = np.array([1.0])
    return float(margin.call_value(margin.Double, forward * one, strike * one, s * one)[0])


if __name__ == "__main__":
    show("1. a perpetual hedged by its own collateral", *first())
    show("2. the same with a coin at 0.97 and a feed in doubt", *doubtful())
    show("   with the collateral's feed dead", *stale())
    show("3. a call spread", *second())
    s = (VARIANCE / WAD) ** 0.5
    print("s", s)
    for name, x, v in (("now", 1, s), ("+18 % up", 1.18, 1.5 * s), ("+13.5 % down", 1.135, 0.7 * s), ("+9 % down", 1.09, .7 * s), ("+50 %", 1.5, s), ("basis +", 1.045, s), ("basis -", 0.955, s)):
        a, b = black(2000 * x, 2000, v), black(2000 * x, 2200, v)
        print(f"{name:14} {2000 * x:8.1f} {v:.6f}  {a:.4f} {b:.4f} {10 * (b - a):.4f}")
    show("4. two underlyings, opposite", *third(20_000))
    show("   both short", *third(-20_000))
    show("5. a crowded market", *crowded())
    show("   both short", *crowded(-20_000))
    show("6. a box of a year", *box())
    show("a future of a year", *year(FUTURE))
    show("a perpetual", *year(PERPETUAL))
    for spot in (1960, 1840, 1700, 1620):
        show(f"H-3, ETH at {spot}", *shelter(spot))
    show("a calendar of futures on a stale spot", *calendar(0.9))
    show("R-1: short call at 8 S", *far([(8, -1)], 90, 120))
    show("R-1: long at 2 S, short three at 6 S", *far([(2, 1), (6, -3)], 180, 120))
