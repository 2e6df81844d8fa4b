package op_test

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// sparse is a form of panels that no kernel knows.
type sparse struct{}

func (sparse) Pack()              {}
func (sparse) Bytes() int64       { return 0 }
func (sparse) Tolerance() float64 { return 0 }

// Panels of floats promise the bits of Bind, and give them; panels of an unknown form are refused, not ignored.
func TestPanels(t *testing.T) {
	value := func(seed int, shape ...int) *tensor.Dense {
		f := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range f {
			f[i] = float32(torchValue(seed, i))
		}
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(f))
	}
	x, w, b := value(0, 33, 70), value(1, 70, 29), value(2, 29)
	for name, c := range map[string]struct {
		packer op.Packer
		in     []gorgonia.Value
	}{
		"dense":   {op.DenseLayer{Act: op.Tanh}, []gorgonia.Value{x, w, b}},
		"product": {op.MatMul{}, []gorgonia.Value{x, w}},
	} {
		p, err := op.NewPanels(w, op.Factor{Input: 1, Rows: 70, Cols: 29})
		if err != nil {
			t.Fatal(err)
		}
		if p.Tolerance() != 0 || p.Bytes() < 70*29*4 {
			t.Errorf("%s: panels of tolerance %v and %d bytes", name, p.Tolerance(), p.Bytes())
		}
		run := func(p op.Panels) []float32 {
			out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(33, 29))
			k, err := c.packer.BindPacked(out, c.in, p)
			if err == nil {
				err = k()
			}
			if err != nil {
				t.Fatal(err)
			}
			return out.Float32s()
		}
		want := run(nil)
		for i, v := range run(p) {
			if v != want[i] {
				t.Fatalf("%s: element %d is %v with panels, %v without", name, i, v, want[i])
			}
		}
		out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(33, 29))
		if _, err := c.packer.BindPacked(out, c.in, sparse{}); err == nil || !strings.Contains(err.Error(), "panels of the form op_test.sparse") {
			t.Errorf("%s of unknown panels: %v", name, err)
		}
	}
}
