package onnx_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
)

func floatAttr(name string, v float32) *pb.AttributeProto {
	return &pb.AttributeProto{Name: name, Type: pb.AttributeProto_FLOAT, F: v}
}

func (s sketch) number(name string, v float32) sketch {
	s.Graph.Initializer = append(s.Graph.Initializer, &pb.TensorProto{Name: name, DataType: 1, FloatData: []float32{v}})
	return s
}

// versions are operators as the opsets from 7 to 25 spell them. All outputs are y.
func versions() map[string]sketch {
	image := func(opset int64) sketch { return newSketch(opset, 0, 4, 6, 5) }
	norm := func(s sketch, attrs ...*pb.AttributeProto) sketch {
		return s.floats("g", 4).floats("b", 4).floats("m", 4).positive("v", 4).
			node("BatchNormalization", "x g b m v", "y", attrs...)
	}
	conv := func(opset int64, attrs ...*pb.AttributeProto) sketch {
		return image(opset).floats("w", 6, 2, 3, 2).node("Conv", "x w", "y", append(attrs, intAttr("group", 2))...)
	}
	pool := func(operator string, opset int64, attrs ...*pb.AttributeProto) sketch {
		return image(opset).node(operator, "x", "y", append(attrs, intsAttr("kernel_shape", 3, 2))...)
	}
	return map[string]sketch{
		"batch norm, opset 7":         norm(image(7), intAttr("spatial", 1), floatAttr("momentum", 0.8)),
		"batch norm, opset 9":         norm(image(9), floatAttr("epsilon", 0.01)),
		"batch norm, opset 15":        norm(image(15), intAttr("training_mode", 0)),
		"batch norm of rows":          norm(newSketch(15, 0, 4)),
		"conv, no attributes":         conv(7),
		"conv, valid":                 conv(11, textAttr("auto_pad", "VALID")),
		"conv, same upper":            conv(11, textAttr("auto_pad", "SAME_UPPER"), intsAttr("strides", 2, 2)),
		"conv, same lower":            conv(22, textAttr("auto_pad", "SAME_LOWER"), intsAttr("strides", 1, 2)),
		"conv, dilated":               conv(11, intsAttr("dilations", 2, 3), intsAttr("pads", 1, 0, 2, 3)),
		"max pool, opset 8":           pool("MaxPool", 8, intsAttr("strides", 2, 1), intsAttr("pads", 1, 0, 1, 1)),
		"max pool, rounded up":        pool("MaxPool", 12, intsAttr("strides", 2, 2), intAttr("ceil_mode", 1)),
		"max pool, same":              pool("MaxPool", 12, textAttr("auto_pad", "SAME_LOWER"), intsAttr("strides", 2, 2)),
		"average pool, opset 7":       pool("AveragePool", 7, intsAttr("pads", 1, 1, 0, 0), intAttr("count_include_pad", 1)),
		"average pool, opset 22":      pool("AveragePool", 22, intsAttr("pads", 1, 1, 2, 0), intsAttr("dilations", 1, 1)),
		"elu, opset 7":                image(7).node("Elu", "x", "y"),
		"elu of another alpha":        image(22).node("Elu", "x", "y", floatAttr("alpha", 1.5)),
		"hardswish, opset 14":         image(14).node("HardSwish", "x", "y"),
		"silu, spelled out":           image(17).node("Sigmoid", "x", "s").node("Mul", "x s", "y"),
		"silu, the other way round":   image(13).node("Sigmoid", "x", "s").node("Mul", "s x", "y"),
		"a gate that is no silu":      image(13).node("Relu", "x", "r").node("Sigmoid", "r", "s").node("Mul", "s x", "y"),
		"global pool":                 image(7).node("GlobalAveragePool", "x", "y"),
		"global pool and squeeze":     image(11).node("GlobalAveragePool", "x", "p").node("Squeeze", "p", "y", intsAttr("axes", 2, 3)),
		"squeeze and unsqueeze, 11":   newSketch(11, 0, 1, 3).node("Squeeze", "x", "h", intsAttr("axes", -2)).node("Unsqueeze", "h", "y", intsAttr("axes", 2, -1)),
		"squeeze and unsqueeze, 13":   newSketch(13, 0, 1, 3).ints("a", 1).ints("b", -1, 1).node("Squeeze", "x a", "h").node("Unsqueeze", "h b", "y"),
		"split, opset 11":             image(11).node("Split", "x", "a b c", intsAttr("split", 1, 1, 2), intAttr("axis", 1)).node("Concat", "c a b", "y", intAttr("axis", 1)),
		"split, opset 13":             image(13).ints("s", 3, 2).node("Split", "x s", "a b", intAttr("axis", -1)).node("Concat", "b a", "y", intAttr("axis", 3)),
		"split, opset 18":             image(18).node("Split", "x", "a b c", intAttr("axis", 3), intAttr("num_outputs", 3)).node("Concat", "c a b", "y", intAttr("axis", 3)),
		"split, one used":             image(13).node("Split", "x", "a y", intAttr("axis", 1)),
		"slice, opset 9":              image(9).node("Slice", "x", "y", intsAttr("starts", 1, -4), intsAttr("ends", 9, -1), intsAttr("axes", 1, 2)),
		"slice, opset 10":             image(10).ints("s", 0, 1).ints("e", 4, huge).ints("a", -3, 2).ints("d", 3, 2).node("Slice", "x s e a d", "y"),
		"slice of all axes":           image(13).ints("s", 0, 1, 0).ints("e", huge, 3, 6).node("Slice", "x s e", "y"),
		"pad, opset 10":               image(10).node("Pad", "x", "y", intsAttr("pads", 0, 1, 0, 2, 0, 0, 1, 0), floatAttr("value", 2)),
		"pad, opset 13":               image(13).ints("p", 0, 0, 1, 2, 0, 0, 0, 1).node("Pad", "x p", "y"),
		"pad, opset 18":               image(18).ints("p", 1, 2, 0, 1).number("c", -1).ints("a", 3, 1).node("Pad", "x p c a", "y"),
		"reduce sum, opset 11":        image(11).node("ReduceSum", "x", "y", intsAttr("axes", 1, -1), intAttr("keepdims", 0)),
		"reduce sum, opset 13":        image(13).ints("a", 2).node("ReduceSum", "x a", "y"),
		"reduce sum of nothing":       image(13).node("ReduceSum", "x", "y", intAttr("noop_with_empty_axes", 1)),
		"reduce mean, opset 13":       image(13).node("ReduceMean", "x", "y", intsAttr("axes", 3, 2)),
		"reduce mean, opset 18":       image(18).ints("a", -1, 1).node("ReduceMean", "x a", "y", intAttr("keepdims", 0)),
		"reduce max, opset 20":        image(20).ints("a", 3).node("ReduceMax", "x a", "y"),
		"reduce min, opset 12":        image(12).node("ReduceMin", "x", "y", intsAttr("axes", 1)),
		"reduce L1":                   image(13).node("ReduceL1", "x", "y", intsAttr("axes", 1)),
		"reduce L2":                   image(13).node("ReduceL2", "x", "y", intsAttr("axes", 1)),
		"reduce sum of squares":       image(13).node("ReduceSumSquare", "x", "y", intsAttr("axes", 2)),
		"reduce log of sum":           image(13).node("Exp", "x", "e").node("ReduceLogSum", "e", "y", intsAttr("axes", 2)),
		"clip, opset 7":               image(7).node("Clip", "x", "y", floatAttr("max", 0.5)),
		"clip, opset 11":              image(11).number("h", 0.5).node("Clip", "x _ h", "y"),
		"clip to a relu":              image(11).number("l", 0).node("Clip", "x l", "y"),
		"dropout, opset 7":            image(7).node("Dropout", "x", "y", floatAttr("ratio", 0.3)),
		"dropout, opset 13":           image(13).number("r", 0.3).node("Dropout", "x r", "y"),
		"softmax, opset 11":           newSketch(11, 0, 4, 1, 1).node("Softmax", "x", "y", intAttr("axis", 1)),
		"softmax, opset 13":           image(13).node("Softmax", "x", "y", intAttr("axis", 2)),
		"log softmax":                 image(13).node("LogSoftmax", "x", "y", intAttr("axis", -3)),
		"log softmax, the last axis":  image(11).node("LogSoftmax", "x", "y", intAttr("axis", 3)),
		"gelu, opset 20":              image(20).node("Gelu", "x", "y"),
		"gelu by tanh":                image(20).node("Gelu", "x", "y", textAttr("approximate", "tanh")),
		"pool of signals":             newSketch(13, 0, 3, 8).node("MaxPool", "x", "h", intsAttr("kernel_shape", 3), intsAttr("pads", 1, 0)).node("AveragePool", "h", "y", intsAttr("kernel_shape", 2), intsAttr("strides", 2)),
		"constants folded":            newSketch(13, 0, 4).positive("a", 4).number("two", 2).node("Pow", "a two", "b").node("Exp", "b", "b1").node("Log", "b1", "c").node("Abs", "c", "d").node("Reciprocal", "d", "e").node("Sqrt", "e", "f").node("Mul", "x f", "y"),
		"erf":                         image(13).node("Erf", "x", "y"),
		"flatten":                     image(9).node("Flatten", "x", "y"),
		"flatten from the end":        image(11).node("Flatten", "x", "y", intAttr("axis", -3)),
		"transpose":                   image(13).node("Transpose", "x", "h", intsAttr("perm", 3, 0, 2, 1)).node("Transpose", "h", "y", intsAttr("perm", 1, 0, 3, 2)),
		"gather of one":               image(13).scalarInt("i", -1).node("Gather", "x i", "y", intAttr("axis", 2)),
		"gather of several":           image(11).ints("i", 3, 0, 3).node("Gather", "x i", "y", intAttr("axis", 1)),
		"broadcast":                   image(13).floats("a", 6, 1).floats("b", 1, 4, 1, 1).node("Add", "a x", "h").node("Sub", "b h", "k").node("Mul", "k a", "y"),
		"a constant divided":          newSketch(13, 0, 4).positive("a", 4).node("Exp", "x", "e").node("Div", "a e", "y"),
		"two images":                  image(13).ints("a", 1).node("ReduceMean", "x", "m", intsAttr("axes", 1)).node("Sub", "x m", "y"),
		"product with a matrix":       newSketch(13, 0, 3, 4).floats("w", 4, 5).node("MatMul", "x w", "y"),
		"product of three axes":       newSketch(13, 0, 3, 4).floats("w", 3, 4, 5).ints("a", 2).node("Unsqueeze", "x a", "h").node("MatMul", "h w", "y"),
		"product of a constant":       newSketch(13, 0, 3, 4).floats("w", 5, 3).node("MatMul", "w x", "y"),
		"layer norm, last axis":       image(17).floats("g", 5).floats("b", 5).node("LayerNormalization", "x g b", "y"),
		"layer norm, two axes":        image(17).floats("g", 6, 5).floats("b", 6, 5).node("LayerNormalization", "x g b", "y", intAttr("axis", 2), floatAttr("epsilon", 0.1)),
		"reshape by shape":            image(15).node("Shape", "x", "s", intAttr("end", 2)).ints("k", -1).node("Concat", "s k", "t", intAttr("axis", 0)).node("Reshape", "x t", "y"),
		"reshape by size":             image(13).node("Shape", "x", "s").scalarInt("i", 0).node("Gather", "s i", "n").node("Size", "x", "z").node("Div", "z n", "c").ints("a", 0).node("Unsqueeze", "n a", "n1").node("Unsqueeze", "c a", "c1").node("Concat", "n1 c1", "t", intAttr("axis", 0)).node("Reshape", "x t", "y"),
		"expanded by shape":           newSketch(13, 0, 1, 3).floats("w", 1, 4, 3).node("Shape", "x", "s").scalarInt("i", 0).node("Gather", "s i", "n").ints("a", 0).node("Unsqueeze", "n a", "m").ints("k", -1, -1).node("Concat", "m k", "t", intAttr("axis", 0)).ints("three", 3).valueOfShape("three", "ones", 1).ints("minus", -1).node("Mul", "ones minus", "open").node("Equal", "t open", "e").node("Where", "e ones t", "u").node("Expand", "w u", "v").node("Concat", "x v", "y", intAttr("axis", 1)),
		"batch in the middle, merged": newSketch(13, 0, 6, 4).node("Transpose", "x", "t", intsAttr("perm", 1, 0, 2)).ints("a", -1, 4).ints("b", 6, -1, 4).node("Reshape", "t a", "f").node("Reshape", "f b", "u").node("Transpose", "u", "y", intsAttr("perm", 1, 0, 2)),
	}
}

