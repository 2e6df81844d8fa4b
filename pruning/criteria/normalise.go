package criteria

import (
	"math"

	"github.com/pkg/errors"
)

// Normalisation makes scores of different layers comparable, by dividing each layer's by one number of its own. The
// order within a layer stays.
type Normalisation string

// The normalisations. A layer whose divisor is 0, all its scores being 0, is left as it is.
const (
	NormaliseNone Normalisation = "none" // compare scores as they are: right where all are changes of the loss
	NormaliseMean Normalisation = "mean" // divide by the layer's mean magnitude: how a unit compares with its neighbours
	NormaliseMax  Normalisation = "max"  // divide by the layer's largest magnitude
	NormaliseL2   Normalisation = "l2"   // divide by √Σs², as Molchanov et al. 2017 do
)

// ParseNormalisation returns the normalisation of a name; NormaliseNone for "".
func ParseNormalisation(name string) (Normalisation, error) {
	if name == "" {
		return NormaliseNone, nil
	}
	return parse(name, "normalisation", []Normalisation{NormaliseNone, NormaliseMean, NormaliseMax, NormaliseL2})
}

// DefaultNormalisation is what ScopeGlobal does where scores of different layers have no common unit: nats of what a
// unit says, norms of its weights and shares of zeros are all of other sizes in a wide layer than in a narrow one.
const DefaultNormalisation = NormaliseMean

// ResolveNormalisation is the normalisation that a selection by the criterion needs: the one asked for, or for ""
// NormaliseNone with ScopeLayer and where the criterion's scores have a common unit, DefaultNormalisation otherwise. One
// that would change nothing is an error ([ErrSelection]).
func (c Criterion) ResolveNormalisation(scope Scope, n Normalisation) (Normalisation, error) {
	if n != "" || scope != ScopeGlobal || c.CommonUnit {
		n, err := ParseNormalisation(string(n))
		if err != nil {
			return n, err
		}
		return n, n.suits(scope)
	}
	return DefaultNormalisation, nil
}

// suits is an error where layers are not compared and a normalisation was asked for.
func (n Normalisation) suits(scope Scope) error {
	if scope != ScopeGlobal && n != NormaliseNone {
		return errors.Wrapf(ErrSelection, "normalisation %s changes nothing with scope layer; use scope global", n)
	}
	return nil
}

// Normalise returns one layer's scores divided as how says; "" is NormaliseNone. scores are not changed.
func Normalise(scores []float64, how Normalisation) ([]float64, error) {
	how, err := ParseNormalisation(string(how))
	if err != nil {
		return nil, err
	}
	out := append([]float64(nil), scores...)
	if how == NormaliseNone {
		return out, nil
	}
	// First by the largest, so that neither sums nor squares overflow.
	largest := 0.0
	for _, v := range out {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 {
		return out, nil
	}
	divisor, sum, squares := 1.0, 0.0, 0.0
	for i := range out {
		out[i] /= largest
		sum += math.Abs(out[i])
		squares += out[i] * out[i]
	}
	switch how {
	case NormaliseMean:
		divisor = sum / float64(len(out))
	case NormaliseL2:
		divisor = math.Sqrt(squares)
	}
	for i := range out {
		out[i] /= divisor
	}
	return out, nil
}
