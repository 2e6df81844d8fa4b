"""Makes the models of kinds_test.go: valid files of forms that are seldom seen, files that contradict themselves, and
inputs of integers. ONNX's checker, with its strict shape inference, accepts the first and the last and ONNX Runtime runs
them, if it has the operator; one of the two refuses each of the second.

Needs onnx.
"""

import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kinds")
node = helper.make_node
FLOAT, INT64, INT32 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32


def ints(name, *v):
    return numpy_helper.from_array(np.asarray(v, np.int64), name)


def scalar(name, v):
    return numpy_helper.from_array(np.asarray(v, np.int64), name)


def floats(name, *dims):
    v = np.arange(int(np.prod(dims)), dtype=np.float32) % 7 / 4 - 0.5
    return numpy_helper.from_array(v.reshape(dims), name)


def bools(name, v):
    return numpy_helper.from_array(np.asarray(v, bool), name)


def number(name, v):
    return numpy_helper.from_array(np.asarray(v, np.float32), name)


def value(name, shape, elem=FLOAT):
    return helper.make_tensor_value_info(name, elem, shape)


def save(name, nodes, init=(), x=("N", 4), elem=FLOAT, opset=17, y=("N", None), inputs=None, outputs=None, info=(), imports=None):
    graph = helper.make_graph(nodes, "g", inputs or [value("x", x, elem)], outputs or [value("y", y)], list(init), value_info=list(info))
    model = helper.make_model(graph, opset_imports=imports or [helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, os.path.join(OUT, name + ".onnx"))


def valid():
    """Valid files, of which some are not supported."""
    save("empty_constant_node", [node("Constant", [], ["e"], value=floats("", 0)), node("Relu", ["x"], ["y"])])
    save("empty_initializer", [node("Relu", ["x"], ["y"])], [floats("unused", 0, 4)])
    save("empty_shape_part", [node("Concat", ["e", "k"], ["s"], axis=0), node("Reshape", ["x", "s"], ["y"])], [ints("e"), ints("k", -1, 2, 2)],
         y=("N", 2, 2))
    save("empty_axes", [node("ReduceSum", ["x", "e"], ["y"], noop_with_empty_axes=1)], [ints("e")])
    save("empty_slice", [node("Slice", ["x", "e", "e"], ["y"])], [ints("e")])
    save("empty_added", [node("Add", ["x", "e"], ["y"])], [floats("e", 0, 1, 1)], y=(0, "N", 4))
    save("resize", [node("Constant", [], ["roi"], value=floats("", 0)), node("Resize", ["x", "roi", "scales"], ["y"])], [number("scales", [1, 1, 2, 2])],
         x=("N", 1, 2, 2), opset=11, y=(None, None, None, None))
    image, four = ("N", 2, 3, 4), (None, None, None, None)
    by = dict(coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    twice = number("scales", [1, 1, 2, 2])
    save("resize_asymmetric", [node("Resize", ["x", "", "scales"], ["y"], **by)], [number("scales", [1, 1, 3, 3])], x=image, y=four)
    save("resize_chain", [node("Resize", ["x", "", "scales"], ["h"], **by), node("Resize", ["h", "", "scales"], ["y"])], [twice], x=image, y=four)
    save("resize_sizes", [node("Resize", ["x", "", "", "s"], ["y"], **by)], [ints("s", 3, 2, 6, 8)], x=(3, 2, 3, 4), y=four)
    save("resize_sizes_followed", [node("Shape", ["x"], ["n"], end=2), node("Concat", ["n", "to"], ["s"], axis=0), node("Resize", ["x", "", "", "s"], ["y"])],
         [ints("to", 6, 8)], x=image, y=four)
    save("resize_sizes_of_a_batch", [node("Resize", ["x", "", "", "s"], ["y"], **by)], [ints("s", 3, 2, 6, 8)], x=image, y=four)
    save("resize_linear", [node("Resize", ["x", "", "scales"], ["y"], mode="linear")], [twice], x=image, y=four)
    save("resize_half", [node("Resize", ["x", "", "scales"], ["y"], coordinate_transformation_mode="asymmetric")], [twice], x=image, y=four)
    save("resize_two_factors", [node("Resize", ["x", "", "scales"], ["y"], **by)], [number("scales", [1, 1, 2, 3])], x=image, y=four)
    save("resize_channels", [node("Resize", ["x", "", "scales"], ["y"], **by)], [number("scales", [1, 2, 2, 2])], x=image, y=four)
    save("resize_smaller", [node("Resize", ["x", "", "scales"], ["y"], **by)], [number("scales", [1, 1, 0.5, 0.5])], x=(2, 1, 4, 4), y=four)
    save("lstm", [node("LSTM", ["x", "w", "r"], ["", "h"], hidden_size=2)], [floats("w", 1, 8, 4), floats("r", 1, 8, 2)], x=(3, "N", 4),
         outputs=[value("h", (1, "N", 2))])
    save("batch_norm_outputs", [node("BatchNormalization", ["x", "g", "b", "m", "v"], ["y", "", "", "", ""])],
         [floats("g", 4), floats("b", 4), floats("m", 4), number("v", [1, 2, 3, 4])], opset=9)
    save("dropout_mask_left_out", [node("Dropout", ["x"], ["y", ""])])
    save("split_first_left_out", [node("Split", ["x", "k"], ["", "y"], axis=1)], [ints("k", 1, 3)])
    ml = dict(imports=[helper.make_opsetid("ai.onnx.ml", 3)])
    save("scaler", [node("Scaler", ["x"], ["y"], domain="ai.onnx.ml", offset=[0.0] * 4, scale=[1.0] * 4)], **ml)
    save("normalizer", [node("Normalizer", ["x"], ["y"], domain="ai.onnx.ml", norm="L2")], **ml)
    save("layer_norm_no_bias", [node("LayerNormalization", ["x", "g"], ["y"])], [floats("g", 4)])
    save("layer_norm_no_bias_axis_1", [node("LayerNormalization", ["x", "g"], ["y"], axis=1, epsilon=0.01)], [floats("g", 3, 4)], x=("N", 3, 4),
         y=("N", 3, 4))
    save("layer_norms_of_one_weight", [node("LayerNormalization", ["x", "g"], ["h"]), node("LayerNormalization", ["h", "g"], ["y"])],
         [floats("g", 4)])
    save("layer_norm_broadcast", [node("LayerNormalization", ["x", "g", "b"], ["y"])], [floats("g", 1), floats("b", 1)])
    save("table_of_three_axes", [node("Cast", ["x"], ["i"], to=INT64), node("Gather", ["t", "i"], ["y"])], [floats("t", 5, 2, 2)], x=("N", 2),
         y=("N", 2, 2, 2))
    save("product_with_a_vector", [node("MatMul", ["x", "v"], ["y"])], [floats("v", 4)], y=("N",))
    save("sizes_of_minus_1", [node("Relu", ["x"], ["y"])], x=(-1, 4), y=(-1, 4))
    save("half_precision", [node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16), node("Cast", ["h"], ["y"], to=FLOAT)])
    save("double_inside", [node("Cast", ["x"], ["h"], to=TensorProto.DOUBLE), node("Add", ["h", "w"], ["s"]), node("Cast", ["s"], ["y"], to=FLOAT)],
         [numpy_helper.from_array(np.ones(4), "w")])
    save("channels_at_one_batch", [node("Transpose", ["x"], ["t"]), node("MatMul", ["t", "w"], ["y"])], [floats("w", 5, 2)], y=(4, 2))
    save("dead_operator", [node("RandomNormalLike", ["x"], ["noise"]), node("Relu", ["x"], ["y"])])
    save("dead_initializer", [node("Relu", ["x"], ["y"])], [helper.make_tensor("words", TensorProto.STRING, [2], [b"a", b"b"])])
    save("constant_output", [node("Relu", ["x"], ["y"]), node("Identity", ["v"], ["version"])], [number("v", [2.0])],
         outputs=[value("y", ("N", 4)), value("version", (1,))])
    save("random_output", [node("Relu", ["x"], ["y"]), node("RandomNormalLike", ["x"], ["noise"])],
         outputs=[value("y", ("N", 4)), value("noise", ("N", 4))])
    save("initializer_as_input", [node("Add", ["x", "w"], ["y"])], [floats("w", 4)], inputs=[value("x", ("N", 4)), value("w", (4,))])
    save("initializer_with_value_info", [node("Add", ["x", "w"], ["y"])], [floats("w", 4)], info=[value("w", (4,))])
    tied = [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["r"])]
    save("tied_matmul", tied + [node("Transpose", ["w"], ["t"], perm=[1, 0]), node("MatMul", ["r", "t"], ["y"])], [floats("w", 4, 6)])
    save("tied_gemm", [node("Gemm", ["x", "w", "b"], ["h"], transB=1), node("Relu", ["h"], ["r"]), node("Gemm", ["r", "w", "c"], ["y"])],
         [floats("w", 6, 4), floats("b", 6), floats("c", 4)])
    save("tied_three_times", [node("Gemm", ["x", "w", "b"], ["h"]), node("Gemm", ["h", "w", "b"], ["g"], transB=1), node("Gemm", ["g", "w", "b"], ["y"])],
         [floats("w", 4, 4), floats("b", 4)])
    save("tied_scaled", [node("Gemm", ["x", "w", "b"], ["h"]), node("Gemm", ["h", "w", "b"], ["y"], transB=1, alpha=0.5)],
         [floats("w", 4, 4), floats("b", 4)])
    save("tied_table", [node("Cast", ["x"], ["i"], to=INT64), node("Gather", ["t", "i"], ["e"]), node("Transpose", ["t"], ["u"], perm=[1, 0]),
                        node("MatMul", ["e", "u"], ["p"]), node("Add", ["p", "b"], ["y"])], [floats("t", 5, 3), floats("b", 5)], x=("N", 2), y=("N", 2, 5))
    mask = np.triu(np.ones((4, 4)), 1) > 0
    save("where_constant_mask", [node("Where", ["m", "low", "x"], ["y"])], [bools("m", mask), number("low", -1e9)], x=("N", 4, 4), y=("N", 4, 4))
    save("where_softmax", [node("Where", ["m", "low", "x"], ["h"]), node("Softmax", ["h"], ["y"])], [bools("m", mask), number("low", -np.inf)],
         x=("N", 4, 4), y=("N", 4, 4))
    save("where_otherwise", [node("Where", ["m", "x", "low"], ["y"])], [bools("m", [True, False, False, True]), number("low", -1e9)])
    save("where_of_two", [node("Tanh", ["x"], ["t"]), node("Where", ["m", "x", "t"], ["y"])], [bools("m", [True, False, False, True])])
    save("where_rows", [node("Where", ["m", "x", "w"], ["y"])], [bools("m", [True, False, False, True]), floats("w", 4)])
    save("where_wider", [node("Where", ["m", "x", "w"], ["y"])], [bools("m", [[True], [False]]), floats("w", 1, 4)], x=("N", 1, 4), y=("N", 2, 4))
    save("where_infinite", [node("Mul", ["x", "zero"], ["z"]), node("Reciprocal", ["z"], ["i"]), node("Where", ["m", "x", "i"], ["y"])],
         [bools("m", [True, True, True, True]), number("zero", 0.0)])
    save("where_computed_mask", [node("Greater", ["x", "zero"], ["m"]), node("Where", ["m", "x", "zero"], ["y"])], [number("zero", 0.0)])


