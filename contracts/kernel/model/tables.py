#!/usr/bin/env python3
"""Coefficients of the kernel's polynomials: writes ../src/tables.rs.

    python3 tables.py            write the file
    python3 tables.py --check    fail when the committed file differs

Needs mpmath only (`pip install mpmath`). Everything is computed with 60 digits and rounded once; the
exact integer evaluation of the Rust code is repeated here to place the joints of the normal table
so that the evaluated function is monotone (see `settle_joints`).
"""
import pathlib
import sys

from mpmath import chebyfit, cos, exp, floor, log, lu_solve, matrix, mp, mpf, ncdf, nint, pi, polyval, sqrt

mp.dps = 60
OUT = pathlib.Path(__file__).resolve().parent.parent / "src" / "tables.rs"

# ---------------------------------------------------------------- normal upper tail
# Segment i covers |x| in [i/4, (i+1)/4), |x| in Q40. The local variable runs leftwards from the
# segment's far edge: t = 2^38 - 1 - (|x| mod 2^38), so the tail N(-|x|) increases with t.
SEGMENTS = 30
H_BITS = 38
MASK = (1 << H_BITS) - 1
DEGREE = 7
CUBIC_FROM = 27
OUT_Q = 62  # tail
Q = {1: 52, 2: 52, 3: 52, 4: 44, 5: 47, 6: 50, 7: 53}  # binary places of c1..c7


def tail_of(i, tau):
    edge = mpf(i + 1) / 4 - mpf(2) ** -40
    return ncdf(-edge + tau * mpf(MASK) / mpf(2) ** 40)


def interpolate(f, terms):
    """Monomial coefficients of the polynomial through f at Chebyshev nodes stretched to hit 0 and 1."""
    nodes = [(1 - cos((2 * j + 1) * pi / (2 * terms)) / cos(pi / (2 * terms))) / 2 for j in range(terms)]
    a = matrix(terms, terms)
    b = matrix(terms, 1)
    for r, x in enumerate(nodes):
        b[r] = f(x)
        for k in range(terms):
            a[r, k] = x**k if k else mpf(1)
    return list(lu_solve(a, b))


def row(i):
    # beyond 6.75 a cubic is already exact to 2e-14, below the last place of c4
    terms = DEGREE + 1 if i < CUBIC_FROM else 4
    c = interpolate(lambda tau: tail_of(i, tau), terms)
    err = max(abs(polyval(c[::-1], mpf(j) / 64) - tail_of(i, mpf(j) / 64)) for j in range(65))
    c += [mpf(0)] * (DEGREE + 1 - terms)
    # t is an integer over 2^38 while the fit ran over (2^38 - 1): rescale
    c = [ck * (mpf(2) ** H_BITS / MASK) ** k for k, ck in enumerate(c)]
    # half a unit of the floor that follows, so that truncation is centred
    out = [int(nint(c[0] * 2**OUT_Q))]
    for k in range(1, DEGREE + 1):
        half = mpf(0) if k >= terms - 1 else mpf(1) / 2
        out.append(int(nint(c[k] * mpf(2) ** Q[k] + half)))
    # make the evaluated near end (t = MASK) true again after rounding: c1 has 2^-52 to give
    start = int(nint(tail_of(i, 1) * 2**OUT_Q))
    out[1] += (start - evaluate(out, MASK)[0]) // 2 ** (OUT_Q - Q[1])
    return out, err


def evaluate(c, t):
    """The integer evaluation, operation for operation as in normal.rs."""
    th = t >> (H_BITS - 31)
    acc = c[7]
    for k in (6, 5, 4):
        acc = c[k] + ((acc * th) >> (31 + Q[k + 1] - Q[k]))
        assert abs(acc) < 2**31, (k, acc)
    acc = c[3] + shift(acc * th, 31 + Q[4] - Q[3])
    for k in (2, 1):
        acc = c[k] + ((wide(t, acc)) >> (H_BITS - 24))
    assert abs(acc) < 2**50
    return c[0] + (wide(t, acc) >> (H_BITS - 24 + Q[1] - OUT_Q)), acc


def wide(t, q):
    """floor(t * q / 2^24) from two products that fit 64 bits."""
    hi, lo = q >> 24, q & 0xFFFFFF
    assert abs(t * hi) < 2**63 and t * lo < 2**63
    return t * hi + ((t * lo) >> 24)


def shift(v, n):
    return v >> n


def settle_joints(rows):
    """N(0) = 1/2 exactly, the last segment ends at exactly 0, no step down across a joint."""
    half = 1 << (OUT_Q - 1)
    rows[0][0] += half - evaluate(rows[0], MASK)[0]
    for i in range(1, SEGMENTS):
        end_prev = evaluate(rows[i - 1], 0)[0]
        start = evaluate(rows[i], MASK)[0]
        if start > end_prev:
            rows[i][0] -= start - end_prev
    # beyond 7.5 the tail is 0: lower the last segment by its end value, 3.2e-14
    rows[-1][0] = 0
    for i in range(1, SEGMENTS):
        assert evaluate(rows[i], MASK)[0] <= evaluate(rows[i - 1], 0)[0], i
    return rows


