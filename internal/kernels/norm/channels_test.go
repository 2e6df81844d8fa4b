package norm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
	"pgregory.net/rapid"
)

// checkChannels compares the functions of channels with their formulas in float64.
func checkChannels[T kernels.Float](t kerneltest.Failer, r *rand.Rand, n, c, hw int, act kernels.Activation) {
	t.Helper()
	const offset = 100 // a mean far from 0, for which E[x²] − E[x]² would lose all digits
	x, dy := kerneltest.Randoms[T](r, n*c*hw, 1), kerneltest.Randoms[T](r, n*c*hw, 1)
	gamma, shift := kerneltest.Randoms[T](r, c, 1), kerneltest.Randoms[T](r, c, 1)
	for i := range x {
		x[i] += offset
	}
	m := float64(n * hw)
	at := func(s []T, f func(i, c int, v float64)) {
		for i, v := range s {
			f(i, i/hw%c, float64(v))
		}
	}
	sums, mean, variance, sumDy, dot := make([]float64, c), make([]float64, c), make([]float64, c), make([]float64, c),
		make([]float64, c)
	exact := make([]kernels.Neumaier, c)
	at(x, func(_, c int, v float64) { exact[c].Add(v) })
	for i := range exact {
		sums[i], mean[i] = exact[i].Value(), exact[i].Value()/m
	}
	at(x, func(_, c int, v float64) { variance[c] += (v - mean[c]) * (v - mean[c]) / m })
	gotSums, gotMean, gotVar := make([]T, c), make([]T, c), make([]T, c)
	tol := 8 * kerneltest.Eps[T]()
	ChannelSums(n, c, hw, gotSums, x)
	kerneltest.Near(t, "ChannelSums", gotSums, sums, tol)
	ChannelMoments(n, c, hw, gotMean, gotVar, x)
	kerneltest.Near(t, "mean", gotMean, mean, tol)
	kerneltest.Near(t, "variance", gotVar, variance, 100*tol) // x itself is rounded to offset·eps

	invStd := make([]T, c)
	for i := range invStd {
		invStd[i] = T(1 / math.Sqrt(variance[i]+0.01))
	}
	out := make([]T, len(x))
	want := make([]float64, len(x))
	slope := T(0.25)
	at(x, func(i, c int, v float64) { want[i] = v*float64(gamma[c]) + float64(shift[c]) })
	kernels.Portable[float64]().Act[act](want, want, float64(slope))
	ChannelAffine(n, c, hw, gamma, shift, act, slope, out, x)
	kerneltest.Near(t, "ChannelAffine", out, want, 4*offset*tol)
	inPlace := kerneltest.Clone(x)
	ChannelAffine(n, c, hw, gamma, shift, act, slope, inPlace, inPlace)
	if i := kerneltest.SameBits(inPlace, out); i >= 0 {
		t.Fatalf("ChannelAffine in place: element %d differs", i)
	}

	xhat := make([]float64, len(x))
	at(x, func(i, c int, v float64) { xhat[i] = (v - float64(gotMean[c])) * float64(invStd[c]) })
	at(dy, func(i, c int, v float64) { sumDy[c] += v; dot[c] += v * xhat[i] })
	gotDy, gotDot := make([]T, c), make([]T, c)
	BatchNormSums(n, c, hw, gotMean, invStd, x, dy, gotDy, gotDot)
	kerneltest.Near(t, "sumDy", gotDy, sumDy, tol*math.Sqrt(m))
	kerneltest.Near(t, "sumDyXhat", gotDot, dot, 10*tol*math.Sqrt(m))
	for _, g := range [][]T{gamma, nil} {
		at(dy, func(i, c int, v float64) {
			want[i] = float64(invStd[c]) * (v - float64(gotDy[c])/m - xhat[i]*float64(gotDot[c])/m)
			if g != nil {
				want[i] *= float64(g[c])
			}
		})
		BatchNormGradInput(n, c, hw, gotMean, invStd, g, gotDy, gotDot, x, dy, out)
		kerneltest.Near(t, "BatchNormGradInput", out, want, 20*tol)
		copy(inPlace, dy)
		BatchNormGradInput(n, c, hw, gotMean, invStd, g, gotDy, gotDot, x, inPlace, inPlace)
		if i := kerneltest.SameBits(inPlace, out); i >= 0 {
			t.Fatalf("BatchNormGradInput in place: element %d differs", i)
		}
	}
}

