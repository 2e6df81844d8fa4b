package data

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// labelled makes data with the given number of rows in each class, the classes interleaved.
func labelled(t rapid.TB, counts []int) *Dataset {
	var labels, left = []int{}, slices.Clone(counts)
	for more := true; more; {
		more = false
		for c := range left {
			if left[c] > 0 {
				labels = append(labels, c)
				left[c]--
				more = true
			}
		}
	}
	x := make([]float32, len(labels))
	for i := range x {
		x[i] = float32(i)
	}
	classes := make([]string, len(counts))
	for c := range classes {
		classes[c] = strconv.Itoa(c)
	}
	d, err := NewClassification("d", []string{"a"}, x, classes, labels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func numbered(t rapid.TB, rows int) *Dataset {
	x := make([]float32, rows)
	for i := range x {
		x[i] = float32(i)
	}
	d, err := NewRegression("d", []string{"a"}, x, x)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// isPartition checks that the parts hold every row once, ascending.
func isPartition(t rapid.TB, rows int, parts ...[]int) {
	var all []int
	for _, p := range parts {
		if !slices.IsSorted(p) {
			t.Fatalf("not ascending: %v", p)
		}
		all = append(all, p...)
	}
	slices.Sort(all)
	if !slices.Equal(all, identity(rows)) {
		t.Fatalf("%d rows in parts %v", rows, parts)
	}
}

func count(d *Dataset, rows []int) []int {
	n := make([]int, len(d.Classes)) // nothing to count in a regression
	if d.Labels == nil {
		return n
	}
	for _, r := range rows {
		n[d.Labels[r]]++
	}
	return n
}

func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(2, 60), 2, 6).Draw(t, "counts")
		opt := SplitOptions{Test: rapid.Float64Range(0, 0.99).Draw(t, "test"), Val: rapid.Float64Range(0, 0.99).Draw(t,
			"val"),
			Seed: rapid.Uint64().Draw(t, "seed")}
		d := labelled(t, counts)
		p, err := Split(d, opt)
		n := d.Rows()
		test := int(math.Round(opt.Test * float64(n)))
		val := int(math.Round(opt.Val * float64(n-test)))
		possible := (opt.Test == 0 || test > 0 && n-test >= len(counts)) && (opt.Val == 0 || val > 0 &&
			n-test-val >= len(counts))
		if (err == nil) != possible {
			t.Fatalf("error %v, possible %v", err, possible)
		}
		if err != nil {
			return
		}
		isPartition(t, n, p.Train, p.Val, p.Test)
		if len(p.Test) != test || len(p.Val) != val {
			t.Fatalf("%d and %d rows, want %d and %d", len(p.Test), len(p.Val), test, val)
		}
		// Within one row of the exact share, unless a class must keep its last row.
		inTrain, inVal, inTest := count(d, p.Train), count(d, p.Val), count(d, p.Test)
		check := func(of, took []int, fraction float64) {
			for c := range of {
				if math.Ceil(fraction*float64(of[c])) >= float64(of[c]) {
					return
				}
			}
			for c := range of {
				if share := fraction * float64(of[c]); math.Abs(float64(took[c])-share) >= 1+1e-9 {
					t.Fatalf("class %d: %d rows of %d, share %v", c, took[c], of[c], share)
				}
			}
		}
		rest := make([]int, len(counts))
		for c := range counts {
			if inTrain[c] == 0 {
				t.Fatalf("class %d is not trained", c)
			}
			rest[c] = counts[c] - inTest[c]
		}
		check(counts, inTest, opt.Test)
		check(rest, inVal, opt.Val)

		again, _ := Split(d, opt)
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatal(diff)
		}
		other, err := Split(d, SplitOptions{Test: opt.Test, Seed: opt.Seed})
		if err != nil || !slices.Equal(other.Test, p.Test) {
			t.Fatalf("the test part depends on the validation fraction (%v)", err)
		}

		// The record survives JSON and draws the same parts.
		b, err := json.Marshal(p.Info)
		var info SplitInfo
		if err == nil {
			err = json.Unmarshal(b, &info)
		}
		if err != nil {
			t.Fatal(err)
		}
		recovered, err := info.Recover(d)
		if diff := cmp.Diff(p, recovered); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func TestSplitRegression(t *testing.T) {
	d := numbered(t, 103)
	p, err := Split(d, SplitOptions{Test: 0.2, Val: 0.25, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	isPartition(t, 103, p.Train, p.Val, p.Test)
	want := SplitInfo{Fingerprint: d.Fingerprint, Target: "target", Seed: 3, TestFraction: 0.2, ValFraction: 0.25,
		TrainRows: 61, ValRows: 21, TestRows: 21}
	if p.Info != want {
		t.Errorf("%+v, want %+v", p.Info, want)
	}
	other, _ := Split(d, SplitOptions{Test: 0.2, Val: 0.25, Seed: 4})
	if slices.Equal(other.Test, p.Test) {
		t.Error("another seed drew the same rows")
	}
}

// The bits of a split are part of the contract: eval draws it again, perhaps with a later version.
func TestSplitGolden(t *testing.T) {
	p, err := Split(load(t, "iris", Options{}), SplitOptions{Test: 0.1, Val: 0.05, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Test, p.Val); got != golden {
		t.Errorf("%s\nwant\n%s", got, golden)
	}
}

const golden = "[0 2 15 17 40 56 59 62 82 99 109 113 123 127 140] [7 14 21 53 92 131 132]"

func TestSplitOwnTest(t *testing.T) {
	d := labelled(t, []int{20, 30})
	d.Test = labelled(t, []int{3, 4})
	p, err := Split(d, SplitOptions{Test: 0.5, Val: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	isPartition(t, 50, p.Train, p.Val)
	isPartition(t, 7, p.Test)
	if !p.Info.OwnTest || p.Info.TestFraction != 0 || p.Info.TestFingerprint != d.Test.Fingerprint || len(p.Val) != 10 {
		t.Errorf("%+v", p.Info)
	}
	if of, rows, err := p.Rows(d, "test"); of != d.Test || len(rows) != 7 || err != nil {
		t.Errorf("test part: %d rows, %v", len(rows), err)
	}
	if of, rows, err := p.Rows(d, "val"); of != d || len(rows) != 10 || err != nil {
		t.Errorf("validation part: %d rows, %v", len(rows), err)
	}
	if of, rows, err := p.Rows(d, "all"); of != d || len(rows) != 50 || err != nil {
		t.Errorf("all: %d rows, %v", len(rows), err)
	}
	_, _, err = p.Rows(d, "tset")
	wantError(t, err, ErrOption,
		`unknown part of the data "tset": did you mean "test"? (known: train, val, test, all)`)

	// The training file alone still knows its training rows; its test part is elsewhere.
	alone := *d
	alone.Test = nil
	q, err := p.Info.Recover(&alone)
	if err != nil || !slices.Equal(q.Train, p.Train) || len(q.Test) != 0 {
		t.Fatalf("%v", err)
	}
	_, _, err = q.Rows(&alone, "test")
	wantError(t, err, ErrSplit, "d has no rows in its test part")
	alone.Test = labelled(t, []int{4, 4})
	_, err = p.Info.Recover(&alone)
	wantError(t, err, ErrOtherData, "d has another test part than the data that was split")
}

func TestSplitErrors(t *testing.T) {
	d := labelled(t, []int{10, 10})
	for _, f := range []float64{-0.1, 1, 1.5, math.NaN(), math.Inf(1)} {
		_, err := Split(d, SplitOptions{Test: f})
		wantError(t, err, ErrOption, fmt.Sprintf("a fraction of %v cannot be held out: it must be from 0 to less than 1", f))
		_, err = Split(d, SplitOptions{Val: f})
		wantError(t, err, ErrOption, fmt.Sprintf("a fraction of %v cannot be held out: it must be from 0 to less than 1", f))
	}
	tests := []struct {
		d       *Dataset
		opt     SplitOptions
		message string
	}{
		{d, SplitOptions{Test: 0.01}, "d: 0.01 of 20 rows for the test part are 0 and leave 20: take another fraction"},
		{d, SplitOptions{Test: 0.95}, "d: 0.95 of 20 rows for the test part are 19 and leave 1: take another fraction"},
		{d, SplitOptions{Test: 0.5, Val: 0.04},
			"d: 0.04 of 10 rows for the validation part are 0 and leave 10: take another fraction"},
		{numbered(t, 3), SplitOptions{Test: 0.9},
			"d: 0.9 of 3 rows for the test part are 3 and leave 0: take another fraction"},
		{labelled(t, []int{5, 1}), SplitOptions{Test: 0.2},
			`d: class "1" has one row: it needs two to be trained and tested, add some or drop it`},
	}
	for _, tt := range tests {
		_, err := Split(tt.d, tt.opt)
		wantError(t, err, ErrSplit, tt.message)
	}
	if _, err := KFold(labelled(t, []int{5, 1}), 2, 0); err == nil {
		t.Error("folds of a class with one row")
	}
	for _, k := range []int{-1, 1, 21} {
		_, err := KFold(d, k, 0)
		wantError(t, err, ErrOption, fmt.Sprintf("%d folds of d: from 2 to 20, its rows, can be made", k))
	}
}

func TestRecoverErrors(t *testing.T) {
	d := labelled(t, []int{10, 10})
	p, err := Split(d, SplitOptions{Test: 0.2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	other := labelled(t, []int{10, 11})
	_, err = p.Info.Recover(other)
	wantError(t, err, ErrOtherData, fmt.Sprintf("d is not the data that was split (fingerprint %.12s, not %.12s)",
		other.Fingerprint, d.Fingerprint))
	info := p.Info
	info.TestRows++
	_, err = info.Recover(d)
	wantError(t, err, ErrOtherData, "d splits into 16, 0 and 4 rows, and 16, 0 and 5 were recorded")
	info = p.Info
	info.Target = "y"
	_, err = info.Recover(d)
	wantError(t, err, ErrOtherData, `d has target "target", and the split was recorded for target "y" with labels`)
}

func TestKFoldProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(2, 40), 2, 5).Draw(t, "counts")
		d := labelled(t, counts)
		if rapid.Bool().Draw(t, "regression") {
			d = numbered(t, d.Rows())
		}
		k := rapid.IntRange(2, min(12, d.Rows())).Draw(t, "k")
		seed := rapid.Uint64().Draw(t, "seed")
		folds, err := KFold(d, k, seed)
		if err != nil {
			t.Fatal(err)
		}
		tests := make([][]int, k)
		for f := range folds {
			isPartition(t, d.Rows(), folds[f].Train, folds[f].Test)
			tests[f] = folds[f].Test
			if n := len(folds[f].Test); n != d.Rows()/k && n != (d.Rows()+k-1)/k {
				t.Fatalf("a fold of %d rows of %d", n, d.Rows())
			}
			for c, n := range count(d, folds[f].Test) {
				if n < counts[c]/k || n > (counts[c]+k-1)/k {
					t.Fatalf("class %d: %d of its %d rows in one of %d folds", c, n, counts[c], k)
				}
			}
		}
		isPartition(t, d.Rows(), tests...)
		again, _ := KFold(d, k, seed)
		if diff := cmp.Diff(folds, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
