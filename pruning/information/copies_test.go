package information

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// drawn makes n samples of a kind: a variable and its class.
func drawn(r *rand.Rand, kind string, n int) (x []float64, y []int) {
	x, y = make([]float64, n), make([]int, n)
	for i := range x {
		switch y[i] = r.IntN(5); kind {
		case "independent":
			x[i] = r.NormFloat64()
		case "normals":
			x[i] = r.NormFloat64() + float64(y[i])
		case "heavy tails":
			x[i] = r.NormFloat64() / r.NormFloat64()
		case "far from zero":
			x[i] = 1000 + r.NormFloat64() + float64(y[i])
		case "relu":
			x[i] = max(0, r.NormFloat64()+float64(y[i])/2-1)
		case "noisy relu":
			x[i] = max(0, r.NormFloat64())
		}
	}
	return x, y
}

// repeat appends copies of some rows.
func repeat[T any](x []T, rows []int) []T {
	x = slices.Clone(x)
	for _, i := range rows {
		x = append(x, x[i])
	}
	return x
}

// copying says which rows are copied.
func copying(r *rand.Rand, n int, how string) (rows []int) {
	switch how {
	case "twice", "five times":
		for range map[string]int{"twice": 1, "five times": 4}[how] {
			for i := range n {
				rows = append(rows, i)
			}
		}
	case "5%":
		rows = r.Perm(n)[:n/20]
	case "50%":
		rows = r.Perm(n)[:n/2]
	case "some often":
		for _, i := range r.Perm(n)[:n/4] {
			for range 1 + r.IntN(9) {
				rows = append(rows, i)
			}
		}
	}
	return rows
}

// An estimate with copies is that without, within what one draw differs from another.
func TestRossOfCopies(t *testing.T) {
	for _, kind := range []string{"independent", "normals", "heavy tails", "far from zero", "relu", "noisy relu"} {
		for _, how := range []string{"twice", "five times", "5%", "50%", "some often"} {
			for _, n := range []int{500, 2000} {
				r := random.New(1, kind, how, fmt.Sprint(n))
				x, y := drawn(r, kind, n)
				once := jitteredRoss(t, x, y)
				rows := copying(r, n, how)
				got := jitteredRoss(t, repeat(x, rows), repeat(y, rows))
				tolerance := 0.03
				if kind == "relu" || kind == "noisy relu" { // which of the zeros are copies can only be guessed
					tolerance = 0.12
				}
				if n == 2000 {
					tolerance /= 2
				}
				if math.Abs(got-once) > tolerance {
					t.Errorf("%s, %d rows, %s: %.4f, once %.4f", kind, n, how, got, once)
				}
			}
		}
	}
}

func jitteredRoss(t *testing.T, x []float64, y []int) float64 {
	t.Helper()
	j, err := Jitter(nil, x, 7)
	if err != nil {
		t.Fatal(err)
	}
	return must(t)(Ross(j, y, 3))
}

// Copies that were augmented by less than 1e-7 are copies, and rows that are twice there without jitter too.
func TestRossOfAugmentedCopies(t *testing.T) {
	r := random.New(2, "augmented")
	x, y := drawn(r, "independent", 1000)
	once := jitteredRoss(t, x, y)
	rows := copying(r, 1000, "twice")
	exactly := must(t)(Ross(repeat(x, rows), repeat(y, rows), 3))
	augmented := repeat(x, rows)
	for i := range augmented {
		augmented[i] += 2e-7 * (r.Float64() - 0.5)
	}
	for what, got := range map[string]float64{"exact": exactly, "augmented": jitteredRoss(t, augmented, repeat(y, rows))} {
		if math.Abs(got-once) > 0.02 {
			t.Errorf("%s copies: %.4f, once %.4f", what, got, once)
		}
	}
}

