#!/usr/bin/env python3
"""Writes reference.json: what scikit-learn says of the embedded datasets (made with scikit-learn 1.2.1).

Run from the folder data/: python3 testdata/make_fixtures.py
"""
import csv
import json

import numpy as np
from sklearn import datasets
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, StandardScaler

out = {"datasets": {}, "impute": {}}
for name in ["iris", "wine", "breast_cancer", "digits", "diabetes"]:
    kwargs = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, "load_" + name)(**kwargs)
    x = bunch.data.astype(np.float32)
    if name == "diabetes":
        target = bunch.target.tolist()
    else:
        target = [str(bunch.target_names[t]) for t in bunch.target]
    rows = [i for i in range(len(x)) if i % 3]
    part = x[rows].astype(np.float64)
    standard, minmax = StandardScaler().fit(part), MinMaxScaler().fit(part)
    out["datasets"][name] = {
        "sums": x.astype(np.float64).sum(axis=0).tolist(),
        "target": target,
        "rows": rows,
        "standardise": {"mean": standard.mean_.tolist(), "scale": standard.scale_.tolist()},
        "minmax": {"mean": minmax.data_min_.tolist(), "scale": (1 / minmax.scale_).tolist()},
        "first_row": standard.transform(x[:1].astype(np.float64))[0].tolist(),
    }

# holes.csv: iris with every 7th value missing, and a text column with holes of its own
x = datasets.load_iris().data.astype(np.float32).astype(np.float64)
colours = np.array([["red", "green", "blue"][i * 7 % 11 % 3] for i in range(len(x))], dtype=object)
for i in range(x.size):
    if i % 7 == 3:
        x[i // 4, i % 4] = np.nan
for i in range(0, len(colours), 5):
    colours[i] = np.nan
with open("testdata/holes.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerow(["a", "colour", "b", "c", "d", "species"])
    missing = ["", "NA", "n/a", "NaN", "null", "?"]
    show = lambda i, v: missing[i % 6] if v != v else str(np.float32(v))
    for i, (row, colour) in enumerate(zip(x, colours)):
        colour = missing[i % 6] if colour != colour else colour
        cells = [show(i + j, v) for j, v in enumerate(row)]
        w.writerow([cells[0], colour] + cells[1:] + [["setosa", "versicolor", "virginica"][i // 50]])
rows = [i for i in range(len(x)) if i % 3]
for strategy in ["mean", "median", "most_frequent"]:
    fit = SimpleImputer(strategy=strategy).fit(x[rows])
    out["impute"][strategy.replace("_", "-")] = fit.statistics_.tolist()
text = SimpleImputer(strategy="most_frequent").fit(colours[rows].reshape(-1, 1))
out["impute_text"] = str(text.statistics_[0])

with open("testdata/reference.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
