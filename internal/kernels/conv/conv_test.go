package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// convExact is the definition of a convolution in float64, with the sums of absolute values that bound its rounding
// errors: what every pass is compared with.
type convExact struct {
	ConvShape
	x, w, dy          []float64
	out, dx, dw       []float64
	absOut, absX, abs []float64
}

func newConvExact(s ConvShape, x, w, dy []float64) *convExact {
	e := &convExact{ConvShape: s, x: x, w: w, dy: dy}
	e.out, e.absOut = make([]float64, len(dy)), make([]float64, len(dy))
	e.dx, e.absX = make([]float64, len(x)), make([]float64, len(x))
	e.dw, e.abs = make([]float64, len(w)), make([]float64, len(w))
	oh, ow := s.Out()
	cg, fg := s.Channels/s.Groups, s.Filters/s.Groups
	for n := range s.Batch {
		for f := range s.Filters {
			for oy := range oh {
				for ox := range ow {
					o := ((n*s.Filters+f)*oh+oy)*ow + ox
					for c := range cg {
						for ky := range s.KernelH {
							for kx := range s.KernelW {
								y, xx := oy*s.StrideH+ky*s.DilationH-s.PadTop, ox*s.StrideW+kx*s.DilationW-s.PadLeft
								if y < 0 || y >= s.Height || xx < 0 || xx >= s.Width {
									continue
								}
								i := ((n*s.Channels+f/fg*cg+c)*s.Height+y)*s.Width + xx
								k := ((f*cg+c)*s.KernelH+ky)*s.KernelW + kx
								e.add(e.out, e.absOut, o, x[i]*w[k])
								e.add(e.dx, e.absX, i, dy[o]*w[k])
								e.add(e.dw, e.abs, k, dy[o]*x[i])
							}
						}
					}
				}
			}
		}
	}
	return e
}

func (*convExact) add(sum, abs []float64, i int, v float64) { sum[i] += v; abs[i] += math.Abs(v) }

// checkConv compares the three passes of a convolution with the definition, within the bound terms·eps·Σ|products| that
// any order of summing fulfils, and looks for writes beyond the results.
func checkConv[T kernels.Float](r *rand.Rand, s ConvShape, bias bool, act kernels.Activation) error {
	c, err := NewConv[T](s)
	if err != nil {
		return err
	}
	oh, ow := s.Out()
	_, _, k := s.group()
	x, w := kerneltest.Randoms[T](r, s.Batch*s.Channels*s.Height*s.Width, 1), kerneltest.Randoms[T](r, s.Filters*k, 1)
	dy := kerneltest.Randoms[T](r, s.Batch*s.Filters*oh*ow, 1)
	var b []T
	if bias {
		b = kerneltest.Randoms[T](r, s.Filters, 1)
	}
	e := newConvExact(s, kerneltest.Widen(x), kerneltest.Widen(w), kerneltest.Widen(dy))
	const guard = 40
	compare := func(what string, terms int, want, abs []float64, run func(dst []T)) error {
		got := make([]T, len(want)+guard)
		kernels.Fill(got, T(math.NaN()))
		run(got[:len(want):len(want)])
		for i, v := range want {
			tol := kerneltest.Eps[T]() * (2*float64(terms+8)*abs[i] + 4*math.Abs(v))
			if g := float64(got[i]); !(math.Abs(g-v) <= tol) {
				return fmt.Errorf("%s: element %d is %v, want %v ± %v", what, i, g, v, tol)
			}
		}
		for _, g := range got[len(want):] {
			if g == g {
				return fmt.Errorf("%s wrote beyond its result", what)
			}
		}
		return nil
	}
	slope := T(0.125)
	want := kerneltest.Clone(e.out)
	for i := range want {
		if bias {
			v := float64(b[i/(oh*ow)%s.Filters])
			want[i] += v
			e.absOut[i] += math.Abs(v)
		}
	}
	kernels.Portable[float64]().Act[act](want, want, float64(slope))
	if err := compare("forward", k, want, e.absOut, func(dst []T) { c.Forward(x, w, b, act, slope, dst) }); err != nil {
		return err
	}
	if err := compare("gradient of the input", s.Filters*s.KernelH*s.KernelW, e.dx, e.absX,
		func(dst []T) { c.GradInput(dy, w, dst) }); err != nil {
		return err
	}
	return compare("gradient of the weights", s.Batch*oh*ow, e.dw, e.abs,
		func(dst []T) { c.GradWeights(x, dy, dst) })
}

