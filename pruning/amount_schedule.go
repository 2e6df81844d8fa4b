package pruning

import (
	"math"

	"github.com/gtrain/gtrain/internal/suggest"
)

// AmountSchedule is how the amount grows over the rounds of an iterative pruning.
type AmountSchedule string

// The schedules, for round r of R and a final amount A. With one round all are one-shot.
const (
	CubicAmount       AmountSchedule = "cubic"       // A·(1 − (1 − r/R)³): much at first, little at last (Zhu & Gupta, arXiv:1710.01878)
	LinearAmount      AmountSchedule = "linear"      // A·r/R
	ExponentialAmount AmountSchedule = "exponential" // 1 − (1 − A)^{r/R}: the same share of what is left in each round
)

// AmountSchedules lists them.
func AmountSchedules() []AmountSchedule {
	return []AmountSchedule{CubicAmount, LinearAmount, ExponentialAmount}
}

// ParseAmountSchedule reads a schedule's name; CubicAmount for "": what is removed last has the fewest epochs to recover from.
func ParseAmountSchedule(name string) (AmountSchedule, error) {
	if name == "" {
		return CubicAmount, nil
	}
	var known []string
	for _, s := range AmountSchedules() {
		if string(s) == name {
			return s, nil
		}
		known = append(known, string(s))
	}
	return "", suggest.Unknown("pruning schedule", name, known)
}

// At is the amount to have been removed after round r of rounds.
func (s AmountSchedule) At(amount float64, r, rounds int) float64 {
	if r >= rounds {
		return amount
	}
	t := float64(r) / float64(rounds)
	switch s {
	case CubicAmount:
		return amount * (1 - math.Pow(1-t, 3))
	case ExponentialAmount:
		return 1 - math.Pow(1-amount, t)
	}
	return amount * t
}
