package information

import (
	"fmt"
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

func TestFiveSamples(t *testing.T) {
	x, y := []int{0, 1, 1, 0, 0}, []int{1, 0, 0, 0, 1}
	h := -3.0/5*math.Log(3.0/5) - 2.0/5*math.Log(2.0/5)
	joint := -1.0/5*math.Log(1.0/5) - 4.0/5*math.Log(2.0/5)
	got, err := MutualInformation(x, y, PlugIn)
	near(t, "by hand", got, err, 2*h-joint, exact)
	near(t, "published", got, err, 0.29110, 5e-6)
}

func TestEntropyOfUniformCodes(t *testing.T) {
	for m := 1; m <= 64; m++ {
		var x []int
		for i := range 3 * m {
			x = append(x, i%m-7)
		}
		got, err := Entropy(x, PlugIn)
		near(t, fmt.Sprint(m, " codes"), got, err, math.Log(float64(m)), exact)
		got, err = Entropy(x, MillerMadow)
		near(t, fmt.Sprint(m, " codes, corrected"), got, err, math.Log(float64(m))+float64(m-1)/float64(6*m), exact)
	}
}

// Miller–Madow must remove the bias it was made for: the average over many draws from a known distribution comes
// closer.
func TestMillerMadowRemovesBias(t *testing.T) {
	for _, n := range []int{200, 2000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { millerMadow(t, n) })
	}
}

func millerMadow(t *testing.T, n int) {
	const m, rounds = 16, 100
	r := random.New(1, "miller-madow test")
	var plain, corrected, plainMI, correctedMI float64
	x, y := make([]int, n), make([]int, n)
	var e Scratch
	for range rounds {
		for i := range x {
			x[i], y[i] = r.IntN(m), r.IntN(10)
		}
		for _, s := range []struct {
			sum *float64
			f   func() (float64, error)
		}{
			{&plain, func() (float64, error) { return e.Entropy(x, PlugIn) }},
			{&corrected, func() (float64, error) { return e.Entropy(x, MillerMadow) }},
			{&plainMI, func() (float64, error) { return e.MutualInformation(x, y, PlugIn) }},
			{&correctedMI, func() (float64, error) { return e.MutualInformation(x, y, MillerMadow) }},
		} {
			v, err := s.f()
			if err != nil {
				t.Fatal(err)
			}
			*s.sum += v / rounds
		}
	}
	if n == 200 {
		near(t, "sparse: plug-in bias", plainMI, nil, 0.40, 0.01)
		near(t, "sparse: taken off", plainMI-correctedMI, nil, 0.22, 0.01)
		return
	}
	truth := math.Log(m)
	near(t, "plug-in bias", truth-plain, nil, float64(m-1)/float64(2*n), 0.0004)
	near(t, "corrected entropy", corrected, nil, truth, 0.0004)
	near(t, "plug-in bias of the mutual information", plainMI, nil, 15.0*9/float64(2*n), 0.003)
	near(t, "corrected mutual information", correctedMI, nil, 0, 0.003)
}

// I for p(y=1) = p, x uniform on (−1,1) where y = 0 and on (0,2) where y = 1: H(X) − ln 2.
func TestRossOnOverlappingUniforms(t *testing.T) {
	published := map[float64]float64{0.3: 0.3054, 0.5: 0.3466, 0.7: 0.3054}
	for _, p := range []float64{0.3, 0.5, 0.7} {
		theory := -0.5*((1-p)*math.Log((1-p)/2)+p*math.Log(p/2)+math.Log(0.5)) - math.Ln2
		near(t, "formula", theory, nil, published[p], 5e-5)
		r := random.New(2, "uniforms", fmt.Sprint(p))
		x, y := make([]float64, 10000), make([]int, 10000)
		for i := range x {
			x[i] = 2*r.Float64() - 1
			if r.Float64() < p {
				x[i]++
				y[i] = 1
			}
		}
		for _, k := range []int{3, 5, 7} {
			got, err := Ross(x, y, k)
			near(t, fmt.Sprintf("p = %v, k = %d", p, k), got, err, theory, 0.02)
		}
	}
}

