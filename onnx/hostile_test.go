package onnx_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// sketch puts models together that no exporter would write.
type sketch struct{ *pb.ModelProto }

func newSketch(opset int64, inputDims ...int64) sketch {
	x := &pb.ValueInfoProto{Name: "x"}
	shape := &pb.TensorShapeProto{}
	for i, d := range inputDims {
		dim := &pb.TensorShapeProto_Dimension{Value: &pb.TensorShapeProto_Dimension_DimValue{DimValue: d}}
		if i == 0 {
			dim.Value = &pb.TensorShapeProto_Dimension_DimParam{DimParam: "N"}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	x.Type = &pb.TypeProto{Value: &pb.TypeProto_TensorType{TensorType: &pb.TypeProto_Tensor{ElemType: 1, Shape: shape}}}
	return sketch{&pb.ModelProto{
		IrVersion: 8, OpsetImport: []*pb.OperatorSetIdProto{{Version: opset}},
		Graph: &pb.GraphProto{Name: "g", Input: []*pb.ValueInfoProto{x}, Output: []*pb.ValueInfoProto{{Name: "y"}}},
	}}
}

// node adds a node; inputs and outputs are lists of words, and "_" is an input that is left out.
func (s sketch) node(opType, inputs, outputs string, attrs ...*pb.AttributeProto) sketch {
	in := strings.Fields(inputs)
	for i := range in {
		if in[i] == "_" {
			in[i] = ""
		}
	}
	s.Graph.Node = append(s.Graph.Node, &pb.NodeProto{OpType: opType, Input: in, Output: strings.Fields(outputs),
		Attribute: attrs})
	return s
}

func (s sketch) floats(name string, dims ...int64) sketch {
	size := int64(1)
	for _, d := range dims {
		size *= d
	}
	t := &pb.TensorProto{Name: name, DataType: 1, Dims: dims, FloatData: make([]float32, size)}
	for i := range t.FloatData {
		t.FloatData[i] = float32(i%7)/4 - 0.5
	}
	s.Graph.Initializer = append(s.Graph.Initializer, t)
	return s
}

func (s sketch) ints(name string, v ...int64) sketch {
	s.Graph.Initializer = append(s.Graph.Initializer,
		&pb.TensorProto{Name: name, DataType: 7, Dims: []int64{int64(len(v))}, Int64Data: v})
	return s
}

func intsAttr(name string, v ...int64) *pb.AttributeProto {
	return &pb.AttributeProto{Name: name, Type: pb.AttributeProto_INTS, Ints: v}
}

func intAttr(name string, v int64) *pb.AttributeProto {
	return &pb.AttributeProto{Name: name, Type: pb.AttributeProto_INT, I: v}
}

func textAttr(name, v string) *pb.AttributeProto {
	return &pb.AttributeProto{Name: name, Type: pb.AttributeProto_STRING, S: []byte(v)}
}

const huge = math.MaxInt64

// hostile models declare sizes that nothing stands behind, or contradict themselves.
func hostile() map[string]struct {
	sketch
	want string
} {
	conv := func(attrs ...*pb.AttributeProto) sketch {
		return newSketch(17, 0, 3, 8, 8).floats("w", 4, 3, 3, 3).floats("b", 4).node("Conv", "x w b", "y", attrs...)
	}
	pool := func(attrs ...*pb.AttributeProto) sketch {
		return newSketch(17, 0, 3, 8, 8).node("MaxPool", "x", "y", attrs...)
	}
	reshape := func(to ...int64) sketch {
		return newSketch(17, 0, 3, 8, 8).ints("to", to...).node("Reshape", "x to", "y")
	}
	slice := func(starts, ends, axes, steps int64) sketch {
		return newSketch(17, 0, 3, 8, 8).ints("s", starts).ints("e", ends).ints("a", axes).ints("d", steps).
			node("Slice", "x s e a d", "y")
	}
	pad := func(pads ...int64) sketch {
		return newSketch(17, 0, 3, 8, 8).ints("p", pads...).node("Pad", "x p", "y")
	}
	norm := func(channels int64, attrs ...*pb.AttributeProto) sketch {
		return newSketch(17, 0, 3, 8, 8).floats("g", channels).floats("b", 3).floats("m", 3).floats("v", 3).
			node("BatchNormalization", "x g b m v", "y", attrs...)
	}
	doubling := newSketch(17, 0, 3).ints("c0", 1, 2, 3, 4)
	for i := range 60 {
		doubling.node("Concat", fmt.Sprintf("c%d c%d", i, i), fmt.Sprintf("c%d", i+1), intAttr("axis", 0))
	}
	doubling.node("Reshape", "x c60", "y")
	copies := newSketch(17, 0, 1<<12).floats("w", 1<<12)
	for i := range 300 {
		copies.node("Identity", "w", fmt.Sprintf("w%d", i)).
			node("Add", fmt.Sprintf("%s w%d", last(copies.Graph.Node, "x"), i), fmt.Sprintf("h%d", i))
	}
	copies.node("Relu", "h299", "y")
	return map[string]struct {
		sketch
		want string
	}{
		"conv/huge pads":          {conv(intsAttr("pads", huge, huge, huge, huge)), `"pads" is`},
		"conv/large pads":         {conv(intsAttr("pads", 1<<23, 1<<23, 1<<23, 1<<23)), "more than"},
		"conv/negative pads":      {conv(intsAttr("pads", -1, 0, 0, 0)), `"pads" is`},
		"conv/three pads":         {conv(intsAttr("pads", 1, 1, 1)), "4 numbers are needed"},
		"conv/stride 0":           {conv(intsAttr("strides", 0, 1)), `"strides" is`},
		"conv/huge stride":        {conv(intsAttr("strides", huge, 1)), `"strides" is`},
		"conv/huge dilation":      {conv(intsAttr("dilations", huge, huge)), `"dilations" is`},
		"conv/large dilation":     {conv(intsAttr("dilations", 1<<24, 1<<24)), "does not fit"},
		"conv/no groups":          {conv(intAttr("group", 0)), `"group" is 0`},
		"conv/huge groups":        {conv(intAttr("group", huge)), `"group" is`},
		"conv/wrong groups":       {conv(intAttr("group", 2)), "do not fit"},
		"conv/kernel_shape":       {conv(intsAttr("kernel_shape", 5, 5)), "kernel_shape is [5 5]"},
		"conv/huge kernel_shape":  {conv(intsAttr("kernel_shape", huge, huge)), "kernel_shape is"},
		"conv/auto_pad":           {conv(textAttr("auto_pad", "MAYBE")), `auto_pad "MAYBE"`},
		"conv/attribute's type":   {conv(textAttr("strides", "2")), "has type STRING where INTS"},
		"conv/weight of a matrix": {newSketch(17, 0, 3).floats("w", 4, 3).node("Conv", "x w", "y"), "dimensions [4 3]"},
		"conv/weight of volumes": {newSketch(17, 0, 3, 4, 4, 4).floats("w", 2, 3, 1, 1, 1).node("Conv", "x w", "y"),
			"one and two dimensions"},
		"conv/other rank": {newSketch(17, 0, 3, 8).floats("w", 4, 3, 3, 3).node("Conv", "x w", "y"), "do not fit"},
		"conv/integers":   {newSketch(17, 0, 3, 8).ints("w", 4, 3, 3, 3).node("Conv", "x w", "y"), "dimensions [4]"},
		"conv/bias": {newSketch(17, 0, 3, 8, 8).floats("w", 4, 3, 3, 3).floats("b", 5).node("Conv", "x w b", "y"),
			"does not fit"},
		"pool/huge kernel":  {pool(intsAttr("kernel_shape", huge, huge)), `"kernel_shape" is`},
		"pool/large kernel": {pool(intsAttr("kernel_shape", 1<<24, 1<<24)), "does not fit"},
		"pool/no kernel":    {pool(), "kernel_shape is []"},
		"pool/volumes":      {pool(intsAttr("kernel_shape", 2, 2, 2)), "two dimensions"},
		"pool/signal":       {pool(intsAttr("kernel_shape", 2)), "does not suit"},
		"pool/large pads": {pool(intsAttr("kernel_shape", 1<<23, 1<<23), intsAttr("pads", 1<<22, 1<<22, 1<<22, 1<<22),
			intsAttr("strides", 1, 1)), ""},
		"pool/indices": {newSketch(17, 0, 3, 8, 8).node("MaxPool", "x", "h y", intsAttr("kernel_shape", 2, 2)),
			"only the first"},
		"reshape/huge":       {reshape(huge, huge), "cannot be reshaped"},
		"reshape/two open":   {reshape(-1, -1), "cannot be reshaped"},
		"reshape/negative":   {reshape(0, -2), "cannot be reshaped"},
		"reshape/no axis":    {reshape(0, 3, 8, 8, 0), "cannot be reshaped"},
		"reshape/many axes":  {reshape(make([]int64, 1000)...), "up to 16"},
		"reshape/wrong size": {reshape(0, 100), "cannot be reshaped"},
		"reshape/floats": {newSketch(17, 0, 3).floats("to", 2).node("Reshape", "x to", "y"),
			"not a list"},
		"reshape/by itself": {newSketch(17, 0, 3).node("Reshape", "x x", "y"), "depends on what the network computes"},
		"reshape/a constant": {newSketch(17, 0, 3).floats("w", 2, 3).ints("to", huge, huge).node("Reshape", "w to", "v").
			node("Add", "x v", "y"), "cannot be reshaped"},
		"fill/huge": {newSketch(17, 0, 3).ints("s", huge, huge).node("ConstantOfShape", "s", "v").node("Add", "x v", "y"),
			"dimensions"},
		"fill/large": {newSketch(17, 0, 3).ints("s", 1<<15, 1<<15).node("ConstantOfShape", "s", "v").node("Add", "x v", "y"),
			"many times the memory"},
		"fill/negative": {newSketch(17, 0, 3).ints("s", -1, 3).node("ConstantOfShape", "s", "v").node("Add", "x v", "y"),
			"dimensions"},
		"fill/by the batch": {newSketch(17, 0, 3).node("Shape", "x", "s").ints("k", 1<<14, 1<<14).
			node("Concat", "s k", "t", intAttr("axis", 0)).node("ConstantOfShape", "t", "v").node("Add", "x v", "y"),
			"a constant would have dimensions [N 3 16384 16384]"},
		"expand/huge": {newSketch(17, 0, 3).floats("w", 1, 3).ints("s", huge, 3).node("Expand", "w s", "v").
			node("Add", "x v", "y"), "dimensions"},
		"expand/large": {newSketch(17, 0, 1).node("Shape", "x", "s").ints("k", 1<<20, 1<<20).
			node("Concat", "k s", "t", intAttr("axis", 0)).node("Expand", "x t", "y"), "more than"},
		"range/large": {newSketch(17, 0, 3).scalarInt("a", 0).scalarInt("b", 1<<30).scalarInt("c", 1).node("Range", "a b c", "r").
			node("Reshape", "x r", "y"), "many times the memory"},
		"concat/doubling": {doubling, "many times the memory"},
		"identity/copies": {copies, "many times the memory"},
		"concat/axis":     {newSketch(17, 0, 3).node("Concat", "x x", "y", intAttr("axis", huge)), "axis 9223372036854775807"},
		"concat/other sizes": {newSketch(17, 0, 3).floats("w", 1, 4).node("Concat", "x w", "y", intAttr("axis", 0)),
			""},
		"pad/huge":      {pad(0, huge, 0, 0, 0, huge, 0, 0), "are not supported"},
		"pad/large":     {pad(0, 0, 1<<23, 1<<23, 0, 0, 1<<23, 1<<23), "more than"},
		"pad/batch":     {pad(1, 0, 0, 0, 0, 0, 0, 0), "leading axis"},
		"pad/too few":   {pad(0, 1), "2 pads for 4 axes"},
		"pad/mode":      {newSketch(17, 0, 3).ints("p", 0, 1, 0, 1).node("Pad", "x p", "y", textAttr("mode", "wrap")), `mode "wrap"`},
		"slice/step 0":  {slice(0, 2, 1, 0), "step 0"},
		"slice/empty":   {slice(2, 1, 1, 1), "is empty"},
		"slice/down":    {slice(-1, math.MinInt64, 1, -1), "step -1"},
		"slice/axis":    {slice(0, 1, 9, 1), "axis 9"},
		"slice/batch":   {slice(0, 1, 0, 1), "whose size the batch decides"},
		"slice/by half": {slice(1, huge, 0, 1), "whose size the batch decides"},
		"slice/lists": {newSketch(17, 0, 3).ints("s", 0, 0).ints("e", 1).node("Slice", "x s e", "y"),
			"2 starts, 1 ends"},
		"split/negative": {newSketch(13, 0, 4).ints("s", -1, 5).node("Split", "x s", "y z", intAttr("axis", 1)), "cannot be split"},
		"split/sum":      {newSketch(13, 0, 4).ints("s", 1, 1).node("Split", "x s", "y z", intAttr("axis", 1)), "cannot be split"},
		"split/count":    {newSketch(13, 0, 4).ints("s", 4).node("Split", "x s", "y z", intAttr("axis", 1)), "cannot be split"},
		"split/batch":    {newSketch(13, 0, 4).node("Split", "x", "y z", intAttr("axis", 0)), "batch"},
		"split/too many": {newSketch(13, 0, 4).node("Split", "x", "y a b c d e", intAttr("axis", 1)), "cannot be split"},
		"gather/outside": {newSketch(17, 0, 4).ints("i", 4).node("Gather", "x i", "y", intAttr("axis", 1)), "index 4"},
		"gather/floats":  {newSketch(17, 0, 4).floats("i", 1).node("Gather", "x i", "y", intAttr("axis", 1)), "not a constant list"},
		"gather/axis":    {newSketch(17, 0, 4).ints("i", 0).node("Gather", "x i", "y", intAttr("axis", -7)), "axis -7"},
		"transpose/perm": {newSketch(17, 0, 3, 4).node("Transpose", "x", "y", intsAttr("perm", 0, 1)), "does not permute"},
		"transpose/twice": {newSketch(17, 0, 3, 4).node("Transpose", "x", "y", intsAttr("perm", 0, 1, 1)),
			"listed twice"},
		"transpose/batch":    {newSketch(17, 0, 3).node("Transpose", "x", "y"), "leading axis must be the batch"},
		"squeeze/long axis":  {newSketch(13, 0, 3).ints("a", 1).node("Squeeze", "x a", "y"), "has not size 1"},
		"unsqueeze/far":      {newSketch(13, 0, 3).ints("a", huge).node("Unsqueeze", "x a", "y"), "axis 9223372036854775807"},
		"unsqueeze/twice":    {newSketch(13, 0, 3).ints("a", 1, 1).node("Unsqueeze", "x a", "y"), "listed twice"},
		"unsqueeze/many":     {newSketch(13, 0, 3).ints("a", make([]int64, 1000)...).node("Unsqueeze", "x a", "y"), "1000 axes"},
		"flatten/axis":       {newSketch(17, 0, 3, 4).node("Flatten", "x", "y", intAttr("axis", 4)), "axis 4"},
		"softmax/axis":       {newSketch(17, 0, 3, 4).node("Softmax", "x", "y", intAttr("axis", 3)), "axis 3"},
		"softmax/together":   {newSketch(11, 0, 3, 4).node("Softmax", "x", "y", intAttr("axis", 1)), "together"},
		"norm/channels":      {norm(4), "do not fit"},
		"norm/training":      {norm(3, intAttr("training_mode", 1)), "export the model for inference"},
		"norm/epsilon":       {norm(3, &pb.AttributeProto{Name: "epsilon", Type: pb.AttributeProto_FLOAT, F: -1}), "eps"},
		"norm/more results":  {norm(3).rename(0, "y m2 v2"), "export the model for inference"},
		"norm/same constant": {norm(3).reread("x g b g g"), "two ways"},
		"layernorm/axis": {newSketch(17, 0, 3).floats("g", 3).floats("b", 3).node("LayerNormalization", "x g b", "y",
			intAttr("axis", 5)), "axis 5"},
		"layernorm/size": {newSketch(17, 0, 3).floats("g", 4).floats("b", 3).node("LayerNormalization", "x g b", "y"), ""},
		"reduce/axis":    {newSketch(17, 0, 3).node("ReduceMean", "x", "y", intsAttr("axes", 4)), "axis 4"},
		"reduce/all": {newSketch(17, 0, 3).node("ReduceMean", "x", "y", intAttr("keepdims", 0)),
			"which is the batch: a mean is taken over it"},
		"matmul/inner": {newSketch(17, 0, 3, 4).floats("w", 3, 4).node("MatMul", "x w", "y"), ""},
		"matmul/vector": {newSketch(17, 0, 3).floats("w", 4).node("MatMul", "x w", "y"),
			"do not fit"},
		"resize/huge": {newSketch(17, 0, 1, 2, 2).ints("s", 4, 1, 2000000000, 2000000000).node("Resize", "x _ _ s", "y"),
			"change the batch"},
		"resize/large": {newSketch(17, 0, 1, 2, 2).ints("s", 1, 2000000000, 2000000000).node("Shape", "x", "n").ints("zero", 0).
			ints("one", 1).node("Slice", "n zero one", "b").node("Concat", "b s", "t", intAttr("axis", 0)).
			node("Resize", "x _ _ t", "y"), "whole factor"},
		"resize/few sizes": {newSketch(17, 3, 1, 2, 2).ints("s", 4, 4).node("Resize", "x _ _ s", "y"), "one for each of 4 axes"},
		"shape/overflow": {newSketch(17, 0, 3).ints("a", huge).node("Mul", "a a", "b").node("Reshape", "x b", "y"),
			"have no result"},
		"shape/by zero": {newSketch(17, 0, 3).ints("a", 1).ints("b", 0).node("Div", "a b", "c").node("Reshape", "x c", "y"),
			"have no result"},
		"shape/batch twice": {newSketch(17, 0, 3).node("Shape", "x", "s").node("Concat", "s s", "t", intAttr("axis", 0)).
			node("Reshape", "x t", "y"), "cannot be reshaped"},
		"dropout/training": {newSketch(13, 0, 3).scalarInt("t", 1).node("Dropout", "x _ t", "y"), "training_mode"},
		"many axes": {newSketch(17, append([]int64{0}, ones(40)...)...).node("Relu", "x", "y"),
			"41 axes"},
		"an operator's name": {newSketch(17, 0, 3).node("Rel\nu\x00"+strings.Repeat("u", 5000), "x", "y"), "not supported"},
	}
}

func ones(n int) []int64 {
	v := make([]int64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

func (s sketch) scalarInt(name string, v int64) sketch {
	s.ints(name, v).Graph.Initializer[len(s.Graph.Initializer)-1].Dims = nil
	return s
}

// rename gives a node other outputs, reread the first node other inputs.
func (s sketch) rename(node int, outputs string) sketch {
	s.Graph.Node[node].Output = strings.Fields(outputs)
	return s
}

func (s sketch) reread(inputs string) sketch {
	s.Graph.Node[0].Input = strings.Fields(inputs)
	return s
}

func last(nodes []*pb.NodeProto, otherwise string) string {
	if len(nodes) < 2 {
		return otherwise
	}
	return nodes[len(nodes)-2].Output[0]
}

// Every one of them is refused in one clear line, and takes no more memory than a small file may.
func TestHostileModelsAreRefused(t *testing.T) {
	for name, c := range hostile() {
		b := encode(t, c.ModelProto)
		var err error
		bounded(t, b, func() { _, _, err = onnx.Unmarshal(b) })
		switch {
		case err == nil:
			t.Errorf("%s: accepted", name)
		case !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 2500:
			t.Errorf("%s: %q, want %q in it", name, err, c.want)
		}
	}
}

// bounded fails the test if reading a file takes more memory than its size accounts for: a node of the network is some
// kilobytes, in a file some dozen bytes.
func bounded(t testing.TB, file []byte, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if took, most := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+256*len(file)); took > most {
		t.Errorf("took %d bytes for a file of %d", took, len(file))
	}
}

// Files of a hundred bytes or so that declare sizes nothing stands behind are refused at once, in their own words.
func TestSizesAreBoundByTheFile(t *testing.T) {
	chain := newSketch(17, 0, 1<<17).node("Relu", "x", "h0")
	for i := range 60 {
		chain.node("Relu", fmt.Sprint("h", i), fmt.Sprint("h", i+1))
	}
	chain.node("Relu", "h60", "y")
	wide := newSketch(17, 0, 16, 1<<9, 1<<9)
	for i := range 40 { // side by side: all of them are there at once
		wide.node("Sin", "x", fmt.Sprint("h", i))
	}
	wide.node("Concat", "h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 h10 h11 h12 h13 h14 h15 h16 h17 h18 h19", "y", intAttr("axis", 1))
	for name, c := range map[string]struct {
		sketch
		want string
	}{
		"2^31-1 features":          {newSketch(17, 0, 1<<31-1).node("Relu", "x", "y"), "has shape (N, 2147483647)"},
		"2^40 features":            {newSketch(17, 0, 1<<40).node("Relu", "x", "y"), "has shape (N, 1099511627776)"},
		"2^20 features":            {newSketch(17, 0, 1<<20).node("Relu", "x", "y"), "of shape [N 1048576]"},
		"2^22 features":            {newSketch(17, 0, 1<<22).node("Relu", "x", "y"), "of shape [N 4194304]"},
		"an image of 2^24":         {newSketch(17, 0, 1, 1<<12, 1<<12).node("Relu", "x", "y"), "one example has more than"},
		"a product that overflows": {newSketch(17, 0, 1<<31-1, 1<<31-1, 1<<31-1, 4).node("Relu", "x", "y"), "one example has more than"},
		"a chain of long axes":     {chain, "the axes of the model's values are too long"},
		"a pad":                    {newSketch(17, 0, 1).ints("p", 0, 1<<23, 0, 1<<23).node("Pad", "x p", "y"), "too long"},
		"a pad of two axes": {newSketch(17, 0, 1, 1).ints("p", 0, 1<<15, 1<<15, 0, 0, 0).node("Pad", "x p", "y"),
			"more than"},
		"an expansion": {newSketch(17, 0, 1, 1).ints("s", 1, 1<<14, 1<<14).node("Expand", "x s", "y"), "more than"},
		"concat":       {wide, "have too many numbers"},
	} {
		b := encode(t, c.ModelProto)
		var err error
		bounded(t, b, func() { _, _, err = onnx.Unmarshal(b) })
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, onnx.ErrUnsupported) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// What real files have is read.
	for name, s := range map[string]sketch{
		"an image of 1280×1024":  newSketch(17, 0, 3, 1024, 1280).node("Relu", "x", "y"),
		"two seconds of a sound": newSketch(17, 0, 1, 88200).floats("w", 4, 1, 9).node("Conv", "x w", "y"),
		"60000 features":         newSketch(17, 0, 60000).floats("w", 60000, 2).node("MatMul", "x w", "y"),
	} {
		if _, _, err := onnx.Unmarshal(encode(t, s.ModelProto)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A long chain of operations is refused before Gorgonia's graph is built, whose time grows with its square. What is
// folded does not count.
func TestOperationsAreCounted(t *testing.T) {
	chain := newSketch(13, 0, 4)
	for i := range 60000 {
		chain.node("Relu", fmt.Sprint("h", i), fmt.Sprint("h", i+1))
	}
	chain.Graph.Node[0].Input[0] = "x"
	chain.node("Identity", "h60000", "y")
	start := time.Now()
	_, _, err := onnx.Unmarshal(encode(t, chain.ModelProto))
	if err == nil || !strings.Contains(err.Error(), "the model has 60001 operations; up to 20000") {
		t.Errorf("a chain of 60000: %v", err)
	}
	folded := newSketch(13, 0, 4).ints("k0", 4)
	for i := range 60000 {
		folded.node("Identity", fmt.Sprint("k", i), fmt.Sprint("k", i+1))
	}
	folded.ints("n", -1).node("Concat", "n k60000", "s", intAttr("axis", 0)).node("Reshape", "x s", "y")
	if _, _, err := onnx.Unmarshal(encode(t, folded.ModelProto)); err != nil {
		t.Errorf("60000 constants: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}
