package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"github.com/gtrain/gtrain/internal/workers"
	"pgregory.net/rapid"
)

// view draws a shape and strides that permute, skip and repeat axes of a larger tensor.
func drawView(t *rapid.T, repeat bool) (shape, strides []int, offset, size int) {
	rank := rapid.IntRange(0, 5).Draw(t, "rank")
	perm := rapid.Permutation([]int{0, 1, 2, 3, 4}[:rank]).Draw(t, "perm")
	shape, strides = make([]int, rank), make([]int, rank)
	size = 1
	places := 1 // of the axes so far, those that repeat and what is skipped included
	for _, k := range perm {
		shape[k] = rapid.IntRange(1, 9).Draw(t, "dim")
		if rapid.IntRange(0, 5).Draw(t, "long") == 0 && places <= 200 { // several long axes would be gigabytes
			shape[k] = rapid.IntRange(30, 70).Draw(t, "dim")
		}
		if repeat && rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
			places *= shape[k]
			continue // stride 0
		}
		skip := rapid.IntRange(1, 2).Draw(t, "skip")
		strides[k] = size * skip
		size *= shape[k] * skip
		places *= shape[k] * skip
	}
	offset = rapid.IntRange(0, 5).Draw(t, "offset")
	return shape, strides, offset, size + offset
}

// each calls f with the coordinates of every element, row-major.
func each(shape []int, f func(i int, index []int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	for i := range n {
		index, rest := make([]int, len(shape)), i
		for k := len(shape) - 1; k >= 0; k-- {
			index[k], rest = rest%shape[k], rest/shape[k]
		}
		f(i, index)
	}
}

func place(index, strides []int) (at int) {
	for k, i := range index {
		at += i * strides[k]
	}
	return at
}

func volume(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// chunks runs items in chunks, as Parallel would.
func chunks(n, grain int, f func(lo, hi int)) {
	for lo := 0; lo < n; lo += grain {
		f(lo, min(lo+grain, n))
	}
}

func TestGatherAndScatter(t *testing.T) {
	r := kerneltest.Rand(t)
	rapid.Check(t, func(t *rapid.T) {
		shape, strides, offset, size := drawView(t, true)
		src := kerneltest.Randoms[float32](r, size+1, 1)
		s := NewStrided(shape, strides, offset)
		got := make([]float32, volume(shape))
		n, _ := s.Items()
		grain := rapid.IntRange(1, n).Draw(t, "grain")
		chunks(n, grain, func(lo, hi int) { Gather(s, got, src, lo, hi) })
		each(shape, func(i int, index []int) {
			if want := src[offset+place(index, strides)]; got[i] != want {
				t.Fatalf("%v at strides %v: element %v is %v, want %v", shape, strides, index, got[i], want)
			}
		})

		shape, strides, offset, size = drawView(t, false)
		s = NewStrided(shape, strides, offset)
		back, want := make([]float64, size+1), make([]float64, size+1)
		values := kerneltest.Randoms[float64](r, volume(shape), 1)
		n, _ = s.Items()
		chunks(n, rapid.IntRange(1, n).Draw(t, "grain"), func(lo, hi int) { Scatter(s, back, values, lo, hi) })
		each(shape, func(i int, index []int) { want[offset+place(index, strides)] = values[i] })
		if i := kerneltest.SameBits(back, want); i >= 0 {
			t.Fatalf("scatter of %v to strides %v: element %d is %v, want %v", shape, strides, i, back[i], want[i])
		}
	})
}

func TestCombine(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		rapid.Check(t, func(t *rapid.T) {
			combine[float32](t, r)
			combine[float64](t, r)
		})
	})
}

func combine[T Float](t *rapid.T, r *rand.Rand) {
	shape, sa, _, na := drawView(t, true)
	sb, nb := make([]int, len(shape)), 1
	for k := len(shape) - 1; k >= 0; k-- {
		if rapid.Bool().Draw(t, "repeat b") {
			sb[k] = nb
			nb *= shape[k]
		}
	}
	a, b := kerneltest.Randoms[T](r, na, 1), kerneltest.Randoms[T](r, nb, 1)
	p := NewBroadcast(shape, sa, sb)
	n, _ := p.Items()
	grain := rapid.IntRange(1, n).Draw(t, "grain")
	for op := range numArithmetic {
		got := make([]T, volume(shape))
		chunks(n, grain, func(lo, hi int) { Combine(p, Arithmetic(op), got, a, b, lo, hi) })
		each(shape, func(i int, index []int) {
			if want := one(Arithmetic(op), a[place(index, sa)], b[place(index, sb)]); got[i] != want {
				t.Fatalf("%v of %v, strides %v and %v: element %v is %v, want %v", Arithmetic(op), shape, sa, sb, index, got[i], want)
			}
		})
	}
}

func TestReduceOver(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		rapid.Check(t, func(t *rapid.T) {
			reduceOver[float32](t, r)
			reduceOver[float64](t, r)
		})
	})
}

