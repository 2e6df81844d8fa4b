package surgery

import (
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/tensor"
)

// Zeros wherever units are summed are masks, and what a cut leaves.
func TestWithout(t *testing.T) {
	for _, c := range networks() {
		t.Run(c.Name, func(t *testing.T) {
			for trial := range 3 {
				net := c.Build(newMaker(t, tensor.Float64, c.Name))
				a := coupling(t, net)
				removed := choose(a, random.New(uint64(trial), "without", c.Name))
				before := referenceOf(t, net, rowsFor(net)...)
				w, err := a.Without(removed)
				if err != nil {
					t.Fatal(err)
				}
				want := referenceOf(t, w, rowsFor(net)...)
				equalOutputs(t, "masked", eval(t, mask(t, net, removed), rowsFor(net)...), want, 1e-12)
				equalOutputs(t, "removed", eval(t, cut(t, net, removed), rowsFor(net)...), want, 1e-12)
				equalOutputs(t, "the network itself", referenceOf(t, net, rowsFor(net)...), before, 0)
			}
		})
	}
}
