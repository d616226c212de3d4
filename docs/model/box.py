"""Best and worst of stale accounts (`docs/method.md` §6) against fresh markets drawn from the box.

    python box.py N    N seeds, six markets each; half of what is drawn lies at an end of its box
"""

import copy
import random
import sys

import numpy as np

import cases
import margin
from cases import PERPETUAL, WAD, Expiry
from margin import DOWN, SETS, UP, YEAR, Double as f


def somewhere(r, low, high):
    return r.choice([low, high, r.uniform(low, high), r.uniform(low, high)])


def deviations(u, e, strikes, now, r):
    """Each strike its own, inside the two shocks of its last one."""
    _, _, _, up, down = SETS[u.set]
    left, drawn = margin.seconds_left(e.day, now), {}
    for strike in strikes:
        k = np.log(np.array([strike / ((e.variable + e.fixed) / WAD)]))
        s = margin.deviation(f, e.svi, k) if left else k * 0
        floor = margin.rate(f, u.rates, "vol_floor")
        ends = (margin.stressed(f, rule, s, k, left, up, down, floor)[0] for rule in (DOWN, UP))
        drawn[strike] = somewhere(r, *ends)
    return drawn


def fresh(m, p, r):
    """The market with everything fresh, somewhere in the box."""
    legs = [instrument for instrument, *_ in [*p.linear, *p.options] if instrument[2] != PERPETUAL]
    drawn = copy.deepcopy(m)
    for u, v in zip(m.underlyings, drawn.underlyings):
        strikes = {}
        for _, number, kind, day, strike in legs:
            if number == u.id:
                strikes.setdefault(day, set()).update([strike / WAD] if strike else [])
        box = margin.Box(f, u, m.now)
        v.fresh = True
        v.near = next((e for e in u.expiries if margin.seconds_left(e.day, m.now) > 0), None)
        spot = somewhere(r, *box.spots())
        if box.stale:
            v.spot = int(spot * WAD)
            v.perpetuals = [(venue, int(mark * spot / box.spot), index) for venue, mark, index in u.perpetuals]
        basis = u.max_basis / WAD
        for e, live in zip(u.expiries, v.expiries):
            live.fresh = True
            if box.doubtful(e):
                whole = e.variable + e.fixed
                low, high = (spot * (1 + b) * WAD for b in (-basis, basis))
                if e.fixed:
                    left = min(margin.seconds_left(e.day, m.now), margin.WINDOW) / margin.WINDOW
                    low, high = min(low, e.fixed), max(high, e.fixed + high * left)
                if e.fresh:
                    live.variable = int(e.variable * spot / box.spot)
                else:
                    forward = int(somewhere(r, low, high))
                    live.fixed = forward * e.fixed // whole
                    live.variable = forward - live.fixed
                live.deviations = deviations(u, e, strikes.get(e.day, ()), m.now, r)
        for day in strikes.keys() - {e.day for e in u.expiries}:
            root = (margin.seconds_left(day, m.now) / YEAR) ** 0.5
            forward = max(1, int(somewhere(r, 0, spot * (1 + basis)) * WAD))
            any_of = {k: r.choice([0.0, 0.5, 3.0]) * root for k in strikes[day]}
            v.expiries.append(Expiry(day, forward, 0, WAD, (0, 0, 0, 0, WAD), True, any_of))
        v.expiries.sort(key=lambda e: e.day)
        v.near = v.near or Expiry(65_535, 1, 0, WAD, (0, 0, 0, 0, WAD))  # as before: none that is near
    for a in drawn.assets:
        if not a.fresh:
            a.fresh, a.price = True, int(a.price * somewhere(r, 0, 1))
    return drawn


if __name__ == "__main__":
    r = random.Random(1)
    stale = markets = 0
    least = [1.0, 1.0]
    for seed in range(int(sys.argv[1])):
        m, p = cases.stale_case(seed)
        a = margin.assess(m, p)
        if not a.stale:
            continue
        stale += 1
        size = sum(abs(q) * k for q, k in margin.gross(m, p)) + abs(p.cash) / WAD + 1
        for _ in range(6):
            b = margin.assess(fresh(m, p, r), p)
            excess = b.equity - b.mm
            room = (a.best - excess) / size, (excess - a.worst) / size
            assert min(room) > -1e-12, (seed, room)
            least = [min(pair) for pair in zip(least, room)]
            markets += 1
    print(f"{markets} markets of {stale} stale accounts; least room, as a share of gross value: {least[0]:.1e}, {least[1]:.1e}")
