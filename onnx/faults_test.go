package onnx_test

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// fault is one thing that can be wrong with a model, or strange to this package.
type fault struct {
	name   string
	change func(m *pb.ModelProto, g *pb.GraphProto)
	kind   error
	want   string // in the message
}

var faults = []fault{
	{"no graph", func(m *pb.ModelProto, _ *pb.GraphProto) { m.Graph = nil }, onnx.ErrNotONNX, "not an ONNX file"},
	{"old version", func(m *pb.ModelProto, _ *pb.GraphProto) { m.IrVersion = 2 }, onnx.ErrUnsupported, "IR version 2;"},
	{"new version", func(m *pb.ModelProto, _ *pb.GraphProto) { m.IrVersion = 99 }, onnx.ErrUnsupported, "IR version 99;"},
	{"no opset", func(m *pb.ModelProto, _ *pb.GraphProto) { m.OpsetImport = nil }, onnx.ErrInvalid, "operator set"},
	{"two opsets", func(m *pb.ModelProto, _ *pb.GraphProto) {
		m.OpsetImport = append(m.OpsetImport, &pb.OperatorSetIdProto{Domain: "ai.onnx", Version: 17})
	}, onnx.ErrInvalid, "imported twice"},
	{"old opset", func(m *pb.ModelProto, _ *pb.GraphProto) { m.OpsetImport[0].Version = 6 },
		onnx.ErrUnsupported, "opset 6;"},
	{"new opset", func(m *pb.ModelProto, _ *pb.GraphProto) { m.OpsetImport[0].Version = 99 },
		onnx.ErrUnsupported, "opset 99;"},
	{"unknown op", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[1].OpType, g.Node[1].Name = "Einsum", "mixer"
	}, onnx.ErrUnsupported, `node "mixer" (Einsum): operator Einsum of opset 17`},
	{"op of a later opset", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[1].OpType, g.Node[1].Input = "Gelu", g.Node[1].Input[:1]
	}, onnx.ErrUnsupported, "operator Gelu of opset 17"},
	{"foreign domain", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Node[0].Domain = "ai.onnx.ml" },
		onnx.ErrUnsupported, "domain ai.onnx.ml"},
	{"cycle", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Node[0].Input[0] = g.Node[1].Output[0] },
		onnx.ErrInvalid, "cycle through node"},
	{"cycle of one", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Node[0].Input[0] = g.Node[0].Output[0] },
		onnx.ErrInvalid, "cycle through node"},
	{"duplicate output", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Node[0].Output[0] = "fc1.bias" },
		onnx.ErrInvalid, `"fc1.bias" belongs to two values`},
	{"duplicate initializer", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].Name = "fc2.bias" },
		onnx.ErrInvalid, `"fc2.bias" belongs to two values`},
	{"duplicate input", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Input = append(g.Input, g.Input[0]) },
		onnx.ErrInvalid, `"x" belongs to two inputs`},
	{"nameless initializer", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].Name = "" },
		onnx.ErrInvalid, "has no name"},
	{"missing initializer", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer = g.Initializer[1:] },
		onnx.ErrInvalid, `reads "fc1.weight", which no input`},
	{"missing output", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Output[0].Name = "nothing" },
		onnx.ErrInvalid, `output "nothing"`},
	{"no output", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Output = nil }, onnx.ErrInvalid, "no output"},
	{"no input", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Initializer = append(g.Initializer, &pb.TensorProto{
			Name: "x", DataType: 1, Dims: []int64{1, 3}, FloatData: []float32{1, 2, 3},
		})
	}, onnx.ErrUnsupported, "no input"},
	{"node without output", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node = append(g.Node, &pb.NodeProto{OpType: "Relu", Input: []string{"x"}, Name: "r"})
	}, onnx.ErrInvalid, `node "r" (Relu) has no output`},
	{"too few inputs", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Node[1].Input = g.Node[1].Input[:1] },
		onnx.ErrInvalid, "has 1 inputs"},
	{"external data", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Initializer[0].ExternalData = []*pb.StringStringEntryProto{{Key: "location", Value: "weights.bin"}}
		g.Initializer[0].DataLocation, g.Initializer[0].RawData = pb.TensorProto_EXTERNAL, nil
	}, onnx.ErrUnsupported, `tensor "fc1.weight" is stored outside the file (external data)`},
	{"sparse", func(_ *pb.ModelProto, g *pb.GraphProto) { g.SparseInitializer = [][]byte{{1}} },
		onnx.ErrUnsupported, "sparse initializers"},
	{"half precision", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].DataType = 10 },
		onnx.ErrUnsupported, `tensor "fc1.weight" holds FLOAT16`},
	{"mixed types", func(_ *pb.ModelProto, g *pb.GraphProto) {
		b := g.Initializer[1]
		b.DataType, b.RawData, b.DoubleData = 11, nil, []float64{1, 2, 3, 4}
	}, onnx.ErrInvalid, `"fc1.bias" does not hold float32`},
	{"declared too large", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].Dims = []int64{1 << 20, 1 << 10} },
		onnx.ErrInvalid, "48 bytes of data where its dimensions ask for 4294967296"},
	{"declared too small", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].Dims = []int64{3, 3} },
		onnx.ErrInvalid, "48 bytes of data where its dimensions ask for 36"},
	{"declared larger than memory", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Initializer[0].Dims = []int64{1 << 62, 1 << 62, 1 << 62}
	}, onnx.ErrInvalid, `tensor "fc1.weight" has dimensions`},
	{"negative dimension", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[0].Dims = []int64{-3, -4} },
		onnx.ErrInvalid, `tensor "fc1.weight" has dimensions [-3 -4]`},
	{"empty tensor", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Initializer[0].Dims, g.Initializer[0].RawData = []int64{0, 4}, nil
	}, onnx.ErrInvalid, `"fc1.weight" of dimensions [0 4] do not fit`},
	{"data twice", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Initializer[1].FloatData = []float32{1} },
		onnx.ErrInvalid, "has its data twice"},
	{"huge input", func(_ *pb.ModelProto, g *pb.GraphProto) { setDim(g.Input[0], 1, 1<<40) },
		onnx.ErrUnsupported, `input "x" has shape (batch, 1099511627776)`},
	{"open feature axis", func(_ *pb.ModelProto, g *pb.GraphProto) { setDim(g.Input[0], 1, 0) },
		onnx.ErrUnsupported, `input "x": dimension 1 is not fixed`},
	{"wrong input shape", func(_ *pb.ModelProto, g *pb.GraphProto) { setDim(g.Input[0], 1, 5) },
		onnx.ErrInvalid, "do not fit"},
	{"wrong output shape", func(_ *pb.ModelProto, g *pb.GraphProto) { setDim(g.Output[0], 1, 7) },
		onnx.ErrInvalid, `value "output" is declared with shape (batch, 7), but has (batch, 2)`},
	{"integer input", func(_ *pb.ModelProto, g *pb.GraphProto) { g.Input[0].Type.GetTensorType().ElemType = 7 },
		onnx.ErrUnsupported, `integers of input "x"`},
	{"unknown attribute", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[0].Attribute = []*pb.AttributeProto{{Name: "gamma", Type: pb.AttributeProto_INT}}
	}, onnx.ErrUnsupported, `attribute "gamma" is not known`},
	{"wrong attribute type", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[0].Attribute = []*pb.AttributeProto{{Name: "alpha", Type: pb.AttributeProto_INT}}
	}, onnx.ErrInvalid, `attribute "alpha" has type INT where FLOAT`},
	{"transposed batch", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[0].Attribute = []*pb.AttributeProto{{Name: "transA", Type: pb.AttributeProto_INT, I: 1}}
	}, onnx.ErrUnsupported, "transA"},
	{"weight in two layouts", func(_ *pb.ModelProto, g *pb.GraphProto) {
		g.Node[1].Input[1], g.Node[1].Input[2] = "fc1.weight", "one"
		g.Node[1].Attribute = []*pb.AttributeProto{{Name: "transB", Type: pb.AttributeProto_INT, I: 1},
			{Name: "alpha", Type: pb.AttributeProto_FLOAT, F: 0.5}}
		g.Initializer = append(g.Initializer, &pb.TensorProto{Name: "one", DataType: 1, FloatData: []float32{1}})
	}, onnx.ErrUnsupported, `"fc1.weight" is used in two ways`},
	{"duplicate metadata", func(m *pb.ModelProto, _ *pb.GraphProto) {
		m.MetadataProps = []*pb.StringStringEntryProto{{Key: "a"}, {Key: "a"}}
	}, onnx.ErrInvalid, `metadata key "a" appears twice`},
	{"broken classes", func(m *pb.ModelProto, _ *pb.GraphProto) {
		m.MetadataProps = []*pb.StringStringEntryProto{{Key: "gtrain.classes", Value: "[1,"}}
	}, onnx.ErrInvalid, `metadata "gtrain.classes"`},
	{"wrong checksum", func(m *pb.ModelProto, _ *pb.GraphProto) {
		m.MetadataProps = []*pb.StringStringEntryProto{{Key: "gtrain.checksum", Value: "sha256:00"}}
	}, onnx.ErrDamaged, "does not match its checksum"},
}

func TestInvalidAndUnsupportedModels(t *testing.T) {
	for _, c := range faults {
		m := unsigned(t)
		c.change(m, m.Graph)
		if msg := refused(t, c.name, encode(t, m), c.kind); !strings.Contains(msg, c.want) {
			t.Errorf("%s: message is %q, want %q in it", c.name, msg, c.want)
		}
	}
	if _, _, err := onnx.Unmarshal(encode(t, unsigned(t))); err != nil {
		t.Errorf("the model that all of these were made of: %v", err)
	}
}

func setDim(v *pb.ValueInfoProto, axis int, size int64) {
	v.Type.GetTensorType().Shape.Dim[axis] = &pb.TensorShapeProto_Dimension{
		Value: &pb.TensorShapeProto_Dimension_DimValue{DimValue: size}}
}
