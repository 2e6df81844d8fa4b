package surgery

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An operation whose parameters cannot be read is an error with the node and the reason, rather than one that must stay whole.
func TestAnalyzeWithoutAField(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	h := must(gorgonia.Sum(m.Dense(m.Input("x", 3, 4), "dense", 5, op.Tanh), 0))
	gorgonia.WithName("sum of rows")(h)
	net := done(m, h)
	defer private.Break("sumOp", "along")()
	_, err := Analyze(net)
	for _, part := range []string{"sum of rows", "along", "sumOp", private.Version} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want one with %q", err, part)
		}
	}
}
