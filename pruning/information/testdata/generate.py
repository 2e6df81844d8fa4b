#!/usr/bin/python3
"""Writes fixtures.json: what scikit-learn and scipy compute for the data in it.

Needs numpy, scipy and scikit-learn (1.2.1 was used). Run from anywhere: /usr/bin/python3 generate.py
The estimators are scikit-learn's internals, called on the data as they stand, so that no random jitter comes between
the figures; the *_public cases go through the public functions, jitter included, on data whose neighbours it cannot swap.
"""
import json
import os

import numpy as np
from scipy.stats import entropy, norm
from sklearn.feature_selection import _mutual_info
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.feature_selection._mutual_info import _compute_mi_cc, _compute_mi_cd
from sklearn.metrics import mutual_info_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import KBinsDiscretizer, scale

# Left to itself, scikit-learn searches classes of fewer than 2k samples by brute force, with distances from
# |a|²−2ab+|b|² that are off by rounding; a k-d tree subtracts, and finds the neighbours there are.
_mutual_info.NearestNeighbors = lambda **options: NearestNeighbors(algorithm="kd_tree", **options)

rng = np.random.RandomState(20260101)


def jitter(x):
    x = scale(x, with_mean=False)
    return x + 1e-10 * max(1, np.mean(np.abs(x))) * rng.standard_normal(len(x))


def floats(x):
    return [float(v) for v in x]


def ints(x):
    return [int(v) for v in x]


discrete = []


def add_discrete(name, x, y):
    nx, ny = np.bincount(x - x.min()), np.bincount(y - y.min())
    joint = np.histogram2d(x, y, bins=(np.arange(x.min(), x.max() + 2), np.arange(y.min(), y.max() + 2)))[0]
    hx, hy, hxy = entropy(nx), entropy(ny), entropy(joint.ravel())
    mm = lambda counts: (np.count_nonzero(counts) - 1) / (2 * len(x))
    discrete.append(dict(
        name=name, x=ints(x), y=ints(y), entropy_x=hx, entropy_y=hy, joint=hxy, conditional=hxy - hy,
        mutual=mutual_info_score(x, y),
        entropy_mm=hx + mm(nx), joint_mm=hxy + mm(joint), conditional_mm=hxy + mm(joint) - hy - mm(ny),
        mutual_mm=min(max(0, hx + mm(nx) + hy + mm(ny) - hxy - mm(joint)), hx + mm(nx), hy + mm(ny),
                      np.log(np.count_nonzero(nx)), np.log(np.count_nonzero(ny)))))


add_discrete("five samples", np.array([0, 1, 1, 0, 0]), np.array([1, 0, 0, 0, 1]))
a = rng.randint(-3, 5, 300)
add_discrete("dependent", a, (a + rng.randint(0, 3, 300)) % 4)
add_discrete("independent", rng.randint(0, 6, 200), rng.randint(0, 10, 200))
add_discrete("skewed", rng.geometric(0.5, 400), rng.geometric(0.3, 400))
add_discrete("copy", np.arange(50) % 7, np.arange(50) % 7)
add_discrete("all different", np.arange(30), np.arange(30)[::-1] * 1000)
add_discrete("constant", np.zeros(20, int), np.arange(20) % 3)

integers = np.array([[0, 0, 0], [1, 1, 0], [2, 0, 1], [2, 0, 1], [2, 0, 1]])
target = np.array([0, 1, 2, 2, 1])
table = dict(x=integers.T.tolist(), y=target.tolist(),
             mutual=floats(mutual_info_classif(integers, target, discrete_features=True)))

