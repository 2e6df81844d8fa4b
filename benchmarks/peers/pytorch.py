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


def model(network, files):
    widths = network["Widths"]
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        linear = nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(read(files, f"param-{2 * i}.f32").reshape(inputs, outputs).T))
            linear.bias.copy_(torch.from_numpy(read(files, f"param-{2 * i + 1}.f32")))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def read(files, name, dtype=numpy.float32):
    return numpy.fromfile(f"{files}/{name}", dtype=dtype)


def batch(request):
    size, files = request["work"]["batch"], request["files"]
    x = torch.from_numpy(read(files, f"x-{size}.f32").reshape(size, -1))
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
