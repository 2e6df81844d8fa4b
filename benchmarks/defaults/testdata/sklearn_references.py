"""Writes references.json: scikit-learn's test scores on the tables and splits that it is given on stdin.

go run ./benchmarks/defaults -rows | python3 benchmarks/defaults/testdata/sklearn_references.py > references.json

Features are standardised on the rows that are fitted, and so are the targets of a regression for the networks. "mlp" has the
library's own defaults (one layer of 100), "linear" is logistic or ridge regression.
"""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")


def models(regression, seed):
    if not regression:
        return {
            "linear": make_pipeline(StandardScaler(), LogisticRegression()),
            "mlp": make_pipeline(StandardScaler(), MLPClassifier(random_state=seed)),
            "mlp:64,32": make_pipeline(StandardScaler(), MLPClassifier((64, 32), random_state=seed)),
        }

    def network(**options):
        return TransformedTargetRegressor(
            make_pipeline(StandardScaler(), MLPRegressor(random_state=seed, **options)), transformer=StandardScaler())

    return {"linear": make_pipeline(StandardScaler(), Ridge()), "mlp": network(),
            "mlp:64,32": network(hidden_layer_sizes=(64, 32))}


tables = {}
for table in json.load(sys.stdin):
    x = np.array(table["x"], dtype=float)
    y = np.array(table["targets"], dtype=float) if table["regression"] else np.array(table["labels"])
    scores = tables.setdefault(table["name"], {})
    for seed, split in enumerate(table["splits"], 1):
        for suffix, rows in (("", split["Train"]), (", with validation rows", split["Train"] + split["Val"])):
            for name, model in models(table["regression"], seed).items():
                model.fit(x[rows], y[rows])
                score = model.score(x[split["Test"]], y[split["Test"]])
                scores.setdefault(name + suffix, []).append(round(float(score), 6))
json.dump({"scikit_learn": sklearn.__version__, "tables": tables}, sys.stdout, indent=1)
sys.stdout.write("\n")
