package onnx

import (
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
)

// unscaleOf recognises, from its last Add, what op.Unscale is written as: x·scale + mean with two numbers, behind a Cast
// to double where it is wide. It is nil for anything else, and in files of other programs, which are read as they are.
func (im *importer) unscaleOf(add *node) *plan {
	scaled, mean := im.withConstant(add)
	mul := im.only(scaled, 1)
	if !im.ours || mul == nil || mul.OpType != "Mul" {
		return nil
	}
	x, scale := im.withConstant(mul)
	if !strings.HasPrefix(mean, "target_mean") || !strings.HasPrefix(scale, "target_scale") {
		return nil
	}
	m, one := im.scalar(mean)
	s, two := im.scalar(scale)
	if !one || !two || len(im.consts[mean].dims)+len(im.consts[scale].dims) > 0 {
		return nil
	}
	wide := false
	if cast := im.only(x, 1); cast != nil && cast.OpType == "Cast" {
		if to := cast.attrs.integer("to", 0); pb.TensorProto_DataType(to) == pb.TensorProto_DOUBLE {
			x, wide = cast.in(0), true
		}
	}
	return &plan{in: []string{x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return op.Unscale(in[0], m, s, wide)
	}}
}
