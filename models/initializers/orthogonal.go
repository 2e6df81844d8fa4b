package initializers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Orthogonal makes the weight, as its Rows × Cols matrix, gain times a matrix whose rows (or columns, where there are
// fewer of them) are orthonormal, drawn uniformly among all such; gain 1. Signals and gradients then pass a linear
// layer with their lengths unchanged. Values have variance gain² / max(Rows, Cols).
//
// It is the Q of a normal matrix's QR factorisation, with the signs that make R's diagonal positive, without which the
// draw would not be uniform (Mezzadri 2007). The cost is about 4·max(Rows, Cols)·min(Rows, Cols)² operations. Bits are
// the same for any number of threads, on machines of one architecture (the factorisation is gonum's).
// Source: Saxe et al. 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".
func Orthogonal() Initializer {
	return Initializer{Name: "orthogonal", Parameter: "gain", Value: 1,
		Summary: "gain times a random matrix with orthonormal rows or columns; for deep or recurrent layers",
		Source:  "Saxe et al. 2013", fill: orthogonal}
}

func orthogonal(dst []float64, fan Fan, gain float64, r *rand.Rand) error {
	if fan.Rows < 1 || fan.Cols < 1 {
		return errors.Errorf("the weight is a matrix of %d×%d; set the fan's Rows and Cols (Dense and Conv do)",
			fan.Rows, fan.Cols)
	}
	tall, thin := max(fan.Rows, fan.Cols), min(fan.Rows, fan.Cols)
	q := blas64.General{Rows: tall, Cols: thin, Stride: thin, Data: make([]float64, tall*thin)}
	for i := range q.Data {
		q.Data[i] = r.NormFloat64()
	}
	// lapack64 and not mat.QR, whose Q is tall × tall: gigabytes for an embedding.
	tau := make([]float64, thin)
	need := make([]float64, 1)
	lapack64.Geqrf(q, tau, need, -1)
	work := make([]float64, int(need[0]))
	lapack64.Geqrf(q, tau, work, len(work))
	signs := make([]float64, thin)
	for j := range signs {
		signs[j] = gain
		if q.Data[j*thin+j] < 0 { // R's diagonal
			signs[j] = -gain
		}
	}
	lapack64.Orgqr(q, tau, need, -1)
	work = make([]float64, int(need[0]))
	lapack64.Orgqr(q, tau, work, len(work))
	for i := range tall {
		for j := range thin {
			to := i*thin + j
			if fan.Rows < fan.Cols {
				to = j*tall + i
			}
			dst[to] = signs[j] * q.Data[i*thin+j]
		}
	}
	return nil
}
