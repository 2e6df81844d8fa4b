package optimizers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type gradless struct{ *param }

func (gradless) Grad() (gorgonia.Value, error) { return nil, errors.New("none") }

type nameless struct{ p *param }

func (n nameless) Value() gorgonia.Value         { return n.p.w }
func (n nameless) Grad() (gorgonia.Value, error) { return n.p.g, nil }

// What cannot be stepped is refused with the parameter's name, and nothing is stepped.
func TestUnusableParameters(t *testing.T) {
	f64 := func(name string, shape ...int) *param {
		return newParam(name, tensor.Float64, shape, make([]float64, 12))
	}
	transposed := dense(tensor.Float64, []int{3, 4}, make([]float64, 12))
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	sliced, err := dense(tensor.Float64, []int{3, 4}, make([]float64, 12)).Slice(nil, gorgonia.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	colMajor := tensor.New(tensor.WithShape(3, 4), tensor.AsFortran(make([]float64, 12)))
	ints := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{1, 2}))
	f32 := newParam("x", tensor.Float32, []int{12}, make([]float64, 12))
	small := dense(tensor.Float64, []int{3, 2}, make([]float64, 6))
	for name, c := range map[string]struct {
		p    gorgonia.ValueGrad
		want string
	}{
		"no name":        {nameless{f64("", 12)}, "parameter 1 has no name"},
		"empty name":     {f64("", 12), "parameter 1 has no name"},
		"twice":          {f64("b", 12), `two parameters are named "b"`},
		"no gradient":    {gradless{f64("x", 12)}, `"x" has no gradient`},
		"nil gradient":   {&param{"x", f64("x", 12).w, nil}, `"x" has no gradient`},
		"nil tensor":     {&param{"x", f64("x", 12).w, (*tensor.Dense)(nil)}, `"x" has no gradient`},
		"no value":       {&param{"x", nil, nil}, `"x" has no value`},
		"other dtype":    {&param{"x", f64("x", 12).w, f32.g}, "its gradient float32"},
		"other shape":    {&param{"x", f64("x", 3, 4).w, f64("x", 4, 3).g}, "its gradient"},
		"column for row": {&param{"x", f64("x", 12).w, f64("x", 12, 1).g}, "its gradient"},
		"ints":           {&param{"x", ints, ints}, "neither float32 nor float64"},
		"int":            {&param{"x", gorgonia.NewI(1), gorgonia.NewI(1)}, "neither"},
		"transposed":     {&param{"x", transposed, transposed}, "the value is not contiguous"},
		"sliced":         {&param{"x", sliced, small}, "the value is not contiguous"},
		"sliced grad":    {&param{"x", small, sliced}, "the gradient is not contiguous"},
		"column-major":   {&param{"x", colMajor, colMajor}, "row-major"},
	} {
		t.Run(name, func(t *testing.T) {
			p, o := newProblem(tensor.Float64), mustNew(t, "adam", nil)
			p.gradient()
			w, g := p.b.data(nil, false), p.b.data(nil, true)
			err := o.Step([]gorgonia.ValueGrad{p.b, c.p})
			if !errors.Is(err, optimizers.ErrParameter) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want ... %s", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
			if !slices.Equal(w, p.b.data(nil, false)) || !slices.Equal(g, p.b.data(nil, true)) || o.StepCount() != 0 ||
				len(o.State().Params) != 0 {
				t.Error("the step was half done")
			}
			if err := o.Step([]gorgonia.ValueGrad{p.b}); err != nil {
				t.Errorf("the next step: %v", err)
			}
		})
	}
}
