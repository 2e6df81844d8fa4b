package jobs

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/training"
)

// score is what a model reached on the rows that it is judged on.
type score struct {
	accuracy, rmse, r2 *float64
}

// warnings say what a user has to know of a training that ended well: that it was too short, or that its result is worth
// no more than an answer that ignores the features.
func warnings(p *prepared, h *training.History, cfg training.Config, s score) (out []string) {
	if !h.Stopped && len(h.Epochs) == cfg.Epochs && h.StillFalling(ignorance(p)) {
		what := "validation"
		if len(p.parts.Val) == 0 {
			what = "training"
		}
		out = append(out, fmt.Sprintf("%s loss was still falling at epoch %d: more train.epochs or a higher train.lr", what, cfg.Epochs))
	}
	d, rows, _ := p.judged()
	switch {
	case s.accuracy != nil:
		if class, share := majority(p, d, rows); *s.accuracy <= share && *s.accuracy < 1 {
			out = append(out, fmt.Sprintf("accuracy %.4f is not better than always answering %s (%.4f)", *s.accuracy,
				p.data.Classes[class], share))
		}
	case s.rmse != nil:
		if mean := rmseOfMean(p, d, rows); *s.rmse > mean {
			what := "the result"
			if s.r2 != nil {
				what = fmt.Sprintf("R² %.4g", *s.r2)
			}
			out = append(out, fmt.Sprintf("%s is worse than the mean of the training targets (RMSE %.4g, of the mean %.4g)", what,
				*s.rmse, mean))
		}
	}
	return out
}

// majority is the commonest class of the training rows, the first of several, and its share of the rows that are judged.
func majority(p *prepared, d *data.Dataset, rows []int) (class int, share float64) {
	counts := make([]int, len(p.data.Classes))
	for _, i := range p.parts.Train {
		counts[p.data.Labels[i]]++
	}
	for k, n := range counts {
		if n > counts[class] {
			class = k
		}
	}
	hits := 0
	for _, i := range rows {
		if d.Labels[i] == class {
			hits++
		}
	}
	return class, float64(hits) / float64(len(rows))
}

// rmseOfMean is the error of always answering the mean of the training targets.
func rmseOfMean(p *prepared, d *data.Dataset, rows []int) float64 {
	learnt, asked := make([]float64, len(p.parts.Train)), make([]float64, len(rows))
	if p.data.GatherTargets64(learnt, p.parts.Train) != nil || d.GatherTargets64(asked, rows) != nil {
		return math.Inf(1) // rows of the data's own parts are there
	}
	var mean, sum float64
	for k, y := range learnt { // no sum that could overflow
		mean += (y - mean) / float64(k+1)
	}
	for _, y := range asked {
		sum += (y - mean) * (y - mean)
	}
	return math.Sqrt(sum / float64(len(rows)))
}

// ignorance is the log loss of answering the shares of the classes in the training rows; 0 for a regression.
func ignorance(p *prepared) (h float64) {
	if p.data.Task == data.Regression {
		return 0
	}
	counts := make([]int, len(p.data.Classes))
	for _, i := range p.parts.Train {
		counts[p.data.Labels[i]]++
	}
	for _, n := range counts {
		if q := float64(n) / float64(len(p.parts.Train)); q > 0 {
			h -= q * math.Log(q)
		}
	}
	return h
}
