"""Writes wrappers.json: methods that PyTorch 1.13 has no optimizer for, written by hand as loops around its optimizers and
tensors, for the Go tests to compare with. The problem is that of generate.py, and so is the format.

Run with a Python that has PyTorch: python3 testdata/wrappers.py > testdata/wrappers.json
"""
import json
import sys

import torch

DT = {"float64": torch.float64, "float32": torch.float32}
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
N = 17
RECORD = [1, 2, 3, 4, 6, 8, 12, 20, 50, 100, 150, 200]
O = torch.optim


def constants():
    a = [0.5 + ((i * 7) % 11) / 10 for i in range(N)]
    c = [((i * 5) % 13) / 6 - 1 for i in range(N)]
    q = [((i * 3) % 7) / 20 for i in range(N)]
    x = [((i * 11) % 17) / 8 - 1 for i in range(N)]
    return a, c, q, x


def noise(t, i):
    return 0.4 * (((t * 37 + i * 17) % 101) / 101 - 0.5)


class Problem:
    def __init__(self, dtype):
        a, c, q, x = (torch.tensor(v, dtype=DT[dtype]) for v in constants())
        self.a, self.c, self.q, self.dtype = a, c, q, dtype
        self.w = torch.nn.Parameter(x[:12].reshape(3, 4).clone())
        self.b = torch.nn.Parameter(x[12:].clone())
        self.params = [self.w, self.b]

    def gradient(self, t):
        e = torch.tensor([noise(t, i) for i in range(N)], dtype=DT[self.dtype])
        x = torch.cat([self.w.detach().reshape(-1), self.b.detach()])
        g = self.a * (x - self.c) + self.q * x * x * x + e
        self.w.grad, self.b.grad = g[:12].reshape(3, 4).clone(), g[12:].clone()


def numbers(values, dtype):
    digits = "%.17g" if dtype == "float64" else "%.9g"
    return [float(digits % float(v)) for v in torch.cat([values[0].detach().reshape(-1), values[1].detach()])]


def run(step, dtype, result):
    p = Problem(dtype)
    state = {}
    out = []
    for t in range(1, 201):
        p.gradient(t)
        with torch.no_grad():
            step(p, t, state)
        if t in RECORD:
            out.append(numbers(result(p, state), dtype))
    return out


def weights(p, state):
    return p.params


def sam(base, rho, adaptive):
    def step(p, t, s):
        if not s:
            s["opt"] = base(p.params)
        scaled = [(w.abs() if adaptive else 1.0) * w.grad for w in p.params]
        norm = torch.norm(torch.stack([torch.norm(g) for g in scaled]))
        old = [w.detach().clone() for w in p.params]
        for w in p.params:
            w.add_((w * w if adaptive else 1.0) * w.grad * (rho / (norm + 1e-12)))
        p.gradient(t)  # of the same batch
        for w, o in zip(p.params, old):
            w.copy_(o)
        s["opt"].step()
    return step


def lookahead(base, k, alpha):
    def step(p, t, s):
        if not s:
            s["opt"], s["slow"] = base(p.params), [w.detach().clone() for w in p.params]
        s["opt"].step()
        if t % k == 0:
            for w, slow in zip(p.params, s["slow"]):
                slow.add_(w - slow, alpha=alpha)
                w.copy_(slow)
    return step


def slow(p, state):
    return state["slow"]


class Model(torch.nn.Module):
    def __init__(self, params):
        super().__init__()
        self.params = torch.nn.ParameterList(params)


def ema(base, decay):
    def step(p, t, s):
        if not s:
            s["opt"], s["model"] = base(p.params), Model(p.params)
            s["average"] = torch.optim.swa_utils.AveragedModel(
                s["model"], avg_fn=lambda a, w, n: decay * a + (1 - decay) * w)
        s["opt"].step()
        s["average"].update_parameters(s["model"])
    return step


def average(p, state):
    return list(state["average"].parameters())


def lamb(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
    def step(p, t, s):
        for i, w in enumerate(p.params):
            m, v = s.setdefault(("m", i), torch.zeros_like(w)), s.setdefault(("v", i), torch.zeros_like(w))
            m.mul_(beta1).add_(w.grad, alpha=1 - beta1)
            v.mul_(beta2).addcmul_(w.grad, w.grad, value=1 - beta2)
            u = (m / (1 - beta1 ** t)) / ((v / (1 - beta2 ** t)).sqrt() + eps) + weight_decay * w
            wn, un = torch.norm(w), torch.norm(u)
            ratio = wn / un if wn > 0 and un > 0 else 1.0
            w.sub_(lr * ratio * u)
    return step


ADAM = ("adam", {"lr": 0.01}, lambda p: O.Adam(p, lr=0.01))
MOMENTUM = ("sgd", {"lr": 0.02, "momentum": 0.9}, lambda p: O.SGD(p, lr=0.02, momentum=0.9))
DECAYED = ("sgd", {"lr": 0.05, "weight_decay": 0.1}, lambda p: O.SGD(p, lr=0.05, weight_decay=0.1))


def main():
    cases, out = [], {"torch": torch.__version__.split("+")[0], "record": RECORD}
    for dtype in DT:
        for name, options, base in (ADAM, MOMENTUM, DECAYED):
            for kind, numbers_, step, result in (
                ("sam", {"rho": 0.1, "adaptive": 0}, sam(base, 0.1, False), weights),
                ("sam", {"rho": 0.5, "adaptive": 1}, sam(base, 0.5, True), weights),
                ("lookahead", {"every": 3, "alpha": 0.4}, lookahead(base, 3, 0.4), weights),
                ("lookahead", {"every": 3, "alpha": 0.4, "evaluated": 1}, lookahead(base, 3, 0.4), slow),
                ("ema", {"decay": 0.9, "evaluated": 1}, ema(base, 0.9), average),
            ):
                cases.append({"wrapper": kind, "numbers": numbers_, "name": name, "options": options, "dtype": dtype,
                              "x": run(step, dtype, result)})
    out["wrappers"] = cases
    out["cases"] = [
        {"name": "lamb", "options": o, "dtype": dtype, "x": run(lamb(**o), dtype, weights)}
        for dtype in DT for o in ({}, {"lr": 0.02}, {"lr": 0.02, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.1})
    ]
    for key in ("wrappers", "cases"):
        out[key] = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out[key]) + "\n]"
    sys.stdout.write('{"torch":%s,"record":%s,\n"wrappers":%s,\n"cases":%s}\n' % (
        json.dumps(out["torch"]), json.dumps(RECORD), out["wrappers"], out["cases"]))


if __name__ == "__main__":
    main()
