package initializers

import (
	"math"
	"slices"
	"testing"
)

// distribution is what an initializer's draws should be: a standard deviation, a bound on |x| (0 for none), the
// excess kurtosis that the sampling error of a variance depends on, and the probability of x·std or less.
type distribution struct {
	std, bound, kurtosis float64
	cdf                  func(x, std float64) float64
}

func uniformOf(bound float64) distribution {
	return distribution{bound / math.Sqrt(3), bound, -1.2, func(x, std float64) float64 {
		return min(max((x/(std*math.Sqrt(3))+1)/2, 0), 1)
	}}
}

func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func normalOf(std float64) distribution {
	return distribution{std, 0, 0, func(x, std float64) float64 { return phi(x / std) }}
}

// truncatedOf is the normal distribution of std s cut at ±2·s; its own std is 0.8796·s (scipy.stats.truncnorm).
func truncatedOf(s float64) distribution {
	return distribution{0.8796256610342398 * s, 2 * s, -0.63, func(x, std float64) float64 {
		z := min(max(x*0.8796256610342398/std, -2), 2)
		return (phi(z) - phi(-2)) / (phi(2) - phi(-2))
	}}
}

// misfit says how many standard errors the sample's mean and variance are off, and the Kolmogorov-Smirnov distance
// times √n. A right sample stays below 4, 4 and 2 but for one time in ten thousand, one in ten thousand, and one in
// fifteen hundred; streams are seeded, so that a test which passes keeps passing.
func misfit(x []float64, d distribution) (mean, variance, ks float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / (n - 1)
	}
	x = slices.Sorted(slices.Values(x))
	for i, v := range x {
		p := d.cdf(v, d.std)
		ks = max(ks, p-float64(i)/n, float64(i+1)/n-p)
	}
	mean = math.Abs(mean) / (d.std / math.Sqrt(n))
	variance = math.Abs(variance/(d.std*d.std)-1) / math.Sqrt((2+d.kurtosis)/n)
	return mean, variance, ks * math.Sqrt(n)
}

func fits(x []float64, d distribution) bool {
	mean, variance, ks := misfit(x, d)
	return mean < 4 && variance < 4 && ks < 2
}

// Fans are 300 in, 100 out; the numbers are written out from the papers' formulas.
func TestDistributions(t *testing.T) {
	dense := Fan{In: 300, Out: 100}
	const n = 40_000
	for _, c := range []struct {
		text string
		fan  Fan
		want distribution
	}{
		{"glorot_uniform", dense, uniformOf(0.12247448713915891)}, // √(6/400)
		{"glorot_uniform:2", dense, uniformOf(0.24494897427831783)},
		{"glorot_normal", dense, normalOf(0.07071067811865475)},        // √(2/400)
		{"he_uniform", dense, uniformOf(0.1414213562373095)},           // √(6/300)
		{"he_normal", dense, normalOf(0.08164965809277260)},            // √(2/300)
		{"he_normal:1", dense, normalOf(0.05773502691896258)},          // √(1/300)
		{"he_normal", Conv(8, 3, 5, 5), normalOf(0.16329931618554520)}, // √(2/75)
		{"lecun_uniform", dense, uniformOf(0.1)},                       // √(3/300)
		{"lecun_normal", dense, normalOf(0.05773502691896258)},         // √(1/300)
		{"truncated_normal", Fan{}, truncatedOf(0.02)},
		{"truncated_normal:0.5", Fan{}, truncatedOf(0.5)},
	} {
		t.Run(c.text, func(t *testing.T) {
			c.fan.Rows, c.fan.Cols = 0, 0 // a sample larger than the weight
			x := draw[float64](t, lookup(t, c.text), c.fan, n, Stream(1, c.text))
			if !fits(x, c.want) {
				mean, variance, ks := misfit(x, c.want)
				t.Errorf("off by %.1f standard errors in mean, %.1f in variance, Kolmogorov-Smirnov %.2f",
					mean, variance, ks)
			}
			if c.want.bound > 0 {
				low, high := slices.Min(x), slices.Max(x)
				if low < -c.want.bound || high > c.want.bound || min(-low, high) < 0.99*c.want.bound {
					t.Errorf("values lie in %v…%v, want nearly all of ±%v", low, high, c.want.bound)
				}
			}
			// The bounds have teeth: a scale 4% off, a mean 4% of a standard deviation off, are found.
			scaled, shifted := slices.Clone(x), slices.Clone(x)
			for i := range x {
				scaled[i] *= 1.04
				shifted[i] += 0.04 * c.want.std
			}
			if fits(scaled, c.want) || fits(shifted, c.want) {
				t.Error("a wrong distribution passes the test")
			}
		})
	}
	// And so is the wrong shape with the right mean and variance.
	x := draw[float64](t, HeUniform(), dense, n, Stream(1, "shape"))
	if he := uniformOf(0.1414213562373095); fits(x, normalOf(he.std)) || !fits(x, he) {
		t.Error("a uniform sample passes for normal")
	}
}

func TestConstants(t *testing.T) {
	for text, want := range map[string]float32{"zeros": 0, "constant": 1, "constant:-0.1": -0.1} {
		for _, v := range draw[float32](t, lookup(t, text), Fan{}, 5, Stream(1, "bias")) {
			if v != want {
				t.Errorf("%s: %v", text, v)
			}
		}
	}
}