func TestChannelFunctions(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for i, s := range [][3]int{
			{2, 3, 1}, {64, 16, 1024}, {64, 5, 64}, {3, 7, 49}, {1, 4, 9000}, {64, 130, 1}, {600, 3, 1}, {5, 1, 17}, {33, 9, 4},
		} {
			checkChannels[float32](t, r, s[0], s[1], s[2], kernels.Activation(i%kernels.NumActivations))
			checkChannels[float64](t, r, s[0], s[1], s[2], kernels.Activation(i%kernels.NumActivations))
		}
		rapid.Check(t, func(t *rapid.T) {
			dim := func(name string, hi int) int { return rapid.IntRange(1, hi).Draw(t, name) }
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "data"), 0))
			n, c, hw, act := 1+dim("n", 5), dim("c", 20), dim("hw", 90), kernels.Activation(dim("act", kernels.NumActivations)-1)
			checkChannels[float32](t, r, n, c, hw, act)
			checkChannels[float64](t, r, n, c, hw, act)
		})
	})
}

// layerNormLoss is Σ out·dy of a layer norm by its formula, in float64.
func layerNormLoss(rows, cols int, gamma, beta, x, dy []float64) float64 {
	loss := 0.0
	for i := range rows {
		mean, variance := 0.0, 0.0
		for _, v := range x[i*cols : (i+1)*cols] {
			mean += v / float64(cols)
		}
		for _, v := range x[i*cols : (i+1)*cols] {
			variance += (v - mean) * (v - mean) / float64(cols)
		}
		for j := range cols {
			loss += dy[i*cols+j] * ((x[i*cols+j]-mean)/math.Sqrt(variance+1e-5)*gamma[j] + beta[j])
		}
	}
	return loss
}

// The gradients are those of finite differences.
func TestLayerNormGradients(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range [][2]int{{1, 2}, {3, 5}, {7, 33}, {4, 130}} {
			rows, cols := s[0], s[1]
			x, dy := kerneltest.Randoms[float64](r, rows*cols, 2), kerneltest.Randoms[float64](r, rows*cols, 1)
			gamma, beta := kerneltest.Randoms[float64](r, cols, 1), kerneltest.Randoms[float64](r, cols, 1)
			out, mean, invStd := make([]float64, rows*cols), make([]float64, rows), make([]float64, rows)
			LayerNorm(rows, cols, 1e-5, gamma, beta, out, x, mean, invStd)
			if got, want := kernels.Dot(out, dy), layerNormLoss(rows, cols, gamma, beta, x, dy); math.Abs(got-want) > 1e-10 {
				t.Fatalf("%v: Σ out·dy = %v, want %v", s, got, want)
			}
			dx, dgamma, dbeta := make([]float64, rows*cols), make([]float64, cols), make([]float64, cols)
			LayerNormGrad(rows, cols, gamma, x, dy, mean, invStd, dx)
			LayerNormGradParams(rows, cols, x, dy, mean, invStd, dgamma, dbeta)
			for what, p := range map[string][2][]float64{"dx": {x, dx}, "dgamma": {gamma, dgamma}, "dbeta": {beta, dbeta}} {
				for i := range p[0] {
					const h = 1e-5
					v := p[0][i]
					p[0][i] = v + h
					up := layerNormLoss(rows, cols, gamma, beta, x, dy)
					p[0][i] = v - h
					down := layerNormLoss(rows, cols, gamma, beta, x, dy)
					p[0][i] = v
					if fd := (up - down) / (2 * h); math.Abs(fd-p[1][i]) > 1e-6*(1+math.Abs(fd)) {
						t.Fatalf("%v: %s[%d] = %v, finite difference %v", s, what, i, p[1][i], fd)
					}
				}
			}
		}
	})
}

