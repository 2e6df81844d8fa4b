package kernels

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func softmaxExact(x []float64) (p []float64, logSum float64) {
	m, s := math.Inf(-1), 0.0
	for _, v := range x {
		m = max(m, v)
	}
	p = make([]float64, len(x))
	for i, v := range x {
		p[i] = math.Exp(v - m)
		s += p[i]
	}
	for i := range p {
		p[i] /= s
	}
	return p, m + math.Log(s)
}

func TestSoftmaxFamily(t *testing.T) {
	t.Run("float32", softmaxFamily[float32])
	t.Run("float64", softmaxFamily[float64])
}

func softmaxFamily[T Float](t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		r := kerneltest.Rand(t)
		for _, rows := range []int{0, 1, 5, 70} {
			for _, cols := range []int{1, 2, 7, 10, 16, 17, 33, 100, 1000} {
				x, dy := kerneltest.Randoms[T](r, rows*cols, 20), kerneltest.Randoms[T](r, rows*cols, 1)
				labels := make([]int, rows)
				for i := range labels {
					labels[i] = r.IntN(cols)
				}
				for _, smoothing := range []T{0, 0.125} {
					var p, lp, dx, loss, dl []float64
					for i := range rows {
						row := kerneltest.Widen(x[i*cols : (i+1)*cols])
						q, lse := softmaxExact(row)
						var dot, l float64
						for j := range q {
							dot += q[j] * float64(dy[i*cols+j])
							target := float64(smoothing) / float64(cols)
							if j == labels[i] {
								target += 1 - float64(smoothing)
							}
							l -= target * (row[j] - lse)
							lp = append(lp, row[j]-lse)
							dl = append(dl, 0.5*(q[j]-target))
						}
						for j := range q {
							dx = append(dx, q[j]*(float64(dy[i*cols+j])-dot))
						}
						p, loss = append(p, q...), append(loss, l)
					}
					tol := 8 * kerneltest.Eps[T]()
					got, l := make([]T, rows*cols), make([]T, rows)
					Softmax(rows, cols, got, x)
					kerneltest.Near(t, "Softmax", got, p, tol)
					LogSoftmax(rows, cols, got, x)
					kerneltest.Near(t, "LogSoftmax", got, lp, tol)
					if err := SoftmaxCrossEntropy(rows, cols, x, labels, smoothing, got, l); err != nil {
						t.Fatal(err)
					}
					kerneltest.Near(t, "SoftmaxCrossEntropy probs", got, p, tol)
					kerneltest.Near(t, "SoftmaxCrossEntropy loss", l, loss, 8*tol)
					grad := make([]T, rows*cols)
					SoftmaxGrad(rows, cols, grad, got, dy)
					kerneltest.Near(t, "SoftmaxGrad", grad, dx, tol)
					inPlace := kerneltest.Clone(got)
					SoftmaxGrad(rows, cols, inPlace, inPlace, dy)
					kerneltest.Near(t, "SoftmaxGrad in place of y", inPlace, dx, tol)
					inPlace = kerneltest.Clone(dy)
					SoftmaxGrad(rows, cols, inPlace, got, inPlace)
					kerneltest.Near(t, "SoftmaxGrad in place of dy", inPlace, dx, tol)
					SoftmaxCrossEntropyGrad(rows, cols, got, labels, smoothing, 0.5, got)
					kerneltest.Near(t, "SoftmaxCrossEntropyGrad", got, dl, tol)

					inPlace = kerneltest.Clone(x)
					LogSoftmax(rows, cols, inPlace, inPlace)
					kerneltest.Near(t, "LogSoftmax in place", inPlace, lp, tol)
					inPlace = kerneltest.Clone(x)
					if err := SoftmaxCrossEntropy(rows, cols, inPlace, labels, smoothing, inPlace, l); err != nil {
						t.Fatal(err)
					}
					kerneltest.Near(t, "SoftmaxCrossEntropy in place", l, loss, 8*tol)
				}
			}
		}
	})
}

func TestSoftmaxExtremes(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		inf := float32(math.Inf(1))
		x := []float32{1e30, -1e30, 0, -inf}
		p, loss := make([]float32, 4), make([]float32, 1)
		if err := SoftmaxCrossEntropy(1, 4, x, []int{0}, 0, p, loss); err != nil || loss[0] != 0 {
			t.Errorf("loss %v, error %v, want 0", loss[0], err)
		}
		kerneltest.Near(t, "probs", p, []float64{1, 0, 0, 0}, 0)
		x = []float32{0, -2000}
		if err := SoftmaxCrossEntropy(1, 2, x, []int{1}, 0, p, loss); err != nil || loss[0] != 2000 {
			t.Errorf("loss %v, error %v, want 2000: the logarithm of an underflowed probability", loss[0], err)
		}
		LogSoftmax(1, 2, p[:2], x)
		kerneltest.Near(t, "LogSoftmax", p[:2], []float64{0, -2000}, 0)
	})
}

func TestCrossEntropyNamesTheBadLabel(t *testing.T) {
	x, loss := make([]float64, 6), []float64{7, 7}
	for _, bad := range []int{-1, 3} {
		err := SoftmaxCrossEntropy(2, 3, x, []int{0, bad}, 0, x, loss)
		want := map[int]string{
			-1: "cross-entropy: row 1 has label -1, outside the 3 classes (0 to 2)",
			3:  "cross-entropy: row 1 has label 3, outside the 3 classes (0 to 2)",
		}[bad]
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if loss[0] != 7 {
			t.Error("loss was written in spite of the error")
		}
	}
}
