package training

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// holes is a table with missing numbers and texts, for a classification or a regression.
func holes(t *testing.T, target string) *data.Dataset {
	t.Helper()
	const people = "age,town,height,label,weight\n"
	var text strings.Builder
	text.WriteString(people)
	towns := []string{"Rome", "Oslo", "Bonn", "?"}
	for i := range 60 {
		age := []string{"20", "31", "", "44", "58"}[i%5]
		text.WriteString(strings.Join([]string{age, towns[i%4], []string{"1.5", "1.7", "1.9", "NA"}[i*7%4],
			[]string{"yes", "no", "maybe"}[i%3], []string{"50.5", "61", "70.25"}[i%3]}, ",") + "\n")
	}
	d, err := data.ReadCSV(strings.NewReader(text.String()), "people.csv", data.Options{Target: target, Impute: data.ImputeMean})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// quick is a learner that takes little time.
func quick() Network {
	return Network{Spec: models.Sequential(models.Dense(4, models.Tanh)), Config: FitConfig{Config: Config{Epochs: 3, Batch: 8}}}
}

// wild is d with other numbers, labels and targets in some rows, also missing ones.
func wild(d *data.Dataset, rows []int) *data.Dataset {
	out := *d
	out.X, out.Labels, out.Targets = slices.Clone(d.X), slices.Clone(d.Labels), slices.Clone(d.Targets)
	w := d.Width()
	for k, r := range rows {
		for j := range w {
			if out.X[r*w+j] = float32(1e6*(k+1) - j); (k+j)%3 == 0 {
				out.X[r*w+j] = float32(math.NaN())
			}
		}
		if out.Labels != nil {
			out.Labels[r] = (out.Labels[r] + 1) % len(d.Classes)
		}
		if out.Targets != nil {
			out.Targets[r] = -1e7
		}
	}
	return &out
}

// A cross-validation of three folds. Whatever stands in the rows that are held out, the fitted model has the same bits: no
// statistic of imputation, scaling or targets is of them, and none of its decisions.
func TestLearnerSeesItsRowsAlone(t *testing.T) {
	for _, target := range []string{"label", "weight"} {
		d := holes(t, target)
		folds, err := data.KFold(d, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		for k, fold := range folds {
			for name, rows := range map[string]Rows{
				"own validation rows": {Train: fold.Train, Seed: 5},
				"given ones":          {Train: fold.Train[10:], Val: fold.Train[:10], Seed: 5},
			} {
				var learner Learner = quick()
				model, err := learner.Fit(t.Context(), d, rows)
				if err != nil {
					t.Fatal(err)
				}
				report, err := Score(model, d, fold.Test)
				if err != nil || report.N != len(fold.Test) {
					t.Fatalf("%+v, %v", report, err)
				}
				other := wild(d, fold.Test)
				again, err := learner.Fit(t.Context(), other, rows)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(bits(model.(*Fitted).Model), bits(again.(*Fitted).Model)) {
					t.Errorf("%s, fold %d, %s: what is held out has a say", target, k, name)
				}
				// They would have one if they were given.
				rows.Train = append(slices.Clone(rows.Train), fold.Test[0])
				third, err := learner.Fit(t.Context(), other, rows)
				if err != nil || slices.Equal(bits(model.(*Fitted).Model), bits(third.(*Fitted).Model)) {
					t.Errorf("%s, fold %d, %s: a row that is given has no say: %v", target, k, name, err)
				}
			}
		}
	}
}

// A learner that is given the rows of a split fits what Fit does.
func TestLearnerIsFit(t *testing.T) {
	for _, target := range []string{"label", "weight"} {
		d, n := holes(t, target), quick()
		cfg := n.Config
		cfg.Seed = 7
		f, err := Fit(t.Context(), n.Spec, d, cfg)
		if err != nil {
			t.Fatal(err)
		}
		m, err := n.Fit(t.Context(), d, Rows{Train: f.Parts.Train, Val: f.Parts.Val, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(f.Model), bits(m.(*Fitted).Model)) {
			t.Errorf("%s: other bits", target)
		}
		if m.Task() != d.Task || !slices.Equal(m.Classes(), d.Classes) || !slices.Equal(m.Features(), d.Features) {
			t.Errorf("%v, %v, %v", m.Task(), m.Classes(), m.Features())
		}
		e, err := f.Evaluate("test")
		if err != nil {
			t.Fatal(err)
		}
		r, err := Score(m, d, f.Parts.Test) // of raw rows, in which values are missing
		if err != nil {
			t.Fatal(err)
		}
		if a, b := e.Metrics, r; target == "label" && a.Accuracy != b.Accuracy || target == "weight" && a.RMSE != b.RMSE {
			t.Errorf("%+v and %+v", a, b)
		}
	}
}

// Folds are fitted side by side, and models asked by several goroutines.
func TestLearnerSideBySide(t *testing.T) {
	d, n := holes(t, "label"), quick()
	folds, err := data.KFold(d, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]uint64, len(folds))
	for k := range folds {
		m, err := n.Fit(t.Context(), d, Rows{Train: folds[k].Train, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		want[k] = wideBits(t, m, d, folds[k].Test)
	}
	var all sync.WaitGroup
	for k := range folds {
		all.Go(func() {
			m, err := n.Fit(context.Background(), d, Rows{Train: folds[k].Train, Seed: 5})
			if err != nil {
				t.Error(err)
				return
			}
			var asked sync.WaitGroup
			for range 3 {
				asked.Go(func() {
					if got := wideBits(t, m, d, folds[k].Test); !slices.Equal(got, want[k]) {
						t.Errorf("fold %d: other answers", k)
					}
				})
			}
			asked.Wait()
		})
	}
	all.Wait()
}

func wideBits(t *testing.T, l Learned, d *data.Dataset, rows []int) []uint64 {
	out, err := l.Predict(d, rows)
	if err != nil {
		t.Error(err)
	}
	b := make([]uint64, len(out))
	for i, v := range out {
		b[i] = math.Float64bits(v)
	}
	return b
}

func TestLearnerErrors(t *testing.T) {
	d := holes(t, "label")
	n := quick()
	n.Config.Split = &data.SplitOptions{}
	for _, c := range []struct {
		change func(n *Network)
		rows   Rows
		want   string
	}{
		{nil, Rows{}, "there are no training rows"},
		{nil, Rows{Train: []int{60}}, "row 60 is not one of the 60 rows"},
		{nil, Rows{Train: []int{1, 2, 3}, Val: []int{-1}}, "row -1 is not one of the 60 rows"},
		{nil, Rows{Train: []int{1, 2, 1}}, "row 1 is given twice"},
		{nil, Rows{Train: []int{1, 2}, Val: []int{2}}, "row 2 is given twice"},
		{func(n *Network) { n.Config.Optimizer = &optimizers.Adam{} }, Rows{Train: []int{1, 2}}, "describe it by Method"},
		{func(n *Network) { n.Config.Checkpoints = "x" }, Rows{Train: []int{1, 2}}, "one directory"},
		{func(n *Network) { n.Config.Method.Optimizer = "adan" }, Rows{Train: every(60)}, "unknown optimizer"},
		{func(n *Network) { n.Config.NamedLoss.Name = "mse" }, Rows{Train: every(60)}, `loss "mse" is for regression`},
		{func(n *Network) { n.Spec = models.Sequential(models.Conv2D(2, 3)) }, Rows{Train: every(60)}, "takes images"},
	} {
		n := n
		if c.change != nil {
			c.change(&n)
		}
		m, err := n.Fit(t.Context(), d, c.rows)
		if err == nil || !strings.Contains(err.Error(), c.want) || m != nil {
			t.Errorf("want %q, got %v and %v", c.want, m, err)
		}
	}
	m, err := n.Fit(t.Context(), d, Rows{Train: every(60)})
	if err != nil {
		t.Fatal(err)
	}
	other := holes(t, "weight")
	if _, err := Score(m, other, []int{0}); err == nil {
		t.Error("scored on another task")
	}
	if _, err := m.Predict(other, []int{0}); err == nil {
		t.Error("other features")
	}
	if _, err := m.Predict(d, []int{60}); err == nil {
		t.Error("a row that does not exist")
	}
	if _, err := Score(nil, d, []int{0}); err == nil {
		t.Error("no model")
	}
}