// A rare class that is oversampled counts as much as its samples, and tells no more than its rows: the mean estimate of
// many draws is that for two normals with these shares, by integration.
func TestRossOfAnOversampledClass(t *testing.T) {
	density := func(v, at float64) float64 { return math.Exp(-(v-at)*(v-at)/2) / math.Sqrt(2*math.Pi) }
	for _, apart := range []float64{0, 1.5} {
		for _, c := range []struct{ often, rare, copies int }{{1800, 200, 9}, {900, 100, 30}, {2000, 50, 40}, {1000, 500, 2}} {
			share := float64(c.rare*c.copies) / float64(c.often+c.rare*c.copies)
			truth := 0.0
			for v := -8.0; v < 10; v += 0.001 {
				a, b := density(v, 0)*(1-share), density(v, apart)*share
				truth += 0.001 * (a*math.Log(a/(1-share)/(a+b)) + b*math.Log(b/share/(a+b)))
			}
			const draws = 20
			mean := 0.0
			for draw := range uint64(draws) {
				r := random.New(draw, "oversampled")
				var x, once, weight []float64
				var y, of []int
				for i := range c.often + c.rare {
					v, class, n := r.NormFloat64(), 0, 1
					if i >= c.often {
						v, class, n = v+apart, 1, c.copies
					}
					once, of, weight = append(once, v), append(of, class), append(weight, float64(n))
					for range n {
						x, y = append(x, v), append(y, class)
					}
				}
				got := jitteredRoss(t, x, y)
				mean += got / draws
				if by := must(t)(RossWeighted(once, of, weight, 3)); math.Abs(got-by) > 0.01 {
					t.Errorf("%+v: with copies %.6f, weighted %.6f", c, got, by)
				}
				for i := range weight {
					weight[i] *= 7.5
				}
				if by := must(t)(RossWeighted(once, of, weight, 3)); math.Abs(got-by) > 0.01 {
					t.Errorf("%+v: with copies %.6f, weighted in another unit %.6f", c, got, by)
				}
			}
			if math.Abs(mean-truth) > 0.02 {
				t.Errorf("%v apart, %+v: mean %.4f, truth %.4f", apart, c, mean, truth)
			}
		}
	}
}

// Equal weights are none.
func TestEqualWeightsAreNone(t *testing.T) {
	r := random.New(4, "equal weights")
	for _, kind := range []string{"independent", "normals", "noisy relu"} {
		x, y := drawn(r, kind, 300)
		w := make([]float64, len(x))
		for i := range w {
			w[i] = 2.5
		}
		if a, b := must(t)(RossWeighted(x, y, w, 3)), must(t)(Ross(x, y, 3)); a != b {
			t.Errorf("%s: %v and %v", kind, a, b)
		}
		w[3] = 2.5 * (1 + 1e-9) // the other formula, for all but the same
		if a, b := must(t)(RossWeighted(x, y, w, 3)), must(t)(Ross(x, y, 3)); math.Abs(a-b) > 1e-7 {
			t.Errorf("%s: %v and %v", kind, a, b)
		}
	}
}

// Values that repeat because the variable is discrete are no copies: what they know is known exactly.
func TestDiscreteVariablesAreNoCopies(t *testing.T) {
	r := random.New(5, "discrete")
	const n = 4000
	h := func(p ...float64) (sum float64) {
		for _, v := range p {
			sum -= v * math.Log(v)
		}
		return sum
	}
	for _, c := range []struct {
		name  string
		draw  func(i int) (float64, int)
		truth float64
	}{
		{"the class itself", func(i int) (float64, int) { c := r.IntN(3); return float64(c), c }, math.Log(3)},
		{"50 classes, balanced", func(i int) (float64, int) { return float64(i % 50), i % 50 }, math.Log(50)},
		{"two values a class", func(i int) (float64, int) { c := r.IntN(40); return float64(2*c + r.IntN(2)), c }, math.Log(40)},
		{"a bit of ten classes", func(i int) (float64, int) { c := r.IntN(10); return float64(c % 2), c }, math.Ln2},
		{"a noisy bit", func(i int) (float64, int) {
			c := r.IntN(2)
			if r.Float64() < 0.2 {
				return float64(1 - c), c
			}
			return float64(c), c
		}, math.Ln2 - h(0.2, 0.8)},
		{"ages, independent", func(i int) (float64, int) { return float64(r.IntN(80)), r.IntN(2) }, 0},
		{"grades, a balanced design", func(i int) (float64, int) { return float64(i % 8), i / 8 % 4 }, 0},
		{"months, a threshold", func(i int) (float64, int) { m := r.IntN(500); return float64(m), min(1, m/250) }, math.Ln2},
		{"half of it zero", func(i int) (float64, int) {
			if c := r.IntN(2); r.Float64() < 0.25+0.5*float64(c) {
				return r.NormFloat64(), c
			} else {
				return 0, c
			}
		}, math.Ln2 - h(0.25, 0.75)},
	} {
		x, y := make([]float64, n), make([]int, n)
		for i := range x {
			x[i], y[i] = c.draw(i)
		}
		if got := jitteredRoss(t, x, y); math.Abs(got-c.truth) > 0.05 {
			t.Errorf("%s: %.4f, truth %.4f", c.name, got, c.truth)
		}
	}
}

