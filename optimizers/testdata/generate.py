"""Writes torch.json: what PyTorch's optimizers and schedulers do, for the Go tests to compare with.

Run with a Python that has PyTorch 1.13: python3 testdata/generate.py > testdata/torch.json
The problem is two parameters, w (3x4) and b (5). Their loss is the sum over all entries i of
a_i/2 (x-c_i)^2 + q_i/4 x^4, and the gradient at step t carries a deterministic noise, so that no optimizer
comes to rest.
Every term is computed in the order in which the Go test computes it.
"""
import json
import sys

import torch

DT = {"float64": torch.float64, "float32": torch.float32}
torch.set_default_dtype(torch.float64)  # or NAdam and ASGD keep their per-parameter numbers in float32
torch.set_num_threads(1)
N = 17
RECORD = [1, 2, 3, 4, 6, 8, 12, 20, 50, 100, 150, 200]


def constants():
    a = [0.5 + ((i * 7) % 11) / 10 for i in range(N)]
    c = [((i * 5) % 13) / 6 - 1 for i in range(N)]
    q = [((i * 3) % 7) / 20 for i in range(N)]
    x = [((i * 11) % 17) / 8 - 1 for i in range(N)]
    return a, c, q, x


def noise(t, i):
    return 0.4 * (((t * 37 + i * 17) % 101) / 101 - 0.5)


def run(make, dtype="float64", schedule=None, clip=None, slot=None):
    a, c, q, x = (torch.tensor(v, dtype=DT[dtype]) for v in constants())
    w, b = torch.nn.Parameter(x[:12].reshape(3, 4).clone()), torch.nn.Parameter(x[12:].clone())
    opt = make([w, b])
    sched = schedule(opt) if schedule else None
    out = []
    for t in range(1, 201):
        e = torch.tensor([noise(t, i) for i in range(N)], dtype=DT[dtype])
        x = torch.cat([w.detach().reshape(-1), b.detach()])
        g = a * (x - c) + q * x * x * x + e
        w.grad, b.grad = g[:12].reshape(3, 4).clone(), g[12:].clone()
        if clip:
            clip([w, b])
        opt.step()
        if sched:
            sched.step()
        if t in RECORD:
            digits = "%.17g" if dtype == "float64" else "%.9g"
            now = [opt.state[p][slot] if slot else p.detach() for p in (w, b)]
            out.append([float(digits % float(v)) for v in torch.cat([now[0].reshape(-1), now[1]])])
    return out


