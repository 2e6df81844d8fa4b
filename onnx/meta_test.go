package onnx_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestMetadataRoundTrip(t *testing.T) {
	for _, meta := range []onnx.Meta{
		{},
		{Task: "regression"},
		{Classes: []string{"setosa", "a,b", `"`, "", "été", "<&>\n"}, Features: []string{"sepal length (cm)"}},
		{Classes: []string{}, Properties: map[string]string{"schema": `{"a":1}`, "gtrain.split": "\x00", "empty": ""}},
	} {
		_, got, err := onnx.Unmarshal(marshal(t, classifier, meta))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, meta) {
			t.Errorf("got %#v, want %#v", *got, meta)
		}
	}
}

func TestMetadataThatCannotBeStored(t *testing.T) {
	net := classifier(newBuilder(t, tensor.Float32))
	for want, meta := range map[string]onnx.Meta{
		`"gtrain.task" is reserved`:      {Properties: map[string]string{"gtrain.task": "x"}},
		`"gtrain.constants" is reserved`: {Properties: map[string]string{"gtrain.constants": "[]"}},
		`"gtrain.checksum" is reserved`:  {Properties: map[string]string{"gtrain.checksum": "x"}},
		"key is empty":                   {Properties: map[string]string{"": "x"}},
		`"k" is not valid UTF-8`:         {Properties: map[string]string{"k": "\xff"}},
		`the name "\xff" is not valid`:   {Classes: []string{"\xff"}},
	} {
		if _, err := onnx.Marshal(net, meta); !errors.Is(err, onnx.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Another tool may add properties and documentation and write the file its own way: it is not damaged.
func TestOtherToolsMayAnnotate(t *testing.T) {
	m := decode(t, marshal(t, classifier, onnx.Meta{Task: "classification"}))
	m.DocString, m.Graph.DocString, m.Graph.Name = "a model", "its graph", "renamed"
	m.MetadataProps = append([]*pb.StringStringEntryProto{{Key: "author", Value: "somebody"}}, m.MetadataProps...)
	_, meta, err := onnx.Unmarshal(encode(t, m))
	if err != nil || meta.Properties["author"] != "somebody" || meta.Task != "classification" {
		t.Errorf("%+v, %v", meta, err)
	}
	m.MetadataProps[len(m.MetadataProps)-2].Value += "x" // one of ours
	refused(t, "changed metadata of ours", encode(t, m), onnx.ErrDamaged)
}

func TestNetworksThatCannotBeSaved(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *builder) *network.Network
		kind  error
		want  string
	}{
		{"unknown operation", func(b *builder) *network.Network {
			rows := gorgonia.NewVector(b.net.Graph, tensor.Int, gorgonia.WithName("rows"), gorgonia.WithShape(4),
				gorgonia.WithValue(tensor.New(tensor.WithBacking([]int{3, 2, 1, 0}))))
			b.net.Constants = append(b.net.Constants, rows)
			return b.done(b.must(gorgonia.ByIndices(b.input("x", 4), rows, 0)))
		}, onnx.ErrUnsupported, "is not known to gtrain"},
		{"known to have no form", func(b *builder) *network.Network {
			return b.done(b.must(gorgonia.Expm1(b.input("x", 4))))
		}, onnx.ErrUnsupported, "expm1"},
		{"unused parameter", func(b *builder) *network.Network {
			b.param("stray", 3)
			return b.done(b.dense(b.input("x", 4), "fc", 2, op.Identity, 0))
		}, onnx.ErrInvalid, `parameter "stray"`},
		{"loose leaf", func(b *builder) *network.Network {
			return b.done(b.must(op.Apply(op.RowShift{}, b.input("x", 4), b.leaf("loose", 0, 1, 4))))
		}, onnx.ErrInvalid, `node "loose" is neither`},
		{"scalar output", func(b *builder) *network.Network {
			return b.done(b.must(op.Reduce(op.ReduceSum, b.input("x", 4), false)))
		}, onnx.ErrUnsupported, "is a scalar"},
		{"batch size in the file", func(b *builder) *network.Network {
			return b.done(b.must(op.Apply(baked{}, b.input("x", 4))))
		}, onnx.ErrUnsupported, "node 0 (Mul) depends on the batch size"},
		{"integers", func(b *builder) *network.Network {
			b.dt = tensor.Int
			return b.done(b.must(gorgonia.Add(b.input("x", 4), b.input("y", 4))))
		}, onnx.ErrUnsupported, "float32 and float64 can be saved"},
		{"no output", func(b *builder) *network.Network { b.input("x", 4); return b.done() }, nil,
			"at least one input and one output"},
	} {
		b, err := onnx.Marshal(c.build(newBuilder(t, tensor.Float32)), onnx.Meta{})
		switch {
		case err == nil || b != nil:
			t.Errorf("%s was saved", c.name)
		case c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		case strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %q is more than one line", c.name, err)
		}
	}
}

// baked is an operation that writes its batch size into the file.
type baked struct{ op.Elementwise }

func (baked) String() string { return "baked" }

func (baked) Export(e op.Emitter, in []string, out string, shapes []tensor.Shape) error {
	e.Node("Mul", []string{in[0], e.Const("rows", gorgonia.NewF32(float32(shapes[0][0])))}, out)
	return nil
}
