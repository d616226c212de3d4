"""Writes or checks the golden tables of the portfolio margin method.

    python make.py             writes contracts/kernel/tests/data/portfolio.bin: seeds 0..9,999
                               beside it portfolio-stale.bin: seeds 0..1,999 after feeds failed,
                               and portfolio-sums.bin: seeds 0..99,999, the seven numbers in one weighted sum
    python make.py --check     compares them with the model, to the last bits of a float64
    python make.py --cases N   writes target/portfolio-model.bin for N seeds, read by the ignored test of model.rs
    python make.py --spot N    compares float64 with 40 digits, and Black-76 with QuantLib, on N cases

A row is seven little-endian float64: equity, initial and maintenance requirement, R, the largest scan alone, a bidder's
requirement, and the legs' part of equity. In the second table it is five: the first three, then the best and the worst
excess. In the third it is one: the seven's sum with the weights below.
"""

import argparse
from multiprocessing import Pool
from pathlib import Path

import mpmath
import numpy as np

import cases
import margin

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "contracts/kernel/tests/data/portfolio.bin"
LOCAL = ROOT / "target/portfolio-model.bin"
STALE = ROOT / "contracts/kernel/tests/data/portfolio-stale.bin"
SUMS = ROOT / "contracts/kernel/tests/data/portfolio-sums.bin"
GOLDEN_CASES, STALE_CASES, SUM_CASES = 10_000, 2_000, 100_000
WEIGHTS = np.array([1.0, 0.75, -1.25, 1.5, -0.625, 0.875, -1.125])


def row(seed, f=margin.Double):
    a = margin.assess(*cases.case(seed), f)
    return a.equity, a.im, a.mm, a.scan, max((s for _, s, _ in a.scans), default=0), a.bid_im, a.marks


def stale_row(seed):
    a = margin.assess(*cases.stale_case(seed))
    return a.equity, a.im, a.mm, a.best, a.worst


def check_charges():
    """The model has the charges of the page, no more and no less."""
    names = set().union(*(margin.assess(*cases.case(seed)).add_ons for seed in range(20)))
    assert names == cases.charge_names(), names ^ cases.charge_names()


def table(count, row=row):
    return np.array([row(seed) for seed in range(count)], dtype="<f8")


def in_parallel(count):
    """The table of `row`, a process per core."""
    with Pool() as pool:
        return np.array(pool.map(row, range(count), chunksize=500), dtype="<f8")


def check(path, fresh):
    count = len(fresh)
    stored = np.frombuffer(path.read_bytes(), dtype="<f8").reshape(count, -1)
    scale = abs(fresh).max(axis=1, keepdims=True)
    fresh = fresh if stored.shape == fresh.shape else (fresh @ WEIGHTS)[:, None]
    worst = (abs(stored - fresh) / scale).max()
    print(f"{path.name}: {count} cases, largest difference {worst:.1e} of the largest number of a row")
    assert worst < 1e-13


def spot(count):
    mpmath.mp.dps = 40
    worst = 0
    for seed in range(count):
        double, exact = row(seed), row(seed, margin.Exact)
        m, p = cases.case(seed)
        gross = sum(abs(q) * k for q, k in margin.gross(m, p)) + abs(p.cash) / 1e18
        worst = max(worst, *(float(abs(a - b)) / gross for a, b in zip(double, exact)))
    print(f"float64 against 40 digits, {count} cases: {worst:.1e} of gross")
    print(f"Black-76 against QuantLib: {against_quantlib(count * 20):.1e} of max(F, K)")


def against_quantlib(count):
    import QuantLib as ql

    r = cases.Random(0)
    worst = 0
    for _ in range(count):
        forward = 10.0 ** (r.below(12_000) / 1000 - 4)
        strike = forward * 10.0 ** (r.below(4_001) / 1000 - 2)
        s = 10.0 ** (r.below(4_500) / 1000 - 4)
        theirs = ql.blackFormula(ql.Option.Call, strike, forward, s)
        one = np.array([1.0])
        ours = margin.call_value(margin.Double, forward * one, strike * one, s * one)[0]
        worst = max(worst, abs(theirs - ours) / max(forward, strike))
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cases", type=int)
    parser.add_argument("--spot", type=int)
    args = parser.parse_args()
    check_charges()
    if args.check:
        rows = in_parallel(SUM_CASES)
        check(GOLDEN, rows[:GOLDEN_CASES])
        check(SUMS, rows)
        check(STALE, table(STALE_CASES, stale_row))
    elif args.spot:
        spot(args.spot)
    elif args.cases:
        LOCAL.parent.mkdir(exist_ok=True)
        LOCAL.write_bytes(in_parallel(args.cases).tobytes())
    else:
        rows = in_parallel(SUM_CASES)
        GOLDEN.write_bytes(rows[:GOLDEN_CASES].tobytes())
        SUMS.write_bytes((rows @ WEIGHTS).astype("<f8").tobytes())
        STALE.write_bytes(table(STALE_CASES, stale_row).tobytes())
        print(f"cases of 200 seeds: {cases.fingerprint(range(200)):#018x}")
