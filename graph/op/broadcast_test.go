package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type binaryOp struct {
	name string
	f    func(a, b *gorgonia.Node) (*gorgonia.Node, error)
}

var arithmetic = []binaryOp{{"Add", op.Add}, {"Sub", op.Sub}, {"Mul", op.Mul}, {"Div", op.Div}}

// scalar is an input that is one number.
func (b *builder) scalar() *gorgonia.Node {
	b.n++
	var v gorgonia.Value = gorgonia.NewF64(1.25)
	if b.dt == tensor.Float32 {
		v = gorgonia.NewF32(1.25)
	}
	return gorgonia.NewScalar(b.g, b.dt, gorgonia.WithName(fmt.Sprintf("in%d", b.n)), gorgonia.WithValue(v))
}

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, o := range arithmetic {
			for _, s := range [][2][]int{
				{{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1}, {1, 3}}, {{2, 3, 4, 2}, {3, 1, 1}}, {{2, 3, 4}, {2, 1, 4}},
				{{1}, {5}}, {{1, 1}, {2, 2, 2}}, {{4, 1, 3}, {5, 1}}, {{1, 2}, {1, 1, 2}},
			} {
				add(o.name, fmt.Sprint(s), func(b *builder) *gorgonia.Node {
					return must(o.f(b.x(s[0]...), b.input(true, b.positive, s[1]...)))
				})
			}
			add(o.name, "number on the right", func(b *builder) *gorgonia.Node { return must(o.f(b.x(3, 2), b.scalar())) })
			add(o.name, "number on the left", func(b *builder) *gorgonia.Node { return must(o.f(b.scalar(), b.x(3, 2))) })
			add(o.name, "with itself", func(b *builder) *gorgonia.Node { x := b.x(3, 2); return must(o.f(x, x)) })
		}
	})
}

func TestBroadcastRefusesShapesThatDoNotFit(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32}
	one := func() float64 { return 1 }
	for _, o := range arithmetic {
		if _, err := o.f(b.input(false, one, 2, 3), b.input(false, one, 2)); err == nil ||
			!strings.Contains(err.Error(), "cannot be broadcast together: 3 and 2") {
			t.Errorf("%s: error %v", o.name, err)
		}
		if _, err := o.f(b.input(false, one, 2), nil); err == nil || !strings.Contains(err.Error(), "input 1 is nil") {
			t.Errorf("%s: error %v", o.name, err)
		}
	}
}
