package metrics

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"strconv"
	"testing"
)

type fixtures struct {
	Classification []struct {
		Name    string
		Classes int
		Labels  []int
		Probs   []float64
		Want    struct {
			Accuracy  float64
			LogLoss   float64   `json:"log_loss"`
			LogLoss32 float64   `json:"log_loss_float32"`
			ROCAUC    *float64  `json:"roc_auc"`
			Confusion Confusion `json:"confusion_matrix"`
			Precision []float64
			Recall    []float64
			F1        []float64
			Support   []int
			Macro     Scores
			Micro     Scores
			Weighted  Scores
			TopK      map[string]float64 `json:"top_k"`
		}
	}
	Regression []struct {
		Name                 string
		Targets, Predictions []float64
		Want                 struct{ MSE, RMSE, MAE, R2 float64 }
	}
}

func readFixtures(t *testing.T) (f fixtures) {
	t.Helper()
	b, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Classification) == 0 || len(f.Regression) == 0 {
		t.Fatal("testdata/sklearn.json holds no cases")
	}
	return f
}

// tight is the tolerance, relative above 1, for two float64 computations of one formula.
const tight = 1e-13

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s = %.17g, want %.17g (off by %.2g)", what, got, want, got-want)
	}
}

func nearScores(t *testing.T, what string, got, want Scores) {
	t.Helper()
	near(t, what+" precision", got.Precision, want.Precision, tight)
	near(t, what+" recall", got.Recall, want.Recall, tight)
	near(t, what+" f1", got.F1, want.F1, tight)
}

func TestClassificationMatchesScikitLearn(t *testing.T) {
	for _, c := range readFixtures(t).Classification {
		t.Run(c.Name, func(t *testing.T) {
			r, err := ClassificationReport(c.Labels, c.Probs, c.Classes)
			if err != nil {
				t.Fatal(err)
			}
			if r.N != len(c.Labels) || r.Regression != nil {
				t.Errorf("N = %d, Regression = %v", r.N, r.Regression)
			}
			near(t, "accuracy", r.Accuracy, c.Want.Accuracy, tight)
			near(t, "log_loss", r.LogLoss, c.Want.LogLoss, tight)
			if !reflect.DeepEqual(r.ConfusionMatrix, c.Want.Confusion) {
				t.Errorf("confusion matrix %v, want %v", r.ConfusionMatrix, c.Want.Confusion)
			}
			for i, s := range r.PerClass {
				want := Scores{c.Want.Precision[i], c.Want.Recall[i], c.Want.F1[i]}
				nearScores(t, "class "+strconv.Itoa(i), s.Scores, want)
				if s.Support != c.Want.Support[i] || s.Class != i {
					t.Errorf("class %d: %+v, want support %d", i, s, c.Want.Support[i])
				}
			}
			nearScores(t, "macro", r.Macro, c.Want.Macro)
			nearScores(t, "micro", r.Micro, c.Want.Micro)
			nearScores(t, "weighted", r.Weighted, c.Want.Weighted)
			if (r.ROCAUC == nil) != (c.Want.ROCAUC == nil) {
				t.Errorf("roc_auc present: %v, want %v", r.ROCAUC != nil, c.Want.ROCAUC != nil)
			} else if r.ROCAUC != nil {
				near(t, "roc_auc", *r.ROCAUC, *c.Want.ROCAUC, tight)
			}
			for text, want := range c.Want.TopK {
				k, _ := strconv.Atoi(text)
				got, err := TopKAccuracy(c.Labels, c.Probs, c.Classes, k)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "top-"+text, got, want, tight)
				if k == 5 && c.Classes > 5 {
					near(t, "top_5_accuracy", *r.Top5Accuracy, want, tight)
				}
			}
			if (r.Top5Accuracy != nil) != (c.Classes > 5) {
				t.Errorf("top_5_accuracy with %d classes: %v", c.Classes, r.Top5Accuracy)
			}

			probs32 := narrow(c.Probs)
			r32, err := ClassificationReport(c.Labels, probs32, c.Classes)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "accuracy of float32", r32.Accuracy, c.Want.Accuracy, tight)
			near(t, "log_loss of float32", r32.LogLoss, c.Want.LogLoss32, 1e-6) // computed in float32 there
		})
	}
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func TestRegressionMatchesScikitLearn(t *testing.T) {
	for _, c := range readFixtures(t).Regression {
		t.Run(c.Name, func(t *testing.T) {
			r, err := RegressionReport(c.Targets, c.Predictions)
			if err != nil {
				t.Fatal(err)
			}
			if r.N != len(c.Targets) || r.Classification != nil {
				t.Errorf("N = %d, Classification = %v", r.N, r.Classification)
			}
			tolerance := tight
			if c.Name == "large offset" { // numpy's plain sums of 10⁸ lose some digits
				tolerance = 1e-12
			}
			near(t, "mse", r.MSE, c.Want.MSE, tolerance)
			near(t, "rmse", r.RMSE, c.Want.RMSE, tolerance)
			near(t, "mae", r.MAE, c.Want.MAE, tolerance)
			near(t, "r2", *r.R2, c.Want.R2, tolerance)
		})
	}
}