func square(batch, channels, size, filters, kernel, stride, pad int) ConvShape {
	return ConvShape{
		Batch: batch, Channels: channels, Height: size, Width: size, Filters: filters, KernelH: kernel, KernelW: kernel,
		StrideH: stride, StrideW: stride, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad,
		DilationH: 1, DilationW: 1, Groups: 1,
	}
}

func grouped(s ConvShape, groups int) ConvShape { s.Groups = groups; return s }

// convShapes are layers of known networks and those that reach each way of computing.
func convShapes() []ConvShape {
	shapes := []ConvShape{
		square(3, 1, 28, 20, 5, 1, 0), square(2, 20, 12, 50, 5, 1, 0), // LeNet-5
		square(2, 3, 32, 16, 3, 1, 1), square(2, 16, 32, 16, 3, 1, 1), square(2, 16, 32, 32, 3, 2, 1), // ResNet
		square(2, 16, 32, 32, 1, 2, 0), square(3, 32, 16, 32, 3, 1, 1), square(3, 64, 8, 64, 3, 1, 1),
		square(1, 3, 33, 7, 7, 2, 3), square(1, 3, 23, 5, 11, 4, 2),
		square(2, 40, 7, 30, 3, 1, 1), square(5, 30, 4, 17, 3, 1, 1), square(9, 33, 2, 13, 3, 1, 1), // narrow
		square(3, 33, 9, 20, 1, 1, 0), square(3, 33, 1, 20, 1, 1, 0), square(1, 70, 1, 3, 1, 1, 0), // 1×1
		square(2, 3, 6, 4, 6, 1, 0), square(17, 2, 5, 3, 5, 3, 0), // one place
		grouped(square(2, 12, 17, 12, 3, 1, 1), 12), grouped(square(2, 12, 17, 24, 3, 2, 1), 12), // depthwise
		grouped(square(2, 12, 9, 18, 3, 1, 1), 3), grouped(square(1, 8, 12, 6, 5, 2, 2), 2),
		square(2, 3, 9, 4, 1, 3, 2), square(1, 2, 5, 3, 2, 1, 4), // padding wider than the kernel
		square(0, 2, 5, 3, 3, 1, 1),
	}
	s := square(2, 3, 20, 7, 3, 1, 0)
	s.DilationH, s.DilationW, s.PadTop, s.PadRight = 3, 2, 4, 1
	t := square(2, 5, 1, 6, 1, 1, 0) // 1-D
	t.Width, t.KernelW, t.StrideW, t.PadLeft = 50, 7, 2, 3
	u := square(1, 4, 19, 5, 3, 1, 1)
	u.Width, u.KernelW, u.StrideH, u.DilationW, u.PadBottom = 26, 2, 3, 3, 5
	return append(shapes, s, t, u)
}

func TestConvAgreesWithTheDefinition(t *testing.T) {
	t.Run("float32", convAgrees[float32])
	t.Run("float64", convAgrees[float64])
}

func convAgrees[T kernels.Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for i, s := range convShapes() {
			if err := checkConv[T](r, s, i%2 == 0, kernels.Activation(i%kernels.NumActivations)); err != nil {
				t.Errorf("%+v: %v", s, err)
			}
		}
	})
}

