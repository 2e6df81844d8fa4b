package metrics

import "github.com/pkg/errors"

// Collector measures a classifier some rows at a time, so that nobody has to hold the probabilities of all rows: it keeps
// a few numbers of each. Its results are those of [ClassificationReport], to the bit.
type Collector[F Float] struct {
	classes   int
	labels    []int
	predicted []int
	losses    []float64
	ranks     []int // of the label among the row's classes, from 0; for more than five classes
	positive  []F   // probability of class 1, for two classes
}

// NewCollector makes a Collector for rows with these labels, which it keeps, in 0…classes-1, classes being at least 2.
func NewCollector[F Float](labels []int, classes int) (*Collector[F], error) {
	if err := checkLabels("label", labels, classes); err != nil {
		return nil, err
	}
	if classes < 2 {
		return nil, errTwoClasses()
	}
	c := &Collector[F]{classes: classes, labels: labels, predicted: make([]int, len(labels)),
		losses: make([]float64, len(labels))}
	switch {
	case classes == 2:
		c.positive = make([]F, len(labels))
	case classes > 5:
		c.ranks = make([]int, len(labels))
	}
	return c, nil
}

// Add takes the probabilities (rows × classes) of the rows from number lo on. Every row has to be added once. Different
// rows may be added at the same time.
func (c *Collector[F]) Add(lo int, probs []F) error {
	n := len(probs) / c.classes
	if n*c.classes != len(probs) || lo < 0 || lo+n > len(c.labels) {
		return errors.Wrapf(ErrLength, "%d scores of %d classes for rows from %d on, of %d", len(probs), c.classes, lo,
			len(c.labels))
	}
	if err := checkFiniteFrom("score", probs, c.classes, lo); err != nil {
		return err
	}
	for k := range n {
		i, row := lo+k, probs[k*c.classes:(k+1)*c.classes]
		var err error
		if c.losses[i], err = rowLoss(i, row, c.labels[i]); err != nil {
			return err
		}
		c.predicted[i] = best(row)
		if c.positive != nil {
			c.positive[i] = row[1]
		}
		if c.ranks != nil {
			c.ranks[i] = rank(row, c.labels[i])
		}
	}
	return nil
}

// Summary is the report without the scores of each class and the confusion matrix: a few numbers, however many classes
// there are.
func (c *Collector[F]) Summary() (*Report, error) {
	t := tallyOf(c.labels, c.predicted, c.classes)
	r := &Classification{Accuracy: t.accuracy(), Macro: t.macro(), Micro: t.micro(), Weighted: t.weighted()}
	var loss sum
	for _, l := range c.losses {
		loss.add(l)
	}
	r.LogLoss = loss.value() / float64(len(c.losses))
	if c.positive != nil {
		auc, err := ROCAUC(c.labels, c.positive)
		if r.ROCAUC, err = defined(auc, err); err != nil {
			return nil, err
		}
	}
	if c.ranks != nil {
		top := within(c.ranks, 5)
		r.Top5Accuracy = &top
	}
	return &Report{N: len(c.labels), Classification: r}, nil
}

// Report is the whole of it.
func (c *Collector[F]) Report() (*Report, error) {
	r, err := c.Summary()
	if err != nil {
		return nil, err
	}
	r.PerClass = tallyOf(c.labels, c.predicted, c.classes).perClass()
	if c.classes > DenseClasses {
		r.ConfusionCells, err = ConfusionCells(c.labels, c.predicted, c.classes)
	} else {
		r.ConfusionMatrix, err = ConfusionMatrix(c.labels, c.predicted, c.classes)
	}
	return r, err
}
