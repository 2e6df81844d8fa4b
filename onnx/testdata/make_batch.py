"""Makes the models that compute with their batch size, for batch_test.go: what cuts, reorders or mixes the batch, and what
looks like it and does not. ONNX Runtime runs all of them.

Needs onnx.
"""

import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "batch")
INT_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1
node = helper.make_node


def ints(name, *v):
    return numpy_helper.from_array(np.asarray(v, np.int64), name)


def scalar(name, v):
    return numpy_helper.from_array(np.asarray(v, np.int64), name)


def floats(name, *dims):
    v = np.arange(int(np.prod(dims)), dtype=np.float32) % 7 / 4 - 0.5
    return numpy_helper.from_array(v.reshape(dims), name)


def number(name, v):
    return numpy_helper.from_array(np.asarray(v, np.float32), name)


def save(name, nodes, init=(), x=("N", 4), opset=17, y=None):
    """y is the declared shape of the output, of which only the rank counts here; None leaves it out."""
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, y)
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)], [out], list(init))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, os.path.join(OUT, name + ".onnx"))


def size(axis=0, of="x", to="n"):
    """The size of an axis as a list of one number."""
    return [node("Shape", [of], [to + "_shape"]), node("Gather", [to + "_shape", to + "_at"], [to], axis=0)], [ints(to + "_at", axis)]


def cut(name, start, end, step=1, axis=0, x=("N", 4)):
    save(name, [node("Slice", ["x", "s", "e", "a", "d"], ["y"])],
         [ints("s", start), ints("e", end), ints("a", axis), ints("d", step)], x)


def counted(name, nodes, init=(), x=("N", 4), **kw):
    """A model in which n is the batch size."""
    of, at = size()
    save(name, of + nodes, at + list(init), x, **kw)


def resize(sizes):
    return node("Resize", ["x", "", "", sizes], ["y"], mode="nearest", coordinate_transformation_mode="asymmetric",
                nearest_mode="floor")


def resizes():
    """Upsampling to sizes, which name the batch as well."""
    image = (1, 2, 2)
    counted("resize_by_n", [node("Concat", ["n", "rest"], ["s"], axis=0), resize("s")], [ints("rest", 1, 4, 4)], ("N",) + image)
    counted("resize_to_2n", [node("Mul", ["n", "two"], ["m"]), node("Concat", ["m", "rest"], ["s"], axis=0), resize("s")],
            [ints("two", 2), ints("rest", 1, 4, 4)], ("N",) + image)
    save("resize_to_2", [resize("s")], [ints("s", 2, 1, 4, 4)], ("N",) + image)
    save("resize_fixed_20", [resize("s")], [ints("s", 20, 1, 4, 4)], (20,) + image)
    save("resize_fixed_20_to_3", [resize("s")], [ints("s", 3, 1, 4, 4)], (20,) + image)


def cuts():
    cut("cut_first_4", 0, 4)
    cut("cut_last_5", -5, INT64_MAX)
    cut("cut_from_3", 3, INT64_MAX)
    cut("cut_but_last", 0, -1)
    cut("cut_every_other", 0, INT64_MAX, 2)
    cut("cut_reversed", -1, -INT64_MAX, -1)
    cut("cut_first_1000", 0, 1000)
    cut("cut_last_1000", -1000, INT64_MAX)
    cut("cut_first_11", 0, 11)
    cut("cut_first_13", 0, 13)
    cut("whole_to_the_end", 0, INT64_MAX)
    cut("whole_to_int_max", 0, INT_MAX)
    cut("cut_features", 1, 3, 1, 1)
    quarter = [node("Div", ["n", "four"], ["q"]), node("Slice", ["x", "zero", "q"], ["y"])]
    counted("cut_first_quarter", quarter, [ints("four", 4), ints("zero", 0)])
    counted("cut_up_to_n_less_1", [node("Sub", ["n", "one"], ["q"]), node("Slice", ["x", "zero", "q"], ["y"])],
            [ints("one", 1), ints("zero", 0)])
    counted("cut_from_n_less_3", [node("Sub", ["n", "three"], ["q"]), node("Slice", ["x", "q", "end"], ["y"])],
            [ints("three", 3), ints("end", INT64_MAX)])
    counted("whole_up_to_n", [node("Slice", ["x", "zero", "n"], ["y"])], [ints("zero", 0)])
    counted("whole_from_minus_n", [node("Neg", ["n"], ["m"]), node("Slice", ["x", "m", "end"], ["y"])], [ints("end", INT64_MAX)])
    counted("whole_up_to_2n", [node("Mul", ["n", "two"], ["m"]), node("Slice", ["x", "zero", "m"], ["y"])],
            [ints("two", 2), ints("zero", 0)])
    counted("cut_features_by_n", [node("Slice", ["x", "zero", "n", "one"], ["y"])], [ints("zero", 0), ints("one", 1)])
    save("cut_gather_rows", [node("Gather", ["x", "i"], ["y"], axis=0)], [ints("i", 0, 0)])
    save("cut_split", [node("Split", ["x", "k"], ["y", "z"], axis=0)], [ints("k", 2, 1)])
    save("cut_behind_a_merge", [node("Reshape", ["x", "k"], ["h"]), node("Slice", ["h", "s", "e"], ["g"]),
                                node("Reshape", ["g", "k2"], ["y"])],
         [ints("k", -1, 2), ints("s", 0), ints("e", 40), ints("k2", -1, 4)])


