package criteria

import (
	"math"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// Normalization makes scores of different layers comparable, by dividing each layer's by one number of its own. The
// order within a layer stays.
type Normalization string

// The normalisations. A layer whose divisor is 0, all its scores being 0, is left as it is.
const (
	NormalizeNone Normalization = "none" // compare scores as they are: right where all are changes of the loss
	NormalizeMean Normalization = "mean" // divide by the layer's mean magnitude: how a unit compares with its neighbours
	NormalizeMax  Normalization = "max"  // divide by the layer's largest magnitude
	NormalizeL2   Normalization = "l2"   // divide by √Σs², as Molchanov et al. 2017 do
)

// Normalizations is the table of normalisations.
var Normalizations = settings.NewChoices("normalisation",
	settings.Named[Normalization]{Name: NormalizeNone, Doc: "scores as they are"},
	settings.Named[Normalization]{Name: NormalizeMean, Doc: "divided by the layer's mean magnitude"},
	settings.Named[Normalization]{Name: NormalizeMax, Doc: "divided by the layer's largest magnitude"},
	settings.Named[Normalization]{Name: NormalizeL2, Doc: "divided by the root of the layer's sum of squares"})

// DefaultNormalization is what ScopeGlobal does where scores of different layers have no common unit: nats of what a
// unit says, norms of its weights and shares of zeros are all of other sizes in a wide layer than in a narrow one.
const DefaultNormalization = NormalizeMean

// ResolveNormalization is the normalisation that a selection by the criterion needs: the one asked for, or for ""
// NormalizeNone with ScopeLayer and where the criterion's scores have a common unit, DefaultNormalization otherwise. One
// that would change nothing is an error ([ErrSelection]).
func (c Criterion) ResolveNormalization(scope Scope, n Normalization) (Normalization, error) {
	c, err := c.Find()
	if err != nil {
		return n, err
	}
	if n != "" || scope != ScopeGlobal || c.CommonUnit {
		n, err := Normalizations.Parse(string(n), NormalizeNone)
		if err != nil {
			return n, err
		}
		return n, n.suits(scope)
	}
	return DefaultNormalization, nil
}

// suits is an error where layers are not compared and a normalisation was asked for.
func (n Normalization) suits(scope Scope) error {
	if scope != ScopeGlobal && n != NormalizeNone {
		return errors.Wrapf(ErrSelection, "normalisation %s changes nothing with scope layer; use scope global", n)
	}
	return nil
}

// Normalize returns one layer's scores divided as how says; "" is NormalizeNone. scores are not changed.
func Normalize(scores []float64, how Normalization) ([]float64, error) {
	how, err := Normalizations.Parse(string(how), NormalizeNone)
	if err != nil {
		return nil, err
	}
	out := append([]float64(nil), scores...)
	if how == NormalizeNone {
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
	case NormalizeMean:
		divisor = sum / float64(len(out))
	case NormalizeL2:
		divisor = math.Sqrt(squares)
	}
	for i := range out {
		out[i] /= divisor
	}
	return out, nil
}
