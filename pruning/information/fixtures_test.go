package information

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// fixtures are what scikit-learn and scipy computed; testdata/generate.py wrote them.
type fixtures struct {
	Discrete []struct {
		Name                       string
		X, Y                       []int
		EntropyX                   float64 `json:"entropy_x"`
		EntropyY                   float64 `json:"entropy_y"`
		Joint, Conditional, Mutual float64
		EntropyMM                  float64 `json:"entropy_mm"`
		JointMM                    float64 `json:"joint_mm"`
		ConditionalMM              float64 `json:"conditional_mm"`
		MutualMM                   float64 `json:"mutual_mm"`
	}
	Table struct {
		X      [][]int
		Y      []int
		Mutual []float64
	}
	Bins []struct {
		Name           string
		X              []float64
		Bins           int
		EqualWidth     []int `json:"equal_width"`
		EqualFrequency []int `json:"equal_frequency"`
	}
	Ross []struct {
		Name   string
		X      []float64
		Y      []int
		K      []int
		Values []float64
	}
	KSG []struct {
		Name   string
		X, Y   []float64
		K      []int
		Values []float64
	}
	Public []struct {
		Name   string
		X, Y   []float64
		Labels []int
		K      int
		Value  float64
	}
	Tails []struct {
		Name     string
		N        int
		Outliers []float64
		Entropy  float64
	}
	Divergence struct {
		P, Q  []float64
		Value float64
	}
}

func load(t *testing.T) fixtures {
	t.Helper()
	raw, err := os.ReadFile("testdata/fixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	var f fixtures
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Discrete) == 0 || len(f.Bins) == 0 || len(f.Ross) == 0 || len(f.KSG) == 0 || len(f.Public) == 0 || len(f.Tails) == 0 {
		t.Fatal("fixtures.json lacks a section")
	}
	return f
}

// exact is the agreement asked of two programs that add the same terms in another order.
const exact = 1e-12

func near(t *testing.T, what string, got float64, err error, want, tolerance float64) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.15g, want %.15g (within %g)", what, got, want, tolerance)
	}
}

func TestDiscreteAgainstScipyAndScikitLearn(t *testing.T) {
	var e Scratch
	for _, c := range load(t).Discrete {
		for _, part := range []struct {
			what       string
			f          func(Correction) (float64, error)
			plain, mm_ float64
		}{
			{"entropy of x", func(k Correction) (float64, error) { return e.Entropy(c.X, k) }, c.EntropyX, c.EntropyMM},
			{"joint entropy", func(k Correction) (float64, error) { return e.JointEntropy(c.X, c.Y, k) }, c.Joint, c.JointMM},
			{"conditional entropy", func(k Correction) (float64, error) { return e.ConditionalEntropy(c.X, c.Y, k) },
				c.Conditional, c.ConditionalMM},
			{"mutual information", func(k Correction) (float64, error) { return e.MutualInformation(c.X, c.Y, k) },
				c.Mutual, c.MutualMM},
			{"information gain", func(k Correction) (float64, error) { return e.InformationGain(c.Y, c.X, k) },
				c.Mutual, c.MutualMM},
		} {
			got, err := part.f(PlugIn)
			near(t, c.Name+": "+part.what, got, err, part.plain, exact)
			got, err = part.f(MillerMadow)
			near(t, c.Name+": corrected "+part.what, got, err, part.mm_, exact)
		}
		got, err := e.Entropy(c.Y, PlugIn)
		near(t, c.Name+": entropy of y", got, err, c.EntropyY, exact)
	}
}

func TestOrderOfScikitLearnsTable(t *testing.T) {
	table := load(t).Table
	var scores []float64
	for i, x := range table.X {
		got, err := MutualInformation(x, table.Y, PlugIn)
		near(t, "column", got, err, table.Mutual[i], exact)
		scores = append(scores, got)
	}
	order := []int{0, 1, 2}
	slices.SortFunc(order, func(a, b int) int {
		if scores[a] > scores[b] {
			return -1
		}
		return 1
	})
	if !slices.Equal(order, []int{0, 2, 1}) {
		t.Errorf("columns from most to least informative: %v, want [0 2 1]", order)
	}
}

