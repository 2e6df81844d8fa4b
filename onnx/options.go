package onnx

import (
	"strings"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// Option changes what [Load] and [Unmarshal] read.
type Option func(l *loading) error

// loading is what options change.
type loading struct {
	graph   *pb.GraphProto
	offsets bool
}

// Outputs reads the named outputs alone, in this order, and of the graph only what they depend on: what stands beside
// them, such as a constant that tells a version or an operator that is not known, is not looked at. Any value that a node
// makes may be named, so that a network can be read up to one of its layers.
//
// Errors: ErrUnsupported where no node makes a value of that name.
func Outputs(names ...string) Option {
	return func(l *loading) error {
		g := l.graph
		declared := map[string]*pb.ValueInfoProto{}
		var all []string
		for _, n := range g.GetNode() {
			for _, out := range n.GetOutput() {
				if out != "" {
					declared[out] = &pb.ValueInfoProto{Name: out}
				}
			}
		}
		for _, v := range g.GetValueInfo() {
			if declared[v.GetName()] != nil {
				declared[v.GetName()] = v
			}
		}
		for _, o := range g.GetOutput() {
			declared[o.GetName()] = o
			all = append(all, brief(o.GetName()))
		}
		if len(names) == 0 {
			return unsupportedf("no output is asked for; the model has %s", strings.Join(all, ", "))
		}
		outputs := make([]*pb.ValueInfoProto, len(names))
		for i, name := range names {
			if outputs[i] = declared[name]; outputs[i] == nil {
				return unsupportedf("the model has no output %q, but %s", name, strings.Join(all, ", "))
			}
		}
		g.Output = outputs
		return nil
	}
}
