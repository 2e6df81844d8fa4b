package norm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Functions of tensors n×c×hw that treat each of the c channels by itself: sums, batch normalisation and its gradient.
// Each is shared over the workers by channels, so that a channel's sums always take the same order.

// ChannelSums computes dst[c] = Σ x[·,c,·] for x of n×c×hw: the gradient of a bias.
func ChannelSums[T kernels.Float](n, c, hw int, dst, x []T) {
	needChannels("ChannelSums", n, c, hw, len(x))
	kernels.Need("ChannelSums", "dst", len(dst), c)
	runChannels(channelJob[T]{kind: channelSumKind, n: n, c: c, hw: hw, x: x, stat: [2][]T{dst}})
}

// ChannelMoments computes the mean and the biased variance Σ (x−mean)²/(n·hw) of each channel of x, n×c×hw, in two
// passes. n·hw must be at least 1.
func ChannelMoments[T kernels.Float](n, c, hw int, mean, variance, x []T) {
	needChannels("ChannelMoments", n, c, hw, len(x))
	kernels.Need("ChannelMoments", "mean", len(mean), c)
	kernels.Need("ChannelMoments", "variance", len(variance), c)
	runChannels(channelJob[T]{kind: channelMomentsKind, n: n, c: c, hw: hw, x: x, stat: [2][]T{mean, variance}})
}

// ChannelAffine computes out = act(x·scale[c] + shift[c]) for x of n×c×hw; slope is that of LeakyReLU. out may be x.
func ChannelAffine[T kernels.Float](n, c, hw int, scale, shift []T, act kernels.Activation, slope T, out, x []T) {
	needChannels("ChannelAffine", n, c, hw, min(len(x), len(out)))
	kernels.Need("ChannelAffine", "scale", len(scale), c)
	kernels.Need("ChannelAffine", "shift", len(shift), c)
	kernels.NeedActivation("ChannelAffine", act)
	runChannels(channelJob[T]{kind: channelAffineKind, n: n, c: c, hw: hw, x: x, out: out, stat: [2][]T{scale, shift},
		act: kernels.Plain(act, slope), slope: slope})
}

// BatchNormSums computes, of each channel, sumDy = Σ dy and sumDyXhat = Σ dy·x̂, with x̂ = (x − mean)·invStd: the
// gradients of batch normalisation's shift and scale. x and dy are n×c×hw.
func BatchNormSums[T kernels.Float](n, c, hw int, mean, invStd, x, dy, sumDy, sumDyXhat []T) {
	needChannels("BatchNormSums", n, c, hw, min(len(x), len(dy)))
	kernels.Need("BatchNormSums", "mean, invStd or a sum", min(len(mean), len(invStd), len(sumDy), len(sumDyXhat)), c)
	runChannels(channelJob[T]{kind: batchNormSumsKind, n: n, c: c, hw: hw, x: x, dy: dy, mean: mean, invStd: invStd,
		stat: [2][]T{sumDy, sumDyXhat}})
}

// BatchNormGradInput computes the gradient of batch normalisation in training with respect to its input x,
//
//	dx = gamma·invStd · (dy − sumDy/m − x̂·sumDyXhat/m), m = n·hw,
//
// where the sums are those of BatchNormSums. gamma may be nil, for 1. dx may be dy or x.
func BatchNormGradInput[T kernels.Float](n, c, hw int, mean, invStd, gamma, sumDy, sumDyXhat, x, dy, dx []T) {
	needChannels("BatchNormGradInput", n, c, hw, min(len(x), len(dy), len(dx)))
	kernels.Need("BatchNormGradInput", "mean, invStd or a sum", min(len(mean), len(invStd), len(sumDy), len(sumDyXhat)), c)
	if gamma != nil {
		kernels.Need("BatchNormGradInput", "gamma", len(gamma), c)
	}
	runChannels(channelJob[T]{kind: batchNormGradKind, n: n, c: c, hw: hw, x: x, dy: dy, out: dx, mean: mean,
		invStd: invStd, gamma: gamma, stat: [2][]T{sumDy, sumDyXhat}})
}

func needChannels(fn string, n, c, hw, have int) {
	kernels.NeedDims(fn, n, c, hw)
	kernels.Need(fn, "a tensor", have, n*c*hw)
}

type channelKind int

const (
	channelSumKind channelKind = iota
	channelMomentsKind
	channelAffineKind
	batchNormSumsKind
	batchNormGradKind
)

// channelJob is such a function on its way through the pool of workers.
type channelJob[T kernels.Float] struct {
	kind                channelKind
	n, c, hw            int
	x, dy, out          []T
	mean, invStd, gamma []T
	stat                [2][]T // results, or coefficients
	act                 kernels.Activation
	slope               T
}

var (
	channelJobs32 kernels.Shelf[channelJob[float32]]
	channelJobs64 kernels.Shelf[channelJob[float64]]
)

func channelJobsOf[T kernels.Float]() *kernels.Shelf[channelJob[T]] {
	if kernels.IsF32[T]() {
		return (*kernels.Shelf[channelJob[T]])(unsafe.Pointer(&channelJobs32))
	}
	return (*kernels.Shelf[channelJob[T]])(unsafe.Pointer(&channelJobs64))
}

