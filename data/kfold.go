package data

import "github.com/gtrain/gtrain/internal/random"

// Fold is one round of a cross-validation: row indices, ascending.
type Fold struct {
	Train, Test []int
}

// KFold divides the rows into k folds by seed; each is tested once, by what the others train. The sizes of folds differ
// by at most one row; so do, for classification, the rows of a class in them. It fails with ErrOption for k < 2 or
// more folds than rows, and with ErrSplit for a class of a single row, which could not be both trained and tested.
func KFold(d *Dataset, k int, seed uint64) ([]Fold, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	if k < 2 || k > d.Rows() {
		return nil, fail(ErrOption, "%d folds of %s: from 2 to %d, its rows, can be made", k, d.Name, d.Rows())
	}
	strata := strataOf(d, identity(d.Rows()))
	if err := singles(d, strata); err != nil {
		return nil, err
	}
	// Rows are given to the folds in turn, class after class; each class goes on where the last one stopped.
	rng := random.New(seed, "folds")
	fold := make([]int, d.Rows())
	next := 0
	for _, rows := range strata {
		shuffle(rng, rows)
		for _, r := range rows {
			fold[r] = next % k
			next++
		}
	}
	folds := make([]Fold, k)
	for f := range folds {
		folds[f].Test = make([]int, 0, d.Rows()/k+1)
		folds[f].Train = make([]int, 0, d.Rows()-d.Rows()/k)
		for r, of := range fold {
			if of == f {
				folds[f].Test = append(folds[f].Test, r)
			} else {
				folds[f].Train = append(folds[f].Train, r)
			}
		}
	}
	return folds, nil
}
