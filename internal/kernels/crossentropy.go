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
	NeedRows("SoftmaxCrossEntropy", rows, cols, probs, logits)
	Need("SoftmaxCrossEntropy", "labels", len(labels), rows)
	Need("SoftmaxCrossEntropy", "loss", len(loss), rows)
	if err := checkLabels(rows, cols, labels); err != nil {
		return err
	}
	if rows == 0 {
		return nil
	}
	o := OpsOf[T]()
	buf := Borrow[T](2 * softmaxChunk)
	defer buf.GiveBack()
	stats := buf.X
	var target [softmaxChunk]float64 // Σ q·x, taken before probs is written: it may be logits
	for i := 0; i < rows; i += softmaxChunk {
		n := min(softmaxChunk, rows-i)
		for r := range n {
			x := logits[(i+r)*cols : (i+r+1)*cols]
			target[r] = (1 - float64(smoothing)) * float64(x[labels[i+r]])
			if smoothing != 0 { // else −∞ among the logits would give 0·∞
				target[r] += float64(smoothing) * float64(Sum(x)) / float64(cols)
			}
		}
		o.softmax(n, cols, probs[i*cols:(i+n)*cols], logits[i*cols:(i+n)*cols], stats)
		for r := range n {
			loss[i+r] = T(float64(stats[2*r]) + math.Log(float64(stats[2*r+1])) - target[r])
		}
	}
	return nil
}

// SoftmaxCrossEntropyGrad computes the gradient with respect to the logits, dst = scale·(p − q), with p as
// SoftmaxCrossEntropy gives it and q as there. dst may be probs.
func SoftmaxCrossEntropyGrad[T Float](rows, cols int, probs []T, labels []int, smoothing, scale T, dst []T) {
	NeedRows("SoftmaxCrossEntropyGrad", rows, cols, dst, probs)
	Need("SoftmaxCrossEntropyGrad", "labels", len(labels), rows)
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
