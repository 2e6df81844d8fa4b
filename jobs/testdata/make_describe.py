"""Makes the models of describe_test.go: of inputs and outputs that are no rows. Needs onnx."""

import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "describe")
node = helper.make_node


def floats(name, *dims):
    v = np.arange(int(np.prod(dims)), dtype=np.float32) % 7 / 4 - 0.5
    return numpy_helper.from_array(v.reshape(dims), name)


def save(name, nodes, inputs, outputs, init=()):
    info = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in vs] for vs in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g", *info, list(init))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, os.path.join(OUT, name + ".onnx"))


os.makedirs(OUT, exist_ok=True)
save("two_outputs", [node("MatMul", ["x", "v"], ["a"]), node("MatMul", ["x", "w"], ["b"])], [("x", ["N", 4])],
     [("a", ["N", 2]), ("b", ["N", 3])], [floats("v", 4, 2), floats("w", 4, 3)])
save("two_inputs", [node("MatMul", ["z", "w"], ["h"]), node("Add", ["x", "h"], ["y"])], [("x", ["N", 4]), ("z", ["N", 3])],
     [("y", ["N", 4])], [floats("w", 3, 4)])
save("image", [node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])], [("x", ["N", 1, 6, 6])], [("y", ["N", 2, 6, 6])],
     [floats("w", 2, 1, 3, 3)])
save("tokens", [node("Softmax", ["x"], ["y"])], [("x", ["N", 5, 4])], [("y", ["N", 5, 4])])
save("vector", [node("Tanh", ["x"], ["y"])], [("x", ["N"])], [("y", ["N"])])
save("rows", [node("MatMul", ["x", "w"], ["y"])], [("x", ["N", 4])], [("y", ["N", 2])], [floats("w", 4, 2)])
