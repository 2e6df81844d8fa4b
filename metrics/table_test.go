package metrics

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"testing"

	"github.com/gtrain/gtrain/internal/suggest"
)

// A perfect report is better than a poor one, strictly, by every metric in the table: so its direction and the value it
// reads are right. A metric belongs to one task and is refused by a report of the other.
func TestTable(t *testing.T) {
	must := func(r *Report, err error) *Report {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	labels := []int{0, 1, 2, 3, 4, 5, 5}
	sure, poor := make([]float64, 42), make([]float64, 42)
	for i, l := range labels {
		sure[i*6+l] = 1
		for c := range 6 {
			if c != l { // the label is the least probable
				poor[i*6+c] = 0.2
			}
		}
	}
	good := map[Task]*Report{
		TaskClassification: must(ClassificationReport(labels, sure, 6)),
		TaskRegression:     must(RegressionReport([]float64{1, 2, 3}, []float64{1, 2, 3})),
	}
	bad := map[Task]*Report{
		TaskClassification: must(ClassificationReport(labels, poor, 6)),
		TaskRegression:     must(RegressionReport([]float64{1, 2, 3}, []float64{3, 2, 1})),
	}
	binary := must(ClassificationReport([]int{0, 1}, []float64{0.9, 0.1, 0.1, 0.9}, 2))
	worse := must(ClassificationReport([]int{1, 0}, []float64{0.9, 0.1, 0.1, 0.9}, 2))
	other := map[Task]Task{TaskClassification: TaskRegression, TaskRegression: TaskClassification}
	seen := map[string]bool{}
	for _, m := range All() {
		g, b := good[m.Task], bad[m.Task]
		if m.Name == "roc_auc" {
			if _, err := m.Of(g); !errors.Is(err, ErrUndefined) {
				t.Errorf("roc_auc of six classes: %v", err)
			}
			g, b = binary, worse
		}
		x, errX := m.Of(g)
		y, errY := m.Of(b)
		if errX != nil || errY != nil || !m.Better(x, y) || m.Better(y, x) || m.Better(x, x) {
			t.Errorf("%s: %v (%v) is not strictly better than %v (%v)", m.Name, x, errX, y, errY)
		}
		if !m.Better(x, math.NaN()) || m.Better(math.NaN(), x) || m.Better(math.NaN(), math.NaN()) {
			t.Errorf("%s: NaN is not the worst value", m.Name)
		}
		for _, r := range []*Report{good[other[m.Task]], {}, nil} {
			if _, err := m.Of(r); !errors.Is(err, ErrUndefined) {
				t.Errorf("%s of report %+v: %v, want ErrUndefined", m.Name, r, err)
			}
		}
		if found, err := Lookup(m.Name); err != nil || found.Name != m.Name {
			t.Errorf("Lookup(%q) = %q, %v", m.Name, found.Name, err)
		}
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(m.Name) || seen[m.Name] || m.Summary == "" {
			t.Errorf("%+v: want a unique snake_case name and a summary", m)
		}
		seen[m.Name] = true
	}
}

func TestLookupSuggests(t *testing.T) {
	_, err := Lookup("acuracy")
	const want = `unknown metric "acuracy": did you mean "accuracy"? (known: accuracy, log_loss, roc_auc, ` +
		`top_5_accuracy, f1_macro, f1_micro, f1_weighted, precision_macro, recall_macro, mse, rmse, mae, r2)`
	if !errors.Is(err, suggest.ErrUnknown) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// The JSON fields are a contract with whoever reads reports.
func TestReportJSON(t *testing.T) {
	binary, err := ClassificationReport([]int{0, 1}, []float32{0.75, 0.25, 0.75, 0.25}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := binary.NameClasses([]string{"ham", "spam"}); err != nil {
		t.Fatal(err)
	}
	regression, err := RegressionReport([]float32{1, 3}, []float32{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	binary.LogLoss = 0.5 // its digits are tested elsewhere
	for _, c := range []struct {
		report *Report
		want   string
	}{
		{binary, `{"n":2,"accuracy":0.5,"log_loss":0.5,"roc_auc":0.5,` +
			`"macro_avg":{"precision":0.25,"recall":0.5,"f1":0.3333333333333333},` +
			`"micro_avg":{"precision":0.5,"recall":0.5,"f1":0.5},` +
			`"weighted_avg":{"precision":0.25,"recall":0.5,"f1":0.3333333333333333},` +
			`"per_class":[{"class":0,"name":"ham","precision":0.5,"recall":1,"f1":0.6666666666666666,"support":1},` +
			`{"class":1,"name":"spam","precision":0,"recall":0,"f1":0,"support":1}],` +
			`"confusion_matrix":[[1,0],[1,0]]}`},
		{regression, `{"n":2,"mse":2,"mae":1,"rmse":1.4142135623730951,"r2":-1}`},
	} {
		got, err := json.Marshal(c.report)
		if err != nil || string(got) != c.want {
			t.Errorf("got  %s %v\nwant %s", got, err, c.want)
		}
		var back Report
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != c.want {
			t.Errorf("read back and written: %s", again)
		}
	}
}
