"""Writes torch.json: what PyTorch computes, and differentiates, where the Go tests compare convolution, pooling and
normalisation with it.

Run with a Python that has PyTorch 1.13: python3 testdata/generate.py > testdata/torch.json
Inputs are not stored: element i of tensor k is ((31*i*i + 37*i + 17*k) mod 101)/50 - 1, in float64. Tensor 0 is x, the
last one is r in the cost sum(r*y); the others are the parameters in order. NaN is written as null.
"""
import json
import math
import random
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
CASES = []


def value(k, shape):
    n = math.prod(shape)
    return torch.tensor([((31 * i * i + 37 * i + 17 * k) % 101) / 50 - 1 for i in range(n)]).reshape(shape)


def numbers(t):
    return [None if math.isnan(v) else float("%.11g" % v) for v in t.detach().reshape(-1).tolist()]


def record(op, name, f, shapes, config, nan=()):
    """f maps x and the parameters, of the given shapes, to y."""
    leaves = [value(k, s) for k, s in enumerate(shapes)]
    for i in nan:
        leaves[0].view(-1)[i] = math.nan
    for leaf in leaves:
        leaf.requires_grad_()
    y = f(*leaves)
    (y * value(len(shapes), y.shape)).sum().backward()
    CASES.append({"op": op, "name": name, "config": config, "shapes": shapes, "nan": list(nan), "out": list(y.shape),
                  "y": numbers(y), "grads": [numbers(leaf.grad) for leaf in leaves]})


