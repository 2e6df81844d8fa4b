"""Checks a report of `gtrain run` or `gtrain prune`: check_report.py REPORT [LOSS OF ACCURACY ALLOWED [SHARE OF THE SPEED
THAT THE MACS PROMISE]]"""
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
for name in ("dense", "masked", "pruned"):
    plain = r["equivalence"]["plain"][name]
    assert plain["max_rel_diff"] <= 1e-4 and plain["checked_rows"] > 0, f"{name} against its plain program"
if len(sys.argv) > 3:
    promised = 1 - pruned["macs"] / dense["macs"]
    measured = 1 - dense["throughput"] / pruned["throughput"]
    print(f"MACs fall by {promised:.3f}, the latency of 128 rows by {measured:.3f}: {measured / promised:.2f} of it")
    assert measured >= float(sys.argv[3]) * promised, "latency"
if "comparison" in r:
    assert {c["criterion"] for c in r["comparison"]} >= {"mutual-information", "entropy", "l2", "random"}, "comparison"
    assert all(len(c["seeds"]) == 3 for c in r["comparison"]), "seeds"
