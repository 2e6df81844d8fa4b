package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The gradients of pieces of a tensor are laid side by side, with zeros where no piece was used; pieces that overlap are
// added up.
func TestGradientsOfSlicesAreJoined(t *testing.T) {
	for name, c := range map[string]struct {
		pieces [][2]int
		joined bool
	}{
		"all": {[][2]int{{2, 4}, {0, 2}, {4, 7}}, true}, "gaps": {[][2]int{{1, 2}, {4, 6}}, true},
		"overlap": {[][2]int{{0, 4}, {3, 7}}, false},
	} {
		for axis := range 2 {
			m := newMaker(t, tensor.Float64, "slices", name)
			x := m.Param("x", 7, 7)
			var cost *gorgonia.Node
			want := make([]float64, 49)
			for k, p := range c.pieces {
				square := must(gorgonia.Square(must(op.Slice(x, axis, p[0], p[1], 1))))
				sum := must(op.Mul(must(gorgonia.Sum(square)), gorgonia.NewConstant(float64(k+1))))
				if cost == nil {
					cost = sum
				} else {
					cost = must(gorgonia.Add(cost, sum))
				}
				for i, v := range numbers(t, x.Value()) {
					if at := [2]int{i / 7, i % 7}[axis]; at >= p[0] && at < p[1] {
						want[i] += 2 * float64(k+1) * v
					}
				}
			}
			if _, err := gorgonia.Grad(cost, x); err != nil {
				t.Fatal(err)
			}
			p := compile(t, m.Net.Graph, Outputs(cost))
			run(t, p)
			equal(t, name, grad(t, x), want, 1e-13)
			if got := strings.Contains(ops(p), "Placed"); got != c.joined {
				t.Errorf("%s: joined %v, want %v: %s", name, got, c.joined, ops(p))
			}
			if err := verifyMemory(&p.compilation); err != nil {
				t.Error(err)
			}
		}
	}
}

// A training step of every pattern of sequences allocates nothing.
func TestSequencesAllocateNothing(t *testing.T) {
	for _, c := range graphtest.SequenceNetworks() {
		o := objective(t, c.Build(newMaker(t, tensor.Float32, c.Name)), 5, "mse")
		setBatch(t, o, c.Name)
		p := compile(t, o.Graph, Outputs(o.Cost))
		run(t, p)
		if n := testing.AllocsPerRun(5, func() { run(t, p) }); n > 0 {
			t.Errorf("%s: %v allocations a step", c.Name, n)
		}
	}
}
