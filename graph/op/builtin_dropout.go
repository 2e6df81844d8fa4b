package op

import (
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ownDropout is gorgonia.Dropout, which draws other masks, seeded by the clock, at each run.
type ownDropout struct{ p float64 }

var _ interface {
	Binder
	Coupler
	Exporter
	Modal
	Rebuilder
	Stateful
} = ownDropout{}

func parseDropout(_ gorgonia.Op, f private.Fields) any {
	return ownDropout{f.Float("probability")}
}

// GorgoniaDropout gives the probability of gorgonia.Dropout; ok is false for any other op.
func GorgoniaDropout(o gorgonia.Op) (p float64, ok bool) {
	d, ok := builtin(o).(ownDropout)
	return d.p, ok
}

// Stateful implements Stateful.
func (ownDropout) Stateful() {}

// Couple implements Coupler.
func (ownDropout) Couple(t Ties) { rowwise(t) }

// Rebuild implements Rebuilder: two applications of one operation are told apart by nothing, and draw from one source.
func (d ownDropout) Rebuild(in gorgonia.Nodes) (*gorgonia.Node, error) {
	n, err := gorgonia.Dropout(in[0], d.p)
	return n, errors.Wrap(err, "dropout")
}

// Evaluated implements Modal: dropout is left out.
func (ownDropout) Evaluated(in gorgonia.Nodes) (*gorgonia.Node, error) { return in[0], nil }

// Trained implements Modal.
func (d ownDropout) Trained(in gorgonia.Nodes) (*gorgonia.Node, error) { return d.Rebuild(in) }

// Export implements Exporter: a file is for inference, where dropout is the identity.
func (ownDropout) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	em.Node("Identity", in, out)
	return nil
}

// Bind implements Binder: it runs through its own Do.
func (ownDropout) Bind(gorgonia.Value, []gorgonia.Value) (Kernel, error) { return nil, ErrNoKernel }
