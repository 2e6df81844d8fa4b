package op_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, c := range []struct {
			x    []int
			axis int
		}{{[]int{4, 7}, 1}, {[]int{2, 3, 5}, -1}, {[]int{2, 3, 5}, 1}, {[]int{2, 2, 3, 2}, 2}, {[]int{1, 6}, 1},
			{[]int{3, 1, 4}, -2}} {
			add("LayerNorm", fmt.Sprint(c.x, " from ", c.axis), func(b *builder) *gorgonia.Node {
				from := c.axis
				if from < 0 {
					from += len(c.x)
				}
				return must(op.LayerNorm(b.x(c.x...), b.x(c.x[from:]...), b.x(c.x[from:]...), c.axis, 1e-3))
			})
		}
	})
}

func TestLayerNormWrongUse(t *testing.T) {
	g := gorgonia.NewGraph()
	x, p, q := image(g, "x", 2, 3, 4), image(g, "p", 4), image(g, "q", 3)
	for _, c := range []struct {
		name, want string
		f          func() (*gorgonia.Node, error)
	}{
		{"batch", "behind the batch", func() (*gorgonia.Node, error) { return op.LayerNorm(x, p, p, 0, 1e-5) }},
		{"axis", "behind the batch", func() (*gorgonia.Node, error) { return op.LayerNorm(x, p, p, 3, 1e-5) }},
		{"eps", "eps NaN", func() (*gorgonia.Node, error) { return op.LayerNorm(x, p, p, -1, math.NaN()) }},
		{"shape", "γ", func() (*gorgonia.Node, error) { return op.LayerNorm(x, q, p, -1, 1e-5) }},
		{"nil", "nil", func() (*gorgonia.Node, error) { return op.LayerNorm(nil, p, p, -1, 1e-5) }},
		{"nil β", "nil", func() (*gorgonia.Node, error) { return op.LayerNorm(x, p, nil, -1, 1e-5) }},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}