func TestNormalPair(t *testing.T) {
	for _, rho := range []float64{0, 0.5, -0.9} {
		theory, err := Gaussian(rho)
		near(t, "Gaussian", theory, err, -0.5*math.Log(1-rho*rho), exact)
		if rho == 0.5 {
			near(t, "published", theory, err, 0.1438, 5e-5)
		}
		r := random.New(3, "normal pair")
		x, y := make([]float64, 10000), make([]float64, 10000)
		for i := range x {
			x[i] = r.NormFloat64()
			y[i] = 10 * (rho*x[i] + math.Sqrt(1-rho*rho)*r.NormFloat64())
		}
		x, err = Jitter(x, x, 1)
		if err != nil {
			t.Fatal(err)
		}
		y, err = Jitter(y, y, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []int{3, 7} {
			got, err := KSG(x, y, k)
			near(t, fmt.Sprintf("KSG at ρ = %v, k = %d", rho, k), got, err, theory, 0.025)
		}
		got, err := Correlation(x, y)
		near(t, "correlation", got, err, rho, 0.02)
	}
	if v, err := Gaussian(1); err != nil || !math.IsInf(v, 1) {
		t.Errorf("Gaussian(1) = %v, %v; want +Inf", v, err)
	}
	if v, err := Gaussian(0); err != nil || v != 0 || math.Signbit(v) {
		t.Errorf("Gaussian(0) = %v, %v; want 0", v, err)
	}
}

// A ReLU unit that fires (uniformly, the same for all) with a probability q(y) that depends on the class knows exactly
// what the coin knows: H(mean q) − ⟨H(q)⟩. The mass at zero makes this hopeless without jitter.
func TestRossOnReLUWithJitter(t *testing.T) {
	entropy := func(p float64) float64 { return -p*math.Log(p) - (1-p)*math.Log(1-p) }
	theory := entropy(0.5) - (entropy(0.2)+entropy(0.8))/2
	r := random.New(4, "relu")
	x, y := make([]float64, 10000), make([]int, 10000)
	for i := range x {
		y[i] = r.IntN(2)
		if r.Float64() < 0.2+0.6*float64(y[i]) {
			x[i] = 1 + r.Float64()
		}
	}
	bare, err := Ross(x, y, 3)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(bare-theory) < 0.1 {
		t.Errorf("without jitter: %v, near the truth %v; the test no longer shows why jitter is needed", bare, theory)
	}
	jittered, err := Jitter(nil, x, 5)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Ross(jittered, y, 3)
	near(t, "with jitter", got, err, theory, 0.03)
	for _, how := range []Binning{EqualWidth, EqualFrequency} {
		codes, _, err := Discretize(nil, x, 16, how)
		if err != nil {
			t.Fatal(err)
		}
		binned, err := MutualInformation(codes, y, MillerMadow)
		near(t, "binned, "+string(how), binned, err, theory, 0.01)
	}
}

// ψ at whole numbers, from a table of 20 digits.
func TestPsi(t *testing.T) {
	var e Scratch
	e.extendPsi(3)
	e.extendPsi(100000) // growing must not change what was there
	for n, want := range map[int]float64{
		1: -0.57721566490153286061, 2: 0.42278433509846713939, 3: 0.92278433509846713939,
		10: 2.2517525890667211077, 100: 4.6001618527380874002, 100000: 11.512920464961896,
	} {
		near(t, fmt.Sprint("ψ(", n, ")"), e.psi[n], nil, want, 4e-15*math.Abs(want))
	}
	if len(e.psi) != 100001 {
		t.Errorf("%d entries", len(e.psi))
	}
}

func TestKullbackLeibler(t *testing.T) {
	got, err := KullbackLeibler([]float64{0.5, 0.5}, []float64{0.25, 0.75})
	near(t, "by hand", got, err, 0.5*math.Log(2)+0.5*math.Log(2.0/3), exact)
	got, err = KullbackLeibler([]float64{0, 1}, []float64{0.5, 0.5})
	near(t, "0·ln 0 = 0", got, err, math.Ln2, exact)
	got, err = KullbackLeibler([]float64{0.2, 0.8}, []float64{0.2, 0.8})
	near(t, "itself", got, err, 0, 0)
	if got, err = KullbackLeibler([]float64{0.5, 0.5}, []float64{0, 1}); err != nil || !math.IsInf(got, 1) {
		t.Errorf("excluded outcome: %v, %v; want +Inf", got, err)
	}
}

func TestPermutationTest(t *testing.T) {
	const n = 500
	r := random.New(6, "permutation")
	x, copied, unrelated := make([]int, n), make([]int, n), make([]int, n)
	for i := range x {
		x[i] = r.IntN(8)
		copied[i] = (x[i] + r.IntN(4)) % 8
		unrelated[i] = r.IntN(8)
	}
	test := func(y []int, seed uint64) Null {
		null, err := PermutationTest(y, 199, seed, func(y []int) (float64, error) {
			return MutualInformation(x, y, PlugIn)
		})
		if err != nil {
			t.Fatal(err)
		}
		return null
	}
	if null := test(copied, 1); null.P != 1.0/200 {
		t.Errorf("dependent: p = %v, want the least there is, 1/200", null.P)
	}
	null := test(unrelated, 1)
	if null.P < 0.05 {
		t.Errorf("independent: p = %v", null.P)
	}
	// Under independence 2N·I is about χ² with 49 degrees of freedom: mean 49, deviation √98.
	near(t, "mean of the null", null.Mean, nil, 49.0/(2*n), 0.004)
	near(t, "deviation of the null", null.StdDev, nil, math.Sqrt(98)/(2*n), 0.002)
	q, err := null.Quantile(0.95)
	near(t, "95% of the null", q, err, 66.34/(2*n), 0.006)
	if again := test(unrelated, 1); fmt.Sprint(again) != fmt.Sprint(null) {
		t.Error("the same seed gave other shuffles")
	}
	if other := test(unrelated, 2); fmt.Sprint(other) == fmt.Sprint(null) {
		t.Error("another seed gave the same shuffles")
	}
	low, err := null.Quantile(0)
	near(t, "quantile 0", low, err, null.Shuffled[0], 0)
	high, err := null.Quantile(1)
	near(t, "quantile 1", high, err, null.Shuffled[198], 0)
}