def mixes():
    save("mix_concat", [node("Concat", ["x", "x"], ["y"], axis=0)])
    save("mix_concat_constant", [node("Concat", ["x", "w"], ["y"], axis=0)], [floats("w", 1, 4)])
    save("mix_pad", [node("Pad", ["x", "p"], ["y"])], [ints("p", 0, 0, 1, 0)])
    for kind in ("Mean", "Max", "L2"):
        save("mix_reduce_" + kind.lower(), [node("Reduce" + kind, ["x"], ["m"], axes=[0]), node("Sub", ["x", "m"], ["y"])])
    save("mix_reduce_all", [node("ReduceMean", ["x"], ["m"]), node("Sub", ["x", "m"], ["y"])])
    save("mix_softmax", [node("Softmax", ["x"], ["y"], axis=0)])
    save("mix_softmax_opset11", [node("Softmax", ["x"], ["y"], axis=0)], opset=11)
    save("mix_flatten", [node("Flatten", ["x"], ["y"], axis=0)])
    save("mix_transpose", [node("Transpose", ["x"], ["y"])])
    save("mix_reshape", [node("Reshape", ["x", "k"], ["h"]), node("Transpose", ["h"], ["y"], perm=[1, 0])], [ints("k", 4, -1)])
    save("mix_reshape_6", [node("Reshape", ["x", "k"], ["y"])], [ints("k", -1, 6)])
    save("mix_products", [node("Transpose", ["x"], ["t"]), node("MatMul", ["x", "t"], ["p"]), node("MatMul", ["p", "x"], ["y"])])
    save("mix_differences", [node("Unsqueeze", ["x", "a"], ["u"]), node("Unsqueeze", ["x", "b"], ["v"]), node("Sub", ["u", "v"], ["d"]),
                             node("ReduceSum", ["d", "b"], ["y"], keepdims=0)], [ints("a", 0), ints("b", 1)])
    save("mix_norm", [node("Transpose", ["x"], ["t"]), node("Softmax", ["t"], ["u"], axis=1), node("Transpose", ["u"], ["y"])])
    save("mix_merge_sum", [node("Reshape", ["x", "k"], ["h"]), node("ReduceSum", ["h", "a"], ["s"]), node("Add", ["x", "s"], ["y"])],
         [ints("k", -1), ints("a", 0)])
    counted("mix_square", [node("Concat", ["n", "n"], ["k"], axis=0), node("Expand", ["o", "k"], ["e"]), node("MatMul", ["e", "x"], ["y"])],
            [floats("o", 1, 1)])
    counted("mix_tile_by_expand", [node("Concat", ["n", "n", "four"], ["k"], axis=0), node("Expand", ["x", "k"], ["e"]),
                                   node("ReduceSum", ["e", "a"], ["y"], keepdims=0)], [ints("four", 4), ints("a", 1)])
    save("mix_reshape_11", [node("Reshape", ["x", "k"], ["y"])], [ints("k", 11, 4)])
    save("mix_add_11", [node("Add", ["x", "w"], ["y"])], [floats("w", 11, 4)])
    save("mix_add_13", [node("Add", ["w", "x"], ["y"])], [floats("w", 13, 4)])
    save("mix_repeat_row", [node("Gather", ["x", "i"], ["r"], axis=0), node("Add", ["x", "r"], ["y"])], [scalar("i", 0)])


