package optest

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// scaled is factor·x with a gradient of slope·dy in float64 and shift more in float32.
type scaled struct{ Factor, Slope, Shift float64 }

func (scaled) String() string          { return "Scaled" }
func (scaled) Signature() op.Signature { return op.Signature{In: []op.Rank{op.Same}, Out: op.Same} }
func (scaled) Wrt() []bool             { return []bool{true} }
func (scaled) Shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0].Clone(), nil
}
func (s scaled) Bind(out gorgonia.Value, in []gorgonia.Value) (op.Kernel, error) {
	if out.Dtype() == tensor.Float32 {
		return bindScaled[float32](s.Factor, s.Shift, out, in[0])
	}
	return bindScaled[float64](s.Factor, 0, out, in[0])
}
func bindScaled[T op.Float](factor, shift float64, out, in gorgonia.Value) (op.Kernel, error) {
	y, err := op.Floats[T](out)
	if err != nil {
		return nil, err
	}
	x, err := op.Floats[T](in)
	return func() error {
		for i, v := range x {
			y[i] = T(factor*float64(v) + shift)
		}
		return nil
	}, err
}
func (s scaled) Grad(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := op.Apply(scaled{Factor: s.Slope}, grad)
	return gorgonia.Nodes{dx}, err
}

func use(s scaled) Case {
	return Case{Name: "scaled", Build: func(in *Inputs) (*gorgonia.Node, error) { return op.Apply(s, in.Normal(2, 3)) }}
}

// What is right passes, and each thing that is wrong is found by the check that looks at it.
func TestFindsWhatIsWrong(t *testing.T) {
	if err := use(scaled{2, 2, 0}).Check(); err != nil {
		t.Error(err)
	}
	for _, x := range []struct {
		c          Case
		check      func(Case) error
		want, also string
	}{
		{use(scaled{2, 2.001, 0}), Case.Gradient, "scaled: input 0, element 0: gradient", "and 5 more of 6 are wrong"},
		{use(scaled{2, 2, 0.1}), Case.Float32, "float32 beside float64: output, element 0", ""},
		{Case{}, Case.Check, "operation: there is nothing to check", ""},
		{Case{Name: "none", Build: func(*Inputs) (*gorgonia.Node, error) { return nil, nil }}, Case.Check, "gives no node", ""},
		{Case{Build: func(in *Inputs) (*gorgonia.Node, error) { return op.Pow(in.Given(in.Away, 3), 2) }}, Case.Gradient,
			"no input has a gradient", ""},
		{Case{Build: func(in *Inputs) (*gorgonia.Node, error) { return op.Pow(in.Normal(3), math.NaN()) }}, Case.Check,
			"exponent NaN", ""},
	} {
		err := x.check(x.c)
		if err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), x.also) {
			t.Errorf("error %v; it must say %q, %q", err, x.want, x.also)
		}
	}
}

// Scalars and labels are inputs, too, and a graph's inputs are the same at every build.
func TestInputs(t *testing.T) {
	c := Case{Name: "inputs", Build: func(in *Inputs) (*gorgonia.Node, error) {
		loss, err := op.SoftmaxCrossEntropy(in.Normal(5, 3), in.Labels(3, 5), 0)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(loss, in.Differentiated(func() float64 { return 2 }))
	}}
	if err := c.Gradient(); err != nil {
		t.Error(err)
	}
	a, _, err := c.build(tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := c.build(tensor.Float32)
	if err != nil {
		t.Fatal(err)
	}
	x, y := a.Wrt[0].Value().Data().([]float64), b.Wrt[0].Value().Data().([]float32)
	for i := range x {
		if x[i] != float64(y[i]) {
			t.Errorf("element %d: %v in float64, %v in float32", i, x[i], y[i])
		}
	}
}
