package kernels

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every assembly function is compared with its plain Go twin, over lengths, alignments and values that rapid chooses.
func TestAssemblyAgreesWithItsTwin(t *testing.T) {
	t.Run("float32", twins[float32])
	t.Run("float64", twins[float64])
}

func twins[T Float](t *testing.T) {
	goOps := portableOps[T]()
	forEachISA(t, func(t *testing.T) {
		asm := *opsOf[T]()
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.OneOf(rapid.IntRange(0, 70), rapid.IntRange(0, 400)).Draw(t, "n")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			special := rapid.SliceOfN(rapid.IntRange(0, 399), 0, 4).Draw(t, "special")
			a, b := randoms[T](r, n, 5), randoms[T](r, n, 5)
			for i, at := range special {
				if at < n {
					v := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)}[i]
					a[at] = T(v)
				}
			}
			s := T(r.NormFloat64())
			compare := func(name string, ulps float64, run func(o *ops[T], dst []T)) {
				got, want := randoms[T](r, n+3, 1), make([]T, n+3)
				copy(want, got)
				run(&asm, got[:n])
				run(&goOps, want[:n])
				for i := range want {
					g, w := float64(got[i]), float64(want[i])
					if g == w || math.IsNaN(g) && math.IsNaN(w) {
						continue
					}
					if !(math.Abs(g-w) <= ulps*eps[T]()*(math.Abs(w)+1e-30)) {
						t.Fatalf("%s: element %d of %d is %v, in Go %v", name, i, n, g, w)
					}
				}
			}
			for name, f := range map[string]func(o *ops[T]) func(dst, a, b []T){
				"add": func(o *ops[T]) func(dst, a, b []T) { return o.add },
				"sub": func(o *ops[T]) func(dst, a, b []T) { return o.sub },
				"mul": func(o *ops[T]) func(dst, a, b []T) { return o.mul },
				"div": func(o *ops[T]) func(dst, a, b []T) { return o.div },
			} {
				compare(name, 0, func(o *ops[T], dst []T) { f(o)(dst, a, b) })
			}
			for name, f := range map[string]func(o *ops[T]) func(dst, a []T, s T){
				"addScalar": func(o *ops[T]) func(dst, a []T, s T) { return o.addScalar },
				"scale":     func(o *ops[T]) func(dst, a []T, s T) { return o.scale },
				"maxScalar": func(o *ops[T]) func(dst, a []T, s T) { return o.maxScalar },
			} {
				compare(name, 0, func(o *ops[T], dst []T) { f(o)(dst, a, s) })
			}
			for name, f := range map[string]func(o *ops[T]) func(dst, a []T){
				"exp":    func(o *ops[T]) func(dst, a []T) { return o.exp },
				"log":    func(o *ops[T]) func(dst, a []T) { return o.log },
				"sqrt":   func(o *ops[T]) func(dst, a []T) { return o.sqrt },
				"square": func(o *ops[T]) func(dst, a []T) { return o.square },
				"neg":    func(o *ops[T]) func(dst, a []T) { return o.neg },
				"abs":    func(o *ops[T]) func(dst, a []T) { return o.abs },
			} {
				compare(name, 2, func(o *ops[T], dst []T) { f(o)(dst, a) })
			}
			compare("axpy", 64, func(o *ops[T], dst []T) { // cancellation: Go rounds the product
				copy(dst, b)
				o.axpy(s, a, dst)
				for i := range dst {
					dst[i] += T(math.Copysign(20, float64(dst[i])))
				}
			})
			slope := T(0.25)
			for act := range numActivations {
				name := Activation(act).String()
				compare(name, 5, func(o *ops[T], dst []T) { o.act[act](dst, a, slope) })
				// outputs of the activation, so that the gradient is asked for what can occur
				v := clone(a)
				if Activation(act) != GELU {
					goOps.act[act](v, a, slope)
				}
				compare(name+" gradient", 64, func(o *ops[T], dst []T) {
					o.actGrad[act](dst, b, v, slope)
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

func twinReductions[T Float](t *rapid.T, asm, goOps *ops[T], a, b []T) {
	n := len(a)
	if g, w := asm.max(a), goOps.max(a); g != w {
		t.Fatalf("max of %d is %v, in Go %v", n, g, w)
	}
	tol := 4 * eps[T]() * float64(n) * 25
	for name, f := range map[string]func(o *ops[T]) T{
		"dot":        func(o *ops[T]) T { return o.dot(a, b) },
		"sum":        func(o *ops[T]) T { return o.sum(a) },
		"sumSquares": func(o *ops[T]) T { return o.sumSquares(a) },
		"sumExp":     func(o *ops[T]) T { return o.sumExp(a, 5) },
		"expSum":     func(o *ops[T]) T { return o.expSum(make([]T, n), a, 5) },
	} {
		if g, w := f(asm), f(goOps); math.Abs(float64(g-w)) > tol {
			t.Fatalf("%s of %d is %v, in Go %v", name, n, g, w)
		}
	}
	rows := 1 + n%7
	cols := n / rows
	got, want := make([]T, cols), make([]T, cols)
	if cols > 0 {
		asm.addRows(rows, cols, cols, got, a)
		goOps.addRows(rows, cols, cols, want, a)
	}
	for j := range want {
		if math.Abs(float64(got[j]-want[j])) > tol {
			t.Fatalf("addRows: column %d of %d×%d is %v, in Go %v", j, rows, cols, got[j], want[j])
		}
	}
}

// The committed assembly is what its generator writes.
func TestAssemblyIsUpToDate(t *testing.T) {
	dir := t.TempDir()
	tool := filepath.Join(dir, "asm")
	if out, err := exec.Command("go", "build", "-o", tool, "./asm").CombinedOutput(); err != nil {
		t.Fatalf("building the generator: %v\n%s", err, out)
	}
	src, err := os.ReadFile("isa_amd64.go")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, line := range strings.Split(string(src), "\n") {
		args, found := strings.CutPrefix(line, "//go:generate go run ./asm ")
		if !found {
			continue
		}
		cmd := exec.Command(tool, strings.Fields(args)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPACKAGE=kernels")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("asm %s: %v\n%s", args, err, out)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_amd64.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		fresh, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(filepath.Base(f))
		if err != nil {
			t.Fatal(err)
		}
		if string(fresh) != string(committed) {
			t.Errorf("%s differs from what go generate writes", filepath.Base(f))
		}
		compared++
	}
	generated := 0
	all, err := filepath.Glob("*_amd64.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if text, err := os.ReadFile(f); err != nil {
			t.Fatal(err)
		} else if strings.HasPrefix(string(text), "// Code generated by command") {
			generated++
		}
	}
	if compared == 0 || compared != generated {
		t.Errorf("the generator writes %d files, %d are here", compared, generated)
	}
}
