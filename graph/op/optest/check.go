package optest

import (
	"math"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// How far results in another type, or of another machine, may be from those in float64, relative as Case.Tolerance is.
const (
	float32Tolerance = 2e-5
	machineTolerance = 1e-12
)

// Check is Gradient, Float32 and TapeMachine together: all that an operation with a gradient promises.
func (c Case) Check() error {
	for _, check := range []func() error{c.Gradient, c.Float32, c.TapeMachine} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Gradient compares the gradients of the case's inputs with finite differences, in float64: for each element
//
//	(8·(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h
//
// where f is Σ r·output with fixed random r, so that every element of the output counts, or the output itself where that is
// a scalar. The error names the first element that is wrong and says how many are.
func (c Case) Gradient() error {
	r, err := c.run(tensor.Float64)
	if err != nil {
		return err
	}
	if len(r.Wrt) == 0 {
		return c.errorf("no input has a gradient; Normal, Positive and Differentiated make one that has")
	}
	h, tol := c.Step, c.Tolerance
	if h == 0 {
		h = 1e-3
	}
	if tol == 0 {
		tol = 1e-6
	}
	analytic := make([][]float64, len(r.Wrt))
	for k, g := range r.grads {
		v, err := floats(g)
		if err != nil {
			return c.errorf("gradient of input %d: %v", k, err)
		}
		analytic[k] = append([]float64(nil), v...)
	}
	var first error
	wrong, total := 0, 0
	for k, n := range r.Wrt {
		x, err := floats(n)
		if err != nil {
			return c.errorf("input %d: %v", k, err)
		}
		if len(analytic[k]) != len(x) {
			return c.errorf("the gradient of input %d has %d elements, the input %d", k, len(analytic[k]), len(x))
		}
		at := func(i int, dx float64) float64 {
			old := x[i]
			x[i] = old + dx
			defer func() { x[i] = old }()
			if e := r.program.RunAll(); e != nil {
				err = e
				return 0
			}
			v, e := floats(r.cost)
			if e != nil {
				err = e
				return 0
			}
			return v[0]
		}
		for i := range x {
			difference := (8*(at(i, h)-at(i, -h)) - (at(i, 2*h) - at(i, -2*h))) / (12 * h)
			if err != nil {
				return errors.Wrap(err, c.name())
			}
			total++
			if !near(analytic[k][i], difference, tol) {
				if wrong++; first == nil {
					first = c.errorf("input %d, element %d: gradient %.9g, finite difference %.9g", k, i, analytic[k][i], difference)
				}
			}
		}
	}
	if wrong > 1 {
		return errors.Errorf("%v; and %d more of %d are wrong", first, wrong-1, total)
	}
	return first
}

// Float32 compares the output and the gradients in float32 with those in float64.
func (c Case) Float32() error {
	double, err := c.run(tensor.Float64)
	if err != nil {
		return err
	}
	single, err := c.run(tensor.Float32)
	if err != nil {
		return err
	}
	if err := compare("output", single.out, double.out, float32Tolerance); err != nil {
		return errors.Wrap(err, c.name()+": float32 beside float64")
	}
	for k := range double.grads {
		if err := compare("a gradient", single.grads[k], double.grads[k], float32Tolerance); err != nil {
			return errors.Wrapf(err, "%s: float32 beside float64: input %d", c.name(), k)
		}
	}
	return nil
}

// TapeMachine compares the results of a compiled program with those of Gorgonia's TapeMachine: the operation is one that
// any Gorgonia program can use.
func (c Case) TapeMachine() error {
	ours, err := c.run(tensor.Float64)
	if err != nil {
		return err
	}
	theirs, err := c.differentiated(tensor.Float64)
	if err != nil {
		return err
	}
	vm := gorgonia.NewTapeMachine(theirs.Graph)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return errors.Wrap(err, c.name()+": TapeMachine")
	}
	if err := compare("output", theirs.cost, ours.cost, machineTolerance); err != nil {
		return errors.Wrap(err, c.name()+": TapeMachine beside a compiled program")
	}
	for k := range ours.grads {
		if err := compare("a gradient", theirs.grads[k], ours.grads[k], machineTolerance); err != nil {
			return errors.Wrapf(err, "%s: TapeMachine beside a compiled program: input %d", c.name(), k)
		}
	}
	return nil
}

// running is a case's graph with a scalar behind it and the gradients of that.
type running struct {
	*Inputs
	out, cost *gorgonia.Node
	grads     gorgonia.Nodes
	program   *graph.Program
}

func (c Case) differentiated(dt tensor.Dtype) (*running, error) {
	in, out, err := c.build(dt)
	if err != nil {
		return nil, err
	}
	r := &running{Inputs: in, out: out, cost: out}
	if !out.IsScalar() {
		product, err := gorgonia.HadamardProd(out, in.Given(in.Away, out.Shape()...))
		if err != nil {
			return nil, errors.Wrap(err, c.name())
		}
		if r.cost, err = gorgonia.Sum(product); err != nil {
			return nil, errors.Wrap(err, c.name())
		}
	}
	if len(in.Wrt) > 0 {
		if r.grads, err = gorgonia.Grad(r.cost, in.Wrt...); err != nil {
			return nil, errors.Wrap(err, c.name()+": differentiate")
		}
	}
	return r, nil
}

func (c Case) run(dt tensor.Dtype) (*running, error) {
	r, err := c.differentiated(dt)
	if err != nil {
		return nil, err
	}
	if r.program, err = graph.Compile(r.Graph); err != nil {
		return nil, errors.Wrap(err, c.name())
	}
	return r, errors.Wrap(r.program.RunAll(), c.name())
}

// floats are a node's numbers in float64; those of float64 themselves.
func floats(n *gorgonia.Node) ([]float64, error) {
	v := n.Value()
	if v != nil && v.Dtype() == tensor.Float32 {
		f, err := op.Floats[float32](v)
		out := make([]float64, len(f))
		for i, x := range f {
			out[i] = float64(x)
		}
		return out, errors.Wrapf(err, "node %q", n.Name())
	}
	f, err := op.Floats[float64](v)
	return f, errors.Wrapf(err, "node %q", n.Name())
}

func compare(what string, got, want *gorgonia.Node, tol float64) error {
	g, err := floats(got)
	if err != nil {
		return err
	}
	w, err := floats(want)
	if err != nil {
		return err
	}
	if len(g) != len(w) {
		return errors.Errorf("%s has %d elements, not %d", what, len(g), len(w))
	}
	for i := range w {
		if !near(g[i], w[i], tol) {
			return errors.Errorf("%s, element %d: %.9g, not %.9g", what, i, g[i], w[i])
		}
	}
	return nil
}

// near is never true of NaN.
func near(got, want, tol float64) bool {
	return math.Abs(got-want) <= tol*math.Max(1, math.Max(math.Abs(got), math.Abs(want)))
}
