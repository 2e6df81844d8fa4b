package data

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/settings"
)

// What a split holds out unless said otherwise.
const (
	DefaultTest = 0.2  // of all rows
	DefaultVal  = 0.15 // of the rows left after the test part
)

// SplitOptions say what is held out. A fraction of 0 holds out nothing; others must lie strictly between 0 and 1.
type SplitOptions struct {
	Test float64 // fraction of all rows for testing; not used for data with a test part of its own
	Val  float64 // fraction of the rows left after the test part, for validation
	Seed uint64
}

// Parts are row indices, ascending. Those of Test belong to the dataset's own test part if Info.OwnTest says so, and to
// the dataset otherwise.
type Parts struct {
	Train, Val, Test []int
	Info             SplitInfo
}

// SplitInfo records a split, so that it can be drawn again from the same data. A file whose Fingerprint is
// TestFingerprint is the test part alone, no row of which was trained on. Its JSON names are stable.
type SplitInfo struct {
	Fingerprint     string  `json:"fingerprint"`
	TestFingerprint string  `json:"test_fingerprint,omitempty"` // of the data's own test part
	OwnTest         bool    `json:"own_test"`
	Stratified      bool    `json:"stratified"`
	Target          string  `json:"target"`
	Seed            uint64  `json:"seed"`
	TestFraction    float64 `json:"test_fraction"`
	ValFraction     float64 `json:"val_fraction"`
	TrainRows       int     `json:"train_rows"`
	ValRows         int     `json:"val_rows"`
	TestRows        int     `json:"test_rows"`
}

// Split draws training, validation and test rows by seed.
//
// Classification is stratified: each class gives round(fraction·n) rows of the total by largest remainder, so that its
// share is exact to less than one row, and every class keeps at least one training row; only where that must be
// forced are shares less exact. Regression is a plain shuffle. A part has round(fraction·rows) rows. The test part does
// not depend on the validation fraction. Data with a test part of its own is tested on that, whatever opt.Test says.
//
// It fails with ErrOption for a fraction outside [0, 1) and ErrSplit where a part asked for would be empty or a class
// has a single row.
func Split(d *Dataset, opt SplitOptions) (*Parts, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	for _, f := range []float64{opt.Test, opt.Val} {
		if !(f >= 0 && f < 1) {
			return nil, fail(ErrOption, "a fraction of %v cannot be held out: it must be from 0 to less than 1", f)
		}
	}
	if d.Test != nil {
		opt.Test = 0
	}
	strata := strataOf(d, identity(d.Rows()))
	if err := singles(d, strata); err != nil {
		return nil, err
	}
	rng := random.New(opt.Seed, "split")
	for _, rows := range strata {
		shuffle(rng, rows)
	}
	p := &Parts{}
	var err error
	if p.Test, err = holdOut(strata, opt.Test, "test", d); err != nil {
		return nil, err
	}
	if p.Val, err = holdOut(strata, opt.Val, "validation", d); err != nil {
		return nil, err
	}
	for _, rows := range strata {
		p.Train = append(p.Train, rows...)
	}
	p.Train = ascending(p.Train, d.Rows())
	p.Info = SplitInfo{Fingerprint: d.Fingerprint, Stratified: d.Labels != nil, Target: d.Target, Seed: opt.Seed,
		TestFraction: opt.Test, ValFraction: opt.Val}
	if d.Test != nil {
		p.Test = identity(d.Test.Rows())
		p.Info.OwnTest, p.Info.TestFingerprint = true, d.Test.Fingerprint
	}
	p.Info.TrainRows, p.Info.ValRows, p.Info.TestRows = len(p.Train), len(p.Val), len(p.Test)
	return p, nil
}

// Recover draws the recorded split again. It fails with ErrOtherData if d is not the data it was recorded for. Where
// the test part was a dataset of its own and d comes without, Test is empty.
func (i SplitInfo) Recover(d *Dataset) (*Parts, error) {
	switch {
	case d == nil:
		return nil, errNoData
	case d.Fingerprint != i.Fingerprint:
		return nil, fail(ErrOtherData, "%s is not the data that was split (fingerprint %.12s, not %.12s)", d.Name,
			d.Fingerprint, i.Fingerprint)
	case d.Target != i.Target || (d.Labels != nil) != i.Stratified:
		return nil, fail(ErrOtherData, "%s has target %q, and the split was recorded for target %q with labels", d.Name,
			d.Target, i.Target)
	case d.Test != nil && d.Test.Fingerprint != i.TestFingerprint:
		return nil, fail(ErrOtherData, "%s has another test part than the data that was split", d.Name)
	}
	p, err := Split(d, SplitOptions{Test: i.TestFraction, Val: i.ValFraction, Seed: i.Seed})
	if err != nil {
		return nil, err
	}
	got := p.Info
	got.OwnTest, got.TestFingerprint = i.OwnTest, i.TestFingerprint
	if i.OwnTest && d.Test == nil {
		got.TestRows = i.TestRows
	}
	if got != i {
		return nil, fail(ErrOtherData, "%s splits into %d, %d and %d rows, and %d, %d and %d were recorded", d.Name,
			got.TrainRows, got.ValRows, got.TestRows, i.TrainRows, i.ValRows, i.TestRows)
	}
	p.Info = i
	return p, nil
}

