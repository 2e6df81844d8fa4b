package kernels

import (
	"math"

	"github.com/pkg/errors"
)

// SoftmaxCrossEntropy computes, for each row of logits, p = softmax(logits) into probs and the cross-entropy
//
//	loss = −Σ q·ln p,  q = (1−ε)·onehot(label) + ε/cols,
//
// in nats, with ε = smoothing (Szegedy et al. 2016, "Rethinking the Inception Architecture"). logits and probs are
// rows×cols, labels and loss have rows elements. ln p is computed from the logits, so a loss is finite even where p
// underflows. It returns an error, and computes nothing, if a label lies outside [0, cols).
func SoftmaxCrossEntropy[T Float](rows, cols int, logits []T, labels []int, smoothing T, probs, loss []T) error {
	needRows("SoftmaxCrossEntropy", rows, cols, probs, logits)
	need("SoftmaxCrossEntropy", "labels", len(labels), rows)
	need("SoftmaxCrossEntropy", "loss", len(loss), rows)
	if err := checkLabels(rows, cols, labels); err != nil {
		return err
	}
	o := opsOf[T]()
	for i := range rows {
		p, x := probs[i*cols:(i+1)*cols], logits[i*cols:(i+1)*cols]
		m := o.max(x)
		toLabel := float64(x[labels[i]]) - float64(m) // before probs is written: it may be logits
		var toMean float64
		if smoothing != 0 {
			toMean = float64(Sum(x))/float64(cols) - float64(m)
		}
		s := o.expSum(p, x, m)
		o.scale(p, p, 1/s)
		eps := float64(smoothing)
		l := math.Log(float64(s)) - (1-eps)*toLabel
		if smoothing != 0 { // else −∞ among the logits would give 0·∞
			l -= eps * toMean
		}
		loss[i] = T(l)
	}
	return nil
}

// SoftmaxCrossEntropyGrad computes the gradient with respect to the logits, dst = scale·(p − q), with p as
// SoftmaxCrossEntropy gives it and q as there. dst may be probs.
func SoftmaxCrossEntropyGrad[T Float](rows, cols int, probs []T, labels []int, smoothing, scale T, dst []T) {
	needRows("SoftmaxCrossEntropyGrad", rows, cols, dst, probs)
	need("SoftmaxCrossEntropyGrad", "labels", len(labels), rows)
	if cols == 0 {
		return
	}
	off := smoothing / T(cols)
	for i := range rows {
		p, d, y := probs[i*cols:(i+1)*cols], dst[i*cols:(i+1)*cols], labels[i]
		at := p[y]
		for j, v := range p {
			d[j] = scale * (v - off)
		}
		d[y] = scale * (at - (1 - smoothing + off))
	}
}

func checkLabels(rows, cols int, labels []int) error {
	for i, y := range labels[:rows] {
		if y < 0 || y >= cols {
			return errors.Errorf("cross-entropy: row %d has label %d, outside the %d classes (0 to %d)",
				i, y, cols, cols-1)
		}
	}
	return nil
}