def numbers():
    """The batch size as a number."""
    times = [node("Cast", ["m"], ["f"], to=TensorProto.FLOAT), node("Mul", ["x", "f"], ["y"])]
    counted("number_n", [node("Identity", ["n"], ["m"])] + times)
    counted("number_quarter", [node("Div", ["n", "four"], ["m"])] + times, [ints("four", 4)])
    counted("number_thousandth", [node("Div", ["n", "k"], ["m"])] + times, [ints("k", 1000)])
    counted("number_n_less_n", [node("Sub", ["n", "n"], ["z"]), node("Add", ["z", "two"], ["m"])] + times, [ints("two", 2)])
    counted("number_n_by_n", [node("Mul", ["n", "six"], ["s"]), node("Div", ["s", "n"], ["m"])] + times, [ints("six", 6)])
    counted("number_size_by_n", [node("Size", ["x"], ["s"]), node("Div", ["s", "n"], ["m"])] + times)

    def when(name, other, **kw):
        nodes = [node("Equal", ["n", "other"], ["c"]), node("Where", ["c", "two", "three"], ["m"])] + times
        counted(name, nodes, [ints("other", other), ints("two", 2), ints("three", 3)], **kw)

    when("number_if_n_is_1", 1)
    when("number_if_n_is_1000", 1000)
    when("number_if_n_is_0", 0)
    when("number_if_n_is_minus_1", -1)
    when("fixed_20_if_n_is_20", 20, x=(20, 4))
    when("fixed_20_if_n_is_1", 1, x=(20, 4))
    when("fixed_1_if_n_is_1", 1, x=(1, 4))
    when("fixed_11_if_n_is_11", 11, x=(11, 4))
    rows = [node("Range", ["zero", "s", "one"], ["r"]), node("Cast", ["r"], ["f"], to=TensorProto.FLOAT),
            node("Unsqueeze", ["f", "a"], ["u"]), node("Add", ["x", "u"], ["y"])]
    counted("number_of_each_row", [node("Squeeze", ["n"], ["s"])] + rows, [scalar("zero", 0), scalar("one", 1), ints("a", 1)])
    root = [node("Cast", ["n"], ["f"], to=TensorProto.FLOAT), node("Sqrt", ["f"], ["g"]), node("Floor", ["g"], ["h"]), node("Mul", ["x", "h"], ["y"])]
    counted("number_root", root)
    power = [node("Pow", ["n", "zero"], ["m"])] + times
    counted("number_power", power, [ints("zero", 0)])


def shapes():
    img = ("N", 3, 2, 4)
    counted("shape_n_rest", [node("Concat", ["n", "rest"], ["k"], axis=0), node("Reshape", ["x", "k"], ["y"])], [ints("rest", -1)], img)
    counted("shape_n_times_3", [node("Mul", ["n", "three"], ["m"]), node("Concat", ["m", "rest"], ["k"], axis=0), node("Reshape", ["x", "k"], ["h"]),
                                node("Softmax", ["h"], ["s"], axis=1), node("Concat", ["n", "back"], ["l"], axis=0), node("Reshape", ["s", "l"], ["y"])],
            [ints("three", 3), ints("rest", -1), ints("back", 3, 2, 4)], img)
    counted("shape_size_by_n", [node("Size", ["x"], ["s"]), node("Div", ["s", "n"], ["m"]), node("Concat", ["n", "m"], ["k"], axis=0),
                                node("Reshape", ["x", "k"], ["y"])], [], img)
    counted("shape_n_halved_doubled", [node("Mul", ["n", "two"], ["m"]), node("Div", ["m", "two"], ["o"]), node("Concat", ["o", "rest"], ["k"], axis=0),
                                       node("Reshape", ["x", "k"], ["y"])], [ints("two", 2), ints("rest", -1)], img)
    counted("shape_n_and_half", [node("Div", ["n", "two"], ["m"]), node("Concat", ["m", "rest"], ["k"], axis=0), node("Reshape", ["x", "k"], ["y"])],
            [ints("two", 2), ints("rest", -1)], img)
    save("shape_flatten_2", [node("Flatten", ["x"], ["h"], axis=2), node("Relu", ["h"], ["r"]), node("Reshape", ["r", "k"], ["y"])], [ints("k", -1, 3, 8)], img)
    save("shape_moved_and_back", [node("Transpose", ["x"], ["t"], perm=[1, 2, 0, 3]), node("Flatten", ["t"], ["f"], axis=2), node("Relu", ["f"], ["r"]),
                                  node("Reshape", ["r", "k"], ["u"]), node("Transpose", ["u"], ["y"], perm=[2, 0, 1, 3])], [ints("k", 3, 2, -1, 4)], img)
    save("shape_moved_and_lost", [node("Transpose", ["x"], ["t"], perm=[1, 0, 2, 3]), node("Reshape", ["t", "k"], ["y"])], [ints("k", -1, 3, 2, 4)], img)
    save("shape_flatten_moved", [node("Transpose", ["x"], ["t"], perm=[1, 0, 2, 3]), node("Flatten", ["t"], ["f"], axis=1), node("Reshape", ["f", "k"], ["u"]),
                                 node("Transpose", ["u"], ["y"], perm=[1, 0, 2])], [ints("k", 3, -1, 8)], img)
    save("shape_squeeze_all", [node("Squeeze", ["x"], ["y"])], x=("N", 1, 4), y=("N", 4))
    save("shape_squeeze_batch", [node("Squeeze", ["x", "a"], ["y"])], [ints("a", 0)])
    save("expand_leading_1", [node("Expand", ["x", "k"], ["y"])], [ints("k", 1, 5, 1)], ("N", 1, 4))
    save("expand_all_ones", [node("Expand", ["x", "k"], ["y"])], [ints("k", 1, 1)])
    save("expand_fewer_axes", [node("Expand", ["x", "k"], ["y"])], [ints("k", 3, 1)], ("N", 1, 4))
    save("expand_last", [node("Expand", ["x", "k"], ["y"])], [ints("k", 1, 1, 6)], ("N", 2, 1))
    save("expand_more_axes", [node("Expand", ["x", "k"], ["y"])], [ints("k", 2, 1, 4)])
    save("expand_by_20", [node("Expand", ["x", "k"], ["y"])], [ints("k", 20, 4)])
    counted("expand_by_n", [node("Concat", ["n", "rest"], ["k"], axis=0), node("Expand", ["x", "k"], ["y"])], [ints("rest", 5, 4)], ("N", 1, 4))
    counted("expand_token", [node("Concat", ["n", "rest"], ["k"], axis=0), node("Expand", ["w", "k"], ["t"]), node("Concat", ["t", "x"], ["y"], axis=1)],
            [ints("rest", 1, 4), floats("w", 1, 1, 4)], ("N", 3, 4))
    counted("fill_n", [node("Concat", ["n", "rest"], ["k"], axis=0), node("ConstantOfShape", ["k"], ["z"]), node("Concat", ["z", "x"], ["y"], axis=1)],
            [ints("rest", 2)])
    counted("fill_2n", [node("Add", ["n", "n"], ["m"]), node("Concat", ["m", "rest"], ["k"], axis=0), node("ConstantOfShape", ["k"], ["z"]),
                        node("Reshape", ["x", "k"], ["h"]), node("Add", ["z", "h"], ["g"]), node("Concat", ["n", "back"], ["l"], axis=0), node("Reshape", ["g", "l"], ["y"])],
            [ints("rest", 2), ints("back", 4)])


