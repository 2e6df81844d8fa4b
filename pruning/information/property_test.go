package information

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// variables draws two discrete variables of one length, of few codes or many.
func variables(t *rapid.T) (x, y []int) {
	n := rapid.IntRange(1, 80).Draw(t, "n")
	code := rapid.OneOf(rapid.IntRange(0, 1), rapid.IntRange(-4, 4), rapid.Int())
	return rapid.SliceOfN(code, n, n).Draw(t, "x"), rapid.SliceOfN(code, n, n).Draw(t, "y")
}

func distinct(x []int) int { return len(slices.Compact(slices.Sorted(slices.Values(x)))) }

func must(t rapid.TB) func(float64, error) float64 {
	return func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t rapid.TB, what string, a, b float64) {
	t.Helper()
	if math.Abs(a-b) > exact {
		t.Fatalf("%s: %.17g and %.17g", what, a, b)
	}
}

func TestLawsOfInformation(t *testing.T) {
	var e Scratch // shared by all draws: no result may depend on what came before
	rapid.Check(t, func(t *rapid.T) {
		x, y := variables(t)
		v := must(t)
		hx, hy := v(e.Entropy(x, PlugIn)), v(e.Entropy(y, PlugIn))
		joint := v(e.JointEntropy(x, y, PlugIn))
		hxy, hyx := v(e.ConditionalEntropy(x, y, PlugIn)), v(e.ConditionalEntropy(y, x, PlugIn))
		i := v(e.MutualInformation(x, y, PlugIn))
		if hx < 0 || hx > math.Log(float64(distinct(x)))+exact {
			t.Fatalf("H = %v for %d codes", hx, distinct(x))
		}
		if distinct(x) == 1 && (hx != 0 || i != 0) {
			t.Fatalf("constant: H = %v, I = %v", hx, i)
		}
		if i < 0 || i > min(hx, hy)+exact {
			t.Fatalf("I = %v, H(X) = %v, H(Y) = %v", i, hx, hy)
		}
		if hxy < 0 || hxy > hx+exact {
			t.Fatalf("H(X|Y) = %v, H(X) = %v", hxy, hx)
		}
		same(t, "I = H(X)+H(Y)−H(X,Y)", i, hx+hy-joint)
		same(t, "I = H(X)−H(X|Y)", i, hx-hxy)
		same(t, "H(X,Y) = H(X)+H(Y|X)", joint, hx+hyx)
		same(t, "symmetry", i, v(e.MutualInformation(y, x, PlugIn)))
		same(t, "I(X;X) = H(X)", v(e.MutualInformation(x, x, PlugIn)), hx)
		same(t, "H(X|X) = 0", v(e.ConditionalEntropy(x, x, PlugIn)), 0)
		for _, c := range []Correction{PlugIn, MillerMadow} {
			same(t, "gain = I", v(e.InformationGain(y, x, c)), v(e.MutualInformation(x, y, c)))
			if fresh := v(MutualInformation(x, y, c)); fresh != v(e.MutualInformation(x, y, c)) {
				t.Fatal("scratch of earlier calls shows in the result")
			}
		}
		n := float64(len(x))
		same(t, "Miller–Madow", v(e.Entropy(x, MillerMadow)), hx+float64(distinct(x)-1)/(2*n))
		mx, my := float64(distinct(x)), float64(distinct(y))
		cells := make(map[[2]int]bool)
		for j := range x {
			cells[[2]int{x[j], y[j]}] = true
		}
		most := min(hx+(mx-1)/(2*n), hy+(my-1)/(2*n), math.Log(mx), math.Log(my))
		same(t, "corrected I", v(e.MutualInformation(x, y, MillerMadow)),
			min(most, max(0, i+(mx+my-float64(len(cells))-1)/(2*n))))
	})
}

func TestRelabellingAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := variables(t)
		v := must(t)
		h, i := v(Entropy(x, PlugIn)), v(MutualInformation(x, y, PlugIn))
		renamed := make([]int, len(x))
		for j, c := range x {
			renamed[j] = -3*c + 11 // odd factor: one to one even where it wraps
		}
		same(t, "H relabelled", v(Entropy(renamed, PlugIn)), h)
		same(t, "I relabelled", v(MutualInformation(renamed, y, PlugIn)), i)
		same(t, "H doubled", v(Entropy(slices.Concat(x, x), PlugIn)), h)
		same(t, "I doubled", v(MutualInformation(slices.Concat(x, x), slices.Concat(y, y), PlugIn)), i)
		merged := make([]int, len(x))
		for j, c := range x {
			merged[j] = c &^ 1
		}
		if less := v(MutualInformation(merged, y, PlugIn)); less > i+exact {
			t.Fatalf("merging codes raised I from %v to %v", i, less)
		}
	})
}

// Both ways of tabulating, and both of renumbering, must agree: here the table is too large for the dense one.
func TestSparseTableEqualsDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(300, 600).Draw(t, "n")
		x, y := make([]int, n), make([]int, n)
		offset := rapid.IntRange(0, n/2).Draw(t, "offset")
		for i := range x {
			x[i] = i / 2 * 1_000_003
			y[i] = (i + offset) / 3 % 290
		}
		// Every value of x occurs twice or (odd n) once, so H(X) is known without a table.
		h := 0.0
		for left := n; left > 0; left -= 2 {
			p := float64(min(left, 2)) / float64(n)
			h -= p * math.Log(p)
		}
		v := must(t)
		same(t, "H", v(Entropy(x, PlugIn)), h)
		same(t, "I", v(MutualInformation(x, y, PlugIn)),
			h+v(Entropy(y, PlugIn))-v(JointEntropy(x, y, PlugIn)))
		cells := make(map[[2]int]int)
		for i := range x {
			cells[[2]int{x[i], y[i]}]++
		}
		var counts []int
		for i := range x { // in order of first appearance, once each
			if c := [2]int{x[i], y[i]}; cells[c] > 0 {
				counts = append(counts, cells[c])
				cells[c] = 0
			}
		}
		same(t, "H(X,Y)", v(JointEntropy(x, y, PlugIn)), entropyOf(counts, n))
	})
}

func reals(t *rapid.T, n int, name string) []float64 {
	value := rapid.OneOf(rapid.Float64Range(-3, 3), rapid.Just(0.0), rapid.SampledFrom([]float64{-1, 1, 2, 2.5}),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64))
	return rapid.SliceOfN(value, n, n).Draw(t, name)
}

func TestBins(t *testing.T) {
	var e Scratch
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		x := reals(t, n, "x")
		bins := rapid.IntRange(2, 40).Draw(t, "bins")
		how := rapid.SampledFrom([]Binning{EqualWidth, EqualFrequency}).Draw(t, "how")
		before := slices.Clone(x)
		codes, m, err := e.Discretize(nil, x, bins, how)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, before) {
			t.Fatal("the data were changed")
		}
		if len(codes) != n || m > bins || m != distinct(codes) || slices.Min(codes) != 0 || slices.Max(codes) != m-1 {
			t.Fatalf("m = %d of %d bins, codes %v", m, bins, codes)
		}
		zeros := 0
		for _, v := range x {
			if v == 0 {
				zeros++
			}
		}
		for i := range x {
			for j := range x {
				if x[i] == x[j] && codes[i] != codes[j] {
					t.Fatalf("%v is in bins %d and %d", x[i], codes[i], codes[j])
				}
				own := zeros > 1 && (x[i] == 0) != (x[j] == 0)
				if own && codes[i] == codes[j] {
					t.Fatalf("0 shares its bin with %v", max(x[i], x[j]))
				}
				if zeros < 2 && x[i] < x[j] && codes[i] > codes[j] {
					t.Fatalf("%v is in bin %d and %v in bin %d", x[i], codes[i], x[j], codes[j])
				}
			}
		}
	})
}

func TestEqualFrequencyIsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfNDistinct(rapid.Float64Range(-10, 10), 2, 100, rapid.ID[float64]).Draw(t, "x")
		bins := rapid.IntRange(2, 20).Draw(t, "bins")
		codes, m, err := Discretize(nil, x, bins, EqualFrequency)
		if err != nil {
			t.Fatal(err)
		}
		count := make([]int, m)
		for _, c := range codes {
			count[c]++
		}
		if m != min(bins, len(x)) || slices.Max(count)-slices.Min(count) > 1 {
			t.Fatalf("%d samples in %d bins: %v", len(x), bins, count)
		}
	})
}

