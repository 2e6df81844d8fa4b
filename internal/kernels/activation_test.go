package kernels

import (
	"math"
	"math/big"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestActivationNames(t *testing.T) {
	want := []string{"identity", "relu", "leaky_relu", "sigmoid", "tanh", "gelu", "softplus", "rectify"}
	for i, w := range want {
		if got := Activation(i).String(); got != w {
			t.Errorf("Activation(%d) is %q, want %q", i, got, w)
		}
	}
}

func TestActivationsAndGradients(t *testing.T) {
	t.Run("float32", activations[float32])
	t.Run("float64", activations[float64])
}

// Each gradient is compared with the central difference of the float64 definition.
func activations[T Float](t *testing.T) {
	const slope = 0.125
	exact := Portable[float64]()
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for act := range Activation(NumActivations) {
			for _, n := range lengths {
				x, dy := kerneltest.Randoms[T](r, n, 6), kerneltest.Randoms[T](r, n, 1)
				y, dx := make([]T, n), make([]T, n)
				Activate(act, slope, y, x)
				want, lo, hi := make([]float64, n), make([]float64, n), make([]float64, n)
				exact.Act[act](want, kerneltest.Widen(x), slope)
				kerneltest.Near(t, act.String(), y, want, 4*kerneltest.Eps[T]())

				const h = 1e-5
				for i, v := range x {
					if act == ReLU || act == LeakyReLU || act == Rectify {
						if math.Abs(float64(v)) < h {
							x[i], y[i] = 1, 1
						}
					}
					lo[i], hi[i] = float64(x[i])-h, float64(x[i])+h
				}
				exact.Act[act](lo, lo, slope)
				exact.Act[act](hi, hi, slope)
				for i := range want {
					want[i] = float64(dy[i]) * (hi[i] - lo[i]) / (2 * h)
				}
				if act == GELU {
					ActivateGrad(act, slope, dx, dy, x, nil)
				} else {
					ActivateGrad(act, slope, dx, dy, nil, y)
				}
				kerneltest.Near(t, act.String()+" gradient", dx, want, 1e-8+8*kerneltest.Eps[T]())
				ActivateGrad(act, slope, dy, dy, x, y)
				if i := kerneltest.SameBits(dy, dx); i >= 0 {
					t.Fatalf("%v gradient differs in place", act)
				}
			}
		}
	})
}

func TestActivationCorners(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	x := []float64{0, inf, -inf, nan, 1e4, -1e4}
	want := map[Activation][]float64{
		Identity:  x,
		ReLU:      {0, inf, 0, nan, 1e4, 0},
		LeakyReLU: {0, inf, -inf, nan, 1e4, -1e4 / 8},
		Sigmoid:   {0.5, 1, 0, nan, 1, 0},
		Tanh:      {0, 1, -1, nan, 1, -1},
		GELU:      {0, inf, 0, nan, 1e4, 0},
		Softplus:  {math.Ln2, inf, 0, nan, 1e4, 0},
		Rectify:   {0, inf, nan, nan, 1e4, 0},
	}
	wantGrad := map[Activation][]float64{ // dy = 1
		Identity:  {1, 1, 1, 1, 1, 1},
		ReLU:      {0, 1, 0, 0, 1, 0},
		LeakyReLU: {0.125, 1, 0.125, 0.125, 1, 0.125},
		Sigmoid:   {0.25, 0, 0, nan, 0, 0},
		Tanh:      {1, 0, 0, nan, 0, 0},
		GELU:      {0.5, 1, 0, nan, 1, 0},
		Softplus:  {0.5, 1, 0, nan, 1, 0},
		Rectify:   {1, 1, 0, 0, 1, 0},
	}
	forEachISA(t, func(t *testing.T) {
		x32, ones32 := make([]float32, len(x)), make([]float32, len(x))
		ones := make([]float64, len(x))
		for i, v := range x {
			x32[i], ones32[i], ones[i] = float32(v), 1, 1
		}
		for act, w := range want {
			y, y32 := make([]float64, len(x)), make([]float32, len(x))
			Activate(act, 0.125, y, x)
			Activate(act, 0.125, y32, x32)
			kerneltest.Near(t, act.String(), y, w, 1e-15)
			kerneltest.Near(t, act.String(), y32, w, 1e-7)
			g, g32 := make([]float64, len(x)), make([]float32, len(x))
			ActivateGrad(act, 0.125, g, ones, x, y)
			ActivateGrad(act, 0.125, g32, ones32, x32, y32)
			kerneltest.Near(t, act.String()+" gradient", g, wantGrad[act], 1e-15)
			kerneltest.Near(t, act.String()+" gradient", g32, wantGrad[act], 1e-7)
		}
	})
}