O = torch.optim
CASES = [
    # name, options as the Go package names them, the same for PyTorch
    ("gd", {"lr": 0.05}, lambda p: O.SGD(p, lr=0.05)),
    ("sgd", {"lr": 0.05}, lambda p: O.SGD(p, lr=0.05)),
    ("sgd", {"lr": 0.05, "weight_decay": 0.1}, lambda p: O.SGD(p, lr=0.05, weight_decay=0.1)),
    ("sgd", {"lr": 0.02, "momentum": 0.9}, lambda p: O.SGD(p, lr=0.02, momentum=0.9)),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.5}, lambda p: O.SGD(p, lr=0.05, momentum=0.8, dampening=0.5)),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "nesterov": 1}, lambda p: O.SGD(p, lr=0.02, momentum=0.9, nesterov=True)),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "nesterov": 1, "weight_decay": 0.05},
     lambda p: O.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.05)),
    ("adam", {}, lambda p: O.Adam(p)),
    ("adam", {"lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 1e-4},
     lambda p: O.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-4)),
    ("adam", {"lr": 0.05, "weight_decay": 0.1}, lambda p: O.Adam(p, lr=0.05, weight_decay=0.1)),
    ("adam", {"lr": 0.05, "amsgrad": 1}, lambda p: O.Adam(p, lr=0.05, amsgrad=True)),
    ("adam", {"lr": 0.05, "amsgrad": 1, "beta2": 0.9, "weight_decay": 0.01},
     lambda p: O.Adam(p, lr=0.05, amsgrad=True, betas=(0.9, 0.9), weight_decay=0.01)),
    ("adam", {"lr": 0.05, "beta1": 0}, lambda p: O.Adam(p, lr=0.05, betas=(0, 0.999))),
    ("adamw", {}, lambda p: O.AdamW(p)),
    ("adamw", {"lr": 0.05, "weight_decay": 0.2}, lambda p: O.AdamW(p, lr=0.05, weight_decay=0.2)),
    ("adamw", {"lr": 0.05, "weight_decay": 0}, lambda p: O.AdamW(p, lr=0.05, weight_decay=0)),
    ("adamw", {"lr": 0.05, "amsgrad": 1, "beta2": 0.9}, lambda p: O.AdamW(p, lr=0.05, amsgrad=True, betas=(0.9, 0.9))),
    ("nadam", {}, lambda p: O.NAdam(p)),
    ("nadam", {"lr": 0.03, "weight_decay": 0.1, "momentum_decay": 0.01, "beta2": 0.99},
     lambda p: O.NAdam(p, lr=0.03, weight_decay=0.1, momentum_decay=0.01, betas=(0.9, 0.99))),
    ("radam", {}, lambda p: O.RAdam(p)),
    ("radam", {"lr": 0.05, "weight_decay": 0.1, "beta2": 0.9},
     lambda p: O.RAdam(p, lr=0.05, weight_decay=0.1, betas=(0.9, 0.9))),
    ("adamax", {}, lambda p: O.Adamax(p)),
    ("adamax", {"lr": 0.05, "weight_decay": 0.1, "beta2": 0.9},
     lambda p: O.Adamax(p, lr=0.05, weight_decay=0.1, betas=(0.9, 0.9))),
    ("rmsprop", {}, lambda p: O.RMSprop(p)),
    ("rmsprop", {"lr": 0.005, "centered": 1, "alpha": 0.9}, lambda p: O.RMSprop(p, lr=0.005, centered=True, alpha=0.9)),
    ("rmsprop", {"lr": 0.005, "momentum": 0.9, "weight_decay": 0.1},
     lambda p: O.RMSprop(p, lr=0.005, momentum=0.9, weight_decay=0.1)),
    ("rmsprop", {"lr": 0.005, "momentum": 0.5, "centered": 1, "eps": 1e-4},
     lambda p: O.RMSprop(p, lr=0.005, momentum=0.5, centered=True, eps=1e-4)),
    ("adagrad", {}, lambda p: O.Adagrad(p)),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator": 0.1},
     lambda p: O.Adagrad(p, lr=0.1, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1)),
    ("adadelta", {}, lambda p: O.Adadelta(p)),
    ("adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1},
     lambda p: O.Adadelta(p, lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1)),
    ("asgd", {}, lambda p: O.ASGD(p)),
    ("asgd", {"lr": 0.05, "lambd": 0.01, "alpha": 0.6, "t0": 50, "weight_decay": 0.1},
     lambda p: O.ASGD(p, lr=0.05, lambd=0.01, alpha=0.6, t0=50, weight_decay=0.1)),
    ("rprop", {}, lambda p: O.Rprop(p)),
    ("rprop", {"lr": 0.1, "eta_minus": 0.4, "eta_plus": 1.1, "step_min": 1e-3, "step_max": 0.2},
     lambda p: O.Rprop(p, lr=0.1, etas=(0.4, 1.1), step_sizes=(1e-3, 0.2))),
]

# The averages of ASGD: from the first step, from later, never, with decay, and of a large rate.
AVERAGES = [
    ({"t0": 0}, lambda p: O.ASGD(p, t0=0)),
    ({"lr": 0.05, "lambd": 0.01, "alpha": 0.6, "t0": 50, "weight_decay": 0.1},
     lambda p: O.ASGD(p, lr=0.05, lambd=0.01, alpha=0.6, t0=50, weight_decay=0.1)),
    ({}, lambda p: O.ASGD(p)),
    ({"lr": 0.3, "t0": 100}, lambda p: O.ASGD(p, lr=0.3, t0=100)),
    ({"lr": 0.02, "alpha": 0, "t0": 7}, lambda p: O.ASGD(p, lr=0.02, alpha=0, t0=7)),
]

