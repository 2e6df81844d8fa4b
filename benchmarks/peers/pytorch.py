"""PyTorch as a worker of peers: requests and answers are lines of JSON on stdin and stdout, see protocol.go.

It needs python3 with torch and numpy. The argument is the number of threads. Of the ways to do the same work the
fastest is kept: Adam's loop or its foreach form; for predictions, the eager model or the traced and frozen one."""

import json
import statistics
import sys
import time

import numpy
import torch
from torch import nn


class Parameters:
    """The network's weights in the order in which ours uses them, (in, out) for dense layers."""

    def __init__(self, files):
        self.files, self.next = files, 0

    def take(self, *shape):
        values = read(self.files, f"param-{self.next}.f32").reshape(shape)
        self.next += 1
        return torch.from_numpy(values)

    def linear(self, inputs, outputs):
        layer = nn.Linear(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(self.take(inputs, outputs).T)
            layer.bias.copy_(self.take(outputs))
        return layer

    def conv(self, inputs, filters, kernel, stride=1, padding=0, bias=True):
        layer = nn.Conv2d(inputs, filters, kernel, stride, padding, bias=bias)
        with torch.no_grad():
            layer.weight.copy_(self.take(filters, inputs, kernel, kernel))
            if bias:
                layer.bias.copy_(self.take(filters))
        return layer

    def norm(self, channels):
        layer = nn.BatchNorm2d(channels)
        with torch.no_grad():
            layer.weight.copy_(self.take(channels))
            layer.bias.copy_(self.take(channels))
        return layer


class Residual(nn.Module):
    """relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)), He et al. 2016."""

    def __init__(self, p, inputs, filters, stride):
        super().__init__()
        self.body = nn.Sequential(p.conv(inputs, filters, 3, stride, 1, bias=False), p.norm(filters), nn.ReLU(),
                                  p.conv(filters, filters, 3, 1, 1, bias=False), p.norm(filters))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != filters:
            self.shortcut = nn.Sequential(p.conv(inputs, filters, 1, stride, bias=False), p.norm(filters))

    def forward(self, x):
        return nn.functional.relu(self.body(x) + self.shortcut(x))


def lenet5(p):
    return nn.Sequential(p.conv(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), p.conv(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), p.linear(800, 500), nn.ReLU(), p.linear(500, 10))


def resnet(p):
    layers, channels = [p.conv(3, 16, 3, 1, 1, bias=False), p.norm(16), nn.ReLU()], 16
    for filters, blocks in ((16, 3), (32, 3), (64, 2)):
        for i in range(blocks):
            layers.append(Residual(p, channels, filters, 2 if i == 0 and filters != channels else 1))
            channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), p.linear(64, 10))


def perceptron(p, widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [p.linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def model(network, files):
    p = Parameters(files)
    if network["Name"] == "lenet-5":
        return lenet5(p)
    if network["Name"] == "resnet-mini":
        return resnet(p)
    return perceptron(p, network["Widths"])


def read(files, name, dtype=numpy.float32):
    return numpy.fromfile(f"{files}/{name}", dtype=dtype)


def batch(request):
    size, files = request["work"]["batch"], request["files"]
    x = torch.from_numpy(read(files, f"x-{size}.f32").reshape(size, *request["work"]["network"]["Input"]))
    return x, torch.from_numpy(read(files, f"labels-{size}.i64", numpy.int64))


def trainings(request):
    """The ways to train: functions that make a step and return the loss."""

    def make(**options):
        net = model(request["work"]["network"], request["files"])
        x, labels = batch(request)
        adam = torch.optim.Adam(net.parameters(), lr=request["rate"], **options)

        def step():
            adam.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(net(x), labels)
            loss.backward()
            adam.step()
            return loss

        return step

    return [make(foreach=False), make(foreach=True)]


def inferences(request):
    """The ways to predict: functions that return the probabilities."""
    net = nn.Sequential(model(request["work"]["network"], request["files"]), nn.Softmax(dim=1)).eval()
    x, _ = batch(request)
    ways = [lambda: net(x)]
    with torch.no_grad():
        traced = torch.jit.optimize_for_inference(torch.jit.trace(net, x))
    ways.append(lambda: traced(x))
    return ways


def answer(request, ready):
    work = request["work"]
    key = json.dumps([work, request["check"]])
    if key not in ready:
        ways = {"train": trainings, "infer": inferences}[work["kind"]](request)
        ready[key] = ways
    ways = ready[key]
    if request["check"]:
        del ready[key]
        steps = 3 if work["kind"] == "train" else 1
        results = [[v for _ in range(steps) for v in way().detach().flatten().tolist()] for way in ways]
        for other in results[1:]:
            if not numpy.allclose(results[0], other, atol=1e-4):
                raise ValueError(f"two ways to {work['kind']} differ: {results[0][:3]} and {other[:3]}")
        return {"numbers": results[0]}
    if len(ways) > 1:
        ready[key] = ways = [min(ways, key=lambda way: measure(way, request["seconds"] / 4))]
    return {"ns": measure(ways[0], request["seconds"])}


def measure(step, budget):
    """The median time of a step in ns, over samples of at least 50 µs; as worker.go does it."""
    begin, n = time.perf_counter(), 1
    while True:
        start = time.perf_counter_ns()
        for _ in range(n):
            step()
        if time.perf_counter_ns() - start < 50_000:
            n *= 2
        elif time.perf_counter() - begin > budget / 5:
            break
    samples, begin = [], time.perf_counter()
    while not samples or time.perf_counter() - begin < budget:
        start = time.perf_counter_ns()
        for _ in range(n):
            step()
        samples.append((time.perf_counter_ns() - start) / n)
    return statistics.median(samples)


def main():
    torch.set_num_threads(int(sys.argv[1]))
    ready = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["work"]["kind"] == "infer":
                with torch.inference_mode():
                    reply = answer(request, ready)
            else:
                reply = answer(request, ready)
        except Exception as error:  # the driver decides what to do
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
