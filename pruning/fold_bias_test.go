package pruning

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// The mean of what a layer gives survives where the mean output of its lost inputs goes into its bias.
func TestFoldBias(t *testing.T) {
	for name, n := range map[string]*net{"dense": digits(t), "images": digitImages(t)} {
		last := map[string]string{"dense": "dense2", "images": "dense1"}[name]
		mean := func(g *network.Network) []float64 {
			x := make([]float32, len(n.parts.Train)*n.d.Width())
			if err := n.d.Gather(x, nil, n.parts.Train); err != nil {
				t.Fatal(err)
			}
			out, rows, err := outputs(g, x)
			if err != nil {
				t.Fatal(err)
			}
			logits := out[len(out)-1]
			m := make([]float64, 10)
			for i, v := range logits {
				m[i%10] += float64(v) / float64(rows)
			}
			return m
		}
		far := func(a, b []float64) (d float64) {
			for i := range a {
				d = max(d, math.Abs(a[i]-b[i]))
			}
			return d
		}
		dense := mean(n.m.Net)
		for _, method := range []Method{MaskUnits, RemoveUnits} {
			t.Run(fmt.Sprint(name, " ", method), func(t *testing.T) {
				before := bits(n.m.Net)
				with := n.prune(t, Config{Criterion: criteria.Named("random"), Amount: 0.5, Method: method, Layers: []string{last}, FoldBias: true})
				without := n.prune(t, Config{Criterion: criteria.Named("random"), Amount: 0.5, Method: method, Layers: []string{last}})
				if !slices.Equal(before, bits(n.m.Net)) {
					t.Error("the original has changed")
				}
				if d := far(mean(with.Model.Net), dense); d > 1e-4 {
					t.Errorf("mean logits moved by %v", d)
				}
				if d := far(mean(without.Model.Net), dense); d < 1e-2 {
					t.Errorf("without folding they moved by %v alone: the test proves nothing", d)
				}
				near(t, "pruned and masked", n.logits(t, with.Masked.Net), n.logits(t, with.Model.Net))
				head := map[string]string{"dense": "dense3", "images": "dense2"}[name]
				if len(with.BiasFolds) != 1 || with.BiasFolds[0] != (RoundFold{Round: 1, Node: head, Units: len(with.Units),
					Into: head + ".bias"}) || without.BiasFolds != nil {
					t.Errorf("record %+v", with.BiasFolds)
				}
			})
		}
		// All layers, in rounds: a removal is still a masking.
		r := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Rounds: 3, Schedule: LinearAmount, FoldBias: true})
		if r.Equivalence.Checks != 3 || len(r.BiasFolds) < 6 {
			t.Errorf("%s: %+v, %+v", name, r.Equivalence, r.BiasFolds)
		}
	}
}
