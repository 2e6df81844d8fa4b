"""Makes the models that test the judges themselves: affine.onnx is y = 2x + z; bad.onnx declares a wrong shape."""

import os

import onnx
from onnx import TensorProto, helper

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, out_shape, elem=TensorProto.FLOAT):
    x = helper.make_tensor_value_info("x", elem, ["batch", 2])
    z = helper.make_tensor_value_info("z", elem, ["batch", 2])
    y = helper.make_tensor_value_info("y", elem, out_shape)
    two = helper.make_tensor("two", elem, [], [2.0])
    nodes = [helper.make_node("Mul", ["x", "two"], ["t"]), helper.make_node("Add", ["t", "z"], ["y"])]
    graph = helper.make_graph(nodes, "affine", [x, z], [y], [two])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, os.path.join(HERE, name))


save("affine.onnx", ["batch", 2])
save("affine64.onnx", ["batch", 2], TensorProto.DOUBLE)
save("bad.onnx", ["batch", 3])
