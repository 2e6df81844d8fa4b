package pruning

import (
	"math"

	"github.com/gtrain/gtrain/internal/suggest"
)

// Schedule is how the amount grows over the rounds of an iterative pruning.
type AmountSchedule string

// The growths, for round r of R and a final amount A. With one round all are one-shot.
const (
	Cubic       AmountSchedule = "cubic"       // A·(1 − (1 − r/R)³): much at first, little at last (Zhu & Gupta, arXiv:1710.01878)
	Linear      AmountSchedule = "linear"      // A·r/R
	Exponential AmountSchedule = "exponential" // 1 − (1 − A)^{r/R}: the same share of what is left in each round
)

// Growths lists them.
func Growths() []AmountSchedule { return []AmountSchedule{Cubic, Linear, Exponential} }

// ParseAmountSchedule reads a growth's name; Cubic for "": what is removed last has the fewest epochs to recover from.
func ParseAmountSchedule(name string) (AmountSchedule, error) {
	if name == "" {
		return Cubic, nil
	}
	var known []string
	for _, g := range Growths() {
		if string(g) == name {
			return g, nil
		}
		known = append(known, string(g))
	}
	return "", suggest.Unknown("pruning schedule", name, known)
}

// At is the amount to have been removed after round r of rounds.
func (g AmountSchedule) At(amount float64, r, rounds int) float64 {
	if r >= rounds {
		return amount
	}
	t := float64(r) / float64(rounds)
	switch g {
	case Cubic:
		return amount * (1 - math.Pow(1-t, 3))
	case Exponential:
		return 1 - math.Pow(1-amount, t)
	}
	return amount * t
}