func TestBinsAgainstScikitLearn(t *testing.T) {
	for _, c := range load(t).Bins {
		for how, want := range map[Binning][]int{EqualWidth: c.EqualWidth, EqualFrequency: c.EqualFrequency} {
			got, m, err := Discretize(nil, c.X, c.Bins, how)
			if err != nil {
				t.Fatal(err)
			}
			// scikit-learn keeps the numbers of empty bins.
			occupied := slices.Compact(slices.Sorted(slices.Values(want)))
			for i, w := range want {
				want[i], _ = slices.BinarySearch(occupied, w)
			}
			if m != len(occupied) || !slices.Equal(got, want) {
				t.Errorf("%s, %s: %d bins %v\nwant %d bins %v", c.Name, how, m, got, len(occupied), want)
			}
		}
	}
}

func TestRossAgainstScikitLearn(t *testing.T) {
	var e Scratch
	for _, c := range load(t).Ross {
		for i, k := range c.K {
			got, err := e.Ross(c.X, c.Y, k)
			near(t, c.Name, got, err, c.Values[i], exact)
		}
	}
}

func TestKSGAgainstScikitLearn(t *testing.T) {
	var e Scratch
	for _, c := range load(t).KSG {
		for i, k := range c.K {
			got, err := e.KSG(c.X, c.Y, k)
			near(t, c.Name, got, err, c.Values[i], exact)
		}
	}
}

// Jitter followed by Ross or KSG is what mutual_info_classif and mutual_info_regression do, drawn from another
// generator.
func TestJitteredAgainstScikitLearn(t *testing.T) {
	for _, c := range load(t).Public {
		x, err := Jitter(nil, c.X, 1)
		if err != nil {
			t.Fatal(err)
		}
		var got float64
		if c.Labels != nil {
			got, err = Ross(x, c.Labels, c.K)
		} else {
			y, jitterErr := Jitter(nil, c.Y, 2)
			if jitterErr != nil {
				t.Fatal(jitterErr)
			}
			got, err = KSG(x, y, c.K)
		}
		near(t, c.Name, got, err, c.Value, exact)
	}
}

// quantiles are n values that lie as a distribution's do.
func quantiles(t *testing.T, name string, n int) []float64 {
	of, ok := map[string]func(float64) float64{
		"normal":          func(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) },
		"cauchy":          func(u float64) float64 { return math.Tan(math.Pi * (u - 0.5)) },
		"uniform":         func(u float64) float64 { return u - 0.3 },
		"lognormal":       func(u float64) float64 { return math.Exp(math.Sqrt2 * math.Erfinv(2*u-1)) },
		"steep lognormal": func(u float64) float64 { return math.Exp(3 * math.Sqrt2 * math.Erfinv(2*u-1)) },
	}[name]
	if !ok {
		t.Fatalf("no distribution %q", name)
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = of((float64(i) + 0.5) / float64(n))
	}
	return x
}

func TestEntropyOfHeavyTailsAgainstNumpy(t *testing.T) {
	var e Scratch
	for _, c := range load(t).Tails {
		x := append(quantiles(t, c.Name, c.N), c.Outliers...)
		codes, _, err := e.Discretize(nil, x, 16, EqualWidth)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Entropy(codes, PlugIn)
		near(t, fmt.Sprintf("%s, %d values, outliers %v", c.Name, c.N, c.Outliers), got, err, c.Entropy, exact)
	}
}

func TestKullbackLeiblerAgainstScipy(t *testing.T) {
	d := load(t).Divergence
	got, err := KullbackLeibler(d.P, d.Q)
	near(t, "divergence", got, err, d.Value, exact)
}
