package onnx

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// emitter collects what ops say of themselves. Values carry provisional names here (they begin with a zero byte, so
// they clash with nothing); names.go gives them their names in the file.
type emitter struct {
	dt     tensor.Dtype
	nodes  []*pb.NodeProto
	consts []*pb.TensorProto
	hints  map[string]string // provisional name → what it is a temporary or constant for
	fresh  int
	err    error
}

var _ op.Emitter = (*emitter)(nil)

func (e *emitter) provisional(hint string) string {
	name := fmt.Sprintf("\x00%d", e.fresh)
	e.fresh++
	e.hints[name] = hint
	return name
}

// Temp implements op.Emitter.
func (e *emitter) Temp(hint string) string { return e.provisional("") + hint }

// Const implements op.Emitter. Equal constants for the same purpose are stored once. Floating-point constants take the
// network's type, because ONNX never converts by itself.
func (e *emitter) Const(hint string, v gorgonia.Value) string {
	t, err := e.encode(v)
	return e.store(hint, t, err)
}

// Double implements op.Emitter.
func (e *emitter) Double(hint string, v gorgonia.Value) string { return e.of(tensor.Float64, hint, v) }

// Single implements op.Emitter.
func (e *emitter) Single(hint string, v gorgonia.Value) string { return e.of(tensor.Float32, hint, v) }

func (e *emitter) of(dt tensor.Dtype, hint string, v gorgonia.Value) string {
	t, err := encodeValue(v)
	if err == nil && pb.TensorProto_DataType(t.GetDataType()) != elemType(dt) {
		t, err = convert(t, dt)
	}
	return e.store(hint, t, err)
}

func (e *emitter) store(hint string, t *pb.TensorProto, err error) string {
	if err != nil {
		e.fail(err)
		return ""
	}
	for _, old := range e.consts {
		t.Name = old.GetName()
		if e.hints[t.Name] == hint && proto.Equal(old, t) {
			return t.Name
		}
	}
	t.Name = e.provisional(hint)
	e.consts = append(e.consts, t)
	return t.Name
}

// encode stores a value in the network's type; integers stay.
func (e *emitter) encode(v gorgonia.Value) (*pb.TensorProto, error) {
	t, err := encodeValue(v)
	if err == nil && pb.TensorProto_DataType(t.GetDataType()) != elemType(e.dt) {
		t, err = convert(t, e.dt)
	}
	return t, err
}

// Node implements op.Emitter.
func (e *emitter) Node(opType string, in []string, out string, attrs ...op.Attr) {
	n := &pb.NodeProto{OpType: opType, Input: append([]string(nil), in...), Output: []string{out}}
	for _, a := range attrs {
		p := &pb.AttributeProto{Name: a.Name}
		switch v := a.Value.(type) {
		case int64:
			p.Type, p.I = pb.AttributeProto_INT, v
		case op.OwnType:
			p.Type, p.I = pb.AttributeProto_INT, int64(elemType(e.dt))
		case float32:
			p.Type, p.F = pb.AttributeProto_FLOAT, v
		case string:
			p.Type, p.S = pb.AttributeProto_STRING, []byte(v)
		case []int64:
			p.Type, p.Ints = pb.AttributeProto_INTS, v
		case []float32:
			p.Type, p.Floats = pb.AttributeProto_FLOATS, v
		case *tensor.Dense:
			p.Type = pb.AttributeProto_TENSOR
			var err error
			if p.T, err = e.encode(v); err != nil {
				e.fail(err)
			}
		default:
			e.fail(unsupportedf("attribute %q of %s is a %T", a.Name, opType, a.Value))
		}
		n.Attribute = append(n.Attribute, p)
	}
	e.nodes = append(e.nodes, n)
}

func (e *emitter) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}
