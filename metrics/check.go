package metrics

import (
	"math"

	"github.com/pkg/errors"
)

// The reasons for which a metric cannot be computed.
var (
	ErrEmpty       = errors.New("nothing to measure")
	ErrLength      = errors.New("lengths differ")
	ErrLabel       = errors.New("label out of range")
	ErrNotFinite   = errors.New("not a finite number")
	ErrProbability = errors.New("not a probability")
	// ErrUndefined says that the input is sound and the metric has no value for it: ROC-AUC where one of the two
	// classes is absent, R² of a single row, or a metric that a report of the other task does not hold.
	ErrUndefined = errors.New("metric undefined")
)

// Float is a type of number that models compute with.
type Float interface{ float32 | float64 }

func checkLabels(what string, labels []int, classes int) error {
	if len(labels) == 0 {
		return errors.Wrapf(ErrEmpty, "no %ss", what)
	}
	if classes < 1 {
		return errors.Wrapf(ErrLabel, "%d classes, need at least 1", classes)
	}
	for i, l := range labels {
		if l < 0 || l >= classes {
			return errors.Wrapf(ErrLabel, "%s %d of row %d is not in 0…%d", what, l, i, classes-1)
		}
	}
	return nil
}

// checkRows checks labels together with their rows of scores.
func checkRows[F Float](labels []int, scores []F, classes int) error {
	if err := checkLabels("label", labels, classes); err != nil {
		return err
	}
	if len(scores) != len(labels)*classes {
		return errors.Wrapf(ErrLength, "%d scores for %d labels of %d classes, want %d",
			len(scores), len(labels), classes, len(labels)*classes)
	}
	return checkFinite("score", scores, classes)
}

// checkFinite names the first value that is NaN or infinite, by row and, where rows are wider than one, by column.
func checkFinite[F Float](what string, values []F, width int) error {
	return checkFiniteFrom(what, values, width, 0)
}

// checkFiniteFrom is checkFinite for values whose first row has another number than 0.
func checkFiniteFrom[F Float](what string, values []F, width, first int) error {
	for i, v := range values {
		if x := float64(v); !math.IsNaN(x) && !math.IsInf(x, 0) {
			continue
		}
		if width > 1 {
			return errors.Wrapf(ErrNotFinite, "%s of row %d, class %d is %v", what, first+i/width, i%width, v)
		}
		return errors.Wrapf(ErrNotFinite, "%s of row %d is %v", what, first+i, v)
	}
	return nil
}

// sum adds with Neumaier's compensation (1974): the error is of the order of one rounding, whatever the length.
// Callers write float64(x*y) for products, which keeps compilers from fusing them, so that bits agree on every machine.
type sum struct{ total, lost float64 }

func (s *sum) add(x float64) {
	t := s.total + x
	if math.Abs(s.total) >= math.Abs(x) {
		s.lost += (s.total - t) + x
	} else {
		s.lost += (x - t) + s.total
	}
	s.total = t
}

func (s *sum) value() float64 { return s.total + s.lost }