def without_outliers(x):
    """Values beyond the 0.1% and 99.9% quantiles, one value of 20 or more at least, moved to the nearest one within."""
    if len(x) < 20:
        return x
    k = -(-len(x) // 1000)
    return np.clip(x, np.sort(x)[k], np.sort(x)[-1 - k])


bins = []
for name, x, m in [("normal", rng.normal(size=200), 8), ("exponential", rng.exponential(size=150), 5),
                   ("few", rng.normal(size=9), 3)]:  # multiples of m: shares are then equal in any convention
    code = lambda how, x: ints(KBinsDiscretizer(m, encode="ordinal", strategy=how).fit_transform(x[:, None])[:, 0])
    bins.append(dict(name=name, x=floats(x), bins=m, equal_width=code("uniform", without_outliers(x)),
                     equal_frequency=code("quantile", x)))

ross = []


def add_ross(name, x, y, ks=(1, 3, 7)):
    ross.append(dict(name=name, x=floats(x), y=ints(y), k=ks, values=floats(_compute_mi_cd(x, y, k) for k in ks)))


y = rng.randint(0, 3, 300)
add_ross("three normals", rng.normal(size=300) + y, y)
add_ross("independent", rng.normal(size=200), rng.randint(0, 4, 200))
y = rng.choice(4, 250, p=[0.7, 0.2, 0.06, 0.04])
add_ross("skewed classes", rng.normal(size=250) * (1 + y), y)
y = np.concatenate([rng.randint(0, 2, 100), [7, 9]])
add_ross("two classes of one", rng.normal(size=102) + 2 * y, y)
y = rng.randint(0, 2, 200)
add_ross("relu as it is", np.maximum(0, rng.normal(size=200) + y).astype(np.float32).astype(float), y)
add_ross("relu with jitter", jitter(np.maximum(0, rng.normal(size=200) + y)), y)
add_ross("integers", rng.randint(0, 20, 150).astype(float), rng.randint(0, 3, 150))

ksg = []


def add_ksg(name, x, y, ks=(1, 3, 7)):
    ksg.append(dict(name=name, x=floats(x), y=floats(y), k=ks, values=floats(_compute_mi_cc(x, y, k) for k in ks)))


x = rng.normal(size=250)
add_ksg("half correlated", x, 0.5 * x + np.sqrt(0.75) * rng.normal(size=250))
add_ksg("independent", rng.normal(size=150), rng.exponential(size=150))
add_ksg("function", x, np.sin(3 * x))
add_ksg("scales apart", x, 1000 * (x + rng.normal(size=250)))
add_ksg("relu with jitter", jitter(np.maximum(0, x - 1)), jitter(x + rng.normal(size=250)))
add_ksg("integer grid", rng.randint(0, 6, 200).astype(float), rng.randint(0, 6, 200).astype(float))

public = []
y = rng.randint(0, 3, 250)
x = rng.normal(size=250) * 40 + 30 * y
public.append(dict(name="classif", x=floats(x), labels=ints(y), k=3,
                   value=float(mutual_info_classif(x[:, None], y, random_state=0)[0])))
x = rng.normal(size=250) * 0.01
y = x**2 * 1e6 + rng.normal(size=250)
public.append(dict(name="regression", x=floats(x), y=floats(y), k=3,
                   value=float(mutual_info_regression(x[:, None], y, random_state=0)[0])))

p, q = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))
divergence = dict(p=floats(p), q=floats(q), value=float(entropy(p, q)))

# Entropies of equal-width codes, by numpy's histogram. The values are quantiles of a distribution, which need not be kept.
def quantiles(name, n):
    u = (np.arange(n) + 0.5) / n
    return {"normal": norm.ppf, "cauchy": lambda u: np.tan(np.pi * (u - 0.5)), "uniform": lambda u: u - 0.3,
            "lognormal": lambda u: np.exp(norm.ppf(u)), "steep lognormal": lambda u: np.exp(3 * norm.ppf(u))}[name](u)


tails = []
for name, n, outliers in [
        ("normal", 20, []), ("normal", 200, [1e6]), ("normal", 999, [1e6]), ("normal", 1000, [-1e6, 1e6]),
        ("normal", 4998, [1e6, 2e6]), ("normal", 4990, [1e30] * 5 + [-1e30] * 5), ("uniform", 50, [-1e9]),
        ("cauchy", 100, []), ("cauchy", 5000, []), ("lognormal", 1500, []), ("steep lognormal", 5000, []),
        ("uniform", 19, [])]:
    x = without_outliers(np.concatenate([quantiles(name, n), outliers]))
    counts = np.histogram(x, bins=16)[0]
    tails.append(dict(name=name, n=n, outliers=outliers, entropy=float(entropy(counts))))

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures.json")
with open(out, "w") as f:
    json.dump(dict(discrete=discrete, table=table, bins=bins, ross=ross, ksg=ksg, public=public,
                   divergence=divergence, tails=tails), f, separators=(",", ":"))
    f.write("\n")
