package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, to := range [][]int{{0, -1}, {6, 4}, {24}, {2, 3, 2, 2}, {1, 2, -1}, {-1, 0, 1, 4}} {
			add("Reshape", fmt.Sprint(to), func(b *builder) *gorgonia.Node { return must(op.Reshape(b.x(2, 3, 4), to...)) })
		}
		for axis := range 4 {
			add("Flatten", fmt.Sprint(axis), func(b *builder) *gorgonia.Node { return must(op.Flatten(b.x(2, 3, 4), axis)) })
		}
		add("Squeeze", "", func(b *builder) *gorgonia.Node { return must(op.Squeeze(b.x(1, 3, 1, 2), 0, -2)) })
		add("Unsqueeze", "", func(b *builder) *gorgonia.Node { return must(op.Unsqueeze(b.x(3, 2), 0, 2)) })
	})
}

// route is a reshape that is followed from one batch size to others, b standing for the batch.
var routes = []struct {
	name     string
	from, to func(b int) []int // of the input; the target, as it is asked for
	want     func(b int) tensor.Shape
	dynamic  []int64 // in an ONNX file
}{
	{"flatten", sizes(-1, 3, 4, 5), sizes(-1, 60), shapeN(-1, 60), []int64{0, -1}},
	{"flatten, the rest open", sizes(-1, 3, 4, 5), literal(0, -1), shapeN(-1, 60), []int64{0, -1}},
	{"flatten, the batch open", sizes(-1, 3, 4, 5), literal(-1, 60), shapeN(-1, 60), []int64{0, -1}},
	{"image", sizes(-1, 60), literal(-1, 3, 4, 5), shapeN(-1, 3, 4, 5), []int64{0, -1, 4, 5}},
	{"image of one channel", sizes(-1, 20), sizes(-1, 1, 4, 5), shapeN(-1, 1, 4, 5), []int64{0, 1, -1, 5}},
	{"merge of batch and time", sizes(-1, 3, 8), literal(-1, 8), shapeN(-3, 8), []int64{-1, 8}},
	{"merge in numbers", sizes(-1, 3, 8), sizes(-3, 8), shapeN(-3, 8), []int64{-1, 8}},
	{"merge of one step", sizes(-1, 1, 8), literal(-1, 8), shapeN(-1, 8), []int64{0, -1}},
	{"unfold", sizes(-3, 8), literal(-1, 3, 8), shapeN(-1, 3, 8), []int64{-1, 3, 8}},
	{"unfold of one step", sizes(-1, 8), literal(-1, 1, 8), shapeN(-1, 1, 8), []int64{0, 1, -1}},
	{"heads", sizes(-1, 3, 8), literal(0, 0, 2, -1), shapeN(-1, 3, 2, 4), []int64{0, 0, 2, -1}},
	{"heads joined", sizes(-1, 3, 2, 4), literal(0, 0, -1), shapeN(-1, 3, 8), []int64{0, 0, -1}},
	{"heads with the batch", sizes(-1, 2, 3, 4), literal(-1, 3, 4), shapeN(-2, 3, 4), []int64{-1, 3, 4}},
	{"images back to rows", sizes(-1, 8, 1, 1), literal(0, 8), shapeN(-1, 8), []int64{0, 0}},
	{"time first", sizes(-1, 8), literal(1, -1, 8), shapeN(1, -1, 8), []int64{1, -1, 8}},
}

// Sizes in these are times the batch where they are negative.
func sizes(s ...int) func(b int) []int { return func(b int) []int { return shapeN(s...)(b) } }
func shapeN(sizes ...int) func(b int) tensor.Shape {
	return func(b int) tensor.Shape {
		s := append(tensor.Shape(nil), sizes...)
		for i, n := range s {
			if n < 0 {
				s[i] = -n * b
			}
		}
		return s
	}
}
func literal(to ...int) func(int) []int { return func(int) []int { return to } }

// reshaped is a network of one reshape.
func reshaped(t *testing.T, from, to []int) *network.Network {
	t.Helper()
	g := gorgonia.NewGraph()
	x := gorgonia.NewTensor(g, tensor.Float64, len(from), gorgonia.WithName("x"), gorgonia.WithShape(from...))
	y, err := op.Reshape(x, to...)
	if err != nil {
		t.Fatal(err)
	}
	return &network.Network{Graph: g, Inputs: gorgonia.Nodes{x}, Outputs: gorgonia.Nodes{y}}
}