def conv(name, x, filters, kernel, stride=(1, 1), dilation=(1, 1), pads=(0, 0, 0, 0), groups=1, bias=True):
    t, l, b, r = pads

    def f(x, w, *bias):
        return F.conv2d(F.pad(x, (l, r, t, b)), w, bias[0] if bias else None, stride, 0, dilation, groups)
    shapes = [x, [filters, x[1] // groups, *kernel]] + ([[filters]] if bias else [])
    record("Conv2D", name, f, shapes, {"stride": stride, "dilation": dilation, "pads": pads, "groups": groups})


def conv1d(name, x, filters, kernel, stride=1, dilation=1, pads=(0, 0), groups=1):
    def f(x, w, b):
        return F.conv1d(F.pad(x, pads), w, b, stride, 0, dilation, groups)
    record("Conv1D", name, f, [x, [filters, x[1] // groups, kernel], [filters]],
           {"stride": (1, stride), "dilation": (1, dilation), "pads": (0, pads[0], 0, pads[1]), "groups": groups})


def maxpool(name, x, kernel, stride=None, dilation=(1, 1), pads=(0, 0, 0, 0), ceil=False, nan=()):
    t, l, b, r = pads

    def f(x):
        if (t, l) == (b, r):
            return F.max_pool2d(x, kernel, stride, (t, l), dilation, ceil)
        return F.max_pool2d(F.pad(x, (l, r, t, b), value=-math.inf), kernel, stride, 0, dilation, ceil)
    record("MaxPool2D", name, f, [x], {"kernel": kernel, "stride": stride or (0, 0), "dilation": dilation, "pads": pads,
                                       "ceil": ceil}, nan)


def avgpool(name, x, kernel, stride=None, pad=(0, 0), ceil=False, count=False):
    record("AvgPool2D", name, lambda x: F.avg_pool2d(x, kernel, stride, pad, ceil, count), [x],
           {"kernel": kernel, "stride": stride or (0, 0), "pads": (*pad, *pad), "ceil": ceil, "count": count})


def layernorm(name, x, axis, eps=1e-5):
    s = x[axis:]
    record("LayerNorm", name, lambda x, g, b: F.layer_norm(x, s, g, b, eps), [x, s, s], {"axis": axis, "eps": eps})


def batchnorm(name, x, eps=1e-5, momentum=0.1, steps=3):
    """Training steps on different batches, of which the last one is recorded; then one evaluation."""
    make = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}[len(x)]
    layer = make(x[1], eps=eps, momentum=momentum)
    with torch.no_grad():
        layer.weight.copy_(value(1, (x[1],)))
        layer.bias.copy_(value(2, (x[1],)))
    running = []
    for step in range(steps + 1):
        if step == steps:
            layer.eval()
        layer.zero_grad()
        leaf = value(0 if step >= steps - 1 else 10 + step, x).requires_grad_()
        y = layer(leaf)
        (y * value(3, y.shape)).sum().backward()
        running.append(numbers(torch.cat([layer.running_mean, layer.running_var])))
        if step >= steps - 1:
            CASES.append({
                "op": "BatchNorm", "name": name + (" evaluation" if step == steps else " training"),
                "config": {"eps": eps, "momentum": momentum, "steps": steps, "running": running[:steps], "eval": step == steps},
                "shapes": [x, [x[1]], [x[1]]], "nan": [], "out": list(y.shape), "y": numbers(y),
                "grads": [numbers(leaf.grad), numbers(layer.weight.grad), numbers(layer.bias.grad)]})


conv("plain", [2, 2, 5, 4], 3, (3, 2))
conv("without bias", [1, 2, 4, 4], 2, (2, 2), bias=False)
conv("1x1", [2, 3, 3, 3], 2, (1, 1))
conv("stride", [1, 2, 7, 8], 2, (3, 3), stride=(2, 3))
conv("four pads", [1, 2, 4, 5], 2, (3, 3), pads=(1, 2, 0, 3))
conv("stride and pads", [1, 1, 6, 6], 2, (3, 3), stride=(2, 2), pads=(1, 1, 1, 1))
conv("dilation", [1, 2, 7, 6], 2, (3, 2), dilation=(2, 3), pads=(1, 1, 1, 1))
conv("groups", [2, 4, 4, 3], 6, (2, 2), pads=(0, 1, 1, 0), groups=2)
conv("depthwise", [1, 3, 5, 5], 3, (3, 3), pads=(1, 1, 1, 1), groups=3)
conv("depthwise, two filters a channel", [1, 3, 5, 5], 6, (3, 3), stride=(2, 2), pads=(1, 1, 1, 1), groups=3)
conv1d("plain", [2, 3, 7], 2, 3)
conv1d("all", [2, 4, 9], 4, 3, stride=2, dilation=2, pads=(1, 3), groups=2)
maxpool("2x2", [1, 2, 4, 6], (2, 2))
maxpool("overlapping, padded", [2, 2, 6, 5], (3, 3), (2, 2), pads=(1, 1, 1, 1))
maxpool("four pads, dilation", [1, 2, 6, 7], (2, 3), (1, 2), (3, 2), (1, 2, 0, 1))
maxpool("ceil", [1, 2, 5, 6], (2, 3), (2, 2), ceil=True)
maxpool("ceil, padded", [1, 2, 3, 6], (2, 3), (2, 2), pads=(1, 1, 1, 1), ceil=True)
maxpool("NaN", [1, 1, 4, 6], (2, 2), nan=(0, 7, 9, 14, 15, 20, 21))
maxpool("NaN, overlapping", [1, 1, 5, 5], (3, 3), (1, 1), nan=(6, 8, 18))
avgpool("2x2", [1, 2, 4, 6], (2, 2))
for count in (False, True):
    avgpool("padded, count %s" % count, [1, 2, 5, 5], (3, 3), (2, 2), (1, 1), count=count)
    avgpool("ceil, count %s" % count, [1, 2, 5, 6], (2, 3), (2, 2), ceil=True, count=count)
    avgpool("ceil, padded, count %s" % count, [1, 1, 5, 6], (3, 3), (3, 2), (1, 1), True, count)
    avgpool("cut short, count %s" % count, [1, 1, 3, 3], (2, 2), (2, 2), (1, 1), True, count)
batchnorm("images", [2, 3, 3, 2])
batchnorm("rows", [5, 4], eps=1e-3, momentum=0.3)
batchnorm("signals", [3, 2, 4], momentum=1.0, steps=1)
layernorm("last axis", [2, 3, 5], 2)
layernorm("two axes", [2, 3, 4], 1, 1e-3)
layernorm("rows", [4, 7], 1)

draw = random.Random(4)


def between(lo, hi):
    return draw.randint(lo, hi)


for i in range(30):
    while True:
        groups = draw.choice([1, 1, 2, 3])
        x = [between(1, 3), groups * between(1, 2), between(2, 6), between(2, 6)]
        kernel, dilation = (between(1, 3), between(1, 3)), (between(1, 2), between(1, 2))
        pads = tuple(between(0, 2) for _ in range(4))
        if all(x[2 + a] + pads[a] + pads[2 + a] > dilation[a] * (kernel[a] - 1) for a in (0, 1)):
            break
    conv("random %d" % i, x, groups * between(1, 2), kernel, (between(1, 3), between(1, 3)), dilation, pads, groups,
         draw.random() < 0.7)
    kernel = (between(1, 3), between(1, 3))
    pad = (between(0, kernel[0] // 2), between(0, kernel[1] // 2))
    x = [between(1, 2), between(1, 2), between(3, 7), between(3, 7)]
    stride, ceil = (between(1, 3), between(1, 3)), draw.random() < 0.5
    maxpool("random %d" % i, x, kernel, stride, (1, 1), pad + pad, ceil)
    avgpool("random %d" % i, x, kernel, stride, pad, ceil, draw.random() < 0.5)
    if i % 3 == 0:
        x = [between(2, 4), between(1, 4)] + [between(1, 3) for _ in range(between(0, 2))]
        batchnorm("random %d" % i, x, 10 ** -between(2, 5), draw.random())
        if len(x) > 2:
            layernorm("random %d" % i, x, between(1, len(x) - 1), 10 ** -between(2, 5))

sys.stdout.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES) + "\n]\n")
