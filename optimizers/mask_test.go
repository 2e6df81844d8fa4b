package optimizers_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Masked entries are zero after every step, whatever their gradient, and the others go as if they were not there.
func TestMask(t *testing.T) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			o, small := mustNew(t, v.name, v.options), mustNew(t, v.name, v.options)
			for _, x := range []optimizers.Optimizer{o, small} {
				x.Options().Clip.GlobalNorm = 0.7
				x.Options().NonFinite = optimizers.Fail
			}
			keep := []bool{true, false, true, true, false}
			left := []int{0, 2, 3}
			if err := o.SetMask("b", optimizers.Mask{Shape: []int{5}, Keep: keep}); err != nil {
				t.Fatal(err)
			}
			p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
			q.b = newParam("b", tensor.Float64, []int{3}, pick(q.b.data(nil, false), []int{5}, 0, left))
			if v.name == "lamb" { // whose steps depend on the whole parameter
				zero(p.b, 1)
				zero(p.b, 4)
			}
			for range 8 {
				p.gradient()
				b := p.b.g.Data().([]float64)
				copy(q.w.g.Data().([]float64), p.w.g.Data().([]float64))
				copy(q.b.g.Data().([]float64), []float64{b[0], b[2], b[3]})
				b[1] = math.NaN() // has to go unnoticed
				if err := o.Step(p.model()); err != nil {
					t.Fatal(err)
				}
				if err := small.Step(q.model()); err != nil {
					t.Fatal(err)
				}
				b = p.b.w.Data().([]float64)
				if b[1] != 0 || b[4] != 0 {
					t.Fatalf("masked entries are %v and %v", b[1], b[4])
				}
				if d := distance(pick(b, []int{5}, 0, left), q.b.data(nil, false)); d > 1e-14 {
					t.Fatalf("the others are off by %g", d)
				}
				if d := distance(p.w.data(nil, false), q.w.data(nil, false)); d > 1e-14 {
					t.Fatalf("the other parameter is off by %g", d)
				}
			}
			// Cut takes the mask along.
			if err := o.Cut("b", 0, []int{0, 1, 3}); err != nil {
				t.Fatal(err)
			}
			p.b = newParam("b", tensor.Float64, []int{3}, []float64{1, 1, 1})
			if err := o.Step([]gorgonia.ValueGrad{p.b}); err != nil {
				t.Fatal(err)
			}
			if b := p.b.data(nil, false); b[1] != 0 || b[0] == 0 || b[2] == 0 {
				t.Errorf("after the cut: %v", b)
			}
			if err := o.SetMask("b", optimizers.Mask{}); err != nil {
				t.Fatal(err)
			}
			p.b.w.Data().([]float64)[1] = 1
			if err := o.Step([]gorgonia.ValueGrad{p.b}); err != nil || p.b.data(nil, false)[1] == 0 {
				t.Errorf("the mask is not removed (%v)", err)
			}
		})
	}
}

func TestMaskRefuses(t *testing.T) {
	p, o := newProblem(tensor.Float64), mustNew(t, "adam", nil)
	short := optimizers.Mask{Shape: []int{5}, Keep: make([]bool, 4)}
	if err := o.SetMask("b", short); !errors.Is(err, optimizers.ErrState) {
		t.Error(err)
	}
	if err := o.SetMask("b", optimizers.Mask{Shape: []int{5, 1}, Keep: make([]bool, 5)}); err != nil {
		t.Fatal(err)
	}
	if err := o.Step(p.model()); !errors.Is(err, optimizers.ErrState) || !strings.Contains(err.Error(), `"b"`) {
		t.Error(err)
	}
}

// A mask is cut along the axis of its parameter.
func TestCutMask(t *testing.T) {
	o := mustNew(t, "gd", nil)
	keep := []bool{
		true, true, true, false,
		true, true, false, true,
		false, true, true, true,
	}
	if err := o.SetMask("w", optimizers.Mask{Shape: []int{3, 4}, Keep: keep}); err != nil {
		t.Fatal(err)
	}
	if err := o.Cut("w", 1, []int{3, 1}); err != nil {
		t.Fatal(err)
	}
	if err := o.Cut("w", 0, []int{0, 2}); err != nil {
		t.Fatal(err)
	}
	w := newParam("w", tensor.Float64, []int{2, 2}, []float64{1, 2, 3, 4})
	if err := o.Step([]gorgonia.ValueGrad{w}); err != nil {
		t.Fatal(err)
	}
	if d := distance(w.data(nil, false), []float64{0, 2, 3, 4}); d != 0 {
		t.Errorf("%v, want [0 2 3 4]", w.data(nil, false))
	}
}
