package surgery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func coupling(t testing.TB, n *network.Network, opts ...AnalyzeOption) *Coupling {
	t.Helper()
	c, err := Analyze(n, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// summary writes a coupling as "name: units × axes of one unit".
func summary(c *Coupling) (s []string) {
	for _, g := range c.Groups {
		var axes []string
		count := map[string]int{}
		for _, a := range g.Units[0].Atoms {
			key := fmt.Sprintf("%s.%d", a.Tensor, a.Axis)
			if count[key]++; count[key] == 1 {
				axes = append(axes, key)
			}
		}
		for i, key := range axes {
			if count[key] > 1 {
				axes[i] = fmt.Sprintf("%s(%d)", key, count[key])
			}
		}
		s = append(s, fmt.Sprintf("%s: %d × %s", g.Name, len(g.Units), strings.Join(axes, " ")))
	}
	return s
}

func TestGroups(t *testing.T) {
	want := map[string][]string{
		"mlp": {"one: 7 × one.weight.1 one.bias.0 two.weight.0",
			"two: 8 × two.weight.1 two.bias.0 three.weight.0"},
		"standardised classifier": {"one: 6 × one.weight.1 one.bias.0 two.weight.0"},
		"residual":                {"left: 7 × left.weight.1 left.bias.0 right.weight.1 right.bias.0 head.weight.0"},
		"residual, summed twice": {
			"stem: 7 × stem.weight.1 stem.bias.0 inner.weight.0 branch.weight.1 branch.bias.0 head.weight.0",
			"inner: 4 × inner.weight.1 inner.bias.0 branch.weight.0"},
		"gorgonia's own": {"layer.0: 7 × layer.0.weight.1 layer.0.bias.0 layer.1.weight.0",
			"layer.1: 8 × layer.1.weight.1 layer.1.bias.0 layer.2.weight.0",
			"layer.2: 4 × layer.2.weight.1 layer.2.bias.0 layer.3.weight.0"},
		"gates":                    {"value: 7 × value.weight.1 value.bias.0 gate.weight.1 gate.bias.0 head.weight.0"},
		"shared weights":           {"stem: 7 × stem.weight.1 stem.bias.0 shared.weight.0 shared.weight.1 head.weight.0"},
		"one layer for two inputs": {"twin: 7 × twin.weight.1 twin.bias.0 head.weight.0"},
		"a parameter used nowhere": {"one: 7 × one.weight.1 one.bias.0 two.weight.0"},
		"several inputs and outputs": {
			"left: 7 × left.weight.1 left.bias.0 right.weight.1 right.bias.0 head.weight.0 extra.weight.0",
			"extra: 5 × extra.weight.1 extra.bias.0 classes.weight.0"},
		"one unit": {"one: 6 × one.weight.1 one.bias.0 neck.weight.0", "neck: 1 × neck.weight.1 neck.bias.0 out.weight.0"},
		"an output that is an input of another layer": {"one: 4 × one.weight.1 one.bias.0 two.weight.0",
			"three: 4 × three.weight.1 three.bias.0 four.weight.0"},

		"convolutions": {"one: 6 × one.weight.0 one.bias.0 two.weight.1", "two: 5 × two.weight.0 two.bias.0 head.weight.0"},
		"batch norm between": {
			"one: 6 × one.weight.0 one.bias.0 norm.weight.0 norm.bias.0 two.weight.1 norm.running_mean.0 norm.running_var.0",
			"two: 5 × two.weight.0 two.bias.0 last.weight.0 last.bias.0 head.weight.0 last.running_mean.0 last.running_var.0"},
		"residual convolutions": {
			"stem: 6 × stem.weight.0 stem.bias.0 inner.weight.1 branch.weight.0 branch.bias.0 head.weight.0",
			"inner: 4 × inner.weight.0 inner.bias.0 branch.weight.1"},
		"depthwise": {"expand: 6 × expand.weight.0 expand.bias.0 depthwise.weight.0 depthwise.bias.0 project.weight.1",
			"project: 4 × project.weight.0 project.bias.0 head.weight.0"},
		"depthwise, two filters a channel": {
			"expand: 4 × expand.weight.0 expand.bias.0 depthwise.weight.0(2) depthwise.bias.0(2) head.weight.0(2)"},
		"grouped": {"expand: 3 × expand.weight.0(2) expand.bias.0(2) grouped.weight.1",
			"grouped: 4 × grouped.weight.0(2) grouped.bias.0(2) after.weight.1(2)",
			"after: 4 × after.weight.0 after.bias.0 head.weight.0"},
		"a convolution for two images": {"twin: 5 × twin.weight.0 twin.bias.0 head.weight.0"},
		"one channel": {"one: 4 × one.weight.0 one.bias.0 neck.weight.1",
			"neck: 1 × neck.weight.0 neck.bias.0 head.weight.0"},
		"flatten": {"one: 4 × one.weight.0 one.bias.0 two.weight.1",
			"two: 5 × two.weight.0 two.bias.0 three.weight.0(4)", "three: 6 × three.weight.1 three.bias.0 head.weight.0"},
		"flatten of a residual sum": {
			"stem: 6 × stem.weight.0 stem.bias.0 inner.weight.1 branch.weight.0 branch.bias.0 aside.weight.1 head.weight.0(4)",
			"inner: 4 × inner.weight.0 inner.bias.0 branch.weight.1",
			"aside: 3 × aside.weight.0 aside.bias.0 second.weight.0"},
		"concat": {"stem: 4 × stem.weight.0 stem.bias.0 left.weight.1 right.weight.1 norm.weight.0 norm.bias.0 after.weight.1 " +
			"norm.running_mean.0 norm.running_var.0",
			"left: 3 × left.weight.0 left.bias.0 norm.weight.0 norm.bias.0 after.weight.1 norm.running_mean.0 norm.running_var.0",
			"right: 5 × right.weight.0 right.bias.0 norm.weight.0 norm.bias.0 after.weight.1 norm.running_mean.0 norm.running_var.0",
			"after: 4 × after.weight.0 after.bias.0 head.weight.0(16)"},
		"concat along another axis": {"left: 4 × left.weight.0 left.bias.0 right.weight.0 right.bias.0 after.weight.1",
			"after: 4 × after.weight.0 after.bias.0 head.weight.0"},
		"concat of rows and positions": {"left: 3 × left.weight.0 left.bias.0 head.weight.0(9)",
			"right: 4 × right.weight.1 right.bias.0 head.weight.0"},
		"split": {"stem: 3 × stem.weight.1(2) stem.bias.0(2) a.weight.0", "stem#2: 2 × stem.weight.1 stem.bias.0 b.weight.0"},
		"every other channel": {"stem: 4 × stem.weight.0 stem.bias.0 a.weight.0 all.weight.1",
			"stem#2: 3 × stem.weight.0 stem.bias.0 all.weight.1", "all: 3 × all.weight.0 all.bias.0 b.weight.0"},
		"an image in the middle": {"decode: 3 × decode.weight.1(16) decode.bias.0(16) one.weight.1",
			"one: 4 × one.weight.0 one.bias.0 head.weight.0"},
		"8 channels seen as 32": {"one: 8 × one.weight.0 one.bias.0 two.weight.1(4)",
			"two: 3 × two.weight.0 two.bias.0 head.weight.0"},
		"flattened and back": {"one: 3 × one.weight.0 one.bias.0 two.weight.1", "two: 4 × two.weight.0 two.bias.0 head.weight.0"},
		"channels last":      {"one: 3 × one.weight.0 one.bias.0 head.weight.0(16)"},
		"scaled by a gate": {"one: 5 × one.weight.0 one.bias.0 squeeze.weight.0 excite.weight.1 excite.bias.0 two.weight.1",
			"squeeze: 3 × squeeze.weight.1 squeeze.bias.0 excite.weight.0", "two: 4 × two.weight.0 two.bias.0 head.weight.0"},
		"LSTM": {"lstm: 4 × lstm.input.1(4) lstm.hidden.0 lstm.hidden.1(4) lstm.bias.0(4) lstm.hidden_bias.0(4) head.weight.0"},
		"two LSTMs": {"one: 3 × one.input.1(4) one.hidden.0 one.hidden.1(4) one.bias.0(4) one.hidden_bias.0(4) two.input.0",
			"two: 4 × two.input.1(4) two.hidden.0 two.hidden.1(4) two.bias.0(4) two.hidden_bias.0(4) head.weight.0"},
		"GRU": {"in: 3 × in.weight.1 in.bias.0 gru.input.0",
			"gru: 4 × gru.input.1(3) gru.hidden.0 gru.hidden.1(3) gru.bias.0(3) gru.hidden_bias.0(3) head.weight.0(3)"},
		"self-attention": { // the model's width; d of every head; whole heads; the width of every head's values
			"in: 4 × in.weight.1 in.bias.0 attention.query.0 attention.key.0 attention.value.0 attention.out.1 " +
				"attention.out_bias.0 up.weight.0",
			"attention: 2 × attention.query.1(3) attention.key.1(3) attention.query_bias.0(3) attention.key_bias.0(3)",
			"attention#2: 3 × attention.query.1(2) attention.key.1(2) attention.value.1(2) attention.out.0(2) " +
				"attention.query_bias.0(2) attention.key_bias.0(2) attention.value_bias.0(2)",
			"attention#3: 2 × attention.value.1(3) attention.out.0(3) attention.value_bias.0(3)",
			"up: 6 × up.weight.1 up.bias.0 down.weight.0", "down: 4 × down.weight.1 down.bias.0 head.weight.0"},
		"cross-attention of one head": {"left: 4 × left.weight.1 left.bias.0 attention.query.0",
			"right: 4 × right.weight.1 right.bias.0 attention.key.0 attention.value.0",
			"attention: 3 × attention.query.1 attention.key.1 attention.query_bias.0 attention.key_bias.0",
			"attention#2: 3 × attention.value.1 attention.out.0 attention.value_bias.0",
			"attention#3: 4 × attention.out.1 attention.out_bias.0 head.weight.0(3)"},
		"time merged into the batch": {"in: 6 × in.weight.1 in.bias.0 head.weight.0"},
		"padded and clipped": { // what a padding adds may go, too
			"head.inputs: 3 × head.weight.0", "in: 4 × in.weight.1 in.bias.0 head.weight.0"},
		"gorgonia's convolutions": {"one: 6 × one.weight.0 two.weight.1", "two: 4 × two.weight.0 three.weight.0(4)",
			"three: 6 × three.weight.1 head.weight.0"},
		"gorgonia's convolution with bias and stride": {"one: 4 × one.weight.0 one.bias.1 head.weight.0(12)"},
		"gorgonia's average over space":               {"one: 4 × one.weight.0 head.weight.0"},
		"gorgonia's concat and slices": {"left: 2 × left.weight.1 right.weight.1(2) head.weight.0(2)",
			"right: 1 × right.weight.1(2) head.weight.0"},
		"gorgonia's batched product":  {"one: 6 × one.weight.1 head.weight.0"},
		"gorgonia's largest and sums": {"one: 4 × one.weight.0 head.weight.0"},
		"selected":                    {"in: 3 × in.weight.1 in.bias.0 head.weight.0(2)"},
		"softmax over time":           {"in: 4 × in.weight.1 in.bias.0 head.weight.0"},
	}
	for _, n := range networks() {
		if want[n.Name] == nil {
			t.Errorf("%s: nothing is known of the groups", n.Name)
		}
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			net := n.Build(newMaker(t, dt, n.Name))
			for range 3 { // the same each time
				if diff := cmp.Diff(want[n.Name], summary(coupling(t, net))); diff != "" {
					t.Errorf("%s: (−want +got)\n%s", n.Name, diff)
				}
			}
			for _, g := range coupling(t, net).Groups {
				for i, u := range g.Units {
					if i > 0 && g.Units[i-1].Index >= u.Index {
						t.Errorf("%s: unit %d of %s comes behind unit %d", n.Name, u.Index, g.Name, g.Units[i-1].Index)
					}
					head := g.Name == "attention#2" && g.Activation.Dims() == 4 // its number is that of the head, not of a column
					if !head && !slices.ContainsFunc(u.Atoms, func(a Atom) bool { return a.Index == u.Index }) {
						t.Errorf("%s: nothing of unit %d of %s has that index: %v", n.Name, u.Index, g.Name, u.Atoms)
					}
					if len(u.At) == 0 || u.At[len(u.At)-1] >= g.Activation.Shape()[g.Axis] {
						t.Errorf("%s: unit %d of %s lies at %v of %v", n.Name, u.Index, g.Name, u.At, g.Activation.Shape())
					}
				}
			}
		}
	}
}

// Input features are units like any other if asked for; statistics of the preprocessing go with them.
func TestPruneInputs(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := must(op.Standardize(m.Input("x", 5, 4), m.Constant("mean", make([]float64, 4)), m.Constant("scale", []float64{1,
		1, 1, 1})))
	gorgonia.WithName("standardise")(x)
	net := done(m, m.Dense(m.Dense(x, "one", 6, op.ReLU), "two", 3, op.Identity))
	want := []string{"x: 4 × x.1 one.weight.0 mean.0 scale.0", "one: 6 × one.weight.1 one.bias.0 two.weight.0"}
	if diff := cmp.Diff(want, summary(coupling(t, net, PruneInputs()))); diff != "" {
		t.Error(diff)
	}
	plain := mlp(t, tensor.Float32, 5, 4, op.ReLU, 6, 3)
	want = []string{"input: 4 × input.1 dense1.weight.0", "dense1: 6 × dense1.weight.1 dense1.bias.0 dense2.weight.0"}
	if diff := cmp.Diff(want, summary(coupling(t, plain, PruneInputs()))); diff != "" {
		t.Error(diff)
	}
}

func TestFrozen(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.Input("x", 5, 4)
	h := m.Dense(x, "one", 6, op.ReLU)
	top := must(gorgonia.Sparsemax(m.Dense(h, "two", 7, op.ReLU))) // not an op that the analysis knows
	gorgonia.WithName("top")(top)
	flat := must(gorgonia.Sum(m.Dense(h, "three", 3, op.ReLU), 1))
	net := done(m, top, flat, must(op.Softmax(m.Dense(h, "four", 2, op.Identity))))
	c := coupling(t, net)
	if diff := cmp.Diff([]string{"one: 6 × one.weight.1 one.bias.0 two.weight.0 three.weight.0 four.weight.0"},
		summary(c)); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"x.0": "batch", "x.1": "input of the network", "one.weight.0": "input of the network",
		"two.weight.1": `node "top": op Sparsemax`, "two.bias.0": "is not known", "three.weight.1": "summed over",
		"three.bias.0": "summed over", "four.weight.1": "softmax", "four.bias.0": "softmax"}
	for _, f := range c.Frozen {
		key := fmt.Sprintf("%s.%d", f.Tensor, f.Axis)
		if why, ok := want[key]; !ok || !strings.Contains(f.Why, why) {
			t.Errorf("%s is frozen because %q", key, f.Why)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("not frozen: %v", want)
	}
}

// Layers whose parameters have no telling names still have names of their own.
func TestGroupNamesAreUnique(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	h := m.Input("x", 5, 4)
	for _, name := range []string{"net.w1", "net.w2", "w3"} {
		h = must(gorgonia.Tanh(must(gorgonia.Mul(h, m.Param(name, h.Shape()[1], 6)))))
	}
	net := done(m, m.Dense(h, "head", 2, op.Identity))
	var names []string
	for _, g := range coupling(t, net).Groups {
		names = append(names, g.Name)
	}
	if diff := cmp.Diff([]string{"net", "net#2", "w3"}, names); diff != "" {
		t.Error(diff)
	}
}

// Gorgonia takes a vector for a column of a matrix. The analysis does not guess which axes that ties.
func TestMixedRanks(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.Input("x", 3, 4)
	w, b := m.Param("w", 4, 1), m.Param("b", 4)
	net := done(m, must(gorgonia.Mul(x, must(gorgonia.Add(w, b)))))
	if c := coupling(t, net, PruneInputs()); len(c.Groups) != 0 {
		t.Errorf("groups %v where ranks are mixed", summary(c))
	}
}
