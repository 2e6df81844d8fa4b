package data

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The replacements are those of scikit-learn's SimpleImputer, fitted to the same rows.
func TestImputeReference(t *testing.T) {
	ref := readReference(t)
	rows := ref.Datasets["iris"].Rows
	for _, m := range []Imputation{ImputeMean, ImputeMedian, ImputeMostFrequent} {
		d := load(t, "testdata/holes.csv", Options{Impute: m})
		before, missing := slices.Clone(d.X), d.Missing()
		if missing == 0 || d.Schema.Fitted() {
			t.Fatalf("%d values missing, fitted %v", missing, d.Schema.Fitted())
		}
		got, err := d.Impute(rows)
		if err != nil {
			t.Fatal(err)
		}
		if d.Missing() != missing || d.Schema.Fitted() {
			t.Error("the dataset itself was changed")
		}
		if err := got.Validate(); err != nil {
			t.Error(err)
		}
		var fills []float32
		for _, c := range got.Schema.Columns {
			if c.Kind == Numeric {
				fills = append(fills, *c.FillValue)
			} else if c.FillCategory != ref.ImputeText {
				t.Errorf("%s: text %q, want %q", m, c.FillCategory, ref.ImputeText)
			}
		}
		for i, want := range ref.Impute[m.String()] {
			if fills[i] != float32(want) {
				t.Errorf("%s: column %d: %v, want %v", m, i, fills[i], float32(want))
			}
		}
		one := slices.Index(got.Features, "colour="+ref.ImputeText)
		for i, v := range before {
			j := i % d.Width()
			want := v
			switch numeric := map[int]int{0: 0, 4: 1, 5: 2, 6: 3}; {
			case v == v:
			case j >= 1 && j <= 3 && j == one:
				want = 1
			case j >= 1 && j <= 3:
				want = 0
			default:
				want = fills[numeric[j]]
			}
			if got.X[i] != want {
				t.Fatalf("%s: value %d is %v, want %v", m, i, got.X[i], want)
			}
		}
		if got.Fingerprint != d.Fingerprint {
			t.Error("imputation changed the fingerprint")
		}

		// A file read with the fitted schema is filled at once, and still the same rows.
		again := load(t, "testdata/holes.csv", Options{Schema: got.Schema})
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("%s: %s", m, diff)
		}
	}
}

// Rows held out do not move a statistic.
func TestImputeOnlyFromTraining(t *testing.T) {
	a := parse(t, "a,b,y\n1,p,u\n,,v\n3,p,u\n9,q,v\n9,q,v\n9,q,v\n", Options{Impute: ImputeMean})
	got, err := a.Impute([]int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{2, 1, 0}, got.Row(1)); diff != "" {
		t.Error(diff)
	}
	if again, _ := got.Impute([]int{3}); again != got {
		t.Error("a second imputation did something")
	}
	// Of equally frequent values the smallest is taken, of texts the first.
	tie := parse(t, "a,b,y\n7,q,u\n3,p,v\n7,p,u\n3,q,v\n9,r,u\n,,v\n", Options{Impute: ImputeMostFrequent})
	if tie, err = tie.Impute(identity(6)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{3, 1, 0, 0}, tie.Row(5)); diff != "" {
		t.Error(diff)
	}
	_, err = a.Impute([]int{1})
	wantError(t, err, ErrMissing, `f.csv: column "a": the training rows have no value to impute from: drop the column`)
	_, err = a.Impute([]int{6})
	wantError(t, err, ErrOption, "row 6 is not one of the 6 rows of f.csv")
	iris := load(t, "iris", Options{})
	if same, err := iris.Impute(nil); err != nil || same != iris {
		t.Errorf("without imputation: %v", err)
	}
}
