#!/usr/bin/env python3
"""An independent model of portfolio margin in exact rationals, written from docs/method.md.

    python3 margin.py > ../tests/data/margin.txt

Writes random cases, among them extreme ones, with the answers the method prescribes (roundings included), and asserts
on the way that each rounding costs its owner, by no more than a unit a step.

A case is one line of integers:
  cash | n x (number lot set im mm price fresh) | n x (asset underlying decimals im mm price fresh)
       | n x (asset amount) | n x (venue underlying size quote) | equity im mm stale
each list preceded by its length.
"""
from fractions import Fraction as F
from math import ceil, floor
import random

WAD = 10**18
# Shock in thousandths, weight in ten-thousandths; docs/method.md, "Scenario sets".
SETS = {
    1: [(0, 10000), (-40, 10000), (40, 10000), (-80, 10000), (80, 10000), (-120, 10000), (120, 10000),
        (-160, 10000), (160, 10000), (-330, 4800), (500, 3200), (-660, 2400), (1000, 1600), (2000, 800),
        (3000, 533), (4000, 400), (5000, 320)],
    2: [(0, 10000), (-75, 10000), (75, 10000), (-150, 10000), (150, 10000), (-225, 10000), (225, 10000),
        (-300, 10000), (300, 10000), (-660, 4500), (1000, 3000), (-900, 3300), (2000, 1500), (3000, 1000),
        (4000, 750), (5000, 600)],
}


def outward(x):
    """The smallest interval of whole units around x, given in cash."""
    return floor(x * WAD), ceil(x * WAD)


def assess(cash, underlyings, assets, collateral, legs):
    stale = False
    exact = {"equity": F(cash, WAD), "im": F(0), "mm": F(0)}
    equity, im, mm = cash, 0, 0
    steps = 0
    groups = {}  # underlying -> [net lots, exact linked value, interval of it]

    for _, number, size, quote in legs:
        groups.setdefault(number, [0, F(0), [0, 0]])[0] += size
        exact["equity"] -= F(quote, WAD)
        equity -= quote

    for asset, amount in collateral:
        if amount == 0:
            continue
        underlying, decimals, im_haircut, mm_haircut, price, fresh = assets.get(asset, (0, 0, 0, 0, 0, 0))
        if not fresh:
            stale = True
            continue
        value = F(amount, 10**decimals) * F(price, WAD)
        low, high = outward(value)
        exact["equity"] += value
        exact["im"] += value * F(im_haircut, WAD)
        exact["mm"] += value * F(mm_haircut, WAD)
        equity += low
        im += ceil(F(high * im_haircut, WAD))
        mm += ceil(F(high * mm_haircut, WAD))
        steps += 2  # the value's, the haircut's
        if underlying:
            group = groups.setdefault(underlying, [0, F(0), [0, 0]])
            group[1] += value
            group[2][0] += low
            group[2][1] += high

    for number, (lots, linked, (linked_low, linked_high)) in groups.items():
        lot, scenario_set, im_factor, mm_factor, price, fresh = underlyings.get(number, (0, 0, 0, 0, 0, 0))
        if lots and not fresh:
            stale = True
        value = F(lots * lot, WAD) * F(price, WAD)
        low, high = outward(value)
        exact["equity"] += value
        equity += low
        delta = linked + value
        ends = (linked_low + low, linked_high + high)
        scan_exact, scan = F(0), 0
        for shock, weight in SETS.get(scenario_set, []):
            slope = -F(shock, 1000) * F(weight, 10000)
            scan_exact = max(scan_exact, slope * delta)
            scan = max([scan] + [ceil(slope * end) for end in ends])
        exact["im"] += scan_exact * F(im_factor, WAD)
        exact["mm"] += scan_exact * F(mm_factor, WAD)
        im += ceil(F(scan * im_factor, WAD))
        mm += ceil(F(scan * mm_factor, WAD))
        # An end is at most a unit off per term, costs at most 0.3 of it in the scan, which is then a unit up, and
        # that ten times at most.
        steps += 10 * (2 + len(collateral)) + 1

    assert 0 <= exact["equity"] * WAD - equity <= steps + len(groups)
    assert 0 <= im - exact["im"] * WAD <= steps
    assert 0 <= mm - exact["mm"] * WAD <= steps
    assert im >= mm
    return equity, im, mm, stale


def edgy(rng, bits, signed=False):
    """A number of up to `bits` bits, small, large, or next to a power."""
    kind = rng.randrange(4)
    if kind == 0:
        x = rng.randrange(8)
    elif kind == 1:
        x = rng.getrandbits(rng.randrange(1, bits + 1))
    elif kind == 2:
        x = min(10 ** rng.randrange(int(bits * 0.301) + 1) + rng.randrange(-1, 2), 2**bits - 1)
    else:
        x = 2**bits - 1 - rng.randrange(2)
    x = max(x, 0)
    return rng.choice((-1, 1)) * x if signed else x


def case(rng):
    plain = rng.random() < 0.4  # of ordinary magnitude
    underlyings, assets = {}, {}
    numbers = rng.sample(range(1, 200), rng.randrange(1, 5))
    for number in numbers:
        mm = rng.randrange(WAD // 4, 2 * WAD)
        im = rng.randrange(mm, 10 * WAD + 1)
        price = rng.randrange(WAD // 100, 10**5 * WAD) if plain else min(edgy(rng, 110), 10**33)
        lot = 10 ** rng.randrange(13, 19) if plain else max(edgy(rng, 64), 1)
        underlyings[number] = (lot, rng.randrange(1, 3), im, mm, price, int(rng.random() < 0.85))
    for asset in rng.sample(range(16), rng.randrange(0, 5)):
        mm = rng.randrange(0, WAD)
        im = rng.randrange(mm, WAD)
        price = rng.randrange(WAD // 100, 10**5 * WAD) if plain else min(edgy(rng, 110), 10**33)
        decimals = rng.choice((0, 6, 8, 18, 24)) if plain else rng.randrange(25)
        underlying = rng.choice(numbers + [0])
        assets[asset] = (underlying, decimals, im, mm, price, int(rng.random() < 0.85))
    collateral = []
    for asset in list(assets) + ([99] if rng.random() < 0.1 else []):
        amount = rng.randrange(10 ** (assets.get(asset, (0, 6))[1] + 4)) if plain else edgy(rng, 128)
        collateral.append((asset, amount))
    legs = []
    for number in numbers + ([777] if rng.random() < 0.05 else []):
        for venue in rng.sample(range(1, 9), rng.randrange(0, 3)):
            size = rng.randrange(-10**7, 10**7) if plain else edgy(rng, 63, True)
            quote = rng.randrange(-10**24, 10**24) if plain else edgy(rng, 127, True)
            if size:
                legs.append((venue, number, size, quote))
    cash = rng.randrange(-10**24, 10**24) if plain else edgy(rng, 127, True)
    return cash, underlyings, assets, collateral, legs


def flat(items):
    rows = [row if isinstance(row, tuple) else (row,) for row in items]
    return [len(rows)] + [x for row in rows for x in row]


def main():
    rng = random.Random(20261124)
    print("# Made by model/margin.py; do not edit.")
    for _ in range(120):
        cash, underlyings, assets, collateral, legs = case(rng)
        equity, im, mm, stale = assess(cash, underlyings, assets, collateral, legs)
        row = [cash]
        row += flat([(k, *v) for k, v in underlyings.items()])
        row += flat([(k, *v) for k, v in assets.items()])
        row += flat(collateral) + flat(legs)
        row += [equity, im, mm, int(stale)]
        print(*row)


if __name__ == "__main__":
    main()
