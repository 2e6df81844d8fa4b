"""Trains LeNet-300-100 on MNIST in PyTorch as `gtrain train --model lenet-300-100 --optimizer adam --batch 128 --epochs 10`
does: Adam with a cosine schedule, 15% of the training rows for validation after every epoch, pixels standardised over the
training rows. Rows are held in memory and gathered by index, which is faster than a DataLoader.

python3 mnist.py DIRECTORY [EPOCHS] [THREADS]: prints the seconds of the epochs, of the whole process, and the test accuracy
"""
import time

start = time.perf_counter()
import gzip
import os
import sys

import numpy as np
import torch

directory, epochs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
torch.manual_seed(1)


def idx(name):
    with gzip.open(os.path.join(directory, name + ".gz")) as f:
        b = f.read()
    dims = [int.from_bytes(b[4 + 4 * i:8 + 4 * i], "big") for i in range(b[3])]
    return torch.from_numpy(np.frombuffer(b, np.uint8, offset=4 + 4 * len(dims)).reshape(dims).copy())


x, y = idx("train-images-idx3-ubyte").flatten(1).float(), idx("train-labels-idx1-ubyte").long()
order = torch.randperm(len(x))
held = len(x) * 15 // 100
xv, yv, x, y = x[order[:held]], y[order[:held]], x[order[held:]], y[order[held:]]
mean, std = x.mean(), x.std()
x, xv = (x - mean) / std, (xv - mean) / std
net = torch.nn.Sequential(torch.nn.Linear(784, 300), torch.nn.ReLU(), torch.nn.Linear(300, 100), torch.nn.ReLU(),
                          torch.nn.Linear(100, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, foreach=True)
batch = 128
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-len(x) // batch))
loss = torch.nn.CrossEntropyLoss()
begin = time.perf_counter()
for _ in range(epochs):
    order = torch.randperm(len(x))
    for lo in range(0, len(x), batch):
        rows = order[lo:lo + batch]
        optimizer.zero_grad(set_to_none=True)
        loss(net(x[rows]), y[rows]).backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        loss(net(xv), yv).item()
end = time.perf_counter()
xt, yt = idx("t10k-images-idx3-ubyte").flatten(1).float(), idx("t10k-labels-idx1-ubyte").long()
with torch.inference_mode():
    accuracy = (net((xt - mean) / std).argmax(1) == yt).float().mean().item()
print(f"epochs {end - begin:.2f} s, whole process {time.perf_counter() - start:.2f} s, accuracy {accuracy:.4f}")
