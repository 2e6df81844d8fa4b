"""Writes sequences.json: what PyTorch computes for recurrent layers and attention, values and gradients, in float64.

A case has inputs by name, in the layout of this package (matrices transposed against PyTorch's), the output, and the
gradient of sum(output·weight) for every input. Run it from any directory; it writes to standard output.
"""
import json

import torch
from torch import nn

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases = []


def tensor(t):
    return {"shape": list(t.shape), "data": t.detach().reshape(-1).tolist()}


def plain(t):
    return t


def turned(t):
    return t.t()


def case(name, inputs, output, **settings):
    """inputs: name → (tensor, how it and its gradient are laid out)"""
    weight = torch.randn(output.shape)
    (output * weight).sum().backward()
    cases.append({
        "name": name, "settings": settings, "output": tensor(output), "weight": tensor(weight),
        "inputs": {k: tensor(view(t)) for k, (t, view) in inputs.items()},
        "gradients": {k: tensor(view(t.grad)) for k, (t, view) in inputs.items() if t.grad is not None},
    })


def recurrent(name, module, states):
    x = torch.randn(2, 4, 3, requires_grad=True)
    m = module(3, 5, batch_first=True)
    inputs = {"x": (x, plain), "input": (m.weight_ih_l0, turned), "hidden": (m.weight_hh_l0, turned),
              "inputBias": (m.bias_ih_l0, plain), "hiddenBias": (m.bias_hh_l0, plain)}
    start = [torch.randn(1, 2, 5, requires_grad=True) for _ in range(states)]
    inputs.update({k: (s, lambda t: t[0]) for k, s in zip("hc", start)})
    hs, last = m(x, *([tuple(start) if states == 2 else start[0]] if states else []))
    last = last if isinstance(last, tuple) else (last,)
    case(name, inputs, torch.cat([hs] + [s.transpose(0, 1) for s in last], 1))  # every h, then the last states


def part(i):
    """Query, key and value lie side by side in PyTorch's module."""
    return lambda t: turned(t.chunk(3)[i]) if t.dim() == 2 else t.chunk(3)[i]


def projections(m):
    inputs = {"out": (m.out_proj.weight, turned), "outBias": (m.out_proj.bias, plain)}
    for i, name in enumerate(("query", "key", "value")):
        inputs[name] = (m.in_proj_weight, part(i))
        inputs[name + "Bias"] = (m.in_proj_bias, part(i))
    return inputs


def attention(name, heads, self_attention, causal):
    width = 6
    m = nn.MultiheadAttention(width, heads, batch_first=True)
    nn.init.normal_(m.in_proj_bias)
    nn.init.normal_(m.out_proj.bias)
    q = torch.randn(2, 4, width, requires_grad=True)
    inputs = {"q": (q, plain), **projections(m)}
    k = v = q
    if not self_attention:
        k, v = (torch.randn(2, 5, width, requires_grad=True) for _ in "kv")
        inputs.update({"k": (k, plain), "v": (v, plain)})
    mask = torch.full((4, 4), float("-inf")).triu(1) if causal else None
    case(name, inputs, m(q, k, v, attn_mask=mask)[0], heads=heads, causal=causal)


def encoder():
    """Words, a transformer's encoder layer that normalises before each block, and the mean over time."""
    width, heads, inner = 6, 2, 8
    m = nn.TransformerEncoderLayer(width, heads, inner, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
    for p in m.parameters():
        nn.init.normal_(p, std=0.5)
    table = torch.randn(7, width, requires_grad=True)
    ids = torch.randint(0, 7, (2, 4))
    inputs = {"table": (table, plain), "ids": (ids.double(), plain), **projections(m.self_attn),
              "norm1": (m.norm1.weight, plain), "norm1Bias": (m.norm1.bias, plain), "norm2": (m.norm2.weight, plain),
              "norm2Bias": (m.norm2.bias, plain), "up": (m.linear1.weight, turned), "upBias": (m.linear1.bias, plain),
              "down": (m.linear2.weight, turned), "downBias": (m.linear2.bias, plain)}
    y = m(nn.functional.embedding(ids, table))
    case("encoder layer", inputs, nn.functional.log_softmax(y.mean(1), -1), heads=heads)


recurrent("LSTM", nn.LSTM, 0)
recurrent("LSTM from a state", nn.LSTM, 2)
recurrent("GRU", nn.GRU, 0)
recurrent("GRU from a state", nn.GRU, 1)
attention("self-attention", 3, True, False)
attention("causal attention", 2, True, True)
attention("cross-attention", 1, False, False)
encoder()
print(json.dumps(cases))
