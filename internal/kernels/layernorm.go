package kernels

import (
	"math"
	"unsafe"
)

// LayerNorm computes, for each row of x, dst[j] = x̂[j]·gamma[j] + beta[j] with x̂ = (x − mean)·invStd, mean the row's mean
// and invStd = 1/√(variance + epsilon) of its biased variance (Ba, Kiros and Hinton 2016). dst and x are rows×cols, cols
// at least 1; gamma and beta have cols elements, or are nil, for 1 and 0; mean and invStd get an element for each row.
// dst may be x.
func LayerNorm[T Float](rows, cols int, epsilon T, gamma, beta, dst, x, mean, invStd []T) {
	needRows("LayerNorm", rows, cols, dst, x)
	need("LayerNorm", "mean or invStd", min(len(mean), len(invStd)), rows)
	needOptional("LayerNorm", "gamma", gamma, cols)
	needOptional("LayerNorm", "beta", beta, cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormKind, rows: rows, cols: cols, epsilon: epsilon, gamma: gamma, beta: beta,
		out: dst, x: x, mean: mean, invStd: invStd}, rows, max(1, elementChunk/(cols+1)))
}

// LayerNormGrad computes the gradient with respect to LayerNorm's input x, row by row,
//
//	dx = invStd · (g − Σg/cols − x̂·Σ(g·x̂)/cols), g = dy·gamma,
//
// given the mean and invStd that LayerNorm found. gamma may be nil. dx may be dy or x.
func LayerNormGrad[T Float](rows, cols int, gamma, x, dy, mean, invStd, dx []T) {
	needRows("LayerNormGrad", rows, cols, dx, x)
	need("LayerNormGrad", "dy", len(dy), rows*cols)
	need("LayerNormGrad", "mean or invStd", min(len(mean), len(invStd)), rows)
	needOptional("LayerNormGrad", "gamma", gamma, cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormGradKind, rows: rows, cols: cols, gamma: gamma, out: dx, x: x, dy: dy,
		mean: mean, invStd: invStd}, rows, max(1, elementChunk/(cols+1)))
}

// LayerNormGradParams computes the gradients with respect to gamma and beta: dgamma[j] = Σ_i dy[i,j]·x̂[i,j] and
// dbeta[j] = Σ_i dy[i,j], given the mean and invStd that LayerNorm found.
func LayerNormGradParams[T Float](rows, cols int, x, dy, mean, invStd, dgamma, dbeta []T) {
	needRows("LayerNormGradParams", rows, cols, dy, x)
	need("LayerNormGradParams", "mean or invStd", min(len(mean), len(invStd)), rows)
	need("LayerNormGradParams", "dgamma or dbeta", min(len(dgamma), len(dbeta)), cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormParamsKind, rows: rows, cols: cols, x: x, dy: dy, mean: mean,
		invStd: invStd, gamma: dgamma, beta: dbeta}, cols, layerNormCols)
}

func needOptional[T Float](fn, what string, s []T, n int) {
	if s != nil {
		need(fn, what, len(s), n)
	}
}

type layerNormKinds int

const (
	layerNormKind layerNormKinds = iota
	layerNormGradKind
	layerNormParamsKind
)

// layerNormJob is one of these on its way through the pool of workers, by rows or by columns.
type layerNormJob[T Float] struct {
	kind         layerNormKinds
	rows, cols   int
	epsilon      T
	gamma, beta  []T
	out, x, dy   []T
	mean, invStd []T
}

var (
	layerNormJobs32 shelf[layerNormJob[float32]]
	layerNormJobs64 shelf[layerNormJob[float64]]
)

func layerNormJobsOf[T Float]() *shelf[layerNormJob[T]] {
	if isF32[T]() {
		return (*shelf[layerNormJob[T]])(unsafe.Pointer(&layerNormJobs32))
	}
	return (*shelf[layerNormJob[T]])(unsafe.Pointer(&layerNormJobs64))
}

func runLayerNorm[T Float](v layerNormJob[T], n, grain int) {
	j := layerNormJobsOf[T]().get()
	*j = v
	spread(n, grain, j.rows*j.cols, j)
	*j = layerNormJob[T]{}
	layerNormJobsOf[T]().put(j)
}

func (j *layerNormJob[T]) Run(_, lo, hi int) {
	switch j.kind {
	case layerNormKind:
		j.forward(lo, hi)
	case layerNormGradKind:
		j.gradInput(lo, hi)
	case layerNormParamsKind:
		j.gradParams(lo, hi)
	}
}

func (j *layerNormJob[T]) forward(lo, hi int) {
	o, cols := opsOf[T](), j.cols
	for i := lo; i < hi; i++ {
		x, out := j.x[i*cols:][:cols], j.out[i*cols:][:cols]
		mean := Sum(x) / T(cols)
		o.addScalar(out, x, -mean)
		s := T(1 / math.Sqrt(float64(SumSquares(out)/T(cols)+j.epsilon)))
		j.mean[i], j.invStd[i] = mean, s
		o.scale(out, out, s)
		if j.gamma != nil {
			o.mul(out, out, j.gamma[:cols])
		}
		if j.beta != nil {
			o.add(out, out, j.beta[:cols])
		}
	}
}

func (j *layerNormJob[T]) gradInput(lo, hi int) {
	o, cols := opsOf[T](), j.cols
	buf := borrow[T](cols)
	defer buf.giveBack()
	for i := lo; i < hi; i++ {
		x, g, dx := j.x[i*cols:][:cols], j.dy[i*cols:][:cols], j.out[i*cols:][:cols]
		if j.gamma != nil {
			o.mul(buf.x[:cols], g, j.gamma[:cols])
			g = buf.x[:cols]
		}
		mean, s := j.mean[i], j.invStd[i]
		var sum, dot neumaier
		addNormSums(&sum, &dot, g, x, mean)
		o.normGrad(dx, g, x, mean, s, -s*(T(dot.value())/T(cols)*s*s), -s*(T(sum.value())/T(cols)))
	}
}

// layerNormCols is the number of columns whose sums are made at a time, and colSumsRows that of rows before a partial
// sum is added to the total.
const layerNormCols = 64

func (j *layerNormJob[T]) gradParams(lo, hi int) {
	n := hi - lo
	dgamma, dbeta := j.gamma[lo:hi], j.beta[lo:hi]
	clear(dgamma)
	clear(dbeta)
	o := opsOf[T]()
	buf := borrow[T](3 * layerNormCols)
	defer buf.giveBack()
	dot, sum, t := buf.x[:n], buf.x[n:2*n], buf.x[2*n:3*n]
	for i := 0; i < j.rows; i += colSumsRows {
		clear(dot)
		clear(sum)
		for r := i; r < min(i+colSumsRows, j.rows); r++ {
			x, dy := j.x[r*j.cols+lo:][:n], j.dy[r*j.cols+lo:][:n]
			o.add(sum, sum, dy)
			o.addScalar(t, x, -j.mean[r])
			o.mul(t, t, dy)
			o.axpy(j.invStd[r], t, dot)
		}
		o.add(dgamma, dgamma, dot)
		o.add(dbeta, dbeta, sum)
	}
}
