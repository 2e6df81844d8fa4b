package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, kind := range []op.ReduceKind{op.ReduceSum, op.ReduceMean, op.ReduceMax, op.ReduceMin} {
			for _, axes := range [][]int{nil, {0}, {1}, {-1}, {0, 2}, {1, 2}, {0, 2, 3}, {2, 3}, {3, 1}} {
				for _, keep := range []bool{false, true} {
					add("Reduce", fmt.Sprint(kind, axes, keep), func(b *builder) *gorgonia.Node {
						return must(op.Reduce(kind, b.x(2, 3, 2, 4), keep, axes...))
					})
				}
			}
			add("Reduce", fmt.Sprint(kind, " vector"), func(b *builder) *gorgonia.Node {
				return must(op.Reduce(kind, b.x(7), false, 0))
			})
			add("Reduce", fmt.Sprint(kind, " axes of size 1"), func(b *builder) *gorgonia.Node {
				return must(op.Reduce(kind, b.x(1, 3, 1), false, 0, 2))
			})
		}
	})
}

// Elements that are the maximum together share its gradient.
func TestReduceMaxTies(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	values := []float64{3, 1, 3, 2, 2, 2}
	next := 0
	x := b.input(true, func() float64 { next++; return values[next-1] }, 2, 3)
	y := must(op.Reduce(op.ReduceMax, x, false, 1))
	grads, err := gorgonia.Grad(must(gorgonia.Sum(y)), x)
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, b.g)
	third := 1.0 / 3
	for i, want := range []float64{0.5, 0, 0.5, third, third, third} {
		if got := data(t, grads[0])[i]; got != want {
			t.Errorf("element %d: gradient %v, want %v", i, got, want)
		}
	}
}

func TestReduceRefuses(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64}
	x := b.input(false, func() float64 { return 1 }, 2, 3)
	for want, f := range map[string]func() (*gorgonia.Node, error){
		"axis 2 is outside": func() (*gorgonia.Node, error) { return op.Reduce(op.ReduceSum, x, false, 2) },
		"axis 1 is named twice": func() (*gorgonia.Node, error) {
			return op.Reduce(op.ReduceSum, x, false, 1, -1)
		},
		"unknown kind": func() (*gorgonia.Node, error) { return op.Reduce(9, x, false, 1) },
		"nil":          func() (*gorgonia.Node, error) { return op.Reduce(op.ReduceSum, nil, false, 1) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that contains %q", err, want)
		}
	}
}
