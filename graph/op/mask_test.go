package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// maskShapes are an activation and, for one of its axes, the mask.
var maskShapes = []struct{ x, mask []int }{
	{[]int{4, 6}, []int{6}},
	{[]int{3, 5, 2, 4}, []int{5, 1, 1}},
	{[]int{1, 7, 3}, []int{7, 1}},
	{[]int{2, 3, 5}, []int{5}},
	{[]int{2, 3, 5}, []int{2, 1, 1}},
}

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, s := range maskShapes {
			add("Mask", fmt.Sprint(s.x, s.mask), func(b *builder) *gorgonia.Node {
				bit := func() float64 { return float64(b.rng.IntN(2)) }
				return must(op.Mask(b.x(s.x...), b.input(false, bit, s.mask...)))
			})
		}
	})
}

// A mask is x·m with m broadcast from its axis.
func TestMaskValues(t *testing.T) {
	for _, s := range maskShapes {
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(3)}
		x, m := b.input(false, b.normal, s.x...), b.input(false, b.normal, s.mask...)
		y := must(op.Mask(x, m))
		vm, err := graph.Compile(b.g)
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		axis := len(s.x) - len(s.mask)
		if got, ok := op.IsMask(y.Op()); !ok || got != axis {
			t.Errorf("%v: masks axis %d, want %d", s, got, axis)
		}
		inner := 1
		for _, n := range s.x[axis+1:] {
			inner *= n
		}
		for i, v := range data(t, y) {
			if want := data(t, x)[i] * data(t, m)[i/inner%s.x[axis]]; v != want {
				t.Fatalf("%v: element %d is %v, want %v", s, i, v, want)
			}
		}
	}
}

func TestMaskErrors(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(3)}
	for _, s := range [][2][]int{{{2, 3}, {2}}, {{2, 3, 4}, {3, 4}}, {{2, 3, 4}, {2, 1}}, {{3}, {3, 1}}} {
		if _, err := op.Mask(b.x(s[0]...), b.x(s[1]...)); err == nil || !strings.Contains(err.Error(), "do not fit") {
			t.Errorf("x %v and mask %v: error %v", s[0], s[1], err)
		}
	}
}
