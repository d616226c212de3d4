"""Black-76 values and greeks by QuantLib, for the kernel to be compared with.

    python black.py             writes contracts/kernel/tests/data/quantlib.bin, 1,000 options
    python black.py --check     compares the table with QuantLib
    python black.py --points N  writes target/quantlib.bin, read by an ignored test of the kernel

A row is seven little-endian int64 (forward and strike at 1e18, low and high word each; total standard deviation and
years at 2^-40; discount at 2^-62) and six float64: call and put, discounted; N(d1); then undiscounted F^2 gamma and
vega by the standard deviation; theta of the call per year, discounted.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import QuantLib as ql

from cases import WAD, Random

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "contracts/kernel/tests/data/quantlib.bin"
LOCAL = ROOT / "target/quantlib.bin"
ROW = np.dtype([("inputs", "<i8", 7), ("answers", "<f8", 6)])


def draw(r):
    forward = 10 ** r.below(15) * (10**6 + r.below(9 * 10**6)) * 10**5
    strike = max(1, int(forward * 10.0 ** (r.below(3_001) / 1_500 - 1)))
    deviation = int(2**40 * 10.0 ** (r.below(3_601) / 1_000 - 3))  # 0.001 to 4
    years = int(2**40 * 10.0 ** (r.below(4_001) / 1_000 - 3))  # 0.001 to 10
    discount = 2**62 - r.below(2**61)
    return forward, strike, deviation, years, discount


def answers(forward, strike, deviation, years, discount):
    f, k, s = forward / WAD, strike / WAD, deviation / 2**40
    t, d = years / 2**40, discount / 2**62
    call, put = (ql.BlackCalculator(ql.PlainVanillaPayoff(side, k), f, s, d) for side in (ql.Option.Call, ql.Option.Put))
    return (
        call.value(),
        put.value(),
        call.deltaForward() / d,
        call.gammaForward() / d * f * f,
        call.vega(t) / d / math.sqrt(t),
        call.theta(f, t),
    )


def table(count):
    r = Random(76)
    rows = np.zeros(count, dtype=ROW)
    for row in rows:
        forward, strike, *rest = case = draw(r)
        words = [w for n in (forward, strike) for w in (n & (2**64 - 1), n >> 64)]
        row["inputs"] = [w - 2**64 if w >= 2**63 else w for w in (*words, *rest)]
        row["answers"] = answers(*case)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--points", type=int)
    args = parser.parse_args()
    if args.check:
        stored = np.frombuffer(GOLDEN.read_bytes(), dtype=ROW)
        fresh = table(len(stored))
        assert (stored["inputs"] == fresh["inputs"]).all()
        assert np.allclose(stored["answers"], fresh["answers"], rtol=1e-14, atol=0)
    elif args.points:
        LOCAL.parent.mkdir(exist_ok=True)
        LOCAL.write_bytes(table(args.points).tobytes())
    else:
        GOLDEN.write_bytes(table(1_000).tobytes())
