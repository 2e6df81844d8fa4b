package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// poolWindow calls f for each tap of the window at oy, ox of a plane; at is -1 in the padding and -2 beyond it.
func poolWindow(s PoolShape, oy, ox int, f func(at int)) {
	for ky := range s.KernelH {
		for kx := range s.KernelW {
			y, x := oy*s.StrideH+ky*s.DilationH-s.PadTop, ox*s.StrideW+kx*s.DilationW-s.PadLeft
			switch {
			case y >= 0 && y < s.Height && x >= 0 && x < s.Width:
				f(y*s.Width + x)
			case y < s.Height+s.PadBottom && x < s.Width+s.PadRight:
				f(-1)
			default:
				f(-2)
			}
		}
	}
}

// checkPooling compares pooling and its gradients with their definitions. x has few different values, so that maxima
// repeat, and some NaNs.
func checkPooling[T kernels.Float](r *rand.Rand, s PoolShape, nans bool) error {
	in, out := s.Height*s.Width, s.OutH*s.OutW
	x, dy := make([]T, s.Planes*in), make([]T, s.Planes*out)
	for i := range x {
		if x[i] = T(r.IntN(9)-4) / 4; nans && r.IntN(20) == 0 {
			x[i] = T(math.NaN())
		}
	}
	for i := range dy {
		dy[i] = T(r.IntN(64) - 32) // sums are exact in any order
	}
	got, dx := make([]T, len(dy)), kerneltest.Randoms[T](r, len(x), 1)
	want, wantDx := make([]float64, len(dy)), make([]float64, len(x))
	for o := range dy {
		p, best := o/out*in, -1
		poolWindow(s, o%out/s.OutW, o%s.OutW, func(at int) {
			if at >= 0 && (best < 0 || x[p+at] > x[best] || x[p+at] != x[p+at]) {
				best = p + at
			}
		})
		if want[o] = math.Inf(-1); best >= 0 {
			want[o] = float64(x[best])
			wantDx[best] += float64(dy[o])
		}
	}
	MaxPool(s, x, got)
	MaxPoolGrad(s, x, dy, dx)
	if err := same("MaxPool", got, want, 0); err != nil {
		return err
	}
	if err := same("MaxPoolGrad", dx, wantDx, 0); err != nil {
		return err
	}
	for _, countPad := range []bool{false, true} {
		clear(wantDx)
		for o := range dy {
			p, sum, inside, padded := o/out*in, 0.0, 0, 0
			poolWindow(s, o%out/s.OutW, o%s.OutW, func(at int) {
				if at >= 0 {
					sum += float64(x[p+at])
					inside++
				} else if at == -1 {
					padded++
				}
			})
			if countPad {
				inside += padded
			}
			inside = max(inside, 1)
			want[o] = sum / float64(inside)
			poolWindow(s, o%out/s.OutW, o%s.OutW, func(at int) {
				if at >= 0 {
					wantDx[p+at] += float64(dy[o]) / float64(inside)
				}
			})
		}
		AvgPool(s, countPad, x, got)
		AvgPoolGrad(s, countPad, dy, dx)
		if err := same("AvgPool", got, want, 8*kerneltest.Eps[T]()); err != nil {
			return err
		}
		if err := same("AvgPoolGrad", dx, wantDx, 200*kerneltest.Eps[T]()); err != nil {
			return err
		}
	}
	return nil
}

// same is near as an error.
func same[T kernels.Float](what string, got []T, want []float64, tol float64) error {
	for i, w := range want {
		if g := float64(got[i]); g != w && !(math.IsNaN(g) && math.IsNaN(w)) && !(math.Abs(g-w) <= tol*(1+math.Abs(w))) {
			return fmt.Errorf("%s: element %d is %v, want %v", what, i, g, w)
		}
	}
	return nil
}

func pooling(planes, height, width, kernel, stride, pad int, ceil bool) PoolShape {
	s := PoolShape{Planes: planes, Height: height, Width: width, KernelH: kernel, KernelW: kernel, StrideH: stride,
		StrideW: stride, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad, DilationH: 1, DilationW: 1}
	s.OutH, s.OutW = s.Out(ceil)
	return s
}