def contradictions():
    add = [node("Add", ["x", "w"], ["y"])]
    both = lambda shape, elem=FLOAT: [value("x", ("N", 4)), value("w", shape, elem)]
    save("bad_input_size", add, [floats("w", 4)], inputs=both((5,)))
    save("bad_input_rank", add, [floats("w", 4)], inputs=both((1, 4)))
    save("bad_input_type", add, [floats("w", 4)], inputs=both((4,), TensorProto.DOUBLE))
    save("bad_value_info", add, [floats("w", 4)], info=[value("w", (3,))])
    save("bad_value_info_rank", add, [floats("w", 4)], info=[value("w", ())])
    save("bad_inner_size", [node("MatMul", ["x", "w"], ["y"])], [floats("w", 5, 2)])
    save("bad_gemm", [node("Gemm", ["x", "w"], ["y"], transB=1)], [floats("w", 4, 5)])
    save("bad_broadcast", add, [floats("w", 3)])
    save("bad_channels", [node("Conv", ["x", "w"], ["y"])], [floats("w", 2, 3, 1, 1)], x=("N", 4, 5, 5), y=("N", 2, 5, 5))
    save("bad_norm", [node("BatchNormalization", ["x", "g", "g", "g", "g"], ["y"])], [floats("g", 3)])
    save("bad_reshape", [node("Reshape", ["x", "k"], ["y"])], [ints("k", 0, 3)])
    save("bad_reshape_negative", [node("Reshape", ["x", "k"], ["y"])], [ints("k", 0, -2)])
    save("bad_axis", [node("Softmax", ["x"], ["y"], axis=2)])
    save("bad_perm", [node("Transpose", ["x"], ["y"], perm=[0, 0])])
    save("bad_output", [node("Relu", ["x"], ["y"])], y=("N", 5))


