package kernels

import "math"

// LogLikelihood computes, for each row, terms[i] = Σ_j t_ij·ln p_ij with p = softmax(logits) and any targets t. logits
// and targets are rows×cols. ln p is computed from the logits, so it is finite even where p underflows.
func LogLikelihood[T Float](rows, cols int, logits, targets []T, terms []float64) {
	NeedRows("LogLikelihood", rows, cols, targets, logits)
	Need("LogLikelihood", "terms", len(terms), rows)
	if cols == 0 {
		clear(terms[:rows])
		return
	}
	o, buf := OpsOf[T](), Borrow[T](softmaxChunk*(2+cols))
	defer buf.GiveBack()
	stats, probs := buf.X[:2*softmaxChunk], buf.X[2*softmaxChunk:]
	for i := 0; i < rows; i += softmaxChunk {
		n := min(softmaxChunk, rows-i)
		o.softmax(n, cols, probs[:n*cols], logits[i*cols:(i+n)*cols], stats)
		for r := range n {
			x, t := logits[(i+r)*cols:(i+r+1)*cols], targets[(i+r)*cols:(i+r+1)*cols]
			top, log, sum := float64(stats[2*r]), math.Log(float64(stats[2*r+1])), 0.0
			for j, v := range t {
				sum += float64(v) * (float64(x[j]) - top - log)
			}
			terms[i+r] = sum
		}
	}
}

// LogLikelihoodGrad computes the gradient of scale·Σ_i terms[i] with respect to the logits, dst_ij =
// scale·(t_ij − p_ij·Σ_k t_ik). dst may be logits, not targets.
func LogLikelihoodGrad[T Float](rows, cols int, logits, targets []T, scale T, dst []T) {
	NeedRows("LogLikelihoodGrad", rows, cols, dst, logits)
	Need("LogLikelihoodGrad", "targets", len(targets), rows*cols)
	if rows*cols == 0 {
		return
	}
	o, stats := OpsOf[T](), Borrow[T](2*softmaxChunk)
	defer stats.GiveBack()
	for i := 0; i < rows; i += softmaxChunk {
		n := min(softmaxChunk, rows-i)
		o.softmax(n, cols, dst[i*cols:(i+n)*cols], logits[i*cols:(i+n)*cols], stats.X)
		for r := i; r < i+n; r++ {
			d, t := dst[r*cols:(r+1)*cols], targets[r*cols:(r+1)*cols]
			var sum T
			for _, v := range t {
				sum += v
			}
			for j, p := range d {
				d[j] = scale * (t[j] - p*sum)
			}
		}
	}
}
