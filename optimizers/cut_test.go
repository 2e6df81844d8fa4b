package optimizers_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// pick cuts a row-major array by hand, index by index.
func pick[E any](x []E, shape []int, axis int, keep []int) (out []E) {
	idx := make([]int, len(shape))
	var walk func(d int)
	walk = func(d int) {
		if d == len(shape) {
			at := 0
			for i := range shape {
				at = at*shape[i] + idx[i]
			}
			out = append(out, x[at])
			return
		}
		if d == axis {
			for _, k := range keep {
				idx[d] = k
				walk(d + 1)
			}
			return
		}
		for k := range shape[d] {
			idx[d] = k
			walk(d + 1)
		}
	}
	walk(0)
	return out
}

// zero sets an entry of a parameter to 0.
func zero(p *param, i int) {
	switch w := p.w.Data().(type) {
	case []float32:
		w[i] = 0
	case []float64:
		w[i] = 0
	}
}

// After a cut the optimizer goes on as one whose slots were cut by hand, and every surviving weight goes the way it would
// have gone without the cut, or with a mask in its place where an update depends on the whole parameter.
func TestCut(t *testing.T) {
	shape := []int{4, 3, 2}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, v := range variants {
			for axis, keep := range [][]int{{0, 3}, {2, 0}, {1}} {
				t.Run(fmt.Sprint(dt, v.name, v.options, axis), func(t *testing.T) {
					x := make([]float64, 24)
					for i := range x {
						x[i] = float64(i%7) - 2.5
					}
					uncut := newParam("w", dt, shape, x)
					o := mustNew(t, v.name, v.options)
					walk(t, o, uncut, nil, 3)

					small := slices.Clone(shape)
					small[axis] = len(keep)
					cut := newParam("w", dt, small, pick(uncut.data(nil, false), shape, axis, keep))

					byHand := o.State()
					for i := range byHand.Params[0].Slots {
						s := &byHand.Params[0].Slots[i]
						if s.F32 != nil {
							s.F32 = pick(s.F32, shape, axis, keep)
						}
						if s.F64 != nil {
							s.F64 = pick(s.F64, shape, axis, keep)
						}
					}
					byHand.Params[0].Shape = small
					other := mustNew(t, v.name, v.options)
					if err := other.SetState(byHand); err != nil {
						t.Fatal(err)
					}
					whole := mustNew(t, v.name, v.options)
					if err := whole.SetState(o.State()); err != nil {
						t.Fatal(err)
					}

					if err := o.Cut("w", axis, keep); err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(byHand, o.State()); d != "" {
						t.Fatalf("cut by hand (-) and by Cut (+):\n%s", d)
					}
					cut2 := newParam("w", dt, small, cut.data(nil, false))
					order := pick(seq(24), shape, axis, keep)
					walk(t, o, cut, order, 4)
					walk(t, other, cut2, order, 4)
					if v.name == "lamb" {
						mask := optimizers.Mask{Shape: shape, Keep: make([]bool, 24)}
						for _, i := range order {
							mask.Keep[int(i)] = true
						}
						if err := whole.SetMask("w", mask); err != nil {
							t.Fatal(err)
						}
						for i, k := range mask.Keep {
							if !k {
								zero(uncut, i)
							}
						}
					}
					walk(t, whole, uncut, nil, 4)
					if !slices.Equal(cut.data(nil, false), cut2.data(nil, false)) {
						t.Error("Cut and cutting by hand part")
					}
					want := pick(uncut.data(nil, false), shape, axis, keep)
					same := slices.Equal(cut.data(nil, false), want)
					if v.name == "lamb" { // sums up other numbers of zeros
						same = distance(cut.data(nil, false), want) < map[tensor.Dtype]float64{tensor.Float32: 1e-6, tensor.Float64: 1e-14}[dt]
					}
					if !same {
						t.Errorf("the survivors go another way: %v, want %v", cut.data(nil, false), want)
					}
				})
			}
		}
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// walk takes n steps down a quadratic whose minimum depends on the entry's number before any cut.
func walk(t *testing.T, o optimizers.Optimizer, p *param, order []int, n int) {
	t.Helper()
	if order == nil {
		order = seq(len(p.data(nil, false)))
	}
	for range n {
		for i, x := range p.data(nil, false) {
			slope := x - float64(order[i]%5)
			switch g := p.g.Data().(type) {
			case []float64:
				g[i] = slope
			case []float32:
				g[i] = float32(slope)
			}
		}
		if err := o.Step([]gorgonia.ValueGrad{p}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCutRefuses(t *testing.T) {
	p, o := newProblem(tensor.Float64), mustNew(t, "adam", nil)
	p.steps(t, o, 1)
	before := o.State()
	for _, c := range []struct {
		axis int
		keep []int
	}{{-1, []int{0}}, {2, []int{0}}, {0, nil}, {0, []int{3}}, {0, []int{-1}}, {1, []int{1, 1}}} {
		if err := o.Cut("w", c.axis, c.keep); !errors.Is(err, optimizers.ErrState) {
			t.Errorf("axis %d, keep %v: %v", c.axis, c.keep, err)
		}
	}
	if d := cmp.Diff(before, o.State()); d != "" {
		t.Errorf("changed:\n%s", d)
	}
	if err := o.Cut("unknown", 0, []int{0}); err != nil {
		t.Errorf("nothing to cut: %v", err)
	}
}
