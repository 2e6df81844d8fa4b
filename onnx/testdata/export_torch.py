"""Exports small PyTorch models, with inputs and the outputs that PyTorch computes for them, to testdata/torch.

mlp, residual and concat make the whole round trip of a model: load, prune, fine-tune, save, run in ONNX Runtime. The
others hold what PyTorch writes for attention, embeddings, recurrent cells and signals, for several opsets, and with the
batch size fixed.

Needs torch and onnx.
"""

import json
import os
import warnings

import torch
import torch.nn.functional as F
from torch import nn

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch")
AS_IT_IS = torch.onnx.TrainingMode.PRESERVE  # batch norm stays; EVAL, the default, folds it into convolutions
warnings.filterwarnings("ignore")


class MLP(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(12, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 16, bias=False), nn.BatchNorm1d(16),
                         nn.GELU(), nn.Dropout(0.3), nn.Linear(16, 4))


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.shortcut = nn.Identity()
        if stride > 1 or channels != filters:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)) + self.shortcut(x))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.block1 = Block(8, 8, 1)
        self.block2 = Block(8, 12, 2)
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = self.block2(self.block1(F.relu(self.bn(self.conv(x)))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).view(x.size(0), -1))


class Concat(nn.Module):
    """Two branches behind a depthwise convolution, joined; windows of several kinds."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 16, 3, padding=2, dilation=2, groups=8)
        self.pointwise = nn.Conv2d(16, 10, 1)
        self.branch = nn.Conv2d(8, 6, (1, 3), padding=(0, 1))
        self.grouped = nn.Conv2d(16, 8, 3, padding=1, groups=2)
        self.fc = nn.Linear(8 * 2 * 2, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu6(self.stem(x)), 3, 2, 1)
        a = F.relu(self.pointwise(F.relu(self.depthwise(x))))
        b = F.leaky_relu(self.branch(F.avg_pool2d(x, 3, 1, 1)), 0.1)
        x = torch.sigmoid(self.grouped(torch.cat([a, b], 1)))
        return self.fc(torch.flatten(F.avg_pool2d(x, 2), 1))


class Encoder(nn.Module):
    """A transformer's encoder layer with learned positions and a class token."""

    def __init__(self, norm_first, activation):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 12))
        self.positions = nn.Parameter(torch.randn(1, 6, 12))
        self.layer = nn.TransformerEncoderLayer(12, 3, 20, batch_first=True, norm_first=norm_first, activation=activation)
        self.fc = nn.Linear(12, 4)

    def forward(self, x):
        x = torch.cat([self.token.expand(x.size(0), -1, -1), x], 1) + self.positions
        return self.fc(self.layer(x)[:, 0])


class Attention(nn.Module):
    """Multi-head attention written out, as many models do, behind an embedding of integers."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 12)
        self.qkv = nn.Linear(12, 36)
        self.out = nn.Linear(12, 12)
        self.norm = nn.LayerNorm(12)
        self.fc = nn.Linear(12, 4)

    def forward(self, ids):
        x = self.embedding(ids)
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, 3, 4).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-2, -1) / 4**0.5, -1)
        h = (a @ v).transpose(1, 2).reshape(n, t, d)
        return self.fc(self.norm(x + self.out(h)).mean(1))


class Cell(nn.Module):
    """An LSTM cell, unrolled: PyTorch writes it as products, splits and gates."""

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(5, 6)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        h = c = x.new_zeros(x.size(0), 6)
        for t in range(x.size(1)):
            h, c = self.cell(x[:, t], (h, c))
        return F.log_softmax(self.fc(h), 1)


class Signal(nn.Module):
    """Convolutions along one axis, chunks, clipping, padding, and reductions."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(4, 8, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm1d(8)
        self.conv2 = nn.Conv1d(4, 6, 3, bias=False)
        self.fc = nn.Linear(12, 3)

    def forward(self, x):
        x = self.bn(self.conv1(F.pad(x, (1, 2))))
        a, b = x.chunk(2, 1)
        x = self.conv2(a.clamp(-0.5, 1.5) * torch.tanh(b) - a.abs().sqrt())
        return self.fc(torch.cat([x.amax(2), x.mean(2)], 1) ** 2)


class LSTM(nn.Module):
    """Has an operator of its own in ONNX, which is outside of the list."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def numbers(*shape):
    return torch.rand(*shape) * 4 - 2


def indices(*shape):
    return torch.randint(0, 20, shape)


def export(name, model, draw, shape, opset=17, training=torch.onnx.TrainingMode.EVAL, fixed=0):
    """Writes NAME.onnx, and NAME.json with what PyTorch computes."""
    for m in model.modules():
        if isinstance(m, (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)):  # no two tensors alike
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.uniform_(m.bias, -0.5, 0.5)
    with torch.no_grad():
        for _ in range(3):  # running statistics
            model.train()(draw(16, *shape))
    model.eval()
    torch.onnx.export(
        model, draw(fixed or 2, *shape), os.path.join(OUT, name + ".onnx"), opset_version=opset, training=training,
        input_names=["x"], output_names=["y"], dynamic_axes=None if fixed else {"x": {0: "N"}, "y": {0: "N"}})
    runs = []
    with torch.no_grad():
        for batch in [fixed] if fixed else [1, 7]:
            x = draw(batch, *shape)
            runs.append({"inputs": {"x": rounded(x)}, "outputs": {"y": rounded(model(x))}})
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        json.dump({"runs": runs}, f, separators=(",", ":"))
        f.write("\n")


def rounded(t):
    return [float("%.9g" % v) for v in t.flatten().tolist()]  # all digits of a float32


def main():
    os.makedirs(OUT, exist_ok=True)
    torch.manual_seed(0)
    export("mlp", MLP(), numbers, (12,))
    export("residual", Residual(), numbers, (3, 8, 8), opset=13, training=AS_IT_IS)
    export("concat", Concat(), numbers, (3, 8, 8), opset=12)
    export("residual_folded", Residual(), numbers, (3, 6, 6), opset=9)
    export("concat_fixed", Concat(), numbers, (3, 8, 8), opset=16, fixed=1)
    export("encoder", Encoder(True, "gelu"), numbers, (5, 12))
    export("encoder_opset11", Encoder(False, "relu"), numbers, (5, 12), opset=11, training=AS_IT_IS)
    export("attention", Attention(), indices, (5,), opset=14)
    export("cell", Cell(), numbers, (3, 5), opset=13)
    export("cell_opset9", Cell(), numbers, (2, 5), opset=9)
    export("signal", Signal(), numbers, (4, 10), opset=17, training=AS_IT_IS)
    export("signal_opset10", Signal(), numbers, (4, 10), opset=10)
    export("lstm", LSTM(), numbers, (3, 3))


main()
