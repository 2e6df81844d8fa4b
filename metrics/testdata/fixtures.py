"""Writes sklearn.json: inputs and what scikit-learn 1.2 makes of them.

    python3 fixtures.py > sklearn.json
"""
import json
import sys
import warnings

import numpy as np
import sklearn.metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240517)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classification(name, labels, probs, classes):
    labels, probs = np.asarray(labels), np.asarray(probs, dtype=np.float64)
    predicted = probs.argmax(axis=1)
    every = list(range(classes))
    p, r, f, s = m.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    averages = {}
    for kind in ("macro", "micro", "weighted"):
        ap, ar, af, _ = m.precision_recall_fscore_support(labels, predicted, average=kind, zero_division=0)
        averages[kind] = {"precision": ap, "recall": ar, "f1": af}
    want = {
        "accuracy": m.accuracy_score(labels, predicted),
        "log_loss": m.log_loss(labels, probs, labels=every),
        "log_loss_float32": float(m.log_loss(labels, probs.astype(np.float32), labels=every)),
        "confusion_matrix": m.confusion_matrix(labels, predicted, labels=every).tolist(),
        "precision": p.tolist(), "recall": r.tolist(), "f1": f.tolist(), "support": s.tolist(),
        **averages,
    }
    if classes == 2 and len(set(labels.tolist())) == 2:
        want["roc_auc"] = m.roc_auc_score(labels, probs[:, 1])
    if classes > 2 and all(len(set(row)) == classes for row in probs.tolist()):  # ties rank the other way there
        want["top_k"] = {str(k): m.top_k_accuracy_score(labels, probs, k=k, labels=every) for k in range(1, classes)}
    return {"name": name, "classes": classes, "labels": labels.tolist(), "probs": probs.ravel().tolist(), "want": want}


def binary(scores, labels):
    scores = np.asarray(scores, dtype=np.float64)
    return labels, np.stack([1 - scores, scores], axis=1)


def regression(name, y, p):
    y, p = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    return {"name": name, "targets": y.tolist(), "predictions": p.tolist(), "want": {
        "mse": m.mean_squared_error(y, p), "rmse": m.mean_squared_error(y, p, squared=False),
        "mae": m.mean_absolute_error(y, p), "r2": m.r2_score(y, p)}}


def cases():
    c = []
    labels = rng.integers(0, 2, 60)
    c.append(classification("binary", *binary(1 / (1 + np.exp(-(labels - 0.5 + rng.normal(size=60)))), labels), 2))
    labels = rng.integers(0, 2, 80)
    c.append(classification("binary, ties", *binary(rng.integers(0, 5, 80) / 4, labels), 2))
    c.append(classification("binary, all tied", *binary(np.full(6, 0.5), np.array([0, 1, 0, 1, 1, 1])), 2))
    c.append(classification("binary, one class seen", *binary([0.2, 0.7, 0.4], np.array([0, 0, 0])), 2))
    labels = rng.integers(0, 7, 120)
    probs = softmax(2 * np.eye(7)[labels] + 1.5 * rng.normal(size=(120, 7)))
    c.append(classification("seven classes", labels, probs, 7))
    labels = rng.choice([0, 1, 3], 40)
    probs = softmax(2 * np.eye(5)[labels] + 1.5 * rng.normal(size=(40, 5)))
    probs[:, 4] = 1e-3  # class 4 is neither seen nor predicted, class 2 may be predicted but is never seen
    probs /= probs.sum(axis=1, keepdims=True)
    c.append(classification("absent classes", labels, probs, 5))
    c.append(classification("certain and wrong", [0, 1, 2, 1], [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0.25, 0.75]], 3))
    labels = rng.integers(0, 3, 30)
    probs = softmax(rng.normal(size=(30, 3))) * rng.uniform(0.992, 1.008, size=(30, 1))
    c.append(classification("rows that sum to nearly 1", labels, probs, 3))
    y = rng.normal(size=50)
    r = [
        regression("noise", y, y + 0.3 * rng.normal(size=50)),
        regression("worse than the mean", y, -y),
        regression("large offset", 1e8 + y, 1e8 + y + 0.5 * rng.normal(size=50)),
        regression("exact", y, y),
        regression("constant, exact", np.full(4, 2.0), np.full(4, 2.0)),
        regression("constant, missed", np.full(4, 2.0), [2, 2, 2, 2.5]),
    ]
    return {"classification": c, "regression": r}


json.dump(cases(), sys.stdout, indent=None, separators=(",", ":"))
print()