// A reshape is followed from any batch size to any other, by way of 1, and back.
func TestReshapeFollowsTheBatch(t *testing.T) {
	for _, r := range routes {
		for _, first := range []int{1, 2, 3, 4, 6} {
			if first == 1 && (r.name == "merge in numbers" || r.name == "flatten") {
				continue
			}
			net := reshaped(t, r.from(first), r.to(first))
			for _, b := range []int{2, 1, 5, 1, 4, first} {
				var err error
				if net, err = net.Rebatch(r.from(b)[0]); err != nil {
					t.Errorf("%s from %d: %v", r.name, first, err)
					break
				}
				if got := net.Outputs[0].Shape(); fmt.Sprint(got) != fmt.Sprint(r.want(b)) {
					t.Errorf("%s from %d to %d: %v, want %v", r.name, first, b, got, r.want(b))
				}
			}
		}
	}
}

// emitted collects ONNX nodes and constants.
type emitted struct {
	ops    []string
	consts []gorgonia.Value
}

func (e *emitted) Node(op string, _ []string, _ string, _ ...op.Attr) { e.ops = append(e.ops, op) }
func (e *emitted) Temp(hint string) string                            { return hint }
func (e *emitted) Double(hint string, v gorgonia.Value) string        { return e.Const(hint, v) }
func (e *emitted) Single(hint string, v gorgonia.Value) string        { return e.Const(hint, v) }
func (e *emitted) Const(hint string, v gorgonia.Value) string {
	e.consts = append(e.consts, v)
	return hint
}

// A file says the same whatever the batch size was.
func TestReshapeLeavesTheBatchOpen(t *testing.T) {
	for _, r := range routes {
		for _, b := range []int{2, 3, 4, 6} {
			e := &emitted{}
			def, err := op.Of(reshaped(t, r.from(b), r.to(b)).Outputs[0].Op())
			if err != nil {
				t.Fatal(err)
			}
			if err := def.(op.Exporter).Export(e, []string{"x"}, "y", nil); err != nil {
				t.Fatal(err)
			}
			if got := e.consts[0].Data(); fmt.Sprint(got) != fmt.Sprint(r.dynamic) {
				t.Errorf("%s at %d: %v, want %v", r.name, b, got, r.dynamic)
			}
		}
	}
}

func TestReshapeRefusesWhatIsUnclear(t *testing.T) {
	for _, c := range []struct {
		from, to []int
		batch    int
		want     string
	}{
		{[]int{5, 4}, []int{1, 5, 4}, 10, "may have to grow"},
		{[]int{6, 4}, []int{4, 6}, 5, "does not divide"},
	} {
		_, err := reshaped(t, c.from, c.to).Rebatch(c.batch)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v to %v: error %v, want one that contains %q", c.from, c.to, err, c.want)
		}
	}
}

// Once another batch size has shown that −1 is what grows, it stays so, also from batch size 1, where the sizes alone
// say something else: (T, heads·batch, d) → (T·batch, heads·d) is not (T, heads·d·batch).
func TestReshapeRemembersWhatGrows(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewTensor(g, tensor.Float64, 3, gorgonia.WithName("x"), gorgonia.WithShape(2, 6, 12))
	h := must(op.Reshape(must(op.Transpose(x, 1, 0, 2)), 6, -1, 4)) // (6, 3·batch, 4)
	y := must(op.Reshape(must(op.Reshape(h, -1, 12)), 6, -1, 12))   // (6·batch, 12)
	net := &network.Network{Graph: g, Inputs: gorgonia.Nodes{x}, Outputs: gorgonia.Nodes{must(op.Transpose(y, 1, 0, 2))}}
	for _, batch := range []int{1, 2, 1, 5} {
		var err error
		if net, err = net.Rebatch(batch); err != nil {
			t.Fatal(err)
		}
		if got, want := net.Outputs[0].Shape(), (tensor.Shape{batch, 6, 12}); !got.Eq(want) {
			t.Fatalf("batch %d: %v, want %v", batch, got, want)
		}
	}
}