// PartNames is the table of parts that Parts.Rows gives.
var PartNames = settings.NewChoices("part of the data",
	settings.Named[string]{Name: "train", Doc: "what a model is trained on"},
	settings.Named[string]{Name: "val", Doc: "what decides when training was best"},
	settings.Named[string]{Name: "test", Doc: "what training never sees"},
	settings.Named[string]{Name: "all", Doc: "every row"})

// Rows returns the rows of one part (train, val, test or all) and the dataset that they index: d itself, or its own
// test part. "all" is every row of d, without an own test part.
func (p *Parts) Rows(d *Dataset, part string) (*Dataset, []int, error) {
	if p == nil || d == nil {
		return nil, nil, fail(ErrOption, "the %s rows of what? parts or dataset are missing (nil)", part)
	}
	if _, err := PartNames.Lookup(part); err != nil {
		return nil, nil, asOption(err)
	}
	if part == "test" && d.Test != nil {
		d = d.Test
	}
	rows := map[string][]int{"train": p.Train, "val": p.Val, "test": p.Test}[part]
	if part == "all" {
		rows = identity(d.Rows())
	}
	if len(rows) == 0 {
		return nil, nil, fail(ErrSplit, "%s has no rows in its %s part", d.Name, part)
	}
	return d, rows, nil
}

// HoldOut draws a fraction of some rows of d by seed, as Split draws validation rows: stratified for a classification, and a
// class keeps at least one row. Both parts are ascending. It fails with ErrOption for a fraction outside [0, 1) or a row that
// does not exist, and with ErrSplit where a part asked for would be empty.
func HoldOut(d *Dataset, rows []int, fraction float64, seed uint64) (rest, held []int, err error) {
	if err := d.ValidateShape(); err != nil {
		return nil, nil, err
	}
	if !(fraction >= 0 && fraction < 1) {
		return nil, nil, fail(ErrOption, "a fraction of %v cannot be held out: it must be from 0 to less than 1", fraction)
	}
	for _, r := range rows {
		if r < 0 || r >= d.Rows() {
			return nil, nil, fail(ErrOption, "row %d is not one of the %d rows of %s", r, d.Rows(), d.Name)
		}
	}
	strata := strataOf(d, slices.Clone(rows))
	rng := random.New(seed, "hold out")
	for _, rows := range strata {
		shuffle(rng, rows)
	}
	if held, err = holdOut(strata, fraction, "held-out", d); err != nil {
		return nil, nil, err
	}
	rest = slices.Concat(strata...)
	slices.Sort(rest)
	return rest, held, nil
}

// strataOf are the rows to draw from: one list for each class that has any, or one of all.
func strataOf(d *Dataset, rows []int) [][]int {
	if d.Labels == nil {
		return [][]int{rows}
	}
	byClass := make([][]int, len(d.Classes))
	for _, i := range rows {
		byClass[d.Labels[i]] = append(byClass[d.Labels[i]], i)
	}
	return slices.DeleteFunc(byClass, func(rows []int) bool { return len(rows) == 0 })
}

// singles refuses a class of one row, which cannot be both trained and tested.
func singles(d *Dataset, strata [][]int) error {
	for _, rows := range strata {
		if d.Labels != nil && len(rows) == 1 {
			return fail(ErrSplit, "%s: class %q has one row: it needs two to be trained and tested, add some or drop it%s", d.Name,
				d.Classes[d.Labels[rows[0]]], d.Schema.TaskHint())
		}
	}
	return nil
}

// holdOut takes fraction of all rows off the front of the strata and leaves at least one in each.
func holdOut(strata [][]int, fraction float64, part string, d *Dataset) ([]int, error) {
	if fraction == 0 {
		return nil, nil
	}
	total := 0
	for _, rows := range strata {
		total += len(rows)
	}
	want := int(math.Round(fraction * float64(total)))
	if want == 0 || total-want < len(strata) {
		err := fail(ErrSplit, "%s: %v of %d rows for the %s part are %d and leave %d: take another fraction", d.Name,
			fraction, total, part, want, total-want)
		if want > 0 && len(strata) > 1 { // one row of each class has to be left
			err = withHint(err, d.Schema.TaskHint())
		}
		return nil, err
	}
	var out []int
	for s, n := range apportion(strata, fraction, want) {
		out = append(out, strata[s][:n]...)
		strata[s] = strata[s][n:]
	}
	slices.Sort(out)
	return out, nil
}

// apportion divides want among the strata in proportion to their sizes (Hamilton's method, largest remainder; the first
// of equals), each giving up at most all but one row.
func apportion(strata [][]int, fraction float64, want int) []int {
	take := make([]int, len(strata))
	for s, rows := range strata {
		take[s] = min(int(fraction*float64(len(rows))), len(rows)-1)
		want -= take[s]
	}
	for ; want > 0; want-- {
		best, most := -1, math.Inf(-1)
		for s, rows := range strata {
			if due := fraction*float64(len(rows)) - float64(take[s]); due > most && take[s] < len(rows)-1 {
				best, most = s, due
			}
		}
		take[best]++
	}
	return take
}

// ascending sorts rows, all different and below n: it marks them and looks which are marked.
func ascending(rows []int, n int) []int {
	marked := make([]bool, n)
	for _, r := range rows {
		marked[r] = true
	}
	rows = rows[:0]
	for r, ok := range marked {
		if ok {
			rows = append(rows, r)
		}
	}
	return rows
}

func shuffle(rng *rand.Rand, rows []int) {
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
}
