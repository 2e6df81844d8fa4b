package criteria

import "math"

// Normalisation makes scores of different layers comparable, by dividing each layer's by one number of its own. The
// order within a layer stays.
type Normalisation string

// The normalisations. A layer whose divisor is 0, all its scores being 0, is left as it is.
const (
	NormaliseNone Normalisation = "none" // compare scores as they are; right where the unit means the same, as nats do
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