// valueOfShape fills a shape with an integer.
func (s sketch) valueOfShape(shape, name string, v int64) sketch {
	return s.node("ConstantOfShape", shape, name, &pb.AttributeProto{Name: "value", Type: pb.AttributeProto_TENSOR,
		T: &pb.TensorProto{DataType: 7, Dims: []int64{1}, Int64Data: []int64{v}}})
}

func (s sketch) positive(name string, dims ...int64) sketch {
	s.floats(name, dims...)
	t := s.Graph.Initializer[len(s.Graph.Initializer)-1]
	for i := range t.FloatData {
		t.FloatData[i] += 0.75
	}
	return s
}

// Operators of every opset that is read compute what ONNX Runtime computes, at batch sizes 1 and 7, and so do the files
// that they are saved to.
func TestOperatorsOfEveryOpset(t *testing.T) {
	dir := t.TempDir()
	var all comparison
	for name, s := range versions() {
		path := filepath.Join(dir, fmt.Sprint(len(all.names), ".onnx"))
		s.Graph.Output[0].Type = &pb.TypeProto{Value: &pb.TypeProto_TensorType{TensorType: &pb.TypeProto_Tensor{ElemType: 1}}}
		write(t, path, encode(t, s.ModelProto))
		net, _, err := onnx.Load(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		all.add(t, name, path, net, 1e-5)
		all.add(t, name+", saved", save(t, net, onnx.Meta{}), net, 1e-5)
	}
	all.run(t)
}
