package pruning

import (
	"math"

	"github.com/gtrain/gtrain/settings"
)

// AmountSchedule is how the amount grows over the rounds of an iterative pruning.
type AmountSchedule string

// The schedules, for round r of R and a final amount A. With one round all are one-shot.
const (
	CubicAmount       AmountSchedule = "cubic"       // A·(1 − (1 − r/R)³): much at first, little at last (Zhu & Gupta, arXiv:1710.01878)
	LinearAmount      AmountSchedule = "linear"      // A·r/R
	ExponentialAmount AmountSchedule = "exponential" // 1 − (1 − A)^{r/R}: the same share of what is left in each round
)

// AmountSchedules is the table of schedules of the amount. The default is CubicAmount: what is removed last has the fewest
// epochs to recover from.
var AmountSchedules = settings.NewChoices("pruning schedule",
	settings.Named[AmountSchedule]{Name: CubicAmount, Doc: "much at first, little at last"},
	settings.Named[AmountSchedule]{Name: LinearAmount, Doc: "as much in each round"},
	settings.Named[AmountSchedule]{Name: ExponentialAmount, Doc: "the same share of what is left in each round"})

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
