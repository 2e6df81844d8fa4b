package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"gorgonia.org/tensor"
)

// The table keeps what its rows ask for, whole and without the passes that rewrite.
func TestPassOrder(t *testing.T) {
	for _, plain := range []bool{false, true} {
		if err := checkOrder(passesOf(plain)); err != nil {
			t.Errorf("plain %v: %v", plain, err)
		}
	}
	given := map[property]string{}
	for _, p := range passes {
		if by, twice := given[p.gives]; twice || p.name == "" || p.run == nil || p.doc == "" || p.gives == "" {
			t.Errorf("pass %q: property %q is given by %q too, or the row is not whole", p.name, p.gives, by)
		}
		given[p.gives] = p.name
	}
	for _, p := range passes {
		for _, of := range slices.Concat(p.needs, p.before, p.ends) {
			if given[of] == "" {
				t.Errorf("pass %q: no pass gives %q", p.name, of)
			}
		}
	}
}

// free are two neighbors that may stand the other way round: both drop instructions that the other does not need.
var free = [2]string{"merge", "dead code"}

// Whichever two passes change places, it is noticed, but for those that are free to.
func TestSwappedPassesAreNoticed(t *testing.T) {
	for i := range passes {
		for j := range i {
			list := slices.Clone(passes)
			list[i], list[j] = list[j], list[i]
			err := checkOrder(list)
			if may := passes[j].name == free[0] && passes[i].name == free[1]; may != (err == nil) {
				t.Errorf("%q and %q swapped: %v", passes[j].name, passes[i].name, err)
			}
		}
	}
}

// Every need and every limit of a row is one that an order is refused for.
func TestEveryConstraintCounts(t *testing.T) {
	for _, p := range passes {
		for _, need := range p.needs {
			giver := slices.IndexFunc(passes, func(q pass) bool { return q.gives == need })
			list := slices.Delete(slices.Clone(passes), giver, giver+1)
			list = append(list, passes[giver]) // too late
			if err := checkOrder(list); err == nil {
				t.Errorf("%q without %q: no error", p.name, need)
			}
		}
		for _, late := range p.before {
			only := []pass{{name: "giver", gives: late}, {name: p.name, before: []property{late}, gives: p.gives}}
			if err := checkOrder(only); err == nil || !strings.Contains(err.Error(), p.name) {
				t.Errorf("%q after %q: %v", p.name, late, err)
			}
		}
	}
	only := []pass{{name: "a", gives: live}, {name: "b", gives: fused, ends: []property{live}}, {name: "c", gives: bound, needs: []property{live}}}
	if err := checkOrder(only); err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("a property that has ended: %v", err)
	}
}

// inOrder runs f with the passes in another order.
func inOrder(list []pass, f func()) {
	was := passes
	passes = list
	defer func() { passes = was }()
	f()
}

// Networks for predictions and training steps are verified after every pass, and the two passes that are free to change
// places give the same program.
func TestPassesOnNetworks(t *testing.T) {
	swapped := slices.Clone(passes)
	i := slices.IndexFunc(swapped, func(p pass) bool { return p.name == free[0] })
	swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
	if swapped[i].name != free[1] {
		t.Fatalf("%q does not follow %q", free[1], free[0])
	}
	compiled := func(pattern graphtest.Pattern, training bool) (last string) {
		net := inference(t, pattern.Build(newMaker(t, tensor.Float32, pattern.Name)))
		g, outs := net.Graph, net.Outputs
		if training {
			net = pattern.Build(newMaker(t, tensor.Float32, pattern.Name))
			net.Outputs = net.Outputs[:1]
			o := objective(t, net, 5, "mse")
			g, outs = o.Graph, outs[:0]
			outs = append(outs, o.Cost)
		}
		var b strings.Builder
		p := compile(t, g, Outputs(outs...), Dump(&b))
		for _, pass := range passes {
			if strings.Count(b.String(), pass.name+": "+pass.doc+"\n") != 1 {
				t.Errorf("%s: pass %q is not there, or more than once", pattern.Name, pass.name)
			}
		}
		for _, l := range p.Listing() {
			last += fmt.Sprintln(l.Op, l.Shape, l.Reads, l.Buffer)
		}
		return last
	}
	for _, pattern := range graphtest.Networks() {
		for _, training := range []bool{false, true} {
			want := compiled(pattern, training)
			inOrder(swapped, func() {
				if got := compiled(pattern, training); got != want {
					t.Errorf("%s, training %v: the program is\n%s\nwith passes swapped, without\n%s", pattern.Name, training, got, want)
				}
			})
		}
	}
}

// broken is a writer that fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestDump(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	net := m.Done(m.Plain(m.Input("x", 3, 4), "dense", 2))
	var b strings.Builder
	p := compile(t, net.Graph, Outputs(net.Outputs...), Dump(&b))
	for _, part := range []string{"dead code: drop", "new: Dense(identity)", " x dense.weight dense.bias → ", "nothing changed",
		fmt.Sprintf("bind: %s\n  %d instructions", passes[len(passes)-1].doc, p.Len())} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in\n%s", part, b.String())
		}
	}
	b.Reset()
	compile(t, net.Graph, Plain(), Dump(&b))
	if strings.Contains(b.String(), "fuse:") || !strings.Contains(b.String(), "memory:") {
		t.Errorf("a plain program:\n%s", b.String())
	}
	if _, err := Compile(net.Graph, Dump(broken{})); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a writer that fails: %v", err)
	}
	if _, err := Compile(net.Graph, Dump(nil)); err == nil || !strings.Contains(err.Error(), "no writer") {
		t.Errorf("no writer: %v", err)
	}
}
