package optimizers_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// flowers is a plain Gorgonia program in the manner of its iris example: two features, three linearly separable
// classes, a softmax layer with a bias and a scalar temperature.
type flowers struct {
	vm     gorgonia.VM
	params gorgonia.Nodes
	loss   gorgonia.Value
}

func newFlowers(t *testing.T, dt tensor.Dtype, bind bool) *flowers {
	t.Helper()
	const n = 30
	x, y := make([]float64, 2*n), make([]float64, 3*n)
	for i := range n {
		k := i % 3
		angle := 2 * math.Pi * float64(k) / 3
		x[2*i] = math.Cos(angle) + 0.3*math.Sin(float64(7*i))
		x[2*i+1] = math.Sin(angle) + 0.3*math.Cos(float64(5*i))
		y[3*i+k] = 1
	}
	g := gorgonia.NewGraph()
	in := gorgonia.NewMatrix(g, dt, gorgonia.WithName("x"), gorgonia.WithShape(n, 2),
		gorgonia.WithValue(dense(dt, []int{n, 2}, x)))
	out := gorgonia.NewMatrix(g, dt, gorgonia.WithName("y"), gorgonia.WithShape(n, 3),
		gorgonia.WithValue(dense(dt, []int{n, 3}, y)))
	w := gorgonia.NewMatrix(g, dt, gorgonia.WithName("w"), gorgonia.WithShape(2, 3),
		gorgonia.WithValue(dense(dt, []int{2, 3}, []float64{0.1, -0.2, 0.3, 0.2, 0.1, -0.1})))
	b := gorgonia.NewMatrix(g, dt, gorgonia.WithName("b"), gorgonia.WithShape(1, 3),
		gorgonia.WithValue(dense(dt, []int{1, 3}, []float64{0, 0.1, 0})))
	var one any = 1.0
	if dt == tensor.Float32 {
		one = float32(1)
	}
	scale := gorgonia.NewScalar(g, dt, gorgonia.WithName("scale"), gorgonia.WithValue(one))
	xw := gorgonia.Must(gorgonia.Mul(in, w))
	z := gorgonia.Must(gorgonia.BroadcastAdd(xw, b, nil, []byte{0}))
	z = gorgonia.Must(gorgonia.Mul(z, scale))
	p := gorgonia.Must(gorgonia.SoftMax(z, 1))
	picked := gorgonia.Must(gorgonia.HadamardProd(out, gorgonia.Must(gorgonia.Log(p))))
	loss := gorgonia.Must(gorgonia.Neg(gorgonia.Must(gorgonia.Sum(picked))))
	f := &flowers{params: gorgonia.Nodes{w, b, scale}}
	gorgonia.Read(loss, &f.loss)
	if _, err := gorgonia.Grad(loss, f.params...); err != nil {
		t.Fatal(err)
	}
	if bind {
		f.vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(f.params...))
	} else {
		f.vm = gorgonia.NewTapeMachine(g)
	}
	t.Cleanup(func() { f.vm.Close() })
	return f
}

func (f *flowers) train(t *testing.T, s gorgonia.Solver, n int) (losses []float64) {
	t.Helper()
	model := gorgonia.NodesToValueGrads(f.params)
	for range n {
		if err := f.vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		switch l := f.loss.Data().(type) {
		case float64:
			losses = append(losses, l)
		case float32:
			losses = append(losses, float64(l))
		}
		if err := s.Step(model); err != nil {
			t.Fatal(err)
		}
		f.vm.Reset()
	}
	return losses
}

// Every optimizer lowers the loss of a TapeMachine program, in both dtypes and however the gradients are bound, and
// takes the same way in each: gradients neither add up nor get lost.
func TestTapeMachine(t *testing.T) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			var ways [][]float64
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				for _, bind := range []bool{true, false} {
					o := optimizers.Options{"lr": 0.01}
					if v.name == "adadelta" {
						o["lr"] = 1
					}
					for k, x := range v.options {
						o[k] = x
					}
					way := newFlowers(t, dt, bind).train(t, mustNew(t, v.name, o), 25)
					if last := way[len(way)-1]; !(last < way[0]-1e-2) {
						t.Errorf("%v, bound %v: loss went from %v to %v", dt, bind, way[0], last)
					}
					ways = append(ways, way)
				}
			}
			for i := range ways {
				if d := distance(ways[i], ways[0]); !(d < 1e-3) {
					t.Errorf("way %d leaves the first by %g", i, d)
				}
			}
		})
	}
}