// drawConv draws any small shape whose kernel fits its image.
func drawConv(t *rapid.T) ConvShape {
	dim := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	groups := rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "groups")
	s := ConvShape{
		Batch: dim("batch", 1, 4), Channels: groups * dim("channels", 1, 5), Filters: groups * dim("filters", 1, 15),
		Height: dim("height", 1, 20), Width: dim("width", 1, 36), KernelH: dim("kernelH", 1, 5),
		KernelW: dim("kernelW", 1, 5), StrideH: dim("strideH", 1, 3), StrideW: dim("strideW", 1, 3),
		DilationH: dim("dilationH", 1, 3), DilationW: dim("dilationW", 1, 3), PadTop: dim("top", 0, 4),
		PadLeft: dim("left", 0, 4), PadBottom: dim("bottom", 0, 4), PadRight: dim("right", 0, 4), Groups: groups,
	}
	if dim("depthwise", 0, 3) == 0 {
		multiplier := dim("multiplier", 1, 3)
		s.Groups, s.Filters = s.Channels, s.Channels*multiplier
	}
	if s.Check() != nil {
		s.Height += s.DilationH * s.KernelH
		s.Width += s.DilationW * s.KernelW
	}
	return s
}

func TestConvProperties(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s := drawConv(t)
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			bias, act := rapid.Bool().Draw(t, "bias"), kernels.Activation(rapid.IntRange(0, kernels.NumActivations-1).Draw(t, "act"))
			if err := checkConv[float32](r, s, bias, act); err != nil {
				t.Fatalf("float32: %v", err)
			}
			if err := checkConv[float64](r, s, bias, act); err != nil {
				t.Fatalf("float64: %v", err)
			}
		})
	})
}

func TestConvBitsDoNotDependOnThreads(t *testing.T) {
	t.Run("float32", convThreads[float32])
	t.Run("float64", convThreads[float64])
}

func convThreads[T kernels.Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		shapes := append(convShapes(), square(1, 16, 32, 32, 3, 1, 1), square(1, 64, 16, 70, 3, 1, 1),
			square(13, 20, 12, 50, 5, 1, 0), square(1, 64, 40, 64, 1, 1, 0),
			square(1, 128, 2, 128, 3, 1, 1), square(3, 128, 2, 130, 3, 1, 1), grouped(square(1, 96, 60, 96, 3, 1, 1), 96))
		for _, s := range shapes {
			c, err := NewConv[T](s)
			if err != nil {
				t.Fatal(err)
			}
			if kernels.ISA() == "portable" && s.Batch*s.macs() > 1<<20 {
				continue // it has but one way, and is slow
			}
			_, _, k := s.group()
			x, w := kerneltest.Randoms[T](r, s.Batch*s.Channels*s.Height*s.Width, 1), kerneltest.Randoms[T](r, s.Filters*k, 1)
			dy, bias := kerneltest.Randoms[T](r, s.Batch*s.Filters*c.outH*c.outW, 1), kerneltest.Randoms[T](r, s.Filters, 1)
			var want [3][]T
			for _, threads := range []int{1, 2, 3, 7} {
				got := [3][]T{make([]T, len(dy)), make([]T, len(x)), make([]T, len(w))}
				kerneltest.WithThreads(threads, func() {
					c.Forward(x, w, bias, kernels.Tanh, 0, got[0])
					c.GradInput(dy, w, got[1])
					c.GradWeights(x, dy, got[2])
				})
				if want[0] == nil {
					want = got
				}
				for p := range got {
					if i := kerneltest.SameBits(got[p], want[p]); i >= 0 {
						t.Fatalf("%+v: element %d of result %d differs between 1 and %d threads", s, i, p, threads)
					}
				}
			}
		}
	})
}

