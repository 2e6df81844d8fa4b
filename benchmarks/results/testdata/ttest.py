"""Writes ttest.json: paired one-sided t-tests by SciPy. Run in this folder: python3 ttest.py"""
import json
import random

from scipy import stats

random.seed(1)
cases = [([1, 2, 3, 4, 5], [0, 2, 2, 5, 3]), ([0.91, 0.93, 0.95], [0.90, 0.94, 0.91]), ([5, 5, 6, 7], [6, 7, 6, 9]),
         ([0.1] * 5 + [0.2] * 5, [0.1] * 9 + [0.3]), ([10, 20], [9, 18.5]), ([1e-9, 2e-9, 4e-9], [0, 0, 1e-9])]
for n in [2, 3, 10, 20, 200]:
    cases.append(([random.gauss(0.3, 1) for _ in range(n)], [random.gauss(0, 1) for _ in range(n)]))
out = [{"a": a, "b": b, "p": float(stats.ttest_rel(a, b, alternative="greater").pvalue)} for a, b in cases]
json.dump(out, open("ttest.json", "w"))
