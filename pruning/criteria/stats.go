package criteria

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// ErrEvidence is what errors.Is finds where a criterion lacks evidence that it needs, or the evidence is inconsistent
// or not finite.
var ErrEvidence = errors.New("evidence does not suffice")

// UnitStats is the evidence about the units of one layer, or of one group of layers whose units go together. A
// criterion looks only at what its Needs name; the rest may be left out.
type UnitStats struct {
	// Layer names the layer in messages, and in the seeds of random draws.
	Layer string
	// Units is how many units there are.
	Units int
	// Weights[u] are all the weights that go when unit u goes, of every tensor, in an order that is the same for all u.
	Weights [][]float32
	// Gradients[u][i] is the mean gradient of the loss with respect to Weights[u][i].
	Gradients [][]float32
	// GateGradients are samples × units, row by row: the derivative of the loss of each sample by itself with respect to a
	// factor on the unit's output, at 1; Σ a·∂L/∂a over what the unit gives. The loss is in nats, or that of
	// the target as the network learns it.
	GateGradients []float32
	// Activations are samples × units, row by row: the unit's output for each sample of the calibration set. A filter's
	// feature map enters as its global average, or, for criteria that need no labels, with every position as a sample.
	Activations []float32
	// Rows has equal numbers for samples that are copies of one row of the data, as information.SameRows gives them. Where it
	// is nil, samples are taken for copies whose activations agree in all units. Nearest neighbours are looked for among
	// different rows.
	Rows []int32
	// Labels are the samples' classes and Targets their values: one or the other.
	Labels  []int
	Targets []float32
	// Classes is how many classes there are, labels being 0 … Classes−1. 0: any labels are accepted.
	Classes int
	// Seed is the run's seed. It decides the criterion "random" and the jitter of nearest-neighbour estimates.
	Seed uint64
}

// Samples is the number of rows of Activations.
func (s UnitStats) Samples() int {
	if s.Units < 1 {
		return 0
	}
	return len(s.Activations) / s.Units
}

// Needs is the evidence a criterion needs, as a set.
type Needs uint8

// The kinds of evidence. NeedsTarget means labels or targets.
const (
	NeedsWeights Needs = 1 << iota
	NeedsGradients
	NeedsActivations
	NeedsTarget
	NeedsGateGradients
)

// Has tells whether all of other is in n.
func (n Needs) Has(other Needs) bool { return n&other == other }

// String lists the kinds, separated by commas; "nothing" where there are none.
func (n Needs) String() string {
	var kinds []string
	for i, kind := range []string{"weights", "gradients", "activations", "labels or targets", "gate gradients"} {
		if n.Has(1 << i) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		return "nothing"
	}
	return strings.Join(kinds, ", ")
}

// check reports the first thing wrong with the evidence that is needed.
func (s UnitStats) check(needs Needs) error {
	if s.Units < 1 {
		return errors.Wrapf(ErrEvidence, "%d units", s.Units)
	}
	if needs.Has(NeedsWeights) {
		if err := s.checkVectors("weights", s.Weights); err != nil {
			return err
		}
	}
	if needs.Has(NeedsGradients) {
		if err := s.checkVectors("gradients", s.Gradients); err != nil {
			return err
		}
		for u := range s.Gradients {
			if len(s.Gradients[u]) != len(s.Weights[u]) {
				return errors.Wrapf(ErrEvidence, "unit %d has %d weights and %d gradients", u, len(s.Weights[u]),
					len(s.Gradients[u]))
			}
		}
	}
	if needs.Has(NeedsGateGradients) {
		if err := s.checkSamples("gate gradient", s.GateGradients); err != nil {
			return err
		}
	}
	if needs.Has(NeedsActivations) {
		if err := s.checkSamples("activation", s.Activations); err != nil {
			return err
		}
		if s.Rows != nil && len(s.Rows) != s.Samples() {
			return errors.Wrapf(ErrEvidence, "%d numbers of rows for %d samples", len(s.Rows), s.Samples())
		}
	}
	if needs.Has(NeedsTarget) {
		return s.checkTarget()
	}
	return nil
}

func (s UnitStats) checkVectors(what string, v [][]float32) error {
	if len(v) != s.Units {
		return errors.Wrapf(ErrEvidence, "%s of %d units, where there are %d", what, len(v), s.Units)
	}
	for u := range v {
		if len(v[u]) == 0 {
			return errors.Wrapf(ErrEvidence, "unit %d has no %s", u, what)
		}
		if i := firstNonFinite(v[u]); i >= 0 {
			return errors.Wrapf(ErrEvidence, "unit %d: %s %d is %v", u, what, i, v[u][i])
		}
	}
	return nil
}

func (s UnitStats) checkSamples(what string, v []float32) error {
	if len(v) == 0 {
		return errors.Wrapf(ErrEvidence, "no %ss", what)
	}
	if len(v)%s.Units != 0 {
		return errors.Wrapf(ErrEvidence, "%d %ss are not a whole number of rows of %d units", len(v), what, s.Units)
	}
	if i := firstNonFinite(v); i >= 0 {
		return errors.Wrapf(ErrEvidence, "unit %d: %s for sample %d is %v", i%s.Units, what, i/s.Units, v[i])
	}
	return nil
}

func (s UnitStats) checkTarget() error {
	switch {
	case s.Labels != nil && s.Targets != nil:
		return errors.Wrap(ErrEvidence, "both labels and targets; give one of them")
	case s.Labels == nil && s.Targets == nil:
		return errors.Wrap(ErrEvidence, "neither labels nor targets")
	case s.Labels != nil && len(s.Labels) != s.Samples():
		return errors.Wrapf(ErrEvidence, "%d labels for %d samples", len(s.Labels), s.Samples())
	case s.Targets != nil && len(s.Targets) != s.Samples():
		return errors.Wrapf(ErrEvidence, "%d targets for %d samples", len(s.Targets), s.Samples())
	}
	if i := firstNonFinite(s.Targets); i >= 0 {
		return errors.Wrapf(ErrEvidence, "target of sample %d is %v", i, s.Targets[i])
	}
	if s.Classes > 0 {
		for i, l := range s.Labels {
			if l < 0 || l >= s.Classes {
				return errors.Wrapf(ErrEvidence, "label of sample %d is %d, outside 0 … %d", i, l, s.Classes-1)
			}
		}
	}
	return nil
}

func firstNonFinite(v []float32) int {
	for i, f := range v {
		if f-f != 0 { // NaN for both NaN and Inf
			return i
		}
	}
	return -1
}

func (s UnitStats) where() string { return fmt.Sprintf("layer %q", s.Layer) }
