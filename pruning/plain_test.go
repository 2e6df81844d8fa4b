package pruning

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// misfolded is a dense layer that says of itself that its units lie on axis 1, so that a batch norm over the steps is folded
// into the units: a fault that every folded network has.
type misfolded struct{ op.DenseLayer }

func (m misfolded) FilterAxes() (weights, out int) { return 1, 1 }
func (m misfolded) Biased() op.Definition          { return m }
func (m misfolded) WithActivation(act op.Activation, slope float64) op.Definition {
	return misfolded{m.DenseLayer.WithActivation(act, slope).(op.DenseLayer)}
}

// mispacked is a dense layer that gives other numbers where its weights are frozen: a fault of every frozen network.
type mispacked struct{ op.DenseLayer }

func (m mispacked) WithActivation(act op.Activation, slope float64) op.Definition {
	return mispacked{m.DenseLayer.WithActivation(act, slope).(op.DenseLayer)}
}

func (m mispacked) Packs(_ tensor.Dtype, in []tensor.Shape) (op.Factor, bool) {
	return op.Factor{Input: 1, Rows: in[1][0], Cols: in[1][1]}, true
}

func (m mispacked) BindPacked(out gorgonia.Value, in []gorgonia.Value, p op.Panels) (op.Kernel, error) {
	k, err := m.DenseLayer.BindPacked(out, in, nil)
	f, ferr := op.Floats[float32](out)
	if err != nil || ferr != nil || p == nil {
		return k, err
	}
	return func() error {
		err := k()
		f[len(f)-1] += 0.05
		return err
	}, nil
}

// planted is a classifier of 16 features, 4 steps of 4, with a layer that has a fault.
func planted(t *testing.T, layer func(op.DenseLayer) op.Definition) (*models.Model, *data.Dataset, *data.Parts) {
	t.Helper()
	net := &network.Network{Graph: gorgonia.NewGraph()}
	rng := random.New(1, "planted")
	leaf := func(to *gorgonia.Nodes, name string, mean float64, shape ...int) *gorgonia.Node {
		v := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range v {
			v[i] = float32(mean + 0.5*rng.Float64())
		}
		n := gorgonia.NewTensor(net.Graph, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
		*to = append(*to, n)
		return n
	}
	must := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	param := func(name string, shape ...int) *gorgonia.Node { return leaf(&net.Params, name, -0.25, shape...) }
	x := gorgonia.NewMatrix(net.Graph, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(1, 16))
	h := must(op.Reshape(x, -1, 4, 4))
	h = must(op.Apply(layer(op.DenseLayer{More: 1}), h, param("steps.weight", 4, 4), param("steps.bias", 4)))
	h = must(op.BatchNorm(h, leaf(&net.Params, "norm.weight", 0.5, 4), param("norm.bias", 4), leaf(&net.States, "norm.mean", 0, 4),
		leaf(&net.States, "norm.var", 1, 4), 1e-5, 0.1))
	h = must(op.Flatten(must(op.Activate(h, op.Tanh, 0)), 1))
	h = must(op.Dense(h, param("hidden.weight", 16, 6), param("hidden.bias", 6), op.ReLU, 0))
	h = must(op.Softmax(must(op.Dense(h, param("head.weight", 6, 3), param("head.bias", 3), op.Identity, 0))))
	net.Inputs, net.Outputs = gorgonia.Nodes{x}, gorgonia.Nodes{h}

	const rows = 200
	var features []string
	for i := range 16 {
		features = append(features, fmt.Sprint("f", i))
	}
	values, labels := make([]float32, rows*16), make([]int, rows)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	for i := range labels {
		labels[i] = i % 3
	}
	d, err := data.NewClassification("planted", features, values, []string{"a", "b", "c"}, labels)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.4, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return models.New(net, d, nil), d, parts
}

// A fault that both networks of a removal have, in folding or in freezing, is seen, whatever the method and the scores; a
// sound layer passes.
func TestProofSeesCommonFaults(t *testing.T) {
	for name, c := range map[string]struct {
		layer func(op.DenseLayer) op.Definition
		sound bool
	}{
		"sound":     {func(d op.DenseLayer) op.Definition { return d }, true},
		"misfolded": {func(d op.DenseLayer) op.Definition { return misfolded{d} }, false},
		"mispacked": {func(d op.DenseLayer) op.Definition { return mispacked{d} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, d, parts := planted(t, c.layer)
			expect := func(what string, err error) {
				t.Helper()
				if c.sound && err != nil || !c.sound && !errors.Is(err, ErrNotPlain) {
					t.Errorf("%s: %v", what, err)
				}
			}
			e, err := Hold(m, d, parts.Test)
			expect("as it is", err)
			if e.CheckedRows != len(parts.Test) {
				t.Errorf("%d rows were checked, want %d", e.CheckedRows, len(parts.Test))
			}
			for _, method := range []Method{MaskUnits, RemoveUnits} {
				for _, criterion := range []string{"l2", "variance"} { // of weights, and of activations
					r, err := Prune(t.Context(), m, d, parts, Config{Criterion: criteria.Named(criterion), Amount: 0.5, Method: method})
					expect(fmt.Sprint(criterion, " ", method), err)
					if err == nil && (r.Equivalence.Plain.Masked.CheckedRows != len(parts.Val) ||
						(r.Equivalence.Plain.Pruned.CheckedRows > 0) != (method == RemoveUnits)) {
						t.Errorf("%+v", r.Equivalence)
					}
				}
			}
			x := make([]float32, len(parts.Val)*d.Width())
			if err := d.Gather(x, nil, parts.Val); err != nil {
				t.Fatal(err)
			}
			masked, removed := without(t, m.Net, map[string][]int{"hidden": {1, 4}})
			e2, err := Check(masked, removed, x)
			expect("masked and removed", err)
			if !(e2.MaxRelDiff <= Tolerance) { // which is what hid the fault
				t.Errorf("the two differ: %+v", e2)
			}
		})
	}
}

// without masks units, and removes them.
func without(t *testing.T, net *network.Network, units map[string][]int) (masked, removed *network.Network) {
	t.Helper()
	c, err := surgery.Analyze(net)
	if err != nil {
		t.Fatal(err)
	}
	if masked, err = c.Mask(units); err != nil {
		t.Fatal(err)
	}
	if removed, err = c.Cut(units); err != nil {
		t.Fatal(err)
	}
	return masked, removed
}

// Both networks may lack the wrong units, or none: they are held against the network that was given.
func TestProofSeesTheWrongUnits(t *testing.T) {
	m, d, parts := planted(t, func(d op.DenseLayer) op.Definition { return d })
	x := make([]float32, len(parts.Val)*d.Width())
	if err := d.Gather(x, nil, parts.Val); err != nil {
		t.Fatal(err)
	}
	c, err := surgery.Analyze(m.Net)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := c.Without(map[string][]int{"hidden": {0, 2, 5}})
	if err != nil {
		t.Fatal(err)
	}
	for _, units := range [][]int{{0, 2, 5}, {0, 2}, {1, 3, 4}, {0, 2, 4}, nil} {
		masked, removed := without(t, m.Net, map[string][]int{"hidden": units})
		_, err := checkRemoval(reference, masked, removed, x)
		_, alone := checkMask(reference, masked, x)
		if right := fmt.Sprint(units) == "[0 2 5]"; right != (err == nil) || right != (alone == nil) {
			t.Errorf("units %v: %v, %v", units, err, alone)
		} else if !right && !errors.Is(err, ErrNotPlain) {
			t.Errorf("units %v: %v", units, err)
		}
	}
}
