package initializers

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

// The shorter side's vectors are orthonormal, times the gain.
func TestOrthogonal(t *testing.T) {
	for _, c := range []struct {
		text string
		fan  Fan
		gain float64
	}{
		{"orthogonal", Dense(1, 1), 1},
		{"orthogonal", Dense(40, 40), 1},
		{"orthogonal", Dense(70, 30), 1},
		{"orthogonal:1.5", Dense(30, 70), 1.5},
		{"orthogonal", Conv(8, 3, 5, 5), 1},
		{"orthogonal:0.5", Conv(50, 2, 3, 3), 0.5},
		{"orthogonal", Dense(1, 9), 1},
	} {
		t.Run(fmt.Sprintf("%s %d×%d", c.text, c.fan.Rows, c.fan.Cols), func(t *testing.T) {
			w := draw[float64](t, lookup(t, c.text), c.fan, c.fan.Rows*c.fan.Cols, Stream(3, "w"))
			vectors, length := c.fan.Rows, c.fan.Cols
			at := func(v, i int) float64 { return w[v*c.fan.Cols+i] }
			if vectors > length {
				vectors, length = length, vectors
				at = func(v, i int) float64 { return w[i*c.fan.Cols+v] }
			}
			for a := range vectors {
				for b := range a + 1 {
					dot, want := 0.0, 0.0
					for i := range length {
						dot += at(a, i) * at(b, i)
					}
					if a == b {
						want = c.gain * c.gain
					}
					if math.Abs(dot-want) > 1e-13 {
						t.Fatalf("vector %d · vector %d = %v, want %v", a, b, dot, want)
					}
				}
			}
		})
	}
}

// Drawn uniformly, each entry of an n × n orthogonal matrix has mean 0 and variance 1/n, and the trace has mean 0 and
// variance 1. Without the correction of signs Householder's Q has a first entry that is never positive.
func TestOrthogonalIsUniform(t *testing.T) {
	const n, draws = 3, 4000
	var first, square, trace, traceSquare float64
	for i := range draws {
		w := draw[float64](t, Orthogonal(), Dense(n, n), n*n, Stream(1, "w"+strconv.Itoa(i)))
		tr := w[0] + w[4] + w[8]
		first, square = first+w[0]/draws, square+w[0]*w[0]/draws
		trace, traceSquare = trace+tr/draws, traceSquare+tr*tr/draws
	}
	// Four standard errors: w₀² has variance 3/(n(n+2)) - 1/n² = 4/45, the trace's square at most 9·1 - 1.
	for _, c := range []struct {
		what             string
		got, want, error float64
	}{
		{"mean of an entry", first, 0, math.Sqrt(1.0 / n / draws)},
		{"mean square of an entry", square, 1.0 / n, math.Sqrt(4.0 / 45 / draws)},
		{"mean trace", trace, 0, math.Sqrt(1.0 / draws)},
		{"mean square of the trace", traceSquare, 1, math.Sqrt(8.0 / draws)},
	} {
		if math.Abs(c.got-c.want) > 4*c.error {
			t.Errorf("%s = %v, want %v ± %v", c.what, c.got, c.want, 4*c.error)
		}
	}
}

// Large enough for the factorisation to use several threads.
func TestOrthogonalThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fan := Dense(400, 300)
	want := draw[float64](t, Orthogonal(), fan, 400*300, Stream(1, "w"))
	for _, threads := range []int{2, 5} {
		runtime.GOMAXPROCS(threads)
		if got := draw[float64](t, Orthogonal(), fan, 400*300, Stream(1, "w")); !slices.Equal(got, want) {
			t.Errorf("%d threads give other bits than 1", threads)
		}
	}
}