func TestConvAllocatesNothing(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		for _, s := range []ConvShape{
			square(8, 4, 16, 12, 3, 1, 1), square(8, 4, 16, 12, 3, 2, 1), square(9, 16, 4, 12, 3, 1, 1),
			square(8, 16, 16, 12, 1, 1, 0), grouped(square(8, 16, 16, 16, 3, 1, 1), 16), square(3, 16, 1, 12, 1, 1, 0),
		} {
			c, err := NewConv[float32](s)
			if err != nil {
				t.Fatal(err)
			}
			_, _, k := s.group()
			x, w := make([]float32, s.Batch*s.Channels*s.Height*s.Width), make([]float32, s.Filters*k)
			dy, bias := make([]float32, s.Batch*s.Filters*c.outH*c.outW), make([]float32, s.Filters)
			for _, threads := range []int{1, 2} {
				kerneltest.WithThreads(threads, func() {
					if a := kerneltest.Allocations(20, func() {
						c.Forward(x, w, bias, kernels.Tanh, 0, dy)
						c.GradInput(dy, w, x)
						c.GradWeights(x, dy, w)
					}); a != 0 {
						t.Errorf("%+v with %d threads: %v allocations a step", s, threads, a)
					}
				})
			}
		}
	})
}

func TestConvShapeCheck(t *testing.T) {
	ok := square(2, 4, 9, 6, 3, 2, 1)
	if err := ok.Check(); err != nil {
		t.Fatal(err)
	}
	if h, w := ok.Out(); h != 5 || w != 5 {
		t.Errorf("the output is %d×%d, want 5×5", h, w)
	}
	for want, change := range map[string]func(s *ConvShape){
		"convolution: channels is 0, must be at least 1":                               func(s *ConvShape) { s.Channels = 0 },
		"convolution: vertical stride is -1, must be at least 1":                       func(s *ConvShape) { s.StrideH = -1 },
		"convolution: batch is -1, must not be negative":                               func(s *ConvShape) { s.Batch = -1 },
		"convolution: padding at the left is -2, must not be negative":                 func(s *ConvShape) { s.PadLeft = -2 },
		"convolution: 4 channels and 6 filters must both be multiples of the 4 groups": func(s *ConvShape) { s.Groups = 4 },
		"convolution: a kernel that covers 13×3 does not fit a padded image of 11×11":  func(s *ConvShape) { s.DilationH = 6 },
	} {
		s := ok
		change(&s)
		if _, err := NewConv[float32](s); err == nil || err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	huge := ok
	huge.Batch, huge.Height = 1<<30, 1<<30
	if huge.Check() == nil {
		t.Error("2^62 elements were accepted")
	}
}

func TestConvArgsLayout(t *testing.T) {
	for typ, names := range map[reflect.Type]string{ // the order of the constants in asm/conv.go, convgrad.go and convstack.go
		reflect.TypeFor[convArgs]():      "a aStep x offsets k places tiles c cStep bias slope flags",
		reflect.TypeFor[convStackArgs](): "a x xStep offsets k c cStep bytes bias slope flags",
		reflect.TypeFor[convGradArgs]():  "a aStep aImage x xImage images places steps offsets tiles c cStep flags",
	} {
		want := strings.Fields(names)
		if typ.NumField() != len(want) || typ.Size() != 8*uintptr(len(want)) {
			t.Fatalf("%v has %d fields and %d bytes", typ, typ.NumField(), typ.Size())
		}
		for i, n := range want {
			if f := typ.Field(i); f.Name != n || f.Offset != uintptr(8*i) {
				t.Errorf("%v: field %d is %s at %d, want %s at %d", typ, i, f.Name, f.Offset, n, 8*i)
			}
		}
	}
}

func TestConvPanicsOnShortSlices(t *testing.T) {
	c, err := NewConv[float32](square(1, 1, 3, 1, 2, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float32, 9)
	kerneltest.MustPanic(t, "kernels: Conv.Forward: the image has 8 elements, needs 9", func() { c.Forward(v[:8], v, nil, kernels.Identity, 0, v) })
	kerneltest.MustPanic(t, "kernels: Conv.Forward: bias has 0 elements, needs 1", func() { c.Forward(v, v, v[:0], kernels.Identity, 0, v) })
	kerneltest.MustPanic(t, "kernels: Conv.GradInput: the kernel has 3 elements, needs 4", func() { c.GradInput(v, v[:3], v) })
	kerneltest.MustPanic(t, "kernels: Conv.GradWeights: the result has 3 elements, needs 4", func() { c.GradWeights(v, v[:3], v) })
}
