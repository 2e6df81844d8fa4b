package graphtest

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Reference evaluates nodes with each operation's own Do on copies of its inputs: no memory is shared or used again, so
// it is right wherever Gorgonia's operations are, also where TapeMachine is not.
func Reference(g *gorgonia.ExprGraph, roots gorgonia.Nodes) (_ map[*gorgonia.Node]gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("gorgonia: %v", r)
		}
	}()
	order, err := op.Order(roots, nil)
	if err != nil {
		return nil, err
	}
	done := map[*gorgonia.Node]gorgonia.Value{}
	for _, n := range order {
		var v gorgonia.Value
		if n.Op() == nil || op.IsConstant(n.Op()) {
			v = n.Value()
		} else {
			var in []gorgonia.Value
			for _, k := range op.Children(n) {
				c, err := gorgonia.CloneValue(done[k])
				if err != nil {
					return nil, err
				}
				in = append(in, c)
			}
			if v, err = n.Op().Do(in...); err != nil {
				return nil, errors.Wrapf(err, "node %q", n.Name())
			}
		}
		if d, ok := v.(*tensor.Dense); ok {
			if v, err = op.Materialize(d); err != nil {
				return nil, err
			}
		}
		if done[n], err = gorgonia.CloneValue(v); err != nil {
			return nil, err
		}
	}
	return done, nil
}
