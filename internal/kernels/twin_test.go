package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// Every assembly function is compared with its plain Go twin, over lengths, alignments and values that rapid chooses.
func TestAssemblyAgreesWithItsTwin(t *testing.T) {
	t.Run("float32", twins[float32])
	t.Run("float64", twins[float64])
}

func twins[T Float](t *testing.T) {
	goOps := Portable[T]()
	forEachISA(t, func(t *testing.T) {
		asm := *OpsOf[T]()
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.OneOf(rapid.IntRange(0, 70), rapid.IntRange(0, 400)).Draw(t, "n")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			special := rapid.SliceOfN(rapid.IntRange(0, 399), 0, 4).Draw(t, "special")
			a, b := kerneltest.Randoms[T](r, n, 5), kerneltest.Randoms[T](r, n, 5)
			for i, at := range special {
				if at < n {
					v := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[i]
					a[at] = T(v)
				}
			}
			s := T(r.NormFloat64())
			compare := func(name string, ulps float64, run func(o *Ops[T], dst []T)) {
				got, want := kerneltest.Randoms[T](r, n+3, 1), make([]T, n+3)
				copy(want, got)
				run(&asm, got[:n])
				run(&goOps, want[:n])
				for i := range want {
					g, w := float64(got[i]), float64(want[i])
					if g == w || math.IsNaN(g) && math.IsNaN(w) {
						continue
					}
					if !(math.Abs(g-w) <= ulps*kerneltest.Eps[T]()*(math.Abs(w)+1e-30)) {
						t.Fatalf("%s: element %d of %d is %v, in Go %v", name, i, n, g, w)
					}
				}
			}
			for name, f := range map[string]func(o *Ops[T]) func(dst, a, b []T){
				"add": func(o *Ops[T]) func(dst, a, b []T) { return o.Add },
				"sub": func(o *Ops[T]) func(dst, a, b []T) { return o.Sub },
				"mul": func(o *Ops[T]) func(dst, a, b []T) { return o.Mul },
				"div": func(o *Ops[T]) func(dst, a, b []T) { return o.Div },
			} {
				compare(name, 0, func(o *Ops[T], dst []T) { f(o)(dst, a, b) })
			}
			for name, f := range map[string]func(o *Ops[T]) func(dst, a []T, s T){
				"addScalar": func(o *Ops[T]) func(dst, a []T, s T) { return o.AddScalar },
				"scale":     func(o *Ops[T]) func(dst, a []T, s T) { return o.Scale },
				"maxScalar": func(o *Ops[T]) func(dst, a []T, s T) { return o.MaxScalar },
			} {
				compare(name, 0, func(o *Ops[T], dst []T) { f(o)(dst, a, s) })
			}
			for name, f := range map[string]func(o *Ops[T]) func(dst, a []T){
				"exp":    func(o *Ops[T]) func(dst, a []T) { return o.Exp },
				"log":    func(o *Ops[T]) func(dst, a []T) { return o.Log },
				"sqrt":   func(o *Ops[T]) func(dst, a []T) { return o.Sqrt },
				"square": func(o *Ops[T]) func(dst, a []T) { return o.Square },
				"neg":    func(o *Ops[T]) func(dst, a []T) { return o.Neg },
				"abs":    func(o *Ops[T]) func(dst, a []T) { return o.Abs },
			} {
				compare(name, 2, func(o *Ops[T], dst []T) { f(o)(dst, a) })
			}
			compare("axpy", 64, func(o *Ops[T], dst []T) { // cancellation: Go rounds the product
				copy(dst, b)
				o.Axpy(s, a, dst)
				for i := range dst {
					dst[i] += T(math.Copysign(20, float64(dst[i])))
				}
			})
			slope := T(0.25)
			for act := range NumActivations {
				name := Activation(act).String()
				compare(name, 5, func(o *Ops[T], dst []T) { o.Act[act](dst, a, slope) })
				// outputs of the activation, so that the gradient is asked for what can occur
				v := kerneltest.Clone(a)
				if Activation(act) != GELU {
					goOps.Act[act](v, a, slope)
				}
				compare(name+" gradient", 64, func(o *Ops[T], dst []T) {
					o.ActGrad[act](dst, b, v, slope)
					for i := range dst {
						dst[i] += T(math.Copysign(1, float64(dst[i])))
					}
				})
			}
			if n > 0 && len(special) == 0 {
				twinReductions(t, &asm, &goOps, a, b)
			}
		})
	})
}

func twinReductions[T Float](t *rapid.T, asm, goOps *Ops[T], a, b []T) {
	n := len(a)
	if g, w := asm.Max(a), goOps.Max(a); g != w {
		t.Fatalf("max of %d is %v, in Go %v", n, g, w)
	}
	tol := 4 * kerneltest.Eps[T]() * float64(n) * 25
	for name, f := range map[string]func(o *Ops[T]) T{
		"dot":        func(o *Ops[T]) T { return o.Dot(a, b) },
		"sum":        func(o *Ops[T]) T { return o.Sum(a) },
		"sumSquares": func(o *Ops[T]) T { return o.SumSquares(a) },
		"sumExp":     func(o *Ops[T]) T { return o.SumExp(a, 5) },
		"expSum":     func(o *Ops[T]) T { return o.ExpSum(make([]T, n), a, 5) },
	} {
		if g, w := f(asm), f(goOps); math.Abs(float64(g-w)) > tol {
			t.Fatalf("%s of %d is %v, in Go %v", name, n, g, w)
		}
	}
	rows := 1 + n%7
	cols := n / rows
	got, want := make([]T, cols), make([]T, cols)
	if cols > 0 {
		asm.AddRows(rows, cols, cols, got, a)
		goOps.AddRows(rows, cols, cols, want, a)
	}
	for j := range want {
		if math.Abs(float64(got[j]-want[j])) > tol {
			t.Fatalf("addRows: column %d of %d×%d is %v, in Go %v", j, rows, cols, got[j], want[j])
		}
	}
}
