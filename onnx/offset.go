package onnx

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A file may take double although its network computes in float32: (x − offset)/scale is then taken first, in double, by
// Sub, Div and Cast in front of the network.

// Hints of the names that the two constants have.
const (
	offsetName = "input_offset"
	scaleName  = "input_scale"
)

// widenInput has the draft take double, and its network what is left of that.
func (d *draft) widenInput(offset, scale []float64) error {
	if len(d.net.Inputs) != 1 {
		return invalidf("offsets are for a network of one input; this one has %d", len(d.net.Inputs))
	}
	in := d.net.Inputs[0]
	if s := in.Shape(); len(s) != 2 || s[1] != len(offset) || s[1] != len(scale) {
		return invalidf("%d offsets and %d scales for an input of shape %v", len(offset), len(scale), s)
	}
	for i, v := range scale {
		if v == 0 || v-v != 0 || offset[i]-offset[i] != 0 {
			return invalidf("feature %d has offset %v and scale %v; they must be finite, and the scale not 0", i, offset[i], v)
		}
	}
	row := func(hint string, v []float64) string {
		name := d.Double(hint, tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(slices.Clone(v))))
		d.fixed = append(d.fixed, name)
		return name
	}
	raw := d.name[in]
	centred, scaled, narrow := d.Temp("centred"), d.Temp("scaled"), d.Temp("narrow")
	d.Node("Sub", []string{raw, row(offsetName, offset)}, centred)
	d.Node("Div", []string{centred, row(scaleName, scale)}, scaled)
	d.Node("Cast", []string{scaled}, narrow, op.Attr{Name: "to", Value: int64(elemType(d.dt))})
	d.double[raw], d.left[in] = true, narrow
	return nil
}

// valueOf is the name of what the readers of a node read.
func (d *draft) valueOf(n *gorgonia.Node) string {
	if name, ok := d.left[n]; ok {
		return name
	}
	return d.name[n]
}

// front is what stands between a file's input in double and its network.
type front struct {
	sub, div, cast *pb.NodeProto
	input          *pb.ValueInfoProto
	offset, scale  *pb.TensorProto
}

// frontOf finds it in a file of ours; nil if there is none.
func frontOf(m *pb.ModelProto) *front {
	g := m.GetGraph()
	if !slices.ContainsFunc(m.GetMetadataProps(), func(p *pb.StringStringEntryProto) bool { return p.GetKey() == keyConstants }) {
		return nil
	}
	readers := map[string][]*pb.NodeProto{}
	for _, n := range g.GetNode() {
		for _, in := range n.GetInput() {
			readers[in] = append(readers[in], n)
		}
	}
	next := func(value, operator string, inputs int) *pb.NodeProto {
		if r := readers[value]; len(r) == 1 && r[0].GetOpType() == operator && len(r[0].GetInput()) == inputs &&
			len(r[0].GetOutput()) == 1 && r[0].GetInput()[0] == value {
			return r[0]
		}
		return nil
	}
	constant := func(name, hint string) *pb.TensorProto {
		i := slices.IndexFunc(g.GetInitializer(), func(t *pb.TensorProto) bool { return t.GetName() == name })
		if i < 0 || !strings.HasPrefix(name, hint) || len(readers[name]) != 1 {
			return nil
		}
		return g.GetInitializer()[i]
	}
	if len(g.GetInput()) != 1 {
		return nil
	}
	f := &front{input: g.GetInput()[0]}
	if f.sub = next(f.input.GetName(), "Sub", 2); f.sub == nil {
		return nil
	}
	if f.div = next(f.sub.GetOutput()[0], "Div", 2); f.div == nil {
		return nil
	}
	if f.cast = next(f.div.GetOutput()[0], "Cast", 1); f.cast == nil {
		return nil
	}
	f.offset, f.scale = constant(f.sub.GetInput()[1], offsetName), constant(f.div.GetInput()[1], scaleName)
	if f.offset == nil || f.scale == nil {
		return nil
	}
	return f
}

// takeOff removes the front of a model, if it has one, and gives its numbers; the input is then of the network's type.
// Where the caller does not want them, the front stays, in the network's type.
func takeOff(m *pb.ModelProto, wanted bool) (offset, scale []float64, err error) {
	f := frontOf(m)
	if f == nil {
		return nil, nil, nil
	}
	g := m.GetGraph()
	to := tensor.Float32
	if i := slices.IndexFunc(f.cast.GetAttribute(), func(a *pb.AttributeProto) bool { return a.GetName() == "to" }); i >= 0 &&
		pb.TensorProto_DataType(f.cast.GetAttribute()[i].GetI()) == pb.TensorProto_DOUBLE {
		to = tensor.Float64
	}
	var row [2][]float64
	for i, t := range []*pb.TensorProto{f.offset, f.scale} {
		c, err := decodeConstant(t, nil)
		if err != nil {
			return nil, nil, err
		}
		if row[i] = c.f64; len(c.dims) != 1 || c.f64 == nil {
			return nil, nil, invalidf("the constant %q must be a list of double", t.GetName())
		}
	}
	f.input.GetType().GetTensorType().ElemType = int32(elemType(to))
	result := f.input.GetName()
	if !wanted {
		result = f.div.GetOutput()[0]
		for _, t := range []*pb.TensorProto{f.offset, f.scale} {
			narrow, err := convert(t, to)
			if err != nil {
				return nil, nil, err
			}
			t.DoubleData, t.DataType, t.RawData = nil, narrow.DataType, narrow.RawData
		}
	}
	g.Node = slices.DeleteFunc(g.Node, func(n *pb.NodeProto) bool {
		return n == f.cast || wanted && (n == f.sub || n == f.div)
	})
	for _, n := range g.Node {
		for i, in := range n.GetInput() {
			if in == f.cast.GetOutput()[0] {
				n.Input[i] = result
			}
		}
	}
	if slices.ContainsFunc(g.GetOutput(), func(o *pb.ValueInfoProto) bool { return o.GetName() == f.cast.GetOutput()[0] }) {
		return nil, nil, unsupportedf("the graph's output is its input without an offset")
	}
	if !wanted {
		return nil, nil, nil
	}
	g.Initializer = slices.DeleteFunc(g.Initializer, func(t *pb.TensorProto) bool { return t == f.offset || t == f.scale })
	return row[0], row[1], f.forget(m)
}

// forget takes the two constants off the list of those that are not trained.
func (f *front) forget(m *pb.ModelProto) error {
	for _, p := range m.GetMetadataProps() {
		if p.GetKey() != keyConstants {
			continue
		}
		list, err := decodeList(keyConstants, p.GetValue())
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(name string) bool { return name == f.offset.GetName() || name == f.scale.GetName() })
		b, err := json.Marshal(list)
		if err != nil {
			return invalidf("metadata %q: %v", keyConstants, err)
		}
		p.Value = string(b)
	}
	return nil
}

// WithOffsets is for files that take double: the network takes what is left of the input when Meta.InputOffset has been
// taken off, which the caller does in float64. Without it, the network takes raw numbers and takes the offset off itself,
// in its own type, as exactly as that holds them.
func WithOffsets() Option { return func(l *loading) error { l.offsets = true; return nil } }
