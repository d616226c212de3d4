"""The worked examples of `docs/method.md`, with the numbers on the way."""

import numpy as np

import margin
from cases import CALL, PERPETUAL, WAD, Asset, Expiry, Market, Portfolio, Underlying, defaults

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


def show(name, m, p):
    a = margin.assess(m, p)
    print(f"\n{name}\nequity {a.equity:.4f}  R {a.scan:.4f} (by {a.binding})  IM {a.im:.4f}  MM {a.mm:.4f}")
    if a.stale:
        print(f"best {a.best:.4f}  worst {a.worst:.4f}")
    print("scans", [(u, round(float(s), 4), i) for u, s, i in a.scans])
    print("add-ons", {k: tuple(round(float(x), 4) for x in v) for k, v in a.add_ons.items() if any(v)})
    for b in margin.books(margin.Double, m, p)[0]:
        x, rule, weight = margin.scenarios(margin.Double, b.u, m.now)
        _, loss, _ = margin.losses(margin.Double, b, m.now)
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
