package initializers

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// GlorotUniform draws from U(-b, b), b = gain·√(6 / (In+Out)); gain 1. It keeps the variance of activations and of
// gradients level, as far as both can be, where the nonlinearity is near linear at 0. Also called Xavier.
// Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
func GlorotUniform() Initializer {
	return Initializer{Name: "glorot_uniform", Parameter: "gain", Value: 1,
		Summary: "U(-b, b), b = gain·√(6/(fan_in+fan_out)); for tanh, sigmoid and linear layers",
		Source:  "Glorot and Bengio 2010", fill: uniform(bothFans)}
}

// GlorotNormal draws from N(0, s²), s = gain·√(2 / (In+Out)); gain 1. Source: as [GlorotUniform].
func GlorotNormal() Initializer {
	return Initializer{Name: "glorot_normal", Parameter: "gain", Value: 1,
		Summary: "N(0, s²), s = gain·√(2/(fan_in+fan_out)); for tanh, sigmoid and linear layers",
		Source:  "Glorot and Bengio 2010", fill: normal(bothFans)}
}

// HeUniform draws from U(-b, b), b = gain·√(3 / In); gain √2, which makes up for the half that a rectifier cuts off.
// Also called Kaiming. Source: He et al. 2015, "Delving Deep into Rectifiers".
func HeUniform() Initializer {
	return Initializer{Name: "he_uniform", Parameter: "gain", Value: math.Sqrt2,
		Summary: "U(-b, b), b = gain·√(3/fan_in), gain √2; for ReLU",
		Source:  "He et al. 2015", fill: uniform(fanIn)}
}

// HeNormal draws from N(0, s²), s = gain / √In; gain √2. Source: as [HeUniform].
func HeNormal() Initializer {
	return Initializer{Name: "he_normal", Parameter: "gain", Value: math.Sqrt2,
		Summary: "N(0, s²), s = gain/√fan_in, gain √2; for ReLU",
		Source:  "He et al. 2015", fill: normal(fanIn)}
}

// LeCunUniform draws from U(-b, b), b = gain·√(3 / In); gain 1.
// Source: LeCun et al. 1998, "Efficient BackProp"; for SELU, Klambauer et al. 2017.
func LeCunUniform() Initializer {
	return Initializer{Name: "lecun_uniform", Parameter: "gain", Value: 1,
		Summary: "U(-b, b), b = gain·√(3/fan_in); for SELU",
		Source:  "LeCun et al. 1998", fill: uniform(fanIn)}
}

// LeCunNormal draws from N(0, s²), s = gain / √In; gain 1. It is not truncated. Source: as [LeCunUniform].
func LeCunNormal() Initializer {
	return Initializer{Name: "lecun_normal", Parameter: "gain", Value: 1,
		Summary: "N(0, s²), s = gain/√fan_in; for SELU",
		Source:  "LeCun et al. 1998", fill: normal(fanIn)}
}

// variance is a weight's variance at gain 1.
type variance func(Fan) (float64, error)

func fanIn(f Fan) (float64, error) {
	if f.In < 1 {
		return 0, errors.Errorf("fan-in is %d, want at least 1", f.In)
	}
	return 1 / float64(f.In), nil
}

func bothFans(f Fan) (float64, error) {
	if f.In < 1 || f.Out < 1 {
		return 0, errors.Errorf("fan-in is %d and fan-out %d, want at least 1 each", f.In, f.Out)
	}
	return 2 / (float64(f.In) + float64(f.Out)), nil
}

// uniform scales U(-1, 1), whose variance is 1/3.
func uniform(of variance) func([]float64, Fan, float64, *rand.Rand) error {
	return func(dst []float64, fan Fan, gain float64, r *rand.Rand) error {
		v, err := of(fan)
		if err != nil {
			return err
		}
		bound := gain * math.Sqrt(3*v)
		for i := range dst {
			dst[i] = bound * (2*r.Float64() - 1)
		}
		return nil
	}
}

func normal(of variance) func([]float64, Fan, float64, *rand.Rand) error {
	return func(dst []float64, fan Fan, gain float64, r *rand.Rand) error {
		v, err := of(fan)
		if err != nil {
			return err
		}
		std := gain * math.Sqrt(v)
		for i := range dst {
			dst[i] = std * r.NormFloat64()
		}
		return nil
	}
}