def prove_monotone(rows):
    """Each segment: either every coefficient is >= 0 (then every floored step is non-decreasing in
    t), or acc1 exceeds the largest drop its noise can cause, and the true slope is positive."""
    kinds = []
    for c in rows:
        if all(v >= 0 for v in c[1:]):
            kinds.append("P")
            continue
        # t * acc1(t) increases if acc1 + (t+1) * (acc1(t+1) - acc1(t)) > 0; the drop of acc1 in a
        # step is at most its true slope plus 4 units of noise
        steps = 256
        worst = None
        for j in range(steps + 1):
            t = min(MASK, (MASK + 1) * j // steps)
            acc = evaluate(c, t)[1]
            d = sum(k * mpf(c[k + 1]) * mpf(2) ** (52 - Q[k + 1]) * (mpf(t) / 2**38) ** (k - 1)
                    for k in range(1, DEGREE)) / 2**38
            v = acc + (t + 1) * (d - 4)
            worst = v if worst is None else min(worst, v)
        assert worst > 2**40, worst
        kinds.append("S")
    return "".join(kinds)


def normal_rows():
    rows, worst = [], 0
    for i in range(SEGMENTS):
        c, err = row(i)
        worst = max(worst, err)
        rows.append(c)
    settle_joints(rows)
    return rows, worst, prove_monotone(rows)


# ---------------------------------------------------------------- exp, ln
EXP_TERMS = 12  # degree 11 on [0, ln 2), Q62
LN_TERMS = 9  # degree 8 in z^2, z = (m - 1)/(m + 1), m in [1/sqrt 2, sqrt 2], Q62


def mul_hi_short(a, b):
    ah, al, bh, bl = a >> 32, a & 0xFFFFFFFF, b >> 32, b & 0xFFFFFFFF
    return ah * bh + (ah * bl >> 32) + (al * bh >> 32)


def exp_coefficients():
    poly, err = chebyfit(exp, [0, log(2)], EXP_TERMS, error=True)
    c = [int(floor(v * 2**62)) for v in reversed(poly)]
    c[0] = 1 << 62  # exp(0) = 1 exactly
    assert all(v > 0 for v in c)
    # the end of one octave is the start of the next: exp(-0) = 1 exactly, and no step down
    r = int(nint(log(2) * 2**64))

    def end():
        acc = 0
        for v in reversed(c):
            acc = v + mul_hi_short(acc, r)
        return acc

    while end() < 1 << 63:
        c[1] += 1
    acc = end()
    assert acc == 1 << 63, acc - (1 << 63)
    return c, err, (1 << 63) - acc


def ln_coefficients():
    from mpmath import atanh

    top = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2

    def f(w):
        if w < mpf(10) ** -40:
            return mpf(2) + 2 * w / 3
        z = sqrt(w)
        return 2 * atanh(z) / z

    poly, err = chebyfit(f, [0, top * mpf("1.0001")], LN_TERMS, error=True)
    c = [int(nint(v * 2**61)) for v in reversed(poly)]
    assert all(v > 0 for v in c)
    return c, err


def num(v):
    s = f"{abs(v):_}"
    return f"-{s}" if v < 0 else s


def render():
    rows, worst, kinds = normal_rows()
    e, e_err, e_gap = exp_coefficients()
    ln, ln_err = ln_coefficients()
    print(f"normal: fit error {float(worst):.2e}, segments {kinds}", file=sys.stderr)
    print(f"exp: fit error {float(e_err):.2e}, octave gap {e_gap}", file=sys.stderr)
    print(f"ln: fit error {float(ln_err):.2e}", file=sys.stderr)
    o = []
    o.append("//! Coefficients of the kernel's polynomials.")
    o.append("//!")
    o.append("//! Written by `model/tables.py`; do not edit. `python3 model/tables.py --check` compares.")
    o.append("")
    o.append("/// One quarter-unit segment of the normal tail: `c0` in Q62, `c1`, `c2`, `c3` in Q52, then")
    o.append("/// `c4` .. `c7` in Q44, Q47, Q50, Q53, in powers of the segment's local variable in [0, 1).")
    o.append("#[derive(Clone, Copy, Debug)]")
    o.append("pub(crate) struct TailSegment {")
    o.append("    pub(crate) wide: [i64; 4],")
    o.append("    pub(crate) narrow: [i32; 4],")
    o.append("}")
    o.append("")
    o.append("const fn seg(wide: [i64; 4], narrow: [i32; 4]) -> TailSegment {")
    o.append("    TailSegment { wide, narrow }")
    o.append("}")
    o.append("")
    o.append("/// N(-|x|) for |x| in [0, 7.5), thirty segments of width 1/4.")
    o.append("#[rustfmt::skip]")
    o.append(f"pub(crate) static TAIL: [TailSegment; {SEGMENTS}] = [")
    for c in rows:
        w = ", ".join(num(v) for v in c[:4])
        n = ", ".join(num(v) for v in c[4:])
        assert all(abs(v) < 2**31 for v in c[4:])
        o.append(f"    seg([{w}], [{n}]),")
    o.append("];")
    o.append("")
    o.append("/// exp(r), r in [0, ln 2): coefficients of 1, r, r^2, ... in Q62.")
    o.append("#[rustfmt::skip]")
    o.append(f"pub(crate) const EXP: [u64; {EXP_TERMS}] = [")
    o += [f"    {num(v)}," for v in e]
    o.append("];")
    o.append("")
    o.append("/// 2 atanh(z) / z in powers of z^2, z in [0, 0.1716]: coefficients in Q61.")
    o.append("#[rustfmt::skip]")
    o.append(f"pub(crate) const ATANH: [u64; {LN_TERMS}] = [")
    o += [f"    {num(v)}," for v in ln]
    o.append("];")
    return "\n".join(o) + "\n"


def main():
    text = render()
    if "--check" in sys.argv:
        if OUT.read_text() != text:
            sys.exit("tables.rs differs from what tables.py writes")
        print("tables.rs is up to date")
    else:
        OUT.write_text(text)
        print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
