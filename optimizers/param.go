package optimizers

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is one parameter during a Step: flat views of its weights and its gradient, in the one dtype they have.
type param struct {
	name     string
	at       int // position in the model
	size     int
	is32     bool
	w32, g32 []float32
	w64, g64 []float64
	raw32    []float32 // the gradient to zero after the step: g32, what g32 is a copy of, or nil
	raw64    []float64
	group    ParamGroup
	mask     *Mask
	state    *paramState
	upd32    []float32 // the update, where no fused kernel goes straight from gradient to weights
	upd64    []float64
	made     uint64 // the arrays that were made for this step
}

type namer interface{ Name() string }

// collect reads the parameters into e.params; nothing has been changed when it returns an error.
func (e *engine) collect(c *Common, model []gorgonia.ValueGrad) error {
	e.tick++
	e.params = e.params[:0]
	if e.states == nil {
		e.states = make(map[string]*paramState)
	}
	for i, n := range model {
		name, err := nameOf(i, n)
		if err != nil {
			return err
		}
		e.params = append(e.params, param{name: name, at: i})
		p := &e.params[len(e.params)-1]
		if err := e.read(p, n); err != nil {
			return err
		}
		p.group = c.group(name)
	}
	return nil
}

// nameOf returns the name that the state is kept under.
func nameOf(i int, n gorgonia.ValueGrad) (string, error) {
	var name string
	if nm, ok := n.(namer); ok {
		name = nm.Name()
	}
	// An unnamed input node answers with its operation, and it has none.
	if name == "" || strings.HasPrefix(name, "%!s(<nil>)") {
		return "", errors.Wrapf(ErrParameter,
			"parameter %d has no name, which its state is kept under: name its node with gorgonia.WithName", i)
	}
	return name, nil
}

// read fills in values and state.
func (e *engine) read(p *param, n gorgonia.ValueGrad) error {
	w := n.Value()
	if w == nil || isNilDense(w) {
		return errors.Wrapf(ErrParameter, "parameter %q has no value: bind one with gorgonia.Let", p.name)
	}
	g, err := n.Grad()
	if err != nil || g == nil || isNilDense(g) {
		return errors.Wrapf(ErrParameter,
			"parameter %q has no gradient: call gorgonia.Grad with it and run the machine before Step", p.name)
	}
	shape, dtype := w.Shape(), w.Dtype()
	if g.Dtype() != dtype || !slices.Equal(g.Shape(), shape) {
		return errors.Wrapf(ErrParameter, "parameter %q is %v %v, its gradient %v %v",
			p.name, dtype, shape, g.Dtype(), g.Shape())
	}
	var why string
	if p.w32, p.w64, why = flat(w); why != "" {
		return errors.Wrapf(ErrParameter, "parameter %q: the value %s", p.name, why)
	}
	if p.g32, p.g64, why = flat(g); why != "" {
		return errors.Wrapf(ErrParameter, "parameter %q: the gradient %s", p.name, why)
	}
	p.is32 = dtype == tensor.Float32
	p.size = len(p.w32) + len(p.w64)
	if p.size != volume(shape) || p.size != len(p.g32)+len(p.g64) {
		return errors.Wrapf(ErrParameter, "parameter %q of shape %v holds %d values, its gradient %d",
			p.name, shape, p.size, len(p.g32)+len(p.g64))
	}
	if m := e.masks[p.name]; m != nil {
		if !slices.Equal(m.Shape, shape) {
			return errors.Wrapf(ErrState, "parameter %q has shape %v, its mask %v: cut the mask with it, or set another",
				p.name, shape, m.Shape)
		}
		p.mask = m
	}
	st := e.states[p.name]
	switch {
	case st == nil:
		st = &paramState{name: p.name, shape: slices.Clone([]int(shape)), dtype: dtype}
		e.states[p.name] = st
	case st.tick == e.tick:
		return errors.Wrapf(ErrParameter,
			"two parameters are named %q: names have to differ, as the state is kept under them", p.name)
	case st.step == 0: // never stepped, so nothing to lose
		st.shape, st.dtype = append(st.shape[:0], shape...), dtype
	case st.dtype != dtype || !slices.Equal(st.shape, shape):
		return errors.Wrapf(ErrState,
			"parameter %q is %v %v, its state %v %v: Cut the state with the parameter, or Forget it",
			p.name, dtype, shape, st.dtype, tensor.Shape(st.shape))
	}
	st.tick = e.tick
	p.state = st
	p.raw32, p.raw64 = p.g32, p.g64
	if shared, fixed := aliased(n, g); shared {
		st.own32, st.own64 = append(st.own32[:0], p.g32...), append(st.own64[:0], p.g64...)
		p.g32, p.g64 = st.own32, st.own64
		if fixed {
			p.raw32, p.raw64 = nil, nil
		}
	}
	return nil
}

