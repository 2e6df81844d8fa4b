package update

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
)

// updates runs every update kernel, with constants that reach each of its branches; x holds w, g and the slots.
func updates[T kernels.Float]() map[string]func(x [][]T) {
	return map[string]func(x [][]T){
		"sgd":      func(x [][]T) { SGDUpdate(x[0], x[1], 0.1, 0.01) },
		"momentum": func(x [][]T) { MomentumUpdate(x[0], x[1], x[2], 0.1, 0.01, 0.9, 0.5) },
		"nesterov": func(x [][]T) { NesterovUpdate(x[0], x[1], x[2], 0.1, 0.01, 0.9, 1) },
		"adam":     func(x [][]T) { AdamUpdate(x[0], x[1], x[2], x[3], 0.9, 0.99, 0.1, 2, 1e-8, 0.01, 0.99) },
		"amsgrad":  func(x [][]T) { AMSGradUpdate(x[0], x[1], x[2], x[3], x[4], 0.9, 0.5, 0.1, 2, 1e-8, 0.01, 0.99) },
		"nadam":    func(x [][]T) { NAdamUpdate(x[0], x[1], x[2], x[3], 0.9, 0.99, 0.1, 0.2, 2, 1e-8, 0.01) },
		"adamax":   func(x [][]T) { AdamaxUpdate(x[0], x[1], x[2], x[3], 0.9, 0.99, 0.1, 1e-8, 0.01) },
		"adagrad":  func(x [][]T) { AdagradUpdate(x[0], x[1], x[3], 0.1, 1e-10, 0.01) },
		"adadelta": func(x [][]T) { AdadeltaUpdate(x[0], x[1], x[3], x[4], 0.1, 0.9, 1e-6, 0.01) },
		"rmsprop":  func(x [][]T) { RMSPropUpdate(x[0], x[1], x[3], nil, nil, 0.1, 0.9, 0, 1e-8, 0.01) },
		"rmsprop centered with momentum": func(x [][]T) {
			RMSPropUpdate(x[0], x[1], x[3], x[2], x[4], 0.1, 0.9, 0.5, 1e-8, 0.01)
		},
		"rprop":         func(x [][]T) { RpropUpdate(x[0], x[1], x[2], x[4], 0.5, 1.2, 0.01, 1, 0.5) },
		"asgd":          func(x [][]T) { ASGDUpdate(x[0], x[1], x[2], 0.1, 0.99, 1, 0.01) },
		"asgd averaged": func(x [][]T) { ASGDUpdate(x[0], x[1], x[2], 0.1, 0.99, 0.25, 0.01) },
		"clamp":         func(x [][]T) { ClampGradient(x[1], 0.5) },
		"scale":         func(x [][]T) { ScaleGradient(x[1], 0.3) },
		"interpolate":   func(x [][]T) { Interpolate(x[0], x[1], 0.3) },
	}
}

// Slots 2 may be negative, 3 is small and 4 large, so that a variance v − mean² stays positive and a peak can be
// passed.
func operands[T kernels.Float](n int) [][]T {
	x := make([][]T, 5)
	for k := range x {
		x[k] = make([]T, n)
		for i := range n {
			v := math.Sin(float64(7*k + 3*i + 1))
			if i%5 == 4 && k < 3 {
				v = 0
			}
			switch k {
			case 2:
				v *= 0.1
			case 3:
				v = 0.5 + v*v/2
			case 4:
				v = 0.6 + v/2
			}
			x[k][i] = T(v)
		}
	}
	return x
}

// A kernel does to each entry what it does to an entry alone, whatever the length, and touches nothing beyond.
func TestUpdatesAreElementwise(t *testing.T) {
	t.Run("float32", elementwiseUpdates[float32])
	t.Run("float64", elementwiseUpdates[float64])
}

func elementwiseUpdates[T kernels.Float](t *testing.T) {
	for name, run := range updates[T]() {
		for n := range 70 {
			all, one, was := operands[T](n+1), operands[T](n+1), operands[T](n+1)
			short := make([][]T, len(all))
			for k := range all {
				short[k] = all[k][:n]
			}
			run(short)
			for i := range n {
				for k := range one {
					short[k] = one[k][i : i+1]
				}
				run(short)
			}
			changed := false
			for k := range all {
				if !slices.Equal(all[k], one[k]) {
					t.Fatalf("%s, length %d, operand %d: %v, entry by entry %v", name, n, k, all[k], one[k])
				}
				if all[k][n] != was[k][n] {
					t.Fatalf("%s, length %d: writes beyond operand %d", name, n, k)
				}
				changed = changed || !slices.Equal(all[k], was[k])
			}
			if n > 0 && !changed {
				t.Fatalf("%s does nothing", name)
			}
		}
	}
}

func TestUpdatesDoNotAllocate(t *testing.T) {
	x := operands[float32](64)
	for name, run := range updates[float32]() {
		if n := testing.AllocsPerRun(10, func() { run(x) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestSquaredNorm(t *testing.T) {
	for n := range 20 {
		x, want := make([]float32, n), 0.0
		for i := range x {
			x[i] = float32(i + 1)
			want += float64((i + 1) * (i + 1))
		}
		if got := SquaredNorm(x); got != want {
			t.Errorf("length %d: %v, want %v", n, got, want)
		}
	}
	if got := SquaredNorm(slices.Repeat([]float32{1}, 1<<24+3)); got != 1<<24+3 { // more than float32 can count
		t.Errorf("ones: %v", got)
	}
	if got := SquaredNorm([]float32{3e30, 4e30}); math.Abs(math.Sqrt(got)/5e30-1) > 1e-7 {
		t.Errorf("large: %v", math.Sqrt(got))
	}
	if !math.IsNaN(SquaredNorm([]float64{1, math.NaN()})) {
		t.Error("NaN is lost")
	}
}

func TestNonFiniteIndex(t *testing.T) {
	for n := range 12 {
		x := slices.Repeat([]float32{math.MaxFloat32, -math.MaxFloat32, 0, math.SmallestNonzeroFloat32}, 3)[:n]
		if i := NonFiniteIndex(x); i != -1 {
			t.Errorf("length %d: %d", n, i)
		}
		for at := range n {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				y := slices.Clone(x)
				y[at] = float32(bad)
				if i := NonFiniteIndex(y); i != at {
					t.Errorf("%v at %d: %d", bad, at, i)
				}
			}
		}
	}
}

func TestClampKeepsNaN(t *testing.T) {
	x := []float64{-3, -1, 0.5, 2, math.Inf(1), math.Inf(-1), math.NaN()}
	ClampGradient(x, 1)
	if got := fmt.Sprint(x); got != "[-1 -1 0.5 1 1 -1 NaN]" {
		t.Error(got)
	}
}

func TestZeroUnkept(t *testing.T) {
	x := []float64{1, -2, math.NaN(), math.Inf(1), 5}
	ZeroUnkept(x, []bool{true, false, false, false, true})
	if !slices.Equal(x, []float64{1, 0, 0, 0, 5}) || math.Signbit(x[1]) {
		t.Error(x)
	}
}