func TestPoolingAgreesWithTheDefinition(t *testing.T) {
	shapes := []PoolShape{
		pooling(3, 24, 24, 2, 2, 0, false), pooling(7, 8, 8, 2, 2, 0, false), pooling(2, 33, 37, 2, 2, 0, true),
		pooling(2, 33, 37, 2, 2, 0, false), pooling(3, 32, 32, 3, 2, 1, false), pooling(3, 15, 15, 3, 2, 0, true),
		pooling(2, 9, 40, 3, 1, 1, false), pooling(5, 8, 8, 8, 1, 0, false), pooling(5, 7, 7, 7, 7, 0, false),
		pooling(0, 4, 4, 2, 2, 0, false), pooling(2, 4, 4, 1, 3, 0, true), pooling(70, 24, 24, 2, 2, 0, false),
	}
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range shapes {
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			for _, nans := range []bool{false, true} {
				if err := checkPooling[float32](r, s, nans); err != nil {
					t.Errorf("float32 %+v: %v", s, err)
				}
				if err := checkPooling[float64](r, s, nans); err != nil {
					t.Errorf("float64 %+v: %v", s, err)
				}
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			dim := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
			s := PoolShape{Planes: dim("planes", 1, 3), KernelH: dim("kernelH", 1, 4), KernelW: dim("kernelW", 1, 4),
				StrideH: dim("strideH", 1, 4), StrideW: dim("strideW", 1, 4), DilationH: dim("dilationH", 1, 3),
				DilationW: dim("dilationW", 1, 3)}
			if dim("two", 0, 2) == 0 {
				s.KernelH, s.KernelW, s.StrideH, s.StrideW, s.DilationH, s.DilationW = 2, 2, 2, 2, 1, 1
			}
			coverH, coverW := s.KernelH*s.DilationH, s.KernelW*s.DilationW
			s.Height, s.Width = coverH+dim("height", 0, 20), coverW+dim("width", 0, 40)
			s.PadTop, s.PadBottom = dim("top", 0, coverH-1), dim("bottom", 0, coverH-1)
			s.PadLeft, s.PadRight = dim("left", 0, coverW-1), dim("right", 0, coverW-1)
			s.OutH, s.OutW = s.Out(rapid.Bool().Draw(t, "ceil"))
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			nans := rapid.Bool().Draw(t, "nans")
			if err := checkPooling[float32](r, s, nans); err != nil {
				t.Fatalf("float32: %v", err)
			}
			if err := checkPooling[float64](r, s, nans); err != nil {
				t.Fatalf("float64: %v", err)
			}
		})
	})
}

// The sizes are those of PyTorch's documentation: with ceil, no window starts in the padding on the right.
func TestPoolShape(t *testing.T) {
	for _, c := range []struct {
		s     PoolShape
		ceil  bool
		h, w  int
		error string
	}{
		{pooling(1, 5, 5, 2, 2, 0, false), false, 2, 2, ""},
		{pooling(1, 5, 5, 2, 2, 0, true), true, 3, 3, ""},
		{pooling(1, 5, 5, 2, 2, 1, true), true, 3, 3, ""}, // not 4
		{pooling(1, 2, 2, 3, 1, 0, false), false, 0, 0, "pooling: a window of 3×3 does not fit a padded plane of 2×2"},
		{pooling(1, 5, 5, 2, 2, 2, false), false, 4, 4,
			"pooling: padding 2, 2, 2, 2 is not smaller than the window of 2×2"},
	} {
		if h, w := c.s.Out(c.ceil); h != c.h || w != c.w {
			t.Errorf("%+v: output %d×%d, want %d×%d", c.s, h, w, c.h, c.w)
		}
		if err := c.s.Check(); (err == nil) != (c.error == "") || err != nil && err.Error() != c.error {
			t.Errorf("%+v: error %v, want %q", c.s, err, c.error)
		}
	}
	s := pooling(1, 5, 5, 2, 2, 0, false)
	s.OutH = 4
	if want := "pooling: the output is declared as 4×2, must be 2×2, or rounded up 3×3"; s.Check() == nil ||
		s.Check().Error() != want {
		t.Errorf("error %v, want %q", s.Check(), want)
	}
}

func TestPoolingIsTheSameForAnyThreadsAndAllocatesNothing(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		s := pooling(200, 24, 24, 3, 2, 1, false)
		x, dy := kerneltest.Randoms[float32](r, s.Planes*s.Height*s.Width, 1), kerneltest.Randoms[float32](r, s.Planes*s.OutH*s.OutW, 1)
		var want [4][]float32
		for _, threads := range []int{1, 2, 5} {
			got := [4][]float32{make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(dy)), make([]float32, len(x))}
			step := func() {
				MaxPool(s, x, got[0])
				MaxPoolGrad(s, x, dy, got[1])
				AvgPool(s, true, x, got[2])
				AvgPoolGrad(s, true, dy, got[3])
			}
			kerneltest.WithThreads(threads, func() {
				if a := kerneltest.Allocations(20, step); a != 0 {
					t.Errorf("%d threads: %v allocations a step", threads, a)
				}
			})
			if want[0] == nil {
				want = got
			}
			for p := range got {
				if i := kerneltest.SameBits(got[p], want[p]); i >= 0 {
					t.Errorf("element %d of result %d differs between 1 and %d threads", i, p, threads)
				}
			}
		}
	})
}