func runChannels[T kernels.Float](v channelJob[T]) {
	j := channelJobsOf[T]().Get()
	*j = v
	grain := 1
	if j.hw == 1 {
		grain = rowChannels
	}
	kernels.Spread(j.c, grain, j.n*j.c*j.hw, j)
	*j = channelJob[T]{}
	channelJobsOf[T]().Put(j)
}

func (j *channelJob[T]) Run(_, lo, hi int) {
	if j.hw == 1 {
		j.rows(lo, hi)
		return
	}
	for c := lo; c < hi; c++ {
		switch j.kind {
		case channelSumKind:
			j.sum(c)
		case channelMomentsKind:
			j.moments(c)
		case channelAffineKind:
			j.affine(c)
		case batchNormSumsKind:
			j.batchNormSums(c)
		case batchNormGradKind:
			j.batchNormGrad(c)
		}
	}
}

// plane is the part of s that belongs to channel c of the i-th tensor.
func (j *channelJob[T]) plane(s []T, i, c int) []T { return s[(i*j.c+c)*j.hw:][:j.hw] }

func (j *channelJob[T]) sum(c int) {
	var s kernels.Neumaier
	for i := range j.n {
		sumInto(&s, j.plane(j.x, i, c), kernels.OpsOf[T]().Sum)
	}
	j.stat[0][c] = T(s.Value())
}

// sumInto adds f of each block of x to s.
func sumInto[T kernels.Float](s *kernels.Neumaier, x []T, f func([]T) T) {
	for len(x) > kernels.ReduceBlock {
		s.Add(float64(f(x[:kernels.ReduceBlock])))
		x = x[kernels.ReduceBlock:]
	}
	s.Add(float64(f(x)))
}

func (j *channelJob[T]) moments(c int) {
	j.sum(c)
	m := T(j.n * j.hw)
	mean := j.stat[0][c] / m
	var s kernels.Neumaier
	f := normOpsOf[T]().sumDeviations
	for i := range j.n {
		for x := j.plane(j.x, i, c); len(x) > 0; {
			b := x[:min(len(x), kernels.ReduceBlock)]
			x = x[len(b):]
			s.Add(float64(f(b, mean)))
		}
	}
	j.stat[0][c], j.stat[1][c] = mean, T(s.Value())/m
}

func (j *channelJob[T]) affine(c int) {
	scale, shift := j.stat[0][c], j.stat[1][c]
	o := kernels.OpsOf[T]()
	f := normOpsOf[T]().affine
	if j.act == kernels.ReLU {
		f = normOpsOf[T]().affineReLU
	}
	for i := range j.n {
		out := j.plane(j.out, i, c)
		f(out, j.plane(j.x, i, c), scale, shift)
		if j.act > kernels.ReLU {
			o.Act[j.act](out, out, j.slope)
		}
	}
}

func (j *channelJob[T]) batchNormSums(c int) {
	mean := j.mean[c]
	var sum, dot kernels.Neumaier
	for i := range j.n {
		addNormSums(&sum, &dot, j.plane(j.dy, i, c), j.plane(j.x, i, c), mean)
	}
	j.stat[0][c], j.stat[1][c] = T(sum.Value()), T(dot.Value())*j.invStd[c]
}

// addNormSums adds Σ dy and Σ dy·(x−mean) of each block.
func addNormSums[T kernels.Float](sum, dot *kernels.Neumaier, dy, x []T, mean T) {
	f := normOpsOf[T]().normSums
	for len(x) > 0 {
		b := min(len(x), kernels.ReduceBlock)
		s, d := f(dy[:b], x[:b], mean)
		sum.Add(float64(s))
		dot.Add(float64(d))
		x, dy = x[b:], dy[b:]
	}
}

func (j *channelJob[T]) batchNormGrad(c int) {
	a, b, d := j.gradCoefficients(c)
	f := normOpsOf[T]().normGrad
	for i := range j.n {
		f(j.plane(j.out, i, c), j.plane(j.dy, i, c), j.plane(j.x, i, c), j.mean[c], a, b, d)
	}
}

// gradCoefficients are those of dx = a·dy + b·(x−mean) + d.
func (j *channelJob[T]) gradCoefficients(c int) (a, b, d T) {
	m := T(j.n * j.hw)
	a = j.invStd[c]
	if j.gamma != nil {
		a *= j.gamma[c]
	}
	return a, -a * (j.stat[1][c] / m * j.invStd[c]), -a * (j.stat[0][c] / m)
}

func affineGo[T kernels.Float](dst, x []T, scale, shift T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i]*scale + shift
	}
}

func affineReLUGo[T kernels.Float](dst, x []T, scale, shift T) {
	affineGo(dst, x, scale, shift)
	kernels.PortableReLU(dst, dst, 0)
}

func normGradGo[T kernels.Float](dst, dy, x []T, mean, a, b, c T) {
	dy, x = dy[:len(dst)], x[:len(dst)]
	for i := range dst {
		dst[i] = a*dy[i] + (b*(x[i]-mean) + c)
	}
}

func sumDeviationsGo[T kernels.Float](x []T, mean T) T {
	var s T
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	return s
}

func normSumsGo[T kernels.Float](dy, x []T, mean T) (sum, dot T) {
	x = x[:len(dy)]
	for i, g := range dy {
		sum += g
		dot += g * (x[i] - mean)
	}
	return sum, dot
}
