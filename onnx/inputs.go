package onnx

import (
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// addInputs makes the network's inputs with batch size 1. An initializer that is listed among the inputs, as IR
// version 3 demands, is not one of them.
func (im *importer) addInputs(net *graph.Network) error {
	for _, v := range im.pb.GetInput() {
		name := v.GetName()
		if im.consts[name] != nil {
			continue
		}
		t := v.GetType().GetTensorType()
		var dt tensor.Dtype
		switch pb.TensorProto_DataType(t.GetElemType()) {
		case pb.TensorProto_FLOAT:
			dt = tensor.Float32
		case pb.TensorProto_DOUBLE:
			dt = tensor.Float64
		default:
			return unsupportedf("input %q holds %s; float32 and float64 are supported", name, typeName(t.GetElemType()))
		}
		if len(net.Inputs) > 0 && dt != im.dt {
			return unsupportedf("input %q holds %v and input %q %v; all must have one type", net.Inputs[0].Name(), im.dt,
				name, dt)
		}
		im.dt = dt
		shape, err := exampleShape(name, t.GetShape())
		if err != nil {
			return err
		}
		n := gorgonia.NewTensor(im.g, dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
		im.values[name] = n
		net.Inputs = append(net.Inputs, n)
	}
	if len(net.Inputs) == 0 {
		return unsupportedf("the model has no input")
	}
	return nil
}

// exampleShape is the declared shape for one example. Only the leading axis may be left open. Nothing is allocated by
// it: memory is taken where weights, which are there, ask for it.
func exampleShape(name string, s *pb.TensorShapeProto) (tensor.Shape, error) {
	if len(s.GetDim()) == 0 {
		return nil, unsupportedf("input %q has no declared shape with a leading batch axis", name)
	}
	shape := tensor.Shape{1}
	size := int64(1)
	for i, d := range s.GetDim() {
		n := d.GetDimValue()
		if n < 0 || n > maxBytes {
			return nil, invalidf("input %q: dimension %d is %d", name, i, n)
		}
		if i == 0 {
			continue
		}
		if n == 0 {
			return nil, unsupportedf("input %q: dimension %d is not fixed; only the leading one, the batch, may be open",
				name, i)
		}
		if size *= n; size > maxBytes {
			return nil, invalidf("input %q: one example has more than %d numbers", name, maxBytes)
		}
		shape = append(shape, int(n))
	}
	return shape, nil
}

// checkShapes compares what the file declares with what was built, but for the leading axis.
func (im *importer) checkShapes() error {
	for _, list := range [][]*pb.ValueInfoProto{im.pb.GetOutput(), im.pb.GetValueInfo()} {
		for _, v := range list {
			n := im.values[v.GetName()]
			declared := v.GetType().GetTensorType().GetShape()
			if n == nil || declared == nil {
				continue
			}
			got := n.Shape()
			fits := len(declared.GetDim()) == len(got)
			for i := 1; fits && i < len(got); i++ {
				d := declared.GetDim()[i].GetDimValue()
				fits = d == 0 || d == int64(got[i])
			}
			if !fits {
				return invalidf("value %q is declared with shape %s, but has %v with a batch of 1", v.GetName(),
					shapeText(declared), got)
			}
		}
	}
	return nil
}