func TestBinsByHand(t *testing.T) {
	for _, c := range []struct {
		how  Binning
		bins int
		x    []float64
		want []int
	}{
		{EqualWidth, 4, []float64{0, 1, 2, 3, 4}, []int{0, 1, 2, 3, 3}},
		{EqualWidth, 3, []float64{0, 0, 0, 1, 2, 3}, []int{0, 0, 0, 1, 2, 2}},           // zero has its own bin
		{EqualWidth, 3, []float64{0, -1, 0, 1}, []int{0, 1, 0, 2}},                      // in the middle too
		{EqualWidth, 4, []float64{0, 0, 1, 100}, []int{0, 0, 1, 2}},                     // the empty bin is closed
		{EqualWidth, 2, []float64{0, 0, 5, 5}, []int{0, 0, 1, 1}},                       //
		{EqualFrequency, 3, []float64{6, 5, 4, 3, 2, 1}, []int{2, 2, 1, 1, 0, 0}},       //
		{EqualFrequency, 3, []float64{1, 7, 7, 7, 7, 9}, []int{0, 1, 1, 1, 1, 2}},       // ties stay together
		{EqualFrequency, 3, []float64{0, 0, 0, 0, 0, 1, 2}, []int{0, 0, 0, 0, 0, 1, 2}}, //
		{EqualFrequency, 9, []float64{4, 4, 4}, []int{0, 0, 0}},
		{EqualWidth, 2, []float64{-math.MaxFloat64, math.MaxFloat64}, []int{0, 1}},
	} {
		got, _, err := Discretize(nil, c.x, c.bins, c.how)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, %d bins of %v: %v, %v; want %v", c.how, c.bins, c.x, got, err, c.want)
		}
	}
}

func TestConstantScoresExactlyZero(t *testing.T) {
	for _, value := range []float64{0, 0.1, -7e300} {
		x, y, labels := make([]float64, 50), make([]float64, 50), make([]int, 50)
		for i := range x {
			x[i], y[i], labels[i] = value, float64(i*i%17), i%3
		}
		x, err := Jitter(nil, x, 1)
		if err != nil {
			t.Fatal(err)
		}
		codes, m, err := Discretize(nil, x, 16, EqualWidth)
		if err != nil || m != 1 {
			t.Fatalf("%d bins, %v", m, err)
		}
		for _, c := range []Correction{PlugIn, MillerMadow} {
			near(t, "entropy", must(t)(Entropy(codes, c)), nil, 0, 0)
			near(t, "mutual information", must(t)(MutualInformation(codes, labels, c)), nil, 0, 0)
			near(t, "information gain", must(t)(InformationGain(labels, codes, c)), nil, 0, 0)
		}
		near(t, "Ross", must(t)(Ross(x, labels, 3)), nil, 0, 0)
		near(t, "KSG", must(t)(KSG(x, y, 3)), nil, 0, 0)
		near(t, "correlation", must(t)(Correlation(x, y)), nil, 0, 0)
	}
}

func TestJitter(t *testing.T) {
	x := []float64{0, 0, 0, 4, 8, 8, 1e-3, 0}
	a, err := Jitter(nil, x, 9)
	if err != nil {
		t.Fatal(err)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(a)))) != len(x) {
		t.Error("ties remain")
	}
	var mean, square float64
	for _, v := range x {
		mean += v / 8
	}
	for _, v := range x {
		square += (v - mean) * (v - mean) / 8
	}
	for i := range a {
		near(t, "scaled", a[i], nil, x[i]/math.Sqrt(square), 1e-8)
	}
	if b, _ := Jitter(nil, x, 9); !slices.Equal(a, b) {
		t.Error("the same seed gave other values")
	}
	if b, _ := Jitter(nil, x, 10); slices.Equal(a, b) {
		t.Error("another seed gave the same values")
	}
	huge, err := Jitter(nil, []float64{1e308, -1e308, 5e307}, 1)
	if err != nil || checkFinite(huge) != nil || math.Abs(huge[0]) > 10 {
		t.Errorf("overflow: %v, %v", huge, err)
	}
}
