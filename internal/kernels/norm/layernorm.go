package norm

import (
	"math"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// LayerNorm computes, for each row of x, dst[j] = x̂[j]·gamma[j] + beta[j] with x̂ = (x − mean)·invStd, mean the row's mean
// and invStd = 1/√(variance + epsilon) of its biased variance (Ba, Kiros and Hinton 2016). dst and x are rows×cols, cols
// at least 1; gamma and beta have cols elements, or are nil, for 1 and 0; mean and invStd get an element for each row.
// dst may be x.
func LayerNorm[T kernels.Float](rows, cols int, epsilon T, gamma, beta, dst, x, mean, invStd []T) {
	kernels.NeedRows("LayerNorm", rows, cols, dst, x)
	kernels.Need("LayerNorm", "mean or invStd", min(len(mean), len(invStd)), rows)
	needOptional("LayerNorm", "gamma", gamma, cols)
	needOptional("LayerNorm", "beta", beta, cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormKind, rows: rows, cols: cols, epsilon: epsilon, gamma: gamma, beta: beta,
		out: dst, x: x, mean: mean, invStd: invStd}, rows, max(1, kernels.ElementChunk/(cols+1)))
}

// LayerNormGrad computes the gradient with respect to LayerNorm's input x, row by row,
//
//	dx = invStd · (g − Σg/cols − x̂·Σ(g·x̂)/cols), g = dy·gamma,
//
// given the mean and invStd that LayerNorm found. gamma may be nil. dx may be dy or x.
func LayerNormGrad[T kernels.Float](rows, cols int, gamma, x, dy, mean, invStd, dx []T) {
	kernels.NeedRows("LayerNormGrad", rows, cols, dx, x)
	kernels.Need("LayerNormGrad", "dy", len(dy), rows*cols)
	kernels.Need("LayerNormGrad", "mean or invStd", min(len(mean), len(invStd)), rows)
	needOptional("LayerNormGrad", "gamma", gamma, cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormGradKind, rows: rows, cols: cols, gamma: gamma, out: dx, x: x, dy: dy,
		mean: mean, invStd: invStd}, rows, max(1, kernels.ElementChunk/(cols+1)))
}

// LayerNormGradParams computes the gradients with respect to gamma and beta: dgamma[j] = Σ_i dy[i,j]·x̂[i,j] and
// dbeta[j] = Σ_i dy[i,j], given the mean and invStd that LayerNorm found.
func LayerNormGradParams[T kernels.Float](rows, cols int, x, dy, mean, invStd, dgamma, dbeta []T) {
	kernels.NeedRows("LayerNormGradParams", rows, cols, dy, x)
	kernels.Need("LayerNormGradParams", "mean or invStd", min(len(mean), len(invStd)), rows)
	kernels.Need("LayerNormGradParams", "dgamma or dbeta", min(len(dgamma), len(dbeta)), cols)
	runLayerNorm(layerNormJob[T]{kind: layerNormParamsKind, rows: rows, cols: cols, x: x, dy: dy, mean: mean,
		invStd: invStd, gamma: dgamma, beta: dbeta}, cols, layerNormCols)
}

func needOptional[T kernels.Float](fn, what string, s []T, n int) {
	if s != nil {
		kernels.Need(fn, what, len(s), n)
	}
}

type layerNormKinds int

const (
	layerNormKind layerNormKinds = iota
	layerNormGradKind
	layerNormParamsKind
)

// layerNormJob is one of these on its way through the pool of workers, by rows or by columns.
type layerNormJob[T kernels.Float] struct {
	kind         layerNormKinds
	rows, cols   int
	epsilon      T
	gamma, beta  []T
	out, x, dy   []T
	mean, invStd []T
}

var (
	layerNormJobs32 kernels.Shelf[layerNormJob[float32]]
	layerNormJobs64 kernels.Shelf[layerNormJob[float64]]
)

func layerNormJobsOf[T kernels.Float]() *kernels.Shelf[layerNormJob[T]] {
	if kernels.IsF32[T]() {
		return (*kernels.Shelf[layerNormJob[T]])(unsafe.Pointer(&layerNormJobs32))
	}
	return (*kernels.Shelf[layerNormJob[T]])(unsafe.Pointer(&layerNormJobs64))
}

func runLayerNorm[T kernels.Float](v layerNormJob[T], n, grain int) {
	j := layerNormJobsOf[T]().Get()
	*j = v
	kernels.Spread(n, grain, j.rows*j.cols, j)
	*j = layerNormJob[T]{}
	layerNormJobsOf[T]().Put(j)
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
	o, cols := kernels.OpsOf[T](), j.cols
	for i := lo; i < hi; i++ {
		x, out := j.x[i*cols:][:cols], j.out[i*cols:][:cols]
		mean := kernels.Sum(x) / T(cols)
		o.AddScalar(out, x, -mean)
		s := T(1 / math.Sqrt(float64(kernels.SumSquares(out)/T(cols)+j.epsilon)))
		j.mean[i], j.invStd[i] = mean, s
		o.Scale(out, out, s)
		if j.gamma != nil {
			o.Mul(out, out, j.gamma[:cols])
		}
		if j.beta != nil {
			o.Add(out, out, j.beta[:cols])
		}
	}
}

func (j *layerNormJob[T]) gradInput(lo, hi int) {
	o, cols := kernels.OpsOf[T](), j.cols
	buf := kernels.Borrow[T](cols)
	defer buf.GiveBack()
	for i := lo; i < hi; i++ {
		x, g, dx := j.x[i*cols:][:cols], j.dy[i*cols:][:cols], j.out[i*cols:][:cols]
		if j.gamma != nil {
			o.Mul(buf.X[:cols], g, j.gamma[:cols])
			g = buf.X[:cols]
		}
		mean, s := j.mean[i], j.invStd[i]
		var sum, dot kernels.Neumaier
		addNormSums(&sum, &dot, g, x, mean)
		normOpsOf[T]().normGrad(dx, g, x, mean, s, -s*(T(dot.Value())/T(cols)*s*s), -s*(T(sum.Value())/T(cols)))
	}
}

// layerNormCols is the number of columns whose sums are made at a time, and ColSumsRows that of rows before a partial
// sum is added to the total.
const layerNormCols = 64

func (j *layerNormJob[T]) gradParams(lo, hi int) {
	n := hi - lo
	dgamma, dbeta := j.gamma[lo:hi], j.beta[lo:hi]
	clear(dgamma)
	clear(dbeta)
	o := kernels.OpsOf[T]()
	buf := kernels.Borrow[T](3 * layerNormCols)
	defer buf.GiveBack()
	dot, sum, t := buf.X[:n], buf.X[n:2*n], buf.X[2*n:3*n]
	for i := 0; i < j.rows; i += kernels.ColSumsRows {
		clear(dot)
		clear(sum)
		for r := i; r < min(i+kernels.ColSumsRows, j.rows); r++ {
			x, dy := j.x[r*j.cols+lo:][:n], j.dy[r*j.cols+lo:][:n]
			o.Add(sum, sum, dy)
			o.AddScalar(t, x, -j.mean[r])
			o.Mul(t, t, dy)
			o.Axpy(j.invStd[r], t, dot)
		}
		o.Add(dgamma, dgamma, dot)
		o.Add(dbeta, dbeta, sum)
	}
}
