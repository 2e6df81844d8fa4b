"""Makes the models of other programs that package onnx is tested on: exported by PyTorch, written the way converters
of scikit-learn write them, and put together by hand to use what those do not. The outputs that belong to them come from
ONNX Runtime: go test ./onnx -run TestForeignModels -record.

Needs torch, scikit-learn and onnx.
"""

import os
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from torch import nn

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "foreign")
warnings.filterwarnings("ignore")


def torch_model(name, model, features, opset, dynamic=True, dtype=torch.float32, **kw):
    model = model.to(dtype).eval()
    torch.onnx.export(
        model,
        torch.zeros(2, features, dtype=dtype),
        os.path.join(OUT, name),
        opset_version=opset,
        input_names=["features"],
        output_names=["prediction"],
        dynamic_axes={"features": {0: "N"}, "prediction": {0: "N"}} if dynamic else None,
        **kw,
    )


def save(name, nodes, inputs, outputs, initializers, opset, ir):
    info = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in vs] for vs in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g", *info, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    onnx.save(model, os.path.join(OUT, name))


def floats(name, a):  # in float_data; numpy_helper.from_array writes raw_data
    a = np.asarray(a, np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, a.shape, a.flatten().tolist())


def raw(name, a):
    return numpy_helper.from_array(np.asarray(a, np.float32), name)


def main():
    torch.manual_seed(0)
    torch_model(
        "torch_opset17.onnx",
        nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 6), nn.LeakyReLU(0.2), nn.Linear(6, 3), nn.Softmax(1)),
        4,
        17,
    )
    torch_model(
        "torch_opset11.onnx",
        nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(5, 5, bias=False),
                      nn.Tanh(), nn.Linear(5, 3), nn.LogSoftmax(1)),
        4,
        11,
        dynamic=False,
        keep_initializers_as_inputs=True,
    )
    torch_model(
        "torch_float64.onnx",
        nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)),
        4,
        13,
        dtype=torch.float64,
    )

    # A scaler and an MLPRegressor.
    x, y = load_diabetes(return_X_y=True)
    scaler = StandardScaler().fit(x * 100)
    mlp = MLPRegressor((8, 4), random_state=0, max_iter=200).fit(scaler.transform(x * 100), y)
    nodes = [
        helper.make_node("Cast", ["X"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["cast", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["h0"]),
    ]
    init = [floats("mean", scaler.mean_.reshape(1, -1)), floats("scale", scaler.scale_.reshape(1, -1))]
    for i, (w, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        init += [floats(f"coefficient{i}", w), floats(f"intercepts{i}", b.reshape(1, -1))]
        nodes.append(helper.make_node("MatMul", [f"h{i}", f"coefficient{i}"], [f"mul{i}"]))
        nodes.append(helper.make_node("Add", [f"mul{i}", f"intercepts{i}"], [f"add{i}"]))
        if i < len(mlp.coefs_) - 1:
            nodes.append(helper.make_node("Relu", [f"add{i}"], [f"h{i + 1}"]))
    init.append(helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 1]))
    nodes.append(helper.make_node("Reshape", [f"add{i}", "shape"], ["variable"]))
    save("sklearn_regressor.onnx", nodes, [("X", ["N", 10])], [("variable", ["N", 1])], init, 15, 8)

    rng = np.random.default_rng(0)
    w = lambda *s: rng.normal(size=s)
    # Gemm with everything set, constants in nodes, rows and numbers on both sides, a residual connection.
    nodes = [
        helper.make_node("Constant", [], ["two"], value=raw("", 2.0)),
        helper.make_node("Constant", [], ["shift"], value_floats=[0.5, -0.5, 0.25, 1.0]),
        helper.make_node("Gemm", ["x", "W1", "c1"], ["g1"], alpha=0.5, beta=2.0),
        helper.make_node("Clip", ["g1", "zero"], ["clip"]),
        helper.make_node("Gemm", ["clip", "W2", "c2"], ["g2"], alpha=1.5, beta=0.25, transB=1),
        helper.make_node("Softplus", ["g2"], ["soft"]),
        helper.make_node("Add", ["soft", "x"], ["residual"]),
        helper.make_node("Add", ["residual", "shift"], ["s1"]),
        helper.make_node("Mul", ["shift", "s1"], ["s2"]),
        helper.make_node("Sub", ["shift", "s2"], ["s3"]),
        helper.make_node("Div", ["s3", "two"], ["s4"]),
        helper.make_node("Sub", ["two", "s4"], ["s5"]),
        helper.make_node("Pow", ["s5", "two"], ["s6"]),
        helper.make_node("Sqrt", ["s6"], ["s7"]),
        helper.make_node("Exp", ["s4"], ["s8"]),
        helper.make_node("Mul", ["s7", "s8"], ["s9"]),
        helper.make_node("Neg", ["s9"], ["s10"]),
        helper.make_node("Abs", ["s10"], ["s11"]),
        helper.make_node("Log", ["s11"], ["s12"]),
        helper.make_node("Identity", ["s12"], ["same"]),
        helper.make_node("Dropout", ["same"], ["dropped"]),
        helper.make_node("Transpose", ["W3"], ["W3t"], perm=[1, 0]),
        helper.make_node("MatMul", ["dropped", "W3t"], ["m"]),
        helper.make_node("Tanh", ["m"], ["y"]),
    ]
    init = [floats("W1", w(4, 5)), floats("c1", w(1, 5)), raw("W2", w(4, 5)), raw("c2", 0.3), raw("W3", w(3, 4)),
            raw("zero", 0.0)]
    save("hand_everything.onnx", nodes, [("x", [None, 4])], [("y", [None, 3])], init, 17, 8)

    # Opset 20 has Gelu; GELU's pattern with its factors in another order; two inputs, two outputs.
    nodes = [
        helper.make_node("Gemm", ["a", "W1", "b1"], ["g"]),
        helper.make_node("Gelu", ["g"], ["h"]),
        helper.make_node("Add", ["h", "b"], ["sum"]),
        helper.make_node("Mul", ["sum", "rsqrt2"], ["scaled"]),
        helper.make_node("Erf", ["scaled"], ["erf"]),
        helper.make_node("Add", ["one", "erf"], ["plus"]),
        helper.make_node("Mul", ["half", "sum"], ["halved"]),
        helper.make_node("Mul", ["halved", "plus"], ["gelu"]),
        helper.make_node("Softmax", ["gelu"], ["p"]),
        helper.make_node("Sigmoid", ["sum"], ["q"]),
    ]
    init = [raw("W1", w(3, 4)), raw("b1", w(4)), raw("rsqrt2", 2**-0.5), raw("one", [1.0]), raw("half", 0.5)]
    save("hand_opset20.onnx", nodes, [("a", ["N", 3]), ("b", ["N", 4])], [("p", ["N", 4]), ("q", ["N", 4])], init, 20, 9)


main()
