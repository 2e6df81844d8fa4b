package training

import (
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// preparation is what a network does to its rows before anything is learnt: the standardisation of features. In training
// rows are standardised as they are gathered, by workers that wait. The numbers are the same.
type preparation struct {
	rows        *gorgonia.Node // standardised ones; nil if there is nothing to prepare
	mean, scale gorgonia.Value
}

// preparationOf finds the standardisation of the only input, if nothing else reads that.
func preparationOf(o *network.Objective) preparation {
	var p preparation
	if len(o.Inputs) != 1 {
		return p
	}
	for _, n := range o.Graph.AllNodes() {
		kids := op.Children(n)
		for i, k := range kids {
			if k != o.Inputs[0] {
				continue
			}
			if op.KindOf(n.Op()) != op.KindStandardize || i > 0 || p.rows != nil || kids[1].Value() == nil ||
				kids[2].Value() == nil {
				return preparation{}
			}
			p = preparation{n, kids[1].Value(), kids[2].Value()}
		}
	}
	return p
}

// of returns the function that prepares rows lo to hi of x in place, or nil if there is nothing to do.
func (p preparation) of(x *tensor.Dense) (func(lo, hi int), error) {
	switch {
	case p.rows == nil:
		return nil, nil
	case x.Dtype() == tensor.Float64:
		return standardiser(p, x.Float64s(), x.Shape()[1])
	}
	return standardiser(p, x.Float32s(), x.Shape()[1])
}

func standardiser[T kernels.Float](p preparation, x []T, cols int) (func(lo, hi int), error) {
	mean, err := op.Floats[T](p.mean)
	if err != nil {
		return nil, err
	}
	scale, err := op.Floats[T](p.scale)
	if err != nil {
		return nil, err
	}
	return func(lo, hi int) {
		rows := x[lo*cols : hi*cols]
		op.StandardizeRows(hi-lo, cols, rows, rows, mean, scale)
	}, nil
}