// aliased reports whether a node's gradient is not its own to change: the derivative that gorgonia.Grad found may be an
// input or a constant of the graph, which zeroing would destroy (fixed; the constant 1 even serves the whole process),
// or one node for several parameters, as in b + c, which clipping would scale twice.
func aliased(n gorgonia.ValueGrad, g gorgonia.Value) (shared, fixed bool) {
	node, ok := n.(*gorgonia.Node)
	if !ok || node.Deriv() == nil || node.Deriv().Value() != g {
		return false, false
	}
	d := node.Deriv()
	_, constant := d.Op().(interface{ Value() gorgonia.Value })
	fixed = constant || d.Op() == nil
	return fixed || len(d.DerivOf()) > 1, fixed
}

func isNilDense(v gorgonia.Value) bool {
	d, ok := v.(*tensor.Dense)
	return ok && d == nil
}

// volume is the number of entries of a shape; a scalar has one.
func volume(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// flat returns a value's memory as a slice of its dtype, or why that cannot be.
func flat(v gorgonia.Value) (f32 []float32, f64 []float64, why string) {
	switch v := v.(type) {
	case *gorgonia.F32:
		return (*[1]float32)(v.Pointer())[:], nil, ""
	case *gorgonia.F64:
		return nil, (*[1]float64)(v.Pointer())[:], ""
	case *tensor.Dense:
		switch {
		case !v.IsNativelyAccessible():
			return nil, nil, "lies in memory that Go cannot read"
		case v.RequiresIterator() || v.DataOrder().IsColMajor():
			return nil, nil, "is not contiguous and row-major (a transposed, sliced or masked tensor): materialize it first"
		}
		switch v.Dtype() {
		case tensor.Float32:
			return v.Float32s(), nil, ""
		case tensor.Float64:
			return nil, v.Float64s(), ""
		}
		return nil, nil, "is neither float32 nor float64"
	}
	return nil, nil, "is neither a dense tensor nor a float32 or float64 scalar"
}

// nonFinite returns the first parameter with a NaN or infinite gradient and the entry.
func (e *engine) nonFinite() (*param, int) {
	for i := range e.params {
		p := &e.params[i]
		if p.group.Frozen {
			continue
		}
		at := update.NonFiniteIndex(p.g64)
		if p.is32 {
			at = update.NonFiniteIndex(p.g32)
		}
		if at >= 0 {
			return p, at
		}
	}
	return nil, -1
}

// One of the two slices is empty, so each of these does its work on the other.

func (p *param) maskGradient() {
	update.ZeroUnkept(p.g32, p.mask.Keep)
	update.ZeroUnkept(p.g64, p.mask.Keep)
}

func (p *param) maskWeight() {
	update.ZeroUnkept(p.w32, p.mask.Keep)
	update.ZeroUnkept(p.w64, p.mask.Keep)
}

func (p *param) clamp(bound float64) {
	update.ClampGradient(p.g32, bound)
	update.ClampGradient(p.g64, bound)
}

func (p *param) scale(k float64) {
	update.ScaleGradient(p.g32, k)
	update.ScaleGradient(p.g64, k)
}

func (p *param) squaredNorm() float64 {
	return update.SquaredNorm(p.g32) + update.SquaredNorm(p.g64)
}