S = O.lr_scheduler
BASE = 0.05
SCHEDULES = [
    # name, options, PyTorch's scheduler
    ("constant", {}, lambda o: S.LambdaLR(o, lambda t: 1.0)),
    ("step", {"every": 30}, lambda o: S.StepLR(o, 30)),
    ("step", {"every": 7, "gamma": 0.7}, lambda o: S.StepLR(o, 7, gamma=0.7)),
    ("multistep", {"milestones": [30, 80, 150], "gamma": 0.3}, lambda o: S.MultiStepLR(o, [30, 80, 150], gamma=0.3)),
    ("exponential", {"gamma": 0.98}, lambda o: S.ExponentialLR(o, 0.98)),
    ("linear", {"steps": 100, "start": 0.25, "end": 0.75}, lambda o: S.LinearLR(o, 0.25, 0.75, 100)),
    ("polynomial", {"steps": 250, "power": 2}, lambda o: S.PolynomialLR(o, 250, 2)),
    ("cosine", {"steps": 200}, lambda o: S.CosineAnnealingLR(o, 200)),
    ("cosine", {"steps": 250, "final": 0.1}, lambda o: S.CosineAnnealingLR(o, 250, eta_min=0.1 * BASE)),
    ("cosine_restarts", {"period": 20, "growth": 2, "final": 0.02},
     lambda o: S.CosineAnnealingWarmRestarts(o, 20, 2, eta_min=0.02 * BASE)),
    ("cosine_restarts", {"period": 30}, lambda o: S.CosineAnnealingWarmRestarts(o, 30)),
    ("one_cycle", {"steps": 201}, lambda o: S.OneCycleLR(o, BASE, total_steps=201, cycle_momentum=False)),
    ("one_cycle", {"steps": 201, "rise": 0.5, "divide": 10, "final_divide": 100},
     lambda o: S.OneCycleLR(o, BASE, total_steps=201, pct_start=0.5, div_factor=10, final_div_factor=100,
                            cycle_momentum=False)),
    ("exponential", {"gamma": 0.98, "warmup": 20, "warmup_start": 0.1},
     lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 20), S.ExponentialLR(o, 0.98)], [20])),
]

# Schedules and clipping in action, with an optimizer each.
COMBINED = [
    ("sgd", {"lr": BASE, "momentum": 0.9}, lambda p: O.SGD(p, lr=BASE, momentum=0.9), 7),
    ("adamw", {"lr": BASE, "weight_decay": 0.1}, lambda p: O.AdamW(p, lr=BASE, weight_decay=0.1), 8),
    ("adam", {"lr": BASE, "weight_decay": 0.1}, lambda p: O.Adam(p, lr=BASE, weight_decay=0.1), 2),
    ("nadam", {"lr": BASE}, lambda p: O.NAdam(p, lr=BASE), 4),
    ("asgd", {"lr": BASE, "lambd": 0.01}, lambda p: O.ASGD(p, lr=BASE, lambd=0.01), 3),
]
CLIPS = [
    ("value", 0.3, lambda p: torch.nn.utils.clip_grad_value_(p, 0.3)),
    ("norm", 0.5, lambda p: [torch.nn.utils.clip_grad_norm_(x, 0.5) for x in p]),
    ("global_norm", 0.8, lambda p: torch.nn.utils.clip_grad_norm_(p, 0.8)),
]


def rates(make):
    p = torch.nn.Parameter(torch.zeros(1))
    opt = O.SGD([p], lr=BASE)
    sched = make(opt)
    out = []
    for _ in range(200):
        out.append(opt.param_groups[0]["lr"] / BASE)
        opt.step()
        sched.step()
    return out


result = {"torch": torch.__version__, "record": RECORD, "cases": [], "averages": [], "schedules": []}
for name, options, make in CASES:
    result["cases"].append({"name": name, "options": options, "x": run(make)})
    if len(options) != 1:  # once plain, once with everything
        result["cases"].append({"name": name, "options": options, "dtype": "float32", "x": run(make, "float32")})
for options, make in AVERAGES:
    for dtype in ("float64", "float32"):
        result["averages"].append({"options": options, "dtype": dtype, "x": run(make, dtype, slot="ax")})
for name, options, make, k in COMBINED:
    s = SCHEDULES[k]
    result["cases"].append({"name": name, "options": options, "schedule": s[0], "schedule_options": s[1],
                            "x": run(make, schedule=s[2])})
for kind, limit, clip in CLIPS:
    result["cases"].append({"name": "sgd", "options": {"lr": 0.05, "momentum": 0.9}, "clip": kind, "limit": limit,
                            "x": run(lambda p: O.SGD(p, lr=0.05, momentum=0.9), clip=clip)})
for name, options, make in SCHEDULES:
    result["schedules"].append({"name": name, "options": options, "factor": rates(make)})


def lines(key):
    return '"%s":[\n%s\n]' % (key, ",\n".join(json.dumps(c, separators=(",", ":")) for c in result[key]))


sys.stdout.write('{"torch":%s,"record":%s,\n%s,\n%s,\n%s}\n' % (
    json.dumps(result["torch"]), json.dumps(RECORD), lines("cases"), lines("averages"), lines("schedules")))