// Where all targets are 0.1 their rounded mean is not 0.1, and R² by the formula alone is about -10³¹.
func TestR2OfRoundedConstant(t *testing.T) {
	y, p := []float64{0.1, 0.1, 0.1}, []float64{0.1, 0.1, 0.2}
	if got, err := R2(y, p); got != 0 || err != nil {
		t.Errorf("R2 = %v, %v; want 0", got, err)
	}
	if _, err := R2(y[:1], p[:1]); !errors.Is(err, ErrUndefined) {
		t.Errorf("R2 of a row: %v, want ErrUndefined", err)
	}
	if r, err := RegressionReport(y[:1], p[2:]); err != nil || r.R2 != nil || r.MAE != 0.1 {
		t.Errorf("report of a row: %+v, %v", r, err)
	}
}

// A plain sum of these float64 squares stays at 10¹⁶: each 1 is below half a unit in the last place.
func TestSumsAreCompensated(t *testing.T) {
	const n = 100_001
	y := make([]float64, n)
	p := make([]float64, n)
	p[0] = 1e8
	for i := 1; i < n; i++ {
		p[i] = 1
	}
	got, err := MSE(y, p)
	if want := (1e16 + n - 1) / n; err != nil || got != want {
		t.Errorf("MSE = %.17g, %v; want %.17g", got, err, want)
	}
}

