package graph

import (
	"reflect"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// kind is the form that Gorgonia gives a result of one element, which is not always that of the node's shape: a slice of
// one element is a scalar, a product of two vectors by Tensordot a vector of one. Programs assert types, so a Machine
// hands out the same.
type kind struct {
	scalar bool // *gorgonia.F64 and the like
	shape  tensor.Shape
}

// learnKinds asks Gorgonia's operations once, after the first run, for the form of their results. What fails there has
// the form of the node's shape.
func (t *tape) learnKinds(p *Program) error {
	t.kinds = map[*value]kind{}
	for _, i := range p.instrs {
		if !i.out.pinned || i.out.shape.TotalSize() != 1 && !mixed(i) {
			continue
		}
		k, known := i.gave, i.viaDo
		if !i.viaDo {
			if v := ofGorgonia(p, i.out.node); v != nil {
				k, known = kindOf(v), true
			}
		}
		if known && k.shape.TotalSize() == i.out.shape.TotalSize() && !k.fits(i.out.data) {
			t.kinds[i.out] = k
		}
		if v, err := t.handOut(i.out); err == nil { // for what reads it
			if err := private.Bind(i.out.node, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// mixed tells whether an operation joins elements of tensors of different shapes: Gorgonia takes a vector for a column.
func mixed(i *instruction) bool {
	return op.KindOf(i.op).Arithmetic() && len(i.in[0].shape) > 0 && len(i.in[1].shape) > 0 &&
		!sameDims(i.in[0].shape, i.in[1].shape)
}

func kindOf(v gorgonia.Value) kind {
	_, dense := v.(*tensor.Dense)
	return kind{!dense, v.Shape().Clone()}
}

// ofGorgonia computes a node as Gorgonia does; nil where it cannot, or must not.
func ofGorgonia(p *Program, n *gorgonia.Node) (v gorgonia.Value) {
	if _, ours := n.Op().(*op.Operation); ours || !op.Pure(n.Op()) {
		return nil
	}
	var in []gorgonia.Value
	for _, k := range op.Children(n) {
		from := k.Value()
		if from == nil && p.values[k] != nil {
			from = p.values[k].data
		}
		if from == nil {
			return nil
		}
		c, err := gorgonia.CloneValue(from) // a reshape of Gorgonia's changes its input
		if err != nil {
			return nil
		}
		in = append(in, c)
	}
	if try(func() {
		var err error
		if v, err = n.Op().Do(in...); err != nil {
			v = nil
		}
	}) != nil {
		return nil
	}
	return v
}

func (k kind) fits(v gorgonia.Value) bool {
	_, dense := v.(*tensor.Dense)
	return dense != k.scalar && sameDims(v.Shape(), k.shape)
}

// of is a copy of a value in this form.
func (k kind) of(v gorgonia.Value) (gorgonia.Value, error) {
	if k.shape.TotalSize() > 1 {
		c, err := fresh(v)
		if err == nil {
			err = c.(*tensor.Dense).Reshape(k.shape...)
		}
		return c, err
	}
	return k.one(reflect.ValueOf(v.Data())), nil
}

// one is a value of one element.
func (k kind) one(x reflect.Value) gorgonia.Value {
	if x.Kind() == reflect.Slice {
		x = x.Index(0)
	}
	switch x := x.Interface().(type) {
	case float32:
		if k.scalar {
			return gorgonia.NewF32(x)
		}
	case float64:
		if k.scalar {
			return gorgonia.NewF64(x)
		}
	case int:
		if k.scalar {
			return gorgonia.NewI(x)
		}
	case bool:
		if k.scalar {
			return gorgonia.NewB(x)
		}
	}
	if len(k.shape) == 0 {
		return tensor.New(tensor.FromScalar(x.Interface()))
	}
	one := reflect.MakeSlice(reflect.SliceOf(x.Type()), 1, 1)
	one.Index(0).Set(x)
	return tensor.New(tensor.WithShape(k.shape.Clone()...), tensor.WithBacking(one.Interface()))
}
