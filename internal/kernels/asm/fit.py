#!/usr/bin/env python3
"""Fits the polynomials of math.go and prints their coefficients, lowest power first, with the largest error.

Each is a weighted least-squares fit at Chebyshev nodes, reweighted towards the minimax one (Lawson 1961). Coefficients
are rounded to float32 one after the other from the lowest, and the others are fitted again. Needs mpmath.
"""
import struct
from mpmath import mp, mpf, matrix, lu_solve, cos, pi, exp, log1p, erfc, sqrt, fabs

mp.dps = 60


def f32(x):
    return mpf(struct.unpack('f', struct.pack('f', float(x)))[0])


def fit(name, f, weight, lo, hi, degree, fixed=(), nodes=160):
    """f(x) ≈ Σ c_i·x^i where error·weight(x) is to be small; the first coefficients may be fixed."""
    xs = [(mpf(lo) + hi) / 2 + (mpf(hi) - lo) / 2 * cos(pi * (2 * i + 1) / (2 * nodes)) for i in range(nodes)]
    ys, ws = [f(x) for x in xs], [weight(x) for x in xs]
    known, worst = list(fixed), None
    while True:
        free = degree + 1 - len(known)
        rest = [y - sum(c * x**i for i, c in enumerate(known)) for x, y in zip(xs, ys)]
        lawson = [mpf(1)] * nodes
        best = None
        for _ in range(40 if free else 1):
            cs = []
            if free:
                a, b = matrix(free, free), matrix(free, 1)
                for x, r, w, l in zip(xs, rest, ws, lawson):
                    p = [x ** (len(known) + i) for i in range(free)]
                    for i in range(free):
                        b[i] += l * w * w * p[i] * r
                        for j in range(free):
                            a[i, j] += l * w * w * p[i] * p[j]
                cs = list(lu_solve(a, b))
            errs = [fabs(w * (r - sum(c * x ** (len(known) + i) for i, c in enumerate(cs))))
                    for x, r, w in zip(xs, rest, ws)]
            if best is None or max(errs) < best[0]:
                best = (max(errs), cs)
            total = sum(l * e for l, e in zip(lawson, errs))
            lawson = [l * e / total * nodes for l, e in zip(lawson, errs)]
        worst = best[0]
        if not free:
            break
        known.append(f32(best[1][0]))
    print(f'// {name}: error at most 2^{float(mp.log(worst, 2)):.1f}')
    print('\t' + ', '.join(f'{float(c):.9g}' for c in known))


def exp_tail(x):
    return (exp(x) - 1 - x) / x**2 if fabs(x) > mpf(10)**-12 else mpf(1) / 2 + x / 6


def log_tail(x):
    return (log1p(x) - x + x**2 / 2) / x**3 if fabs(x) > mpf(10)**-12 else mpf(1) / 3 - x / 4


def phi_scaled(u):
    """e^(a²/2)·Φ(−a)/u for u = 1/(1 + a/2)"""
    a = (1 / u - 1) * GELU_SCALE
    return exp(a * a / 2) * erfc(a / sqrt(2)) / 2 / u


def phi_middle(z):
    """(Φ(x) − ½)/x for z = x²"""
    x = sqrt(z)
    return mp.erf(x / sqrt(2)) / 2 / x


def tanh_tail(z):
    x = sqrt(z)
    return (mp.tanh(x) / x - 1) / z


ln2 = mp.log(2)
GELU_SCALE = mpf(2)
if __name__ == '__main__':
    fit('expTail', exp_tail, lambda x: x * x, -ln2 / 2 * 1.01, ln2 / 2 * 1.01, 5)
    fit('logTail', log_tail, lambda x: fabs(x**3 / log1p(x)), -0.25, 0.5, 8)
    fit('log1pQuotient', lambda x: log1p(x) / x, lambda x: x / log1p(x), mpf(10)**-20, 1, 10, fixed=[mpf(1)])
    fit('tanhTail', tanh_tail, lambda z: z * sqrt(z) / mp.tanh(sqrt(z)), mpf(10)**-8, mpf(0.625)**2, 4)
    fit('phiMiddle', phi_middle, lambda z: 2 * sqrt(z), mpf(10)**-10, 1, 5)
    fit('phiScaled', phi_scaled, lambda u: 1 / phi_scaled(u), 1 / (1 + 15 / GELU_SCALE), 1 / (1 + 1 / GELU_SCALE), 9)