// ulps is the distance of got from want in units of the last place of a float32 of want's size.
func ulps(got float32, want float64) float64 {
	switch {
	case math.IsNaN(want) && got != got, float32(want) == got:
		return 0
	case math.IsInf(want, 0) || math.IsInf(float64(got), 0):
		return math.Inf(1)
	}
	exp := max(big.NewFloat(want).MantExp(nil), -125)
	return math.Abs(float64(got)-want) / math.Ldexp(1, exp-24)
}

// float32 functions against package math in float64, over a grid of all exponents and signs.
func TestFloat32FunctionErrors(t *testing.T) {
	erfcTail := func(x float64) float64 {
		if x == math.Inf(-1) {
			return 0
		}
		return x * normalCDF(x)
	}
	cases := []struct {
		name   string
		f      func(dst, x []float32)
		want   func(float64) float64
		lo, hi float64
		bound  float64
	}{
		{"Exp", Exp[float32], math.Exp, -110, 90, 1.5},
		{"Log", Log[float32], math.Log, -1, math.MaxFloat32, 1.5},
		{"Sigmoid", act32(Sigmoid), sigmoid, -110, 40, 2.5},
		{"Tanh", act32(Tanh), math.Tanh, -20, 20, 2.5},
		{"Softplus", act32(Softplus), softplus, -110, 110, 2.5},
		{"GELU", act32(GELU), erfcTail, -5, 20, 4.5},
	}
	forEachISA(t, func(t *testing.T) {
		for _, c := range cases {
			worst, at := 0.0, float32(0)
			x, y := make([]float32, 0, 1<<12), make([]float32, 1<<12)
			flush := func() {
				c.f(y[:len(x)], x)
				for i, v := range x {
					if u := ulps(y[i], c.want(float64(v))); !(u <= worst) {
						worst, at = u, v
					}
				}
				x = x[:0]
			}
			const step = 3571 // a prime: about 1.2 million of the 2^32 bit patterns
			for bits := uint64(0); bits < 1<<32; bits += step {
				v := math.Float32frombits(uint32(bits))
				if f := float64(v); !(f >= c.lo && f <= c.hi) {
					continue
				}
				if x = append(x, v); len(x) == cap(x) {
					flush()
				}
			}
			flush()
			t.Logf("%s: at most %.2f ulp, at %v", c.name, worst, at)
			if !(worst <= c.bound) {
				t.Errorf("%s: %v ulp at %v, the bound is %v", c.name, worst, at, c.bound)
			}
		}
	})
}

// Below −5, GELU's tail is good to 2^-20 of itself, as far as float32 has normal numbers.
func TestFloat32GELUTail(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		for x := float32(-12.5); x < -5; x += 0.001 {
			y := []float32{0}
			Activate(GELU, 0, y, []float32{x})
			want := float64(x) * normalCDF(float64(x))
			if err := math.Abs(float64(y[0])/want - 1); err > 0x1p-20 {
				t.Fatalf("GELU(%v) = %v, want %v: relative error %v", x, y[0], want, err)
			}
		}
	})
}

func act32(a Activation) func(dst, x []float32) {
	return func(dst, x []float32) { Activate(a, 0, dst, x) }
}
