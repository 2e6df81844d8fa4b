package training

// StillFalling tells whether a training that went to the end of its epochs was too short: the best epoch is among the last
// ones, and in the last fifth of the way, as learning rates measure it, the loss still fell by a fiftieth or more of what it
// costs to know nothing. That is the variance of the targets in a regression, and entropy, the log loss of answering the
// shares of the classes, in a classification. A schedule that ends near 0 flattens the last epochs whatever there is left to
// learn, so that these alone say little; and a good model, whose loss is small against that cost, is not told to go on.
//
// Without validation rows the training loss decides, against that of the first epoch.
func (h *History) StillFalling(entropy float64) bool {
	n := len(h.Epochs)
	if n < 2 || h.BestEpoch < n-n/10 {
		return false
	}
	way, before := make([]float64, n), h.Epochs[0].LearningRate
	for i, e := range h.Epochs { // an epoch's rate lies between those at its ends
		way[i] = (before + e.LearningRate) / 2
		if before = e.LearningRate; i > 0 {
			way[i] += way[i-1]
		}
	}
	at := 0
	for at+1 < n-1 && way[at+1] <= 0.8*way[n-1] {
		at++
	}
	return h.unknown(at, entropy)-h.unknown(h.BestEpoch-1, entropy) >= 0.02
}

// unknown is the share of what is to be learnt that an epoch has not.
func (h *History) unknown(i int, entropy float64) float64 {
	e := &h.Epochs[i]
	switch {
	case e.Val != nil && e.Val.Classification != nil && entropy > 0:
		return e.Val.LogLoss / entropy
	case e.Val != nil && e.Val.Regression != nil && e.Val.R2 != nil:
		return 1 - *e.Val.R2
	case e.ValLoss == nil && h.Epochs[0].TrainLoss > 0:
		return e.TrainLoss / h.Epochs[0].TrainLoss
	}
	return 0
}
