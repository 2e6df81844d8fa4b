package initializers

import "math/rand/v2"

// Zeros sets every value to 0: for biases.
func Zeros() Initializer {
	return Initializer{Name: "zeros", Summary: "0; for biases",
		fill: func(dst []float64, _ Fan, _ float64, _ *rand.Rand) error {
			clear(dst)
			return nil
		}}
}

// Constant sets every value to its parameter, 1 unless given: for scales of normalisation, or biases.
func Constant() Initializer {
	return Initializer{Name: "constant", Parameter: "value", Value: 1, Summary: "one value, 1 unless given; for scales",
		fill: func(dst []float64, _ Fan, value float64, _ *rand.Rand) error {
			for i := range dst {
				dst[i] = value
			}
			return nil
		}}
}

// truncation is where TruncatedNormal cuts, in standard deviations.
const truncation = 2

// TruncatedNormal draws from N(0, std²) and draws again whatever falls outside ±2·std; std 0.02. Cutting the tails
// leaves a standard deviation of 0.8796·std: std is the parent's, as in JAX. The fan plays no part.
// Source: Devlin et al. 2019, "BERT", for the value.
func TruncatedNormal() Initializer {
	return Initializer{Name: "truncated_normal", Parameter: "std", Value: 0.02,
		Summary: "N(0, std²) within ±2·std, std 0.02; for embeddings and attention",
		Source:  "Devlin et al. 2019",
		fill: func(dst []float64, _ Fan, std float64, r *rand.Rand) error {
			for i := range dst {
				z := r.NormFloat64()
				for z < -truncation || z > truncation {
					z = r.NormFloat64()
				}
				dst[i] = std * z
			}
			return nil
		}}
}