def integers():
    x = dict(elem=INT64, x=("N", 3))
    t = floats("t", 5, 4)
    save("int_embedding", [node("Gather", ["t", "x"], ["y"])], [t], y=("N", 3, 4), **x)
    save("int_mean", [node("Gather", ["t", "x"], ["e"]), node("ReduceMean", ["e"], ["y"], axes=[1], keepdims=0)], [t], **x)
    save("int_two_inputs", [node("Gather", ["t", "x"], ["e"]), node("Gather", ["t", "z"], ["f"]), node("Add", ["e", "f"], ["y"])], [t],
         inputs=[value("x", ("N", 3), INT64), value("z", ("N", 3), INT64)], y=("N", 3, 4))
    save("int_and_float", [node("Gather", ["t", "x"], ["e"]), node("ReduceMean", ["e"], ["m"], axes=[1], keepdims=0), node("Add", ["m", "z"], ["y"])], [t],
         inputs=[value("x", ("N", 3), INT64), value("z", ("N", 4))])
    save("int_cast", [node("Cast", ["x"], ["f"], to=FLOAT), node("MatMul", ["f", "w"], ["y"])], [floats("w", 3, 2)], **x)
    save("int_cast_and_table", [node("Cast", ["x"], ["f"], to=FLOAT), node("MatMul", ["f", "w"], ["p"]), node("Gather", ["t", "x"], ["e"]),
                                node("ReduceSum", ["e", "a"], ["s"], keepdims=0), node("Add", ["p", "s"], ["y"])], [floats("w", 3, 4), t, ints("a", 1)], **x)
    save("int_32", [node("Gather", ["t", "x"], ["y"])], [t], elem=INT32, x=("N", 3), y=("N", 3, 4))
    save("int_reshaped", [node("Reshape", ["x", "k"], ["r"]), node("Gather", ["t", "r"], ["y"])], [t, ints("k", -1, 3)], elem=INT64, x=("N", 1, 3),
         y=("N", 3, 4))
    save("int_tied", [node("Gather", ["t", "x"], ["e"]), node("Transpose", ["t"], ["u"], perm=[1, 0]), node("MatMul", ["e", "u"], ["y"])], [t],
         y=("N", 3, 5), **x)
    save("int_added", [node("Add", ["x", "one"], ["i"]), node("Gather", ["t", "i"], ["y"])], [t, ints("one", 1)], y=("N", 3, 4), **x)


os.makedirs(OUT, exist_ok=True)
for make in (valid, contradictions, integers):
    make()
