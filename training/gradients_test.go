package training

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"gorgonia.org/tensor"
)

// Mean gradients over 300 rows (a full batch and a rest) against central differences of the mean loss, in float64.
func TestGradientsAreFiniteDifferences(t *testing.T) {
	for _, c := range []struct {
		data string
		loss *network.Loss
		rows int
	}{{"digits", nil, 300}, {"digits", network.CrossEntropy(0.1), 40}, {"diabetes", network.MSE(), 300}} {
		k := prepare(t, c.data, 0, models.Dense(5, models.Tanh), models.Dropout(0.5), models.Dense(4, models.Softplus))
		k.dtype = tensor.Float64
		m := k.model(t)
		before := bits(m)
		rows := k.parts.Train[:min(c.rows, len(k.parts.Train))]
		grads, err := Gradients(m, c.loss, k.d, rows)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(m), before) {
			t.Error("the weights have changed")
		}
		e, err := NewEvaluator(m, c.loss)
		if err != nil {
			t.Fatal(err)
		}
		loss := func() float64 {
			_, l, err := e.run(k.d, rows, true)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		var names []string
		for _, p := range m.Net.Params {
			names = append(names, p.Name())
			w, g := p.Value().Data().([]float64), grads[p.Name()]
			if len(g) != len(w) {
				t.Fatalf("%s: %d gradients of %d weights", p.Name(), len(g), len(w))
			}
			scale := 1e-7
			for _, v := range g {
				scale = max(scale, math.Abs(v))
			}
			for i := 0; i < len(w); i += max(1, len(w)/7) {
				const h = 1e-5
				was := w[i]
				w[i] = was + h
				up := loss()
				w[i] = was - h
				down := loss()
				w[i] = was
				if want := (up - down) / (2 * h); math.Abs(want-g[i]) > 1e-6*scale {
					t.Errorf("%s, %s[%d]: gradient %v, difference quotient %v", c.data, p.Name(), i, g[i], want)
				}
			}
		}
		slices.Sort(names)
		if got := slices.Sorted(maps.Keys(grads)); !slices.Equal(got, names) {
			t.Errorf("gradients of %v, want %v", got, names)
		}
	}
	k := prepare(t, "iris", 20)
	if _, err := Gradients(k.model(t), nil, k.d, nil); err == nil {
		t.Error("gradients over no rows")
	}
}