// A unit that is off for one class alone, or saturated, knows it: its point masses are no copies, with copies beside them
// or without.
func TestPointMassesOfOneClassAreNoCopies(t *testing.T) {
	for _, n := range []int{120, 300, 1000, 4000} {
		for name, draw := range map[string]func(r *rand.Rand, c int) float64{
			"off for one of two": func(r *rand.Rand, c int) float64 { return float64(c%2) * (1 + r.Float64()) },
			"off or saturated":   func(r *rand.Rand, c int) float64 { return []float64{0, 1, 0.2 + 0.6*r.Float64()}[c%3] },
			"mostly off for one of two": func(r *rand.Rand, c int) float64 {
				if c%2 == 0 && r.Float64() < 0.7 {
					return 0
				}
				return float64(c%2) + r.Float64()
			},
		} {
			r := random.New(8, name)
			x, y, classes := make([]float64, n), make([]int, n), map[int]float64{}
			of := 2
			if name == "off or saturated" {
				of = 3
			}
			for i := range x {
				y[i] = r.IntN(of)
				x[i] = draw(r, y[i])
				classes[y[i]]++
			}
			truth := 0.0
			for _, m := range classes {
				truth -= m / float64(n) * math.Log(m/float64(n))
			}
			if got := jitteredRoss(t, x, y); math.Abs(got-truth) > 0.05 {
				t.Errorf("%s, %d samples: %.4f, truth %.4f", name, n, got, truth)
			}
			rows := copying(r, n, "50%")
			if got := jitteredRoss(t, repeat(x, rows), repeat(y, rows)); math.Abs(got-truth) > 0.12 {
				t.Errorf("%s, %d samples and copies: %.4f, truth %.4f", name, n, got, truth)
			}
		}
	}
}

// Dependent normals, closed form, and independent ones.
func TestKSGOfCopies(t *testing.T) {
	for _, rho := range []float64{0, 0.5, 0.9} {
		for _, how := range []string{"none", "twice", "five times", "5%", "50%", "some often"} {
			r := random.New(6, how)
			const n = 1500
			x, y := make([]float64, n), make([]float64, n)
			for i := range x {
				x[i] = r.NormFloat64()
				y[i] = rho*x[i] + math.Sqrt(1-rho*rho)*r.NormFloat64()
			}
			truth, err := Gaussian(rho)
			if err != nil {
				t.Fatal(err)
			}
			rows := copying(r, n, how)
			if got := jitteredKSG(t, repeat(x, rows), repeat(y, rows)); math.Abs(got-truth) > 0.06 {
				t.Errorf("ρ = %v, copies: %s: %.4f, truth %.4f", rho, how, got, truth)
			}
		}
	}
	// Zeros of both variables are no copies, with or without copies beside them.
	r := random.New(7, "zeros")
	x, y := make([]float64, 2000), make([]float64, 2000)
	for i := range x {
		x[i], y[i] = max(0, r.NormFloat64()), max(0, r.NormFloat64())
	}
	once := jitteredKSG(t, x, y)
	rows := copying(r, 2000, "twice")
	if twice := jitteredKSG(t, repeat(x, rows), repeat(y, rows)); once > 0.05 || math.Abs(twice-once) > 0.05 {
		t.Errorf("independent ReLUs: %.4f, twice %.4f", once, twice)
	}
}

func jitteredKSG(t *testing.T, x, y []float64) float64 {
	t.Helper()
	x, err := Jitter(nil, x, 7)
	if err != nil {
		t.Fatal(err)
	}
	if y, err = Jitter(nil, y, 8); err != nil {
		t.Fatal(err)
	}
	return must(t)(KSG(x, y, 3))
}
