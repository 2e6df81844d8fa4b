package onnx

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// finish gives every value its name in the file and lays the graph out. A constant that nothing reads is left out.
func (d *draft) finish() (g *pb.GraphProto, untrained []string, err error) {
	g = &pb.GraphProto{Name: producer}
	names := d.fileNames()
	for _, n := range d.net.Inputs {
		v := d.valueInfo(names[d.name[n]], n)
		if dt := d.net.Integers[n.Name()]; dt != (tensor.Dtype{}) {
			v.Type.GetTensorType().ElemType = int32(elemType(dt))
		}
		if d.double[d.name[n]] {
			v.Type.GetTensorType().ElemType = int32(pb.TensorProto_DOUBLE)
		}
		g.Input = append(g.Input, v)
	}
	initializer := func(n *gorgonia.Node) error {
		if n.Dtype() != d.dt {
			return unsupportedf("parameter %q holds %v in a network of %v", n.Name(), n.Dtype(), d.dt)
		}
		t, err := encodeValue(n.Value())
		if err != nil {
			return errors.Wrapf(err, "parameter %q", n.Name())
		}
		t.Name = names[d.name[n]]
		g.Initializer = append(g.Initializer, t)
		return nil
	}
	for _, n := range d.net.Params {
		if err := initializer(n); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range slices.Concat(d.net.States, d.net.Constants) {
		if !d.read[d.name[n]] {
			continue
		}
		if err := initializer(n); err != nil {
			return nil, nil, err
		}
		untrained = append(untrained, n.Name())
	}
	for _, name := range d.fixed {
		untrained = append(untrained, names[name])
	}
	for _, c := range d.consts {
		c.Name = names[c.Name]
		g.Initializer = append(g.Initializer, c)
	}
	for _, n := range d.nodes {
		for i, in := range n.Input {
			n.Input[i] = names[in]
		}
		n.Output[0] = names[n.Output[0]]
		n.Name = n.Output[0]
		g.Node = append(g.Node, n)
	}
	return g, untrained, d.addOutputs(g, names)
}

// addOutputs declares the outputs. One that is an input or parameter, or the same as an output before it, gets a node
// and a name of its own, as ONNX wants.
func (d *draft) addOutputs(g *pb.GraphProto, names map[string]string) error {
	used, free := namer{}, map[string]bool{}
	for _, name := range names {
		used[name] = true
	}
	for _, n := range g.Node {
		free[n.Output[0]] = true
	}
	for i, o := range d.outputs {
		name, n := names[o], d.net.Outputs[i]
		if !free[name] {
			name = used.unique(defaultOutput(i, len(d.outputs)))
			g.Node = append(g.Node, &pb.NodeProto{
				Name: name, OpType: "Identity", Input: []string{names[o]}, Output: []string{name},
			})
		}
		free[name] = false
		info := d.valueInfo(name, n)
		if d.double[o] {
			info.Type.GetTensorType().ElemType = int32(pb.TensorProto_DOUBLE)
		}
		g.Output = append(g.Output, info)
	}
	return nil
}

// fileNames maps provisional names to those in the file. Given names come first, so that no made-up one takes them.
func (d *draft) fileNames() map[string]string {
	names, used := map[string]string{}, namer{}
	for _, n := range d.net.Named() {
		names[d.name[n]] = used.unique(n.Name())
	}
	for _, n := range d.nodes {
		if given := d.given[n.Output[0]]; given != "" {
			names[n.Output[0]] = used.unique(given)
		}
	}
	for i, o := range d.outputs {
		if names[o] == "" {
			names[o] = used.unique(defaultOutput(i, len(d.outputs)))
		}
	}
	for _, c := range d.consts {
		names[c.Name] = used.unique(d.hints[c.Name])
	}
	for i, n := range d.nodes {
		if names[n.Output[0]] == "" {
			names[n.Output[0]] = used.unique(positional(n, i))
		}
	}
	return names
}

func defaultOutput(i, n int) string {
	if n == 1 {
		return "output"
	}
	return fmt.Sprintf("output_%d", i)
}

func (d *draft) valueInfo(name string, n *gorgonia.Node) *pb.ValueInfoProto {
	shape := &pb.TensorShapeProto{}
	for i, size := range n.Shape() {
		dim := &pb.TensorShapeProto_Dimension{Value: &pb.TensorShapeProto_Dimension_DimValue{DimValue: int64(size)}}
		if i == 0 {
			dim.Value = &pb.TensorShapeProto_Dimension_DimParam{DimParam: batchParam}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	t := &pb.TypeProto_Tensor{ElemType: int32(elemType(n.Dtype())), Shape: shape}
	return &pb.ValueInfoProto{Name: name, Type: &pb.TypeProto{Value: &pb.TypeProto_TensorType{TensorType: t}}}
}
