package op

import (
	"slices"

	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// axisOf turns an axis that may count from the end, −1 the last, into one that counts from the start.
func axisOf(axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, errors.Errorf("axis %d is outside a tensor of %d axes", axis, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// axesOf does it for several, sorts them, and refuses one that is named twice.
func axesOf(axes []int, rank int) ([]int, error) {
	r := make([]int, len(axes))
	for i, a := range axes {
		var err error
		if r[i], err = axisOf(a, rank); err != nil {
			return nil, err
		}
	}
	slices.Sort(r)
	for i := 1; i < len(r); i++ {
		if r[i] == r[i-1] {
			return nil, errors.Errorf("axis %d is named twice", r[i])
		}
	}
	return r, nil
}

// dims is a node's shape, for constructors that are given a nil node.
func dims(what string, xs ...*gorgonia.Node) error {
	for i, x := range xs {
		if x == nil {
			return errors.Errorf("%s: input %d is nil", what, i)
		}
	}
	return nil
}

// strides of a contiguous tensor.
func stridesOf(s tensor.Shape) []int {
	r := make([]int, len(s))
	n := 1
	for k := len(s) - 1; k >= 0; k-- {
		r[k] = n
		n *= s[k]
	}
	return r
}

// repeated gives the strides at which a tensor of shape s is read to fill one of shape out: 0 along axes that are
// repeated.
func repeated(s, out tensor.Shape) []int {
	r, own := make([]int, len(out)), stridesOf(s)
	for k := range s {
		if at := k + len(out) - len(s); s[k] != 1 || out[at] == 1 {
			r[at] = own[k]
		}
	}
	return r
}

// broadcastShape is the common shape of two under the rules of NumPy and ONNX: aligned at the last axis, axes of size 1
// and missing ones are repeated.
func broadcastShape(a, b tensor.Shape) (tensor.Shape, error) {
	out := make(tensor.Shape, max(len(a), len(b)))
	for k := range out {
		size := func(s tensor.Shape) int {
			if at := k - len(out) + len(s); at >= 0 {
				return s[at]
			}
			return 1
		}
		x, y := size(a), size(b)
		switch {
		case x == y || y == 1:
			out[k] = x
		case x == 1:
			out[k] = y
		default:
			return nil, errors.Errorf("shapes %v and %v cannot be broadcast together: %d and %d", a, b, x, y)
		}
	}
	return out, nil
}

// shared is a kernel whose items of work are shared over the workers. f is bound once: a run allocates nothing.
func shared(n, grain int, f span) Kernel {
	return func() error { workers.Parallel(n, grain, f); return nil }
}

// fits checks that what a kernel is bound to has the shapes that it was inferred for: a value's shape may differ from
// its node's where the sizes agree.
func fits(r Definition, out gorgonia.Value, in []gorgonia.Value) error {
	shapes := make([]tensor.Shape, len(in))
	for i, v := range in {
		shapes[i] = v.Shape()
	}
	s, err := r.Shape(shapes)
	if err == nil && s.TotalSize() != out.Shape().TotalSize() {
		err = errors.Errorf("%v of %v gives %v, which does not fit into %v", r, shapes, s, out.Shape())
	}
	return err
}
