package pruning

import (
	"math"

	"github.com/gtrain/gtrain/internal/suggest"
)

// Growth is how the amount grows over the rounds of an iterative pruning.
type Growth string

// The growths, for round r of R and a final amount A. With one round all are one-shot.
const (
	Linear      Growth = "linear"      // A·r/R
	Cubic       Growth = "cubic"       // A·(1 − (1 − r/R)³): much at first, little at last (Zhu & Gupta, arXiv:1710.01878)
	Exponential Growth = "exponential" // 1 − (1 − A)^{r/R}: the same share of what is left in each round
)

// Growths lists them.
func Growths() []Growth { return []Growth{Linear, Cubic, Exponential} }

// ParseGrowth reads a growth's name; Linear for "".
func ParseGrowth(name string) (Growth, error) {
	if name == "" {
		return Linear, nil
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
func (g Growth) At(amount float64, r, rounds int) float64 {
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
