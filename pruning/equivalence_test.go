package pruning

import (
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
)

func TestCheck(t *testing.T) {
	n := digits(t)
	x := make([]float32, 50*n.d.Width())
	if err := n.d.Gather(x, nil, n.parts.Val[:50]); err != nil {
		t.Fatal(err)
	}
	clone := func() *network.Network {
		g, err := n.m.Net.Clone()
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	e, err := Check(n.m.Net, clone(), x)
	if err != nil || e != (Equivalence{CheckedRows: 50, Checks: 1, Plain: Plain{Masked: Difference{CheckedRows: 50},
		Pruned: Difference{CheckedRows: 50}}}) {
		t.Errorf("a copy: %+v, %v", e, err)
	}
	set := func(v float32) *network.Network {
		g := clone()
		g.Param("dense3.bias").Value().Data().([]float32)[3] = v
		return g
	}
	was := n.m.Net.Param("dense3.bias").Value().Data().([]float32)[3]
	if e, err := Check(n.m.Net, set(was+1e-3), x); !errors.Is(err, ErrNotEquivalent) || !(e.MaxRelDiff > Tolerance) ||
		math.Abs(e.MaxAbsDiff-1e-3) > 1e-5 {
		t.Errorf("a bias that is 0.001 off: %+v, %v", e, err)
	}
	inf := float32(math.Inf(1))
	for _, c := range [][2]*network.Network{{n.m.Net, set(float32(math.NaN()))}, {set(float32(math.NaN())), n.m.Net},
		{n.m.Net, set(inf)}, {set(inf), n.m.Net}, {set(inf), set(-inf)}} {
		if _, err := Check(c[0], c[1], x); !errors.Is(err, ErrNotEquivalent) {
			t.Errorf("not finite: %v", err)
		}
	}
	// Adding the same to all logits is nothing that a softmax would show.
	shifted := clone()
	for i := range 10 {
		shifted.Param("dense3.bias").Value().Data().([]float32)[i] += 0.5
	}
	if _, err := Check(n.m.Net, shifted, x); !errors.Is(err, ErrNotEquivalent) {
		t.Errorf("logits that a softmax hides: %v", err)
	}
	logits := clone()
	logits.Outputs[0] = op.Children(logits.Outputs[0])[0]
	if _, err := Check(n.m.Net, logits, x); !errors.Is(err, ErrNotEquivalent) {
		t.Errorf("logits and probabilities: %v", err)
	}
	if _, err := Check(logits, logits, x); err != nil {
		t.Errorf("logits: %v", err)
	}
	if _, err := Check(n.m.Net, n.m.Net, nil); err == nil || !strings.Contains(err.Error(), "no rows") {
		t.Errorf("no rows: %v", err)
	}
	if _, err := Check(n.m.Net, n.m.Net, x[1:]); err == nil {
		t.Error("half a row")
	}
}

func TestWorse(t *testing.T) {
	a, b := Equivalence{1, 2, 3, 1, Plain{Dense: Difference{1, 2, 3}}}, Equivalence{2, 1, 5, 4, Plain{Dense: Difference{2, 1, 4}}}
	if got := a.worse(b); got != (Equivalence{2, 2, 5, 5, Plain{Dense: Difference{2, 2, 4}}}) {
		t.Errorf("%+v", got)
	}
}
