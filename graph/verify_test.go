package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

// The verifier finds programs that are wrong.
func TestVerify(t *testing.T) {
	net := mlp(t, tensor.Float32, 4, 4, op.Tanh, 8, 8)
	for _, c := range []struct {
		name, want string
		breakIt    func(*compilation)
	}{
		{"order", "before it is computed", func(c *compilation) { c.instrs[0], c.instrs[1] = c.instrs[1], c.instrs[0] }},
		{"twice", "twice", func(c *compilation) { c.instrs = append(c.instrs, c.instrs[0]) }},
		{"arguments", "reads 3 values, not 2", func(c *compilation) { c.instrs[1].in = c.instrs[1].in[:2] }},
		{"shapes", "do not fit", func(c *compilation) { c.instrs[1].in[1], c.instrs[1].in[2] = c.instrs[1].in[2], c.instrs[1].in[1] }},
		{"missing", "", func(c *compilation) { c.instrs = c.instrs[:len(c.instrs)-1]; c.values[c.outputs[0]].data = nil }},
	} {
		p := compile(t, net.Graph, Outputs(net.Outputs...))
		if err := verify(&p.compilation); err != nil {
			t.Fatal(err)
		}
		c.breakIt(&p.compilation)
		if err := verify(&p.compilation); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