func reduceOver[T Float](t *rapid.T, r *rand.Rand) {
	shape, _, _, _ := drawView(t, false)
	over := make([]bool, len(shape))
	to, size, terms := make([]int, len(shape)), 1, 1
	for k := len(shape) - 1; k >= 0; k-- {
		if over[k] = rapid.Bool().Draw(t, "over"); over[k] {
			terms *= shape[k]
		} else {
			to[k] = size
			size *= shape[k]
		}
	}
	x := kerneltest.Randoms[T](r, volume(shape), 1)
	if rapid.IntRange(0, 3).Draw(t, "NaN") == 0 {
		x[len(x)/2] = T(math.NaN())
	}
	sum, least, most := make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range size {
		least[i], most[i] = math.Inf(1), math.Inf(-1)
	}
	each(shape, func(i int, index []int) {
		at, v := place(index, to), float64(x[i])
		sum[at] += v
		least[at], most[at] = min(least[at], v), max(most[at], v)
	})
	p := NewReduction(shape, over)
	n, _ := p.Items()
	grain := rapid.IntRange(1, n).Draw(t, "grain")
	for name, c := range map[string]struct {
		want []float64
		run  func(dst []T, lo, hi int)
		tol  float64
	}{
		"sum":     {sum, func(dst []T, lo, hi int) { SumOver(p, dst, x, lo, hi) }, 4 * kerneltest.Eps[T]() * float64(terms)},
		"maximum": {most, func(dst []T, lo, hi int) { ExtremeOver(p, false, dst, x, lo, hi) }, 0},
		"minimum": {least, func(dst []T, lo, hi int) { ExtremeOver(p, true, dst, x, lo, hi) }, 0},
	} {
		got := make([]T, size)
		chunks(n, grain, func(lo, hi int) { c.run(got, lo, hi) })
		for i, w := range c.want {
			if g := float64(got[i]); !(math.Abs(g-w) <= c.tol) && !(math.IsNaN(g) && math.IsNaN(w)) {
				t.Fatalf("%s of %v over %v: element %d is %v, want %v", name, shape, over, i, g, w)
			}
		}
	}
}

// Work that is shared gives the same bits, for any number of threads.
func TestSharedWorkIsTheSame(t *testing.T) {
	shape := []int{8, 64, 32, 32}
	x := kerneltest.Randoms[float32](kerneltest.Rand(t), volume(shape), 1)
	run := func(name string, size int, items func() (int, int), f func(dst []float32, lo, hi int)) {
		var first []float32
		for _, threads := range []int{1, 2, 5} {
			dst := make([]float32, size)
			kerneltest.WithThreads(threads, func() {
				n, grain := items()
				if n <= grain {
					t.Errorf("%s is not shared: %d items in chunks of %d", name, n, grain)
				}
				workers.Parallel(n, grain, func(lo, hi int) { f(dst, lo, hi) })
			})
			if first == nil {
				first = dst
			} else if i := kerneltest.SameBits(dst, first); i >= 0 {
				t.Errorf("%s, %d threads: element %d is %v, with one %v", name, threads, i, dst[i], first[i])
			}
		}
	}
	for _, over := range [][]bool{{true, false, true, true}, {true, false, false, false}, {false, false, true, true}} {
		r := NewReduction(shape, over)
		size := 1
		for k, d := range shape {
			if !over[k] {
				size *= d
			}
		}
		run(fmt.Sprint("sum over ", over), size, r.Items, func(dst []float32, lo, hi int) { SumOver(r, dst, x, lo, hi) })
	}
	s := NewStrided([]int{8, 32, 32, 64}, []int{65536, 32, 1, 1024}, 0)
	run("transposition", len(x), s.Items, func(dst []float32, lo, hi int) { Gather(s, dst, x, lo, hi) })
}

func TestSelectRows(t *testing.T) {
	r := kerneltest.Rand(t)
	rapid.Check(t, func(t *rapid.T) {
		matrices, size, inner := rapid.IntRange(1, 4).Draw(t, "matrices"), rapid.IntRange(1, 9).Draw(t, "size"), rapid.IntRange(1, 20).Draw(t, "inner")
		indices := rapid.SliceOfN(rapid.IntRange(0, size-1), 1, 12).Draw(t, "indices")
		x, dy := kerneltest.Randoms[float64](r, matrices*size*inner, 1), kerneltest.Randoms[float64](r, matrices*len(indices)*inner, 1)
		got, grad, want := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(x))
		SelectRows(size, inner, indices, got, x, 0, matrices)
		AddSelected(size, inner, indices, grad, dy, 0, matrices)
		for m := range matrices {
			for k, i := range indices {
				for j := range inner {
					from, to := (m*size+i)*inner+j, (m*len(indices)+k)*inner+j
					if got[to] != x[from] {
						t.Fatalf("element %d is %v, want %v", to, got[to], x[from])
					}
					want[from] += dy[to]
				}
			}
		}
		if i := kerneltest.SameBits(grad, want); i >= 0 {
			t.Fatalf("gradient %d is %v, want %v", i, grad[i], want[i])
		}
	})
}

func TestJoinRows(t *testing.T) {
	r := kerneltest.Rand(t)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 5).Draw(t, "rows")
		widths := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 5).Draw(t, "widths")
		parts, total := make([][]float32, len(widths)), 0
		for i, w := range widths {
			parts[i] = kerneltest.Randoms[float32](r, rows*w, 1)
			total += w
		}
		got := make([]float32, rows*total)
		half := rows / 2
		JoinRows(rows, got, parts, half, rows)
		JoinRows(rows, got, parts, 0, half)
		at := 0
		for row := range rows {
			for i, w := range widths {
				for j := range w {
					if got[at] != parts[i][row*w+j] {
						t.Fatalf("element %d is %v, want %v", at, got[at], parts[i][row*w+j])
					}
					at++
				}
			}
		}
	})
}
