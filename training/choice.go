package training

import "math"

// choice is which epoch is the best so far, and since when nothing has improved. The rule:
//
//   - an epoch is better if its monitored value beats that of the last improvement by more than MinDelta;
//   - of epochs whose values are equal, or differ by less than MinDelta counts for, the one with the lower validation loss
//     is kept: a ranking metric or an accuracy often stands still, from the first, untrained epoch on, while the network
//     still learns. It is never one with a worse value;
//   - where the losses are equal too, the earlier epoch stays.
//
// A value that is not a number is worse than any that is.
type choice struct {
	BestEpoch int     `json:"best_epoch"` // from 1; 0 before the first
	BestValue float64 `json:"best_value"`
	Stopped   bool    `json:"stopped"` // early stopping has decided

	// The last improvement by more than MinDelta, where the best epoch is a later one that only has a lower loss.
	ImprovedEpoch int     `json:"improved_epoch,omitempty"`
	ImprovedValue float64 `json:"improved_value,omitempty"`
}

// see takes note of an epoch and tells whether it is the best so far. bestLoss is the validation loss of the best one
// before it.
func (c *choice) see(epoch int, value, loss, bestLoss float64, better func(a, b float64) bool, cfg *Config) bool {
	since, mark := c.BestEpoch, c.BestValue
	if c.ImprovedEpoch > 0 {
		since, mark = c.ImprovedEpoch, c.ImprovedValue
	}
	switch {
	case c.BestEpoch == 0 || improves(value, mark, better, cfg.MinDelta):
		c.BestEpoch, c.BestValue, c.ImprovedEpoch, c.ImprovedValue = epoch, value, 0, 0
		return true
	case cfg.Monitor != "loss" && !better(c.BestValue, value) && loss < bestLoss:
		if cfg.MinDelta > 0 { // patience waits for a real improvement
			c.ImprovedEpoch, c.ImprovedValue = since, mark
		}
		c.BestEpoch, c.BestValue = epoch, value
		return true
	}
	return false
}

// patient tells whether training goes on after an epoch.
func (c *choice) patient(epoch, patience int) bool {
	since := c.BestEpoch
	if c.ImprovedEpoch > 0 {
		since = c.ImprovedEpoch
	}
	return patience == 0 || epoch-since < patience
}

// improves tells whether value beats mark by more than delta, whichever way is up.
func improves(value, mark float64, better func(a, b float64) bool, delta float64) bool {
	return better(value, mark) && (math.IsNaN(mark) || math.Abs(value-mark) > delta)
}