// float32 agrees with float64, and nil parameters with ones and zeroes.
func TestLayerNormFloat32(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range [][2]int{{0, 3}, {5, 1}, {70, 64}, {3, 9000}, {1300, 17}} {
			rows, cols := s[0], s[1]
			x, dy := kerneltest.Randoms[float32](r, rows*cols, 1), kerneltest.Randoms[float32](r, rows*cols, 1)
			gamma, beta := kerneltest.Randoms[float32](r, cols, 1), kerneltest.Randoms[float32](r, cols, 1)
			all := func(gamma, beta []float32) [][]float32 {
				out, mean, invStd := make([]float32, rows*cols), make([]float32, rows), make([]float32, rows)
				dx, dgamma, dbeta := make([]float32, rows*cols), make([]float32, cols), make([]float32, cols)
				LayerNorm(rows, cols, 0.25, gamma, beta, out, x, mean, invStd)
				LayerNormGrad(rows, cols, gamma, x, dy, mean, invStd, dx)
				LayerNormGradParams(rows, cols, x, dy, mean, invStd, dgamma, dbeta)
				return [][]float32{out, mean, invStd, dx, dgamma, dbeta}
			}
			got := all(gamma, beta)
			out, mean, invStd := make([]float64, rows*cols), make([]float64, rows), make([]float64, rows)
			dx, dgamma, dbeta := make([]float64, rows*cols), make([]float64, cols), make([]float64, cols)
			LayerNorm(rows, cols, 0.25, kerneltest.Widen(gamma), kerneltest.Widen(beta), out, kerneltest.Widen(x), mean, invStd)
			LayerNormGrad(rows, cols, kerneltest.Widen(gamma), kerneltest.Widen(x), kerneltest.Widen(dy), mean, invStd, dx)
			LayerNormGradParams(rows, cols, kerneltest.Widen(x), kerneltest.Widen(dy), mean, invStd, dgamma, dbeta)
			for i, want := range [][]float64{out, mean, invStd, dx, dgamma, dbeta} {
				kerneltest.Near(t, []string{"out", "mean", "invStd", "dx", "dgamma", "dbeta"}[i], got[i], want, 2e-5)
			}
			ones, zeroes := make([]float32, cols), make([]float32, cols)
			kernels.Fill(ones, 1)
			plain, explicit := all(nil, nil), all(ones, zeroes)
			for i := range plain {
				if l := kerneltest.SameBits(plain[i], explicit[i]); l >= 0 {
					t.Errorf("%v: without parameters element %d of result %d differs", s, l, i)
				}
			}
		}
	})
}

func TestNormalisationIsTheSameForAnyThreadsAndAllocatesNothing(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, s := range [][3]int{{16, 24, 225}, {300, 260, 1}} {
			n, c, hw := s[0], s[1], s[2]
			x, dy := kerneltest.Randoms[float32](r, n*c*hw, 1), kerneltest.Randoms[float32](r, n*c*hw, 1)
			scale := kerneltest.Randoms[float32](r, c*hw, 1)
			var want [][]float32
			for _, threads := range []int{1, 2, 5} {
				got := [][]float32{make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c),
					make([]float32, n*c*hw), make([]float32, n*c*hw), make([]float32, n), make([]float32, n),
					make([]float32, n*c*hw), make([]float32, n*c*hw), make([]float32, c*hw), make([]float32, c*hw)}
				step := func() {
					ChannelSums(n, c, hw, got[0], x)
					ChannelMoments(n, c, hw, got[0], got[1], x)
					ChannelAffine(n, c, hw, got[0], got[1], kernels.ReLU, 0, got[4], x)
					BatchNormSums(n, c, hw, got[0], got[1], x, dy, got[2], got[3])
					BatchNormGradInput(n, c, hw, got[0], got[1], nil, got[2], got[3], x, dy, got[5])
					LayerNorm(n, c*hw, 1e-5, scale, scale, got[8], x, got[6], got[7])
					LayerNormGrad(n, c*hw, scale, x, dy, got[6], got[7], got[9])
					LayerNormGradParams(n, c*hw, x, dy, got[6], got[7], got[10], got[11])
				}
				kerneltest.WithThreads(threads, func() {
					if a := kerneltest.Allocations(20, step); a != 0 {
						t.Errorf("%d threads: %v allocations a step", threads, a)
					}
				})
				if want == nil {
					want = got
				}
				for p := range got {
					if i := kerneltest.SameBits(got[p], want[p]); i >= 0 {
						t.Errorf("%v: element %d of result %d differs between 1 and %d threads", s, i, p, threads)
					}
				}
			}
		}
	})
}