def fixed():
    save("fixed_20_cut_3", [node("Slice", ["x", "s", "e"], ["y"])], [ints("s", 0, 0), ints("e", 3, 3)], (20, 4))
    save("fixed_20_whole", [node("Slice", ["x", "s", "e"], ["y"])], [ints("s", 0, 0), ints("e", 20, 3)], (20, 4))
    save("fixed_20_last_20", [node("Slice", ["x", "s", "e"], ["y"])], [ints("s", -20), ints("e", INT_MAX)], (20, 4))
    save("fixed_20_last_19", [node("Slice", ["x", "s", "e"], ["y"])], [ints("s", -19), ints("e", INT_MAX)], (20, 4))
    save("fixed_20_reshape", [node("Reshape", ["x", "k"], ["y"])], [ints("k", 20, -1)], (20, 2, 4), y=(20, 8))
    save("fixed_20_merge", [node("Reshape", ["x", "k"], ["h"]), node("Relu", ["h"], ["r"]), node("Reshape", ["r", "l"], ["y"])],
         [ints("k", 40, 4), ints("l", 20, 2, 4)], (20, 2, 4))
    save("fixed_20_expand", [node("Expand", ["x", "k"], ["y"])], [ints("k", 20, 5, 4)], (20, 1, 4))
    save("fixed_20_rows", [node("Add", ["x", "w"], ["y"])], [floats("w", 20, 4)], (20, 4))
    save("fixed_20_quarter", [node("Reshape", ["x", "k"], ["y"])], [ints("k", 5, 16)], (20, 4))
    for n in (1, 2, 3, 11, 13):
        save(f"fixed_{n}_reshape", [node("Reshape", ["x", "k"], ["y"])], [ints("k", n, 8)], (n, 2, 4), y=(n, 8))
        save(f"fixed_{n}_positions", [node("Add", ["x", "w"], ["y"])], [floats("w", 1, 2, 4)], (n, 2, 4), y=(n, 2, 4))
    save("fixed_1_squeeze", [node("Squeeze", ["x"], ["y"])], x=(1, 1, 4), y=(4,))
    save("fixed_1_squeeze_0", [node("Squeeze", ["x", "a"], ["y"])], [ints("a", 0)], (1, 2, 4), y=(2, 4))
    save("fixed_1_rows", [node("Add", ["x", "w"], ["y"])], [floats("w", 3, 4)], (1, 4), y=(3, 4))
    save("fixed_1_token", [node("Concat", ["w", "x"], ["y"], axis=1)], [floats("w", 1, 1, 4)], (1, 3, 4))
    save("fixed_4_mean", [node("ReduceMean", ["x"], ["m"], axes=[0]), node("Sub", ["x", "m"], ["y"])], x=(4, 4))


os.makedirs(OUT, exist_ok=True)
for make in (cuts, mixes, numbers, shapes, fixed, resizes):
    make()