func TestTiesGoToTheLowerClass(t *testing.T) {
	scores := []float32{1, 3, 3, 2, 0, 0, 0, 0}
	if got, err := ArgMax(scores, 4); err != nil || !reflect.DeepEqual(got, []int{1, 0}) {
		t.Errorf("ArgMax = %v, %v; want [1 0]", got, err)
	}
	for _, c := range []struct {
		labels []int
		k      int
		want   float64
	}{{[]int{1, 0}, 1, 1}, {[]int{2, 1}, 1, 0}, {[]int{2, 1}, 2, 1}, {[]int{3, 3}, 3, 0.5}, {[]int{0, 3}, 9, 1}} {
		if got, err := TopKAccuracy(c.labels, scores, 4, c.k); err != nil || got != c.want {
			t.Errorf("top-%d of %v = %v, %v; want %v", c.k, c.labels, got, err, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	none, zero, half := []int{}, []int{0}, []float64{0.5, 0.5}
	fail := func(_ any, err error) error { return err }
	report := func(l []int, p []float64, k int) error { return fail(ClassificationReport(l, p, k)) }
	for _, c := range []struct {
		name string
		err  error
		want error
		text string
	}{
		{"accuracy, empty", fail(Accuracy(none, none)), ErrEmpty, "no labels: nothing to measure"},
		{"accuracy, length", fail(Accuracy(zero, none)), ErrLength, "0 predictions for 1 labels: lengths differ"},
		{"matrix, length", fail(ConfusionMatrix(zero, none, 2)), ErrLength,
			"0 predictions for 1 labels: lengths differ"},
		{"matrix, empty", fail(ConfusionMatrix(none, none, 2)), ErrEmpty, "no labels: nothing to measure"},
		{"matrix, label", fail(ConfusionMatrix([]int{0, 3}, []int{0, 0}, 3)), ErrLabel,
			"label 3 of row 1 is not in 0…2: label out of range"},
		{"matrix, prediction", fail(ConfusionMatrix(zero, []int{-1}, 3)), ErrLabel,
			"prediction -1 of row 0 is not in 0…2: label out of range"},
		{"matrix, classes", fail(ConfusionMatrix(zero, zero, 0)), ErrLabel,
			"0 classes, need at least 1: label out of range"},
		{"report, empty", report(none, nil, 2), ErrEmpty, "no labels: nothing to measure"},
		{"report, length", report(zero, half, 3), ErrLength,
			"2 scores for 1 labels of 3 classes, want 3: lengths differ"},
		{"report, NaN", report(zero, []float64{0.5, nan}, 2), ErrNotFinite,
			"score of row 0, class 1 is NaN: not a finite number"},
		{"report, logits", report(zero, []float64{2, -1}, 2), ErrProbability,
			"row 0, class 0: 2 (logits? apply softmax first): not a probability"},
		{"report, sigmoids", report(zero, []float64{0.9, 0.9}, 2), ErrProbability,
			"row 0 sums to 1.8, want 1 (apply softmax first): not a probability"},
		{"report, one class", report(zero, []float64{1}, 1), ErrUndefined,
			"log-loss needs at least 2 classes: metric undefined"},
		{"auc, label", fail(ROCAUC([]int{0, 2}, half)), ErrLabel, "label 2 of row 1 is not in 0…1: label out of range"},
		{"auc, length", fail(ROCAUC(zero, half)), ErrLength, "2 scores for 1 labels: lengths differ"},
		{"auc, one class", fail(ROCAUC([]int{1, 1}, half)), ErrUndefined,
			"roc_auc of 0 rows of class 0 and 2 of class 1: metric undefined"},
		{"auc, NaN", fail(ROCAUC([]int{1, 0}, []float64{0, nan})), ErrNotFinite,
			"score of row 1 is NaN: not a finite number"},
		{"argmax, shape", fail(ArgMax(half, 3)), ErrLength, "2 scores do not make rows of 3 classes: lengths differ"},
		{"argmax, NaN", fail(ArgMax([]float64{nan}, 1)), ErrNotFinite, "score of row 0 is NaN: not a finite number"},
		{"mse, empty", fail(MSE([]float64{}, nil)), ErrEmpty, "no targets: nothing to measure"},
		{"mae, length", fail(MAE(half, half[:1])), ErrLength, "1 predictions for 2 targets: lengths differ"},
		{"rmse, infinite", fail(RMSE(half, []float64{0, inf})), ErrNotFinite,
			"prediction of row 1 is +Inf: not a finite number"},
		{"r2, NaN", fail(R2([]float64{nan, 0}, half)), ErrNotFinite, "target of row 0 is NaN: not a finite number"},
		{"mse, overflow", fail(MSE([]float64{1e200}, []float64{0})), ErrNotFinite,
			"the mean error overflows: not a finite number"},
	} {
		if !errors.Is(c.err, c.want) || c.err.Error() != c.text {
			t.Errorf("%s:\n got  %v\n want %s", c.name, c.err, c.text)
		}
	}
	if _, err := TopKAccuracy(zero, half, 2, 0); err == nil {
		t.Error("top-0 accuracy: no error")
	}
	r, err := ClassificationReport(zero, half, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.NameClasses([]string{"one"}); !errors.Is(err, ErrLength) {
		t.Errorf("one name for two classes: %v", err)
	}
}
