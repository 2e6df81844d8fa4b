"""Checks a report of `gtrain run` or `gtrain prune`: check_report.py REPORT [LOSS OF ACCURACY ALLOWED]"""
import json
import sys

r = json.load(open(sys.argv[1]))
allowed = float(sys.argv[2]) if len(sys.argv) > 2 else 0.005
dense, pruned = r["dense"], r["pruned"]
print(f"accuracy {dense['accuracy']:.4f} -> {pruned['accuracy']:.4f}, parameters {dense['params']} -> {pruned['params']}, "
      f"equivalence {r['equivalence']['max_rel_diff']:.1e} on {r['equivalence']['checked_rows']} rows")
assert dense["accuracy"] >= 0.97, "dense accuracy"
assert pruned["accuracy"] >= dense["accuracy"] - allowed - 1e-9, "accuracy after pruning"
assert pruned["params"] <= dense["params"] / 2, "parameters removed"
assert r["equivalence"]["max_rel_diff"] <= 1e-5 and r["equivalence"]["checked_rows"] > 0, "equivalence"
if "comparison" in r:
    assert {c["criterion"] for c in r["comparison"]} >= {"mutual-information", "entropy", "l2", "random"}, "comparison"
    assert all(len(c["seeds"]) == 3 for c in r["comparison"]), "seeds"
