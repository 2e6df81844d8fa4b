// Package optest checks operations: that gradients are those of finite differences, that float32 gives what float64
// gives, and that Gorgonia's own machine computes the same. It is what the operations of package op are tested with.
//
//	err := optest.Case{Name: "cube", Build: func(in *optest.Inputs) (*gorgonia.Node, error) {
//		return op.Apply(cube{}, in.Normal(3, 4))
//	}}.Check()
package optest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Case is one use of an operation.
type Case struct {
	// Name stands in errors, and the inputs' numbers are drawn by it: the same name, the same numbers.
	Name string
	// Build makes inputs and applies the operation to them. It is called several times, each time for a new graph, and must
	// do the same each time.
	Build func(in *Inputs) (*gorgonia.Node, error)
	// Step is that of the finite differences; 1e-3 by default.
	Step float64
	// Tolerance is how far a gradient may be from its finite difference, relative to the larger of both, or absolute where
	// both are below 1; 1e-6 by default, which is what a smooth function of numbers around 1 gives.
	Tolerance float64
}

// Inputs makes the inputs of one graph. They hold the same numbers in float32 and float64. Not for several goroutines.
type Inputs struct {
	Graph *gorgonia.ExprGraph
	Dtype tensor.Dtype // float32 or float64
	Rand  *rand.Rand   // of the case's name
	// Wrt are the inputs whose gradients are checked.
	Wrt gorgonia.Nodes

	count int
}

// Normal is an input with a gradient: normal numbers of variance 1, none nearer to 0 than 0.05, where many functions have a
// kink.
func (in *Inputs) Normal(shape ...int) *gorgonia.Node {
	return in.Differentiated(in.Away, shape...)
}

// Positive is an input with a gradient: uniform numbers in [0.5, 1.5).
func (in *Inputs) Positive(shape ...int) *gorgonia.Node {
	return in.Differentiated(func() float64 { return 0.5 + in.Rand.Float64() }, shape...)
}

// Away draws a normal number that is not nearer to 0 than 0.05.
func (in *Inputs) Away() float64 {
	for {
		if v := in.Rand.NormFloat64(); math.Abs(v) > 0.05 {
			return v
		}
	}
}

// Differentiated is an input of drawn numbers whose gradient is checked. Without a shape it is a scalar.
func (in *Inputs) Differentiated(draw func() float64, shape ...int) *gorgonia.Node {
	n := in.Given(draw, shape...)
	in.Wrt = append(in.Wrt, n)
	return n
}

// Given is an input of drawn numbers that has no gradient. Without a shape it is a scalar.
func (in *Inputs) Given(draw func() float64, shape ...int) *gorgonia.Node {
	f := make([]float64, tensor.Shape(shape).TotalSize())
	for i := range f {
		f[i] = float64(float32(draw())) // the same number in both types
	}
	if len(shape) == 0 {
		var v gorgonia.Value = gorgonia.NewF64(f[0])
		if in.Dtype == tensor.Float32 {
			v = gorgonia.NewF32(float32(f[0]))
		}
		return gorgonia.NewScalar(in.Graph, in.Dtype, gorgonia.WithName(in.name()), gorgonia.WithValue(v))
	}
	var backing any = f
	if in.Dtype == tensor.Float32 {
		f32 := make([]float32, len(f))
		for i, v := range f {
			f32[i] = float32(v)
		}
		backing = f32
	}
	return gorgonia.NewTensor(in.Graph, in.Dtype, len(shape), gorgonia.WithName(in.name()), gorgonia.WithShape(shape...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
}

// Labels is an input of n class indices in [0, classes).
func (in *Inputs) Labels(classes, n int) *gorgonia.Node {
	v := make([]int, n)
	for i := range v {
		v[i] = in.Rand.IntN(classes)
	}
	return gorgonia.NewVector(in.Graph, tensor.Int, gorgonia.WithName(in.name()), gorgonia.WithShape(n),
		gorgonia.WithValue(tensor.New(tensor.WithBacking(v), tensor.WithShape(n))))
}

// name is another one for each input: Gorgonia would make one of two inputs of one name, type and shape.
func (in *Inputs) name() string {
	in.count++
	return fmt.Sprintf("input%d", in.count)
}

// build makes the case's graph in a type.
func (c Case) build(dt tensor.Dtype) (in *Inputs, out *gorgonia.Node, err error) {
	if c.Build == nil {
		return nil, nil, c.errorf("there is nothing to check: Build is nil")
	}
	in = &Inputs{Graph: gorgonia.NewGraph(), Dtype: dt, Rand: random.New(1, "optest", c.Name)}
	if out, err = c.Build(in); err != nil {
		return nil, nil, errors.Wrap(err, c.name())
	}
	if out == nil {
		return nil, nil, c.errorf("Build gives no node (nil)")
	}
	return in, out, nil
}

func (c Case) name() string {
	if c.Name == "" {
		return "operation"
	}
	return c.Name
}

func (c Case) errorf(format string, args ...any) error {
	return errors.Errorf("%s: "+format, append([]any{c.name()}, args...)...)
}
