package training

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"gorgonia.org/tensor"
)

// Of every unit and some rows: the derivative of the row's own loss with respect to a factor on the unit, against central
// differences of that loss with the unit's mask, which multiplies it wherever it is summed, at 1 ± h. In float64.
func TestGateGradientsAreFiniteDifferences(t *testing.T) {
	inputs, positions := surgery.PruneInputs(), surgery.PrunePositions()
	conv := func(l models.Layer, name string) models.Layer { l.Name = name; return l }
	for name, c := range map[string]struct {
		data   string
		loss   *network.Loss
		layers []models.Layer
		opts   []surgery.AnalyzeOption
	}{
		"dense":      {"digits", nil, []models.Layer{models.Dense(5, models.Tanh), models.Dense(4, models.Softplus)}, nil},
		"smoothing":  {"iris", network.CrossEntropy(0.2), []models.Layer{models.Dense(6, models.Sigmoid), models.Dropout(0.5)}, nil},
		"inputs":     {"iris", nil, []models.Layer{models.Dense(5, models.GELU)}, []surgery.AnalyzeOption{inputs}},
		"regression": {"diabetes", network.MSE(), []models.Layer{models.Dense(4, models.Tanh)}, nil},
		"huber":      {"diabetes", network.Huber(0.5), []models.Layer{models.Dense(4, models.Tanh)}, nil},
		"two classes": {"breast_cancer", nil, []models.Layer{models.Dense(4, models.Tanh), models.BatchNorm(),
			models.Dense(3, models.Tanh)}, nil},
		"images": {"digits", nil, []models.Layer{models.Input(1, 8, 8), models.Conv2D(3, 3, models.Tanh), models.BatchNorm(),
			models.AvgPool(2), models.Conv2D(4, 2, models.Softplus), models.Flatten(), models.Dense(5, models.Tanh)}, nil},
		"positions": {"digits", nil, []models.Layer{models.Input(1, 8, 8), models.Conv2D(3, 3, models.Tanh), models.AvgPool(2),
			models.Flatten(), models.Dense(5, models.Tanh)}, []surgery.AnalyzeOption{positions}},
		"residual": {"digits", nil, []models.Layer{models.Input(1, 8, 8),
			conv(models.Conv2D(3, 3, models.Tanh, models.Same), "a"), conv(models.Conv2D(3, 3, models.Tanh, models.Same), "b"),
			models.Add([]string{"a", "b"}), models.GlobalAvgPool()}, nil},
		"tokens": {"digits", nil, []models.Layer{models.Input(64), models.Reshape(8, 8), models.Dense(6, models.Tanh),
			models.Attention(2), models.LayerNorm(), models.Mean(), models.Dense(4, models.Tanh)}, nil},
		"sequence": {"digits", nil, []models.Layer{models.Input(64), models.Reshape(8, 8), models.LSTM(3), models.Dense(4,
			models.Tanh)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k := prepare(t, c.data, 0, c.layers...)
			k.dtype = tensor.Float64
			m := k.model(t)
			before := bits(m)
			rows := k.parts.Train[:min(300, len(k.parts.Train))] // a full batch and a rest
			coupling, err := surgery.Analyze(m.Net, c.opts...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := GateGradients(m, coupling, c.loss, k.d, rows)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bits(m), before) {
				t.Error("the weights have changed")
			}
			if len(coupling.Groups) == 0 {
				t.Fatal("no units")
			}
			for g, group := range coupling.Groups {
				if len(got[g]) != len(rows)*len(group.Units) {
					t.Fatalf("%s: %d gradients of %d units", group.Name, len(got[g]), len(group.Units))
				}
				for u := 0; u < len(group.Units); u += max(1, len(group.Units)/5) {
					checkGate(t, k, m, coupling, c.loss, rows, group, u, got[g])
				}
			}
		})
	}
}

// checkGate compares the derivatives of one unit with differences.
func checkGate(t *testing.T, k *task, m *models.Model, c *surgery.Coupling, loss *network.Loss, rows []int, g *surgery.Group,
	u int, got []float32) {
	t.Helper()
	net, err := c.Mask(map[string][]int{g.Name: {g.Units[u].Index}})
	if err != nil {
		t.Fatal(err)
	}
	if net, err = net.Clone(); err != nil {
		t.Fatal(err)
	}
	old := map[string]bool{}
	for _, p := range m.Net.Constants {
		old[p.Name()] = true
	}
	var factors []*float64
	for _, p := range net.Constants {
		if old[p.Name()] {
			continue
		}
		f := p.Value().Data().([]float64)
		for i := range f {
			if f[i] == 0 {
				factors = append(factors, &f[i])
			}
		}
	}
	if len(factors) == 0 {
		t.Fatalf("%s, unit %d has no mask", g.Name, u)
	}
	e, err := NewEvaluator(m.With(net), loss)
	if err != nil {
		t.Fatal(err)
	}
	at := func(row int, factor float64) float64 {
		for _, f := range factors {
			*f = factor
		}
		_, l, err := e.run(k.d, rows[row:row+1], true)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	scale := 1e-6
	for i := u; i < len(got); i += len(g.Units) {
		scale = max(scale, math.Abs(float64(got[i])))
	}
	for _, row := range []int{0, 1, 17, min(255, len(rows)-2), len(rows) - 1} {
		const h = 1e-5
		want := (at(row, 1+h) - at(row, 1-h)) / (2 * h)
		if v := float64(got[row*len(g.Units)+u]); math.Abs(v-want) > 1e-6*scale {
			t.Errorf("%s, unit %d, row %d: %v, difference quotient %v", g.Name, u, row, v, want)
		}
	}
}

// The rows' gradients of a unit by itself add up to the mean gradient of its weights: Σ over what reads the unit of w·∂L/∂w
// is the derivative with respect to a factor on it.
func TestGateGradientsAreTheWeightsOwn(t *testing.T) {
	k := prepare(t, "digits", 0, models.Dense(6, models.Tanh), models.Dense(5, models.ReLU))
	m := k.model(t)
	rows := k.parts.Train[:513]
	c, err := surgery.Analyze(m.Net)
	if err != nil {
		t.Fatal(err)
	}
	gates, err := GateGradients(m, c, nil, k.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := Gradients(m, nil, k.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	for g, next := range []string{"dense2.weight", "dense3.weight"} {
		p := m.Net.Param(next)
		w, cols := p.Value().Data().([]float32), p.Shape()[1]
		for u := range c.Groups[g].Units {
			want, mean := 0.0, 0.0
			for i := u * cols; i < (u+1)*cols; i++ {
				want += float64(w[i]) * grads[next][i]
			}
			for i := u; i < len(gates[g]); i += len(c.Groups[g].Units) {
				mean += float64(gates[g][i]) / float64(len(rows))
			}
			if math.Abs(mean-want) > 1e-5*max(math.Abs(want), 1e-2) {
				t.Errorf("%s, unit %d: %v, weights say %v", fmt.Sprint(c.Groups[g].Name), u, mean, want)
			}
		}
	}
	if _, err := GateGradients(m, c, nil, k.d, nil); err == nil {
		t.Error("gradients over no rows")
	}
}
