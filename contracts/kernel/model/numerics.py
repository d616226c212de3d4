#!/usr/bin/env python3
"""The numeric functions against 50-digit references.

    python3 numerics.py sweep [POINTS]   measure: POINTS (default 1,000,000) for black76, and for each
                                         other function POINTS / 4; prints the largest errors
    python3 numerics.py golden           write golden/*.bin, the tables the Rust tests read
    python3 numerics.py golden --check   recompute them and fail on any difference

Needs mpmath (`pip install mpmath gmpy2`; gmpy2 only makes it faster). `sweep` builds and drives the
example program `numerics` of this crate. References are computed from the formulas in
docs/numerics.md, never from the Rust code.
"""
import pathlib
import random
import struct
import subprocess
import sys

from mpmath import erfc, exp, log, mp, mpf, sqrt

mp.dps = 50
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
Q40, Q56, Q62 = 1 << 40, 1 << 56, 1 << 62
ROOT2 = sqrt(mpf(2))
ROOT2PI = sqrt(2 * mp.pi)


def normal_cdf(x):
    return erfc(-x / ROOT2) / 2


def density(x):
    return exp(-x * x / 2) / ROOT2PI


def black(f, k, s):
    """Undiscounted call; limits where a logarithm or a quotient has none."""
    if f == 0 or k == 0 or s == 0:
        return max(f - k, mpf(0)), None
    d1 = log(f / k) / s + s / 2
    return f * normal_cdf(d1) - k * normal_cdf(d1 - s), d1


# ---------------------------------------------------------------- points
WAD = 10**18
PRICES = [10**12, WAD, 10**30, 10**12 + 1, 10**13, 2000 * WAD, 99_999 * WAD, 10**30 - 1, 1 << 80, (1 << 80) - 1]
STDEVS = [0, 1, 2, 3, 16, 255, 1 << 10, 1 << 20, 1 << 26, 1 << 30, Q40 // 1000, Q40 // 10, Q40 // 2,
          Q40, 2 * Q40, 4 * Q40, 8 * Q40 - 1, 8 * Q40]


def log_uniform(r, low, high):
    return int(mpf(low) * (mpf(high) / low) ** mpf(r.random()))


def stdev(r):
    if r.random() < 0.5:
        return r.randrange(0, 8 * Q40 + 1)
    return min(8 * Q40, log_uniform(r, 1, 8 * Q40 + 1))


