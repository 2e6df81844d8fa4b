package optimizers_test

import (
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// All limits together, in their order, and without the frozen parameters; against values computed by hand.
func TestClipsTogether(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		a := newParam("a", dt, []int{2}, []float64{0, 0})
		b := newParam("b", dt, []int{2}, []float64{0, 0})
		frozen := newParam("frozen", dt, []int{1}, []float64{0})
		set := func(p *param, x ...float64) { p.g = dense(dt, []int{len(x)}, x) }
		set(a, 3, 900) // by value: (3, 4); by norm: (1.8, 2.4)
		set(b, -4, 0)  // by norm: (-3, 0)
		set(frozen, 1e6)
		o := &optimizers.GD{LearningRate: 1, Common: optimizers.Common{
			// the joint norm of the clipped two is √18; half of it halves them
			Clip:          optimizers.Clip{Value: 4, Norm: 3, GlobalNorm: 2.1213203435596424},
			Groups:        []optimizers.ParamGroup{optimizers.Freeze(func(name string) bool { return name == "frozen" })},
			NonFinite:     optimizers.Fail,
			KeepGradients: true,
		}}
		if err := o.Step([]gorgonia.ValueGrad{a, frozen, b}); err != nil {
			t.Fatal(err)
		}
		if d := distance(b.data(a.data(nil, true), true), []float64{0.9, 1.2, -1.5, 0}); d > 2e-6 {
			t.Errorf("%v: a and b are %v %v, want [0.9 1.2] [-1.5 0]", dt, a.data(nil, true), b.data(nil, true))
		}
		if d := distance(b.data(a.data(nil, false), false), []float64{-0.9, -1.2, 1.5, 0}); d > 2e-6 {
			t.Errorf("%v: the step is not that of the clipped gradients", dt)
		}
		if g := frozen.data(nil, true)[0]; g != 1e6 {
			t.Errorf("%v: the frozen parameter's gradient is clipped: %v", dt, g)
		}
	}
}
