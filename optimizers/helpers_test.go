package optimizers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is a named value with a gradient, as a solver sees a node.
type param struct {
	name string
	w, g gorgonia.Value
}

func (p *param) Name() string                  { return p.name }
func (p *param) Value() gorgonia.Value         { return p.w }
func (p *param) Grad() (gorgonia.Value, error) { return p.g, nil }
func (p *param) data(dst []float64, g bool) []float64 {
	v := p.w
	if g {
		v = p.g
	}
	switch d := v.Data().(type) {
	case []float64:
		return append(dst, d...)
	case []float32:
		for _, x := range d {
			dst = append(dst, float64(x))
		}
	case float64:
		return append(dst, d)
	case float32:
		return append(dst, float64(d))
	default:
		panic(fmt.Sprintf("%T", d))
	}
	return dst
}

func dense(dt tensor.Dtype, shape []int, x []float64) *tensor.Dense {
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), x...)))
	}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(y))
}

func newParam(name string, dt tensor.Dtype, shape []int, x []float64) *param {
	return &param{name, dense(dt, shape, x), dense(dt, shape, make([]float64, len(x)))}
}

// problem is testdata/generate.py's: w (3×4) and b (5), 17 entries with a loss each.
type problem struct {
	w, b *param
	t    int
}

const entries = 17

func coefficients(i int) (a, c, q, x float64) {
	return 0.5 + float64((i*7)%11)/10, float64((i*5)%13)/6 - 1, float64((i*3)%7) / 20, float64((i*11)%17)/8 - 1
}

func noise(t, i int) float64 { return 0.4 * (float64((t*37+i*17)%101)/101 - 0.5) }

func newProblem(dt tensor.Dtype) *problem {
	x := make([]float64, entries)
	for i := range x {
		_, _, _, x[i] = coefficients(i)
	}
	return &problem{w: newParam("w", dt, []int{3, 4}, x[:12]), b: newParam("b", dt, []int{5}, x[12:])}
}

func (p *problem) model() []gorgonia.ValueGrad { return []gorgonia.ValueGrad{p.w, p.b} }

// gradient computes the gradients at the present weights for the next step, in the dtype's own arithmetic.
func (p *problem) gradient() {
	p.t++
	switch w := p.w.w.Data().(type) {
	case []float64:
		slope(p.t, 0, w, p.w.g.Data().([]float64))
		slope(p.t, 12, p.b.w.Data().([]float64), p.b.g.Data().([]float64))
	case []float32:
		slope(p.t, 0, w, p.w.g.Data().([]float32))
		slope(p.t, 12, p.b.w.Data().([]float32), p.b.g.Data().([]float32))
	}
}

func slope[T float32 | float64](t, first int, x, g []T) {
	for k, x := range x {
		a, c, q, _ := coefficients(first + k)
		g[k] = T(a)*(x-T(c)) + T(q)*x*x*x + T(noise(t, first+k))
	}
}

func (p *problem) weights() []float64 { return p.b.data(p.w.data(nil, false), false) }

func (p *problem) steps(t *testing.T, s gorgonia.Solver, n int) {
	t.Helper()
	for range n {
		p.gradient()
		if err := s.Step(p.model()); err != nil {
			t.Fatal(err)
		}
	}
}

func mustNew(t testing.TB, name string, o optimizers.Options) optimizers.Optimizer {
	t.Helper()
	opt, err := optimizers.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return opt
}

// distance is the largest |x−y| over max(1, |y|).
func distance(x, y []float64) float64 {
	var worst float64
	for i := range y {
		d := math.Abs(x[i]-y[i]) / math.Max(1, math.Abs(y[i]))
		if !(d <= worst) {
			worst = d
		}
	}
	return worst
}

// variants are option sets that between them use every slot of every optimizer.
var variants = []struct {
	name    string
	options optimizers.Options
}{
	{"gd", nil},
	{"sgd", nil},
	{"sgd", optimizers.Options{"momentum": 0.9, "nesterov": true, "weight_decay": 0.01}},
	{"adam", nil},
	{"adam", optimizers.Options{"amsgrad": true, "weight_decay": 0.01}},
	{"adamw", nil},
	{"adamw", optimizers.Options{"amsgrad": true}},
	{"nadam", nil},
	{"radam", nil},
	{"adamax", nil},
	{"rmsprop", nil},
	{"rmsprop", optimizers.Options{"centered": true, "momentum": 0.9}},
	{"rmsprop", optimizers.Options{"eps_inside": true, "decoupled": true, "weight_decay": 0.01}},
	{"adagrad", optimizers.Options{"lr_decay": 0.01}},
	{"adadelta", nil},
	{"asgd", optimizers.Options{"t0": 3, "lambd": 0.01}},
	{"rprop", nil},
	{"lamb", optimizers.Options{"weight_decay": 0.01}},
}