def option_point(r):
    """Half of all points at the edges of the domain, the others inside it."""
    kind = r.randrange(8)
    if kind == 0:  # extremes of prices, any s
        return r.choice(PRICES), r.choice(PRICES), stdev(r)
    if kind == 1:  # extremes of s, any prices
        return log_uniform(r, 10**12, 10**30), log_uniform(r, 10**12, 10**30), r.choice(STDEVS)
    if kind == 2:  # at the money, small s: |x| of the order of s
        f, s = log_uniform(r, 10**12, 10**30), log_uniform(r, 1, Q40)
        k = int(f * exp(mpf(s) / Q40 * mpf(r.uniform(-8, 8))))
        return f, min(max(k, 10**12), 10**30), s
    if kind == 3:  # zero on one side, or neighbours
        f = log_uniform(r, 10**12, 10**30)
        return r.choice([(0, f), (f, 0), (f, f), (f, f + 1), (f + 1, f), (0, 0)]) + (r.choice(STDEVS),)
    if kind == 4:  # anywhere
        return log_uniform(r, 10**12, 10**30), log_uniform(r, 10**12, 10**30), stdev(r)
    if kind == 5:  # d1 or d2 near a joint of the table
        f, s = log_uniform(r, 10**14, 10**28), r.randrange(Q40 // 100, 4 * Q40)
        d = mpf(r.randrange(-31, 32)) / 4 + mpf(r.uniform(-1, 1)) * mpf(10) ** -r.randrange(3, 12)
        sr = mpf(s) / Q40
        return f, min(max(int(f * exp(d * sr)), 1), 10**30), s
    # a market: strikes within a few standard deviations
    f, s = log_uniform(r, 10**12, 10**29), r.randrange(Q40 // 200, 2 * Q40)
    k = int(f * exp(mpf(s) / Q40 * mpf(r.gauss(0, 2))))
    return f, min(max(k, 1), 10**30), s


def q40_point(r, low, high):
    kind = r.randrange(4)
    if kind == 0:
        span = max(abs(low), abs(high), 1)
        v = log_uniform(r, 1, span)
        return min(max(r.choice([-v, v]), low), high)
    if kind == 1:  # near multiples of 1/4
        return min(max(r.randrange(low >> 38, (high >> 38) + 1) * (1 << 38) + r.randrange(-3, 4), low), high)
    return r.randrange(low, high + 1)


def u128_point(r):
    kind = r.randrange(3)
    if kind == 0:
        return r.getrandbits(r.randrange(1, 129))
    if kind == 1:
        return min(max((1 << r.randrange(0, 128)) + r.randrange(-2, 3), 0), (1 << 128) - 1)
    root = r.getrandbits(r.randrange(1, 65))
    return min(max(root * root + r.randrange(-1, 2), 0), (1 << 128) - 1)


def words(*values):
    """128-bit values as two words each."""
    out = []
    for v in values:
        low, high = v & (2**64 - 1), v >> 64
        out += [low - 2**64 if low >> 63 else low, high - 2**64 if high >> 63 else high]
    return out


# name: (point -> words, words of a result, point and result -> {measure: error}, points)
def simple(low, high, reference):
    def check(point, out):
        return reference(point, out[0])

    return (lambda r: q40_point(r, low, high)), (lambda p: [p]), 1, check


def check_option(point, out):
    f, k, s = point
    exponent, call, put = out
    unit = mpf(2) ** exponent
    scale = mpf(max(f, k, 1))
    value, _ = black(mpf(f), mpf(k), mpf(s) / Q40)
    return {
        "call / max(F, K)": abs(call * unit - value) / scale,
        "put / max(F, K)": abs(put * unit - (value - f + k)) / scale,
    }


def check_greeks(point, out):
    f, k, s = point
    exponent, _, delta, gamma, vega = out
    if f == 0 or k == 0 or s == 0:
        return {}
    unit, scale = mpf(2) ** exponent, mpf(max(f, k))
    sr = mpf(s) / Q40
    _, d1 = black(mpf(f), mpf(k), sr)
    phi = density(d1)
    scale = mpf(max(f, k))
    res = {}
    for least, name in ((Q40 // 1000, "0.001"), (Q40 // 20, "0.05")):
        if s < least:
            continue
        res[f"delta, s >= {name}"] = abs(mpf(delta) / Q62 - normal_cdf(d1))
        res[f"vega / max(F, K), s >= {name}"] = abs(vega * unit - f * phi) / scale
        if gamma != 2**63 - 1:
            res[f"gamma s / max(F, K), s >= {name}"] = abs(gamma * unit - f * phi / sr) * sr / scale
    return res


def svi_point(r):
    q = lambda a, b: int(mpf(r.uniform(a, b)) * Q56)
    rho = q(-0.999, 0.999)
    b = int(mpf(r.random()) * 2 * Q56 / (1 + abs(mpf(rho) / Q56)))
    return (q(0, 1), b, rho, q(-1, 1), max(q(0, 1), 1 << 36), q40_point(r, -45 * Q40, 45 * Q40))


def check_svi(p, out):
    a, b, rho, m, sigma = (mpf(v) / Q56 for v in p[:5])
    d = mpf(p[5]) / Q40 - m
    w = a + b * (rho * d + sqrt(d * d + sigma * sigma))
    w = min(w, mpf(127))
    return {"variance, units of 2^-56": abs(out[0] - w * Q56)}


def exp_reference(p, out):
    v = exp(mpf(p) / Q40) * Q40
    if v >= 2**63:
        return {"saturated": 0 if out == 2**63 - 1 else 1}
    err = abs(out - v)
    return {"units of 2^-40 beyond 2.5e-16 of the result": max(mpf(0), err - v * mpf("2.5e-16"))}


FUNCTIONS = {
    "cdf": simple(-9 * Q40, 9 * Q40, lambda p, o: {"absolute": abs(mpf(o) / Q62 - normal_cdf(mpf(p) / Q40))}),
    "pdf": simple(-12 * Q40, 12 * Q40, lambda p, o: {"absolute": abs(mpf(o) / Q62 - density(mpf(p) / Q40))}),
    "exp": simple(-40 * Q40, 17 * Q40, exp_reference),
    "exp_neg": simple(0, 50 * Q40, lambda p, o: {"absolute": abs(mpf(o) / Q62 - exp(-mpf(p) / Q40))}),
    "exp_neg_q56": simple(0, 45 * Q56, lambda p, o: {"absolute": abs(mpf(o) / Q62 - exp(-mpf(p) / Q56))}),
    "ln": simple(1, 2**63 - 1, lambda p, o: {"units of 2^-40": abs(o - log(mpf(p) / Q40) * Q40)}),
    "ln_u128": (
        lambda r: max(u128_point(r), 1),
        lambda p: words(p),
        1,
        lambda p, o: {"absolute": abs(mpf(o[0]) / Q56 - log(mpf(p)))},
    ),
    "sqrt_u128": (
        u128_point,
        lambda p: words(p),
        1,
        lambda p, o: {"wrong": 0 if (o[0] % 2**64) ** 2 <= p < ((o[0] % 2**64) + 1) ** 2 else 1},
    ),
    "svi": (svi_point, list, 1, check_svi),
    "greeks": (option_point, lambda p: words(p[0], p[1]) + [p[2]], 5, check_greeks),
    "black76": (option_point, lambda p: words(p[0], p[1]) + [p[2]], 3, check_option),
}


# ---------------------------------------------------------------- sweep
def program():
    """Builds the example in release and returns its path."""
    import json

    out = subprocess.run(
        ["cargo", "build", "--release", "-p", "plimsoll-kernel", "--example", "numerics",
         "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        message = json.loads(line)
        if message.get("executable"):
            return message["executable"]
    sys.exit("cargo named no executable")


def sweep(points, names):
    exe = program()
    for name in names or FUNCTIONS:
        make, encode, width, check = FUNCTIONS[name]
        n = points if name == "black76" else points // 4
        worst, seed, done = {}, 1, 0
        while done < n:
            batch = min(50_000, n - done)
            r = random.Random(f"{name} {seed}")
            todo = [make(r) for _ in range(batch)]
            flat = [w for p in todo for w in encode(p)]
            raw = subprocess.run([exe, name], input=struct.pack(f"<{len(flat)}q", *flat),
                                 stdout=subprocess.PIPE, check=True).stdout
            out = struct.unpack(f"<{len(raw) // 8}q", raw)
            assert len(out) == batch * width
            for i, p in enumerate(todo):
                for measure, err in check(p, out[i * width:(i + 1) * width]).items():
                    if measure not in worst or err > worst[measure][0]:
                        worst[measure] = (err, p)
            done += batch
            seed += 1
        for measure, (err, p) in worst.items():
            print(f"{name:12} {n:>9} points  {measure}: {float(err):.3e}  at {p}", flush=True)


# ---------------------------------------------------------------- golden tables
def golden_black(p):
    """The call and the put in units of max(F, K) / 2^61."""
    f, k = (p[0] & (2**64 - 1)) | p[1] << 64, (p[2] & (2**64 - 1)) | p[3] << 64
    value, _ = black(mpf(f), mpf(k), mpf(p[4]) / Q40)
    scale = mpf(2) ** 61 / max(f, k, 1)
    return [int(mp.nint(value * scale)), int(mp.nint((value - f + k) * scale))]


def golden_option_point(r):
    f, k, s = option_point(r)
    return words(f, k) + [s]


def golden_one(low, high, reference, q):
    """One argument in Q40, one result in Qq."""
    return (1, 1, lambda r: [q40_point(r, low, high)],
            lambda p: [int(mp.nint(reference(mpf(p[0]) / Q40) * 2**q))])


# name: (records, (words of the arguments, words of the results, arguments, results))
GOLDEN = {
    "cdf": (3000, golden_one(-8 * Q40, 8 * Q40, normal_cdf, 62)),
    "pdf": (2000, golden_one(-11 * Q40, 11 * Q40, density, 62)),
    "exp_neg": (1500, golden_one(0, 46 * Q40, lambda x: exp(-x), 62)),
    "ln": (1500, golden_one(1, 2**63 - 1, log, 56)),
    "black76": (2400, (5, 2, golden_option_point, golden_black)),
}


def golden(check):
    total = 0
    for name, (count, (arguments, results, make, answer)) in GOLDEN.items():
        path = HERE / "golden" / f"{name}.bin"
        if check:
            # the arguments are those of the file: libraries may round a random deviate differently
            data = path.read_bytes()
            flat = struct.unpack(f"<{len(data) // 8}q", data)
            width = arguments + results
            for i in range(0, len(flat), width):
                point = list(flat[i:i + arguments])
                if answer(point) != list(flat[i + arguments:i + width]):
                    sys.exit(f"{path.name}: the record of {point} is wrong")
        else:
            r = random.Random(f"golden {name}")
            flat = []
            for _ in range(count):
                point = make(r)
                flat += point + answer(point)
            data = struct.pack(f"<{len(flat)}q", *flat)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        total += len(data)
    print(f"golden tables: {total} bytes, {'confirmed' if check else 'written'}")


def main():
    args = sys.argv[1:]
    if args[:1] == ["golden"]:
        golden("--check" in args)
    elif args[:1] == ["sweep"]:
        numbers = [int(a) for a in args[1:] if a.isdigit()]
        sweep(numbers[0] if numbers else 1_000_000, [a for a in args[1:] if a in FUNCTIONS])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
