package information

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Nobody can know more of Y than there is to know, however few the samples are.
func TestInformationIsBoundedForFewSamples(t *testing.T) {
	var e Scratch
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 20).Draw(t, "n")
		code := rapid.IntRange(0, rapid.IntRange(0, 20).Draw(t, "codes"))
		x, y := rapid.SliceOfN(code, n, n).Draw(t, "x"), rapid.SliceOfN(code, n, n).Draw(t, "y")
		v := must(t)
		for _, c := range []Correction{PlugIn, MillerMadow} {
			most := min(v(e.Entropy(x, c)), v(e.Entropy(y, c)))
			for _, i := range []float64{v(e.MutualInformation(x, y, c)), v(e.InformationGain(y, x, c)),
				v(e.MutualInformation(x, x, c))} {
				if i < 0 || i > most && i > v(e.Entropy(x, c)) {
					t.Fatalf("%s: I = %v, min(H(X), H(Y)) = %v", c, i, most)
				}
			}
			if i := v(e.MutualInformation(x, y, c)); i > most || i > math.Log(float64(min(distinct(x), distinct(y))))+exact {
				t.Fatalf("%s: I = %v, min(H(X), H(Y)) = %v, %d and %d codes", c, i, most, distinct(x), distinct(y))
			}
		}
	})
}

// The estimates that exceeded ln 2 and H(Y): two classes in turn, and bins of few values.
func TestCorrectedInformationOfFewSamples(t *testing.T) {
	for _, n := range []int{2, 3, 4, 5, 8, 12, 20} {
		x, y := make([]int, n), make([]int, n)
		for i := range x {
			x[i], y[i] = i, i%2
		}
		i, h := must(t)(MutualInformation(x, y, MillerMadow)), must(t)(Entropy(y, MillerMadow))
		if i > math.Ln2 || i > h || i <= 0 {
			t.Errorf("n = %d: I = %v, H(Y) = %v, ln 2 = %v", n, i, h, math.Ln2)
		}
		if again := must(t)(InformationGain(y, x, MillerMadow)); math.Abs(again-i) > exact {
			t.Errorf("n = %d: information gain %v, mutual information %v", n, again, i)
		}
	}
}

// One value far off takes next to nothing from the entropy of all others.
func TestOutliersDoNotEmptyTheBins(t *testing.T) {
	h := func(x []float64) float64 {
		codes, _, err := Discretize(nil, x, 16, EqualWidth)
		if err != nil {
			t.Fatal(err)
		}
		return must(t)(Entropy(codes, PlugIn))
	}
	for _, n := range []int{20, 50, 200, 1000, 5000} {
		for name, tolerance := range map[string]float64{"normal": 0.15, "uniform": 0.15, "lognormal": 0.4} {
			x := quantiles(t, name, n)
			clean := h(x)
			for _, outliers := range [][]float64{{1e6}, {-1e6}, {1e6, -1e6}, {math.MaxFloat64, -math.MaxFloat64}, {1e6, -1}} {
				if got := h(slices.Concat(x, outliers)); math.Abs(got-clean) > tolerance+2/float64(n) {
					t.Errorf("%d values, %s, and %v: entropy %.3f, without %.3f", n, name, outliers, got, clean)
				}
			}
		}
	}
	// A ReLU unit: zeros are apart, and the outlier is one of the others.
	relu := quantiles(t, "normal", 1000)
	for i, v := range relu {
		relu[i] = max(0, v)
	}
	clean := h(relu)
	if got := h(append(slices.Clone(relu), 1e6)); math.Abs(got-clean) > 0.12 {
		t.Errorf("ReLU and an outlier: %.3f, without %.3f", got, clean)
	}
	// What hardly ever moves knows little, and a constant nothing.
	still := make([]float64, 1000)
	if got := h(still); got != 0 {
		t.Errorf("constant: %v", got)
	}
	for i := range still {
		still[i] = 3.3
	}
	if got := h(still); got != 0 {
		t.Errorf("constant: %v", got)
	}
	still[7] = 1e6
	if got, want := h(still), -0.999*math.Log(0.999)-0.001*math.Log(0.001); math.Abs(got-want) > exact {
		t.Errorf("constant and one outlier: %v, want %v", got, want)
	}
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		if _, _, err := Discretize(nil, []float64{1, 2, bad}, 16, EqualWidth); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