// The gradients that a step used are those of the loss: one step of GD changes the loss by −η|∇J|² to first order.
func TestTapeMachineAgreesWithGorgonia(t *testing.T) {
	ours := newFlowers(t, tensor.Float64, true).train(t, &optimizers.GD{LearningRate: 0.01}, 20)
	theirs := newFlowers(t, tensor.Float64, true).train(t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.01)), 20)
	if d := distance(ours, theirs); d > 1e-12 {
		t.Errorf("GD and VanillaSolver part by %g", d)
	}
	ours = newFlowers(t, tensor.Float64, true).train(t, &optimizers.Adam{LearningRate: 0.01}, 20)
	theirs = newFlowers(t, tensor.Float64, true).train(t, gorgonia.NewAdamSolver(gorgonia.WithLearnRate(0.01)), 20)
	if d := distance(ours, theirs); d > 1e-9 {
		t.Errorf("Adam and AdamSolver part by %g", d)
	}
}

func TestUnnamedNode(t *testing.T) {
	g := gorgonia.NewGraph()
	w := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(2),
		gorgonia.WithValue(dense(tensor.Float64, []int{2}, []float64{1, 2})))
	gorgonia.WithGrad(dense(tensor.Float64, []int{2}, []float64{1, 1}))(w)
	err := new(optimizers.GD).Step([]gorgonia.ValueGrad{w})
	if !errors.Is(err, optimizers.ErrParameter) {
		t.Fatalf("name %q: %v", w.Name(), err)
	}
	t.Log(err)
}

// The gradient of w + x is Gorgonia's constant 1, and that of w·x may be x itself. They survive a Step.
func TestGradientMayBeAConstant(t *testing.T) {
	for _, bind := range []bool{false, true, false} {
		g := gorgonia.NewGraph()
		w := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithValue(1.0))
		v := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("v"), gorgonia.WithValue(1.0))
		x := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithValue(3.0))
		cost := gorgonia.Must(gorgonia.Add(w, gorgonia.Must(gorgonia.Mul(v, x))))
		if _, err := gorgonia.Grad(cost, w, v); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(g)
		if bind {
			vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w, v))
		}
		o := &optimizers.GD{LearningRate: 0.1}
		for range 3 {
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			if err := o.Step([]gorgonia.ValueGrad{w, v}); err != nil {
				t.Fatal(err)
			}
			vm.Reset()
		}
		for n, want := range map[*gorgonia.Node]float64{w: 1 - 0.3, v: 1 - 0.9, x: 3} {
			if got := n.Value().Data().(float64); math.Abs(got-want) > 1e-12 {
				t.Errorf("bound %v: %v is %v, want %v", bind, n, got, want)
			}
		}
		vm.Close()
	}
}

// Two biases that are added have one gradient node; clipping scales it once for each, not twice for both.
func TestSharedGradient(t *testing.T) {
	for _, bind := range []bool{false, true} {
		g := gorgonia.NewGraph()
		var nodes gorgonia.Nodes
		for _, name := range []string{"b", "c"} {
			nodes = append(nodes, gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithShape(2),
				gorgonia.WithValue(dense(tensor.Float64, []int{2}, []float64{3, 4}))))
		}
		sum := gorgonia.Must(gorgonia.Add(nodes[0], nodes[1]))
		cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(sum))))
		if _, err := gorgonia.Grad(cost, nodes...); err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(g)
		if bind {
			vm = gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(nodes...))
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		o := &optimizers.GD{LearningRate: 1, Common: optimizers.Common{Clip: optimizers.Clip{GlobalNorm: math.Sqrt2}}}
		if err := o.Step(gorgonia.NodesToValueGrads(nodes)); err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes { // the gradient is (12, 16), twice: clipped to (0.6, 0.8)
			if d := distance(n.Value().Data().([]float64), []float64{2.4, 3.2}); d > 1e-6 {
				t.Errorf("bound %v: %v is %v, want (2.4, 3.2)", bind, n, n.Value())
			}
		}
		vm.Close()
	}
}
