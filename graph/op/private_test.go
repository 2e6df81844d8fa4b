package op_test

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Where a field of Gorgonia's is missing, the operation that has it is not known and the reason is said; others are.
func TestMissingFieldOfGorgonias(t *testing.T) {
	g := gorgonia.NewGraph()
	m := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 3), gorgonia.WithName("m"))
	x := gorgonia.NewTensor(g, tensor.Float64, 4, gorgonia.WithShape(1, 1, 4, 4), gorgonia.WithName("x"))
	sum := gorgonia.Must(gorgonia.Sum(m, 1))
	pool := gorgonia.Must(gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	grads, err := pool.Op().(gorgonia.SDOp).SymDiff(gorgonia.Nodes{x}, pool, pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ, field string
		node       *gorgonia.Node
	}{{"sumOp", "along", sum}, {"maxPoolOp", "strideH", pool}, {"maxPoolOp", "strideH", grads[0]},
		{"maxPoolDiffOp", "maxPoolOp", grads[0]}} {
		if _, err := op.Of(c.node.Op()); err != nil {
			t.Errorf("%v: %v", c.node.Op(), err)
		}
		restore := private.Break(c.typ, c.field)
		know, err := op.Of(c.node.Op())
		if err == nil || know != nil || !strings.Contains(err.Error(), private.Version) || !strings.Contains(err.Error(), c.typ) {
			t.Errorf("%v without %s.%s: %v, error %v", c.node.Op(), c.typ, c.field, know, err)
		}
		if op.Pure(c.node.Op()) {
			t.Errorf("%v is taken for known", c.node.Op())
		}
		if _, err := op.Reapply(c.node, op.Children(c.node)); err == nil || !strings.Contains(err.Error(), c.typ) {
			t.Errorf("%v is built again: %v", c.node.Op(), err)
		}
		if _, err := op.Of(gorgonia.Must(gorgonia.Tanh(m)).Op()); err != nil {
			t.Errorf("another operation: %v", err)
		}
		restore()
	}
}
