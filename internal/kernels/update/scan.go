package update

import (
	"math"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// SquaredNorm returns Σg², accumulated in float64 in an order that depends on the length of g alone: the squares of
// each chunk in sixteen sums side by side, and the chunks one after the other.
func SquaredNorm[T kernels.Float](g []T) float64 {
	f := updateOpsOf[T]().squares
	n := len(g)
	if n <= scanChunk {
		return squaresOf(f, g)
	}
	var sum float64
	if j := borrowUpdate[T](n, scanFrom); j != nil {
		chunks := (n + scanChunk - 1) / scanChunk
		if len(j.sums) < chunks {
			j.sums = make([]float64, chunks)
		}
		j.squares, j.x[0] = f, g
		defer j.clear()
		j.team.Run(n, scanChunk, j)
		for _, s := range j.sums[:chunks] {
			sum += s
		}
		return sum
	}
	for lo := 0; lo < n; lo += scanChunk {
		sum += squaresOf(f, g[lo:min(lo+scanChunk, n)])
	}
	return sum
}

// squaresOf adds up the squares of one chunk.
func squaresOf[T kernels.Float](f func(x []T) [16]float64, g []T) float64 {
	s := f(g)
	for i, x := range g[len(g)&^15:] {
		s[i] += float64(float64(x) * float64(x))
	}
	for w := len(s) / 2; w > 0; w /= 2 {
		for i := range w {
			s[i] += s[i+w]
		}
	}
	return s[0]
}

// ScaleGradient multiplies g by k.
func ScaleGradient[T kernels.Float](g []T, k float64) { kernels.Scale(g, g, T(k)) }

// NonFiniteIndex returns the index of the first NaN or infinity in g, or −1.
func NonFiniteIndex[T kernels.Float](g []T) int {
	f := updateOpsOf[T]().residue
	n := len(g)
	if j := borrowUpdate[T](n, scanFrom); j != nil {
		j.residue, j.x[0] = f, g
		j.infinite.Store(false)
		defer j.clear()
		j.team.Run(n, scanChunk, j)
		if !j.infinite.Load() {
			return -1
		}
	}
	for lo := 0; lo < n; lo += scanChunk {
		chunk := g[lo:min(lo+scanChunk, n)]
		if f(chunk) == 0 {
			continue
		}
		for i, x := range chunk {
			if y := float64(x); math.IsNaN(y) || math.IsInf(y, 0) {
				return lo + i
			}
		}
	}
	return -1
}

// ZeroUnkept sets x[i] to 0 wherever keep[i] is false.
func ZeroUnkept[T kernels.Float](x []T, keep []bool) {
	n := len(x)
	if n == 0 {
		return
	}
	kernels.Need("ZeroUnkept", "keep", len(keep), n)
	keep = keep[:n]
	if j := borrowUpdate[T](n, updateFrom); j != nil {
		j.keep, j.x[0] = keep, x
		j.share(n, updateChunk)
		return
	}
	zeroUnkeptGo(x, keep)
}

// zeroUnkeptGo works on the bits, which the compiler selects without a branch: masks are close to random.
func zeroUnkeptGo[T kernels.Float](x []T, keep []bool) {
	if len(x) == 0 {
		return
	}
	keep = keep[:len(x)]
	if kernels.IsF32[T]() {
		zeroUnkeptBits(unsafe.Slice((*uint32)(unsafe.Pointer(&x[0])), len(x)), keep)
	} else {
		zeroUnkeptBits(unsafe.Slice((*uint64)(unsafe.Pointer(&x[0])), len(x)), keep)
	}
}

func zeroUnkeptBits[B uint32 | uint64](x []B, keep []bool) {
	for i, k := range keep[:len(x)] {
		v := x[i]
		if !k {
			v = 0
		}
		x[i] = v
	}
}
