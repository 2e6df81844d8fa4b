package training

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// stamped is a table in which the class follows from a number that lies in [low, low + spread), and the target from that
// and from another column.
func stamped(t testing.TB, task data.Task, format string, low, spread float64) *data.Dataset {
	t.Helper()
	r := random.New(1, "stamped")
	var csv strings.Builder
	csv.WriteString("ts,noise,y\n")
	for range 400 {
		u, noise := r.Float64(), r.NormFloat64()
		answer := "a"
		if u > 0.4 {
			answer = "b"
		}
		if task == data.Regression {
			answer = fmt.Sprintf("%.5f", 3*u+noise/5)
		}
		fmt.Fprintf(&csv, format+",%.3f,%s\n", low+u*spread, noise, answer)
	}
	d, err := data.ReadCSV(strings.NewReader(csv.String()), "stamped.csv", data.Options{Task: task})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var stamps = []struct {
	what, format string
	low, spread  float64
	double       bool
}{
	{"from zero", "%.0f", 0, 60000, false},
	{"milliseconds", "%.0f", 1.7e12, 60000, true},
	{"seconds", "%.0f", 1.7e9, 3600, true},
	{"microseconds", "%.0f", 1.7e15, 1e6, true},
	{"nanoseconds", "%.0f", 1.7e18, 1e12, true},
	{"ids", "%.0f", 1e9, 2000, true},
	{"longitudes", "%.7f", -122.4, 0.001, true},
	{"Kelvin", "%.2f", 290, 10, false},
	{"cents", "%.0f", 100, 1e7, false},
	{"tiny", "%.9g", 1e-30, 1e-30, false},
	{"less than float32 has", "%.9g", 1e-48, 1e-48, true},
	{"huge", "%.9g", 1e30, 1e30, false},
	{"around 2^53", "%.0f", 1 << 53, 1e4, true},
}

// What is learnt does not depend on where a column's numbers begin to count. The model's file takes raw numbers, in double
// where float32 is too coarse and only there, and ONNX Runtime, the predictor, and the evaluator say the same of them,
// before and after a way through the file.
func TestOffsetsAreTakenOffInFloat64(t *testing.T) {
	for _, task := range []data.Task{data.Classification, data.Regression} {
		base := 0.0
		var jobs []ortcheck.Job
		var answers [][]float64
		for _, c := range stamps {
			d := stamped(t, task, c.format, c.low, c.spread)
			f := fitted(t, d, FitConfig{})
			r := tested(t, f)
			score := 0.0
			if task == data.Classification {
				score = r.Metrics.Accuracy
			} else {
				score = *r.Metrics.R2
			}
			t.Logf("%v, %s: %.4f", task, c.what, score)
			if base == 0 {
				if base = score; base < 0.95 {
					t.Fatalf("%v: %v", task, base)
				}
			} else if math.Abs(score-base) > 0.03 {
				t.Errorf("%v, %s: %v, want %v", task, c.what, score, base)
			}
			if (f.Model.Offsets() != nil) != c.double {
				t.Errorf("%s: offsets %+v", c.what, f.Model.Offsets())
				continue
			}
			path := filepath.Join(t.TempDir(), "model.onnx")
			if err := f.Model.Save(path); err != nil {
				t.Fatal(err)
			}
			back, err := models.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			again := filepath.Join(t.TempDir(), "again.onnx")
			if err := back.Save(again); err != nil {
				t.Fatal(err)
			}
			if read(t, path) != read(t, again) {
				t.Errorf("%s: saved again it is another file", c.what)
			}
			rows := f.Parts.Test[:40]
			e, err := NewEvaluator(back, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := e.Predict64(d, rows)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, len(rows)*d.Width())
			if err := d.Gather(x, nil, rows); err != nil {
				t.Fatal(err)
			}
			raw := make([]float64, len(x))
			for i, v := range x {
				if raw[i] = float64(v); c.double {
					o := d.Schema.Offsets()
					raw[i] = raw[i]*o.Scale[i%2] + o.Offset[i%2]
				}
			}
			p, err := back.Predictor()
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Predict64(raw)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: predictor and evaluator differ (%v)", c.what, err)
			}
			if task == data.Classification {
				classes, err := p.Classify64(raw)
				if err != nil {
					t.Fatal(err)
				}
				for i, class := range classes {
					if likely := back.Classes[0]; (want[2*i] >= 0.5) != (class == likely) {
						t.Errorf("%s: row %d is %s at %v", c.what, i, class, want[2*i:2*i+2])
					}
				}
			}
			_, err = p.Predict(x)
			if c.double && (err == nil || !strings.Contains(err.Error(), `feature "ts"`) || !strings.Contains(err.Error(), "Predict64")) ||
				!c.double && err != nil {
				t.Errorf("%s: in float32: %v", c.what, err)
			}
			in := ortcheck.Tensor{Dims: []int{len(rows), 2}, Float32: x}
			if c.double {
				in = ortcheck.Tensor{Dims: in.Dims, Float64: raw}
			}
			jobs = append(jobs, ortcheck.Job{Path: path, Inputs: []ortcheck.Values{{"input": in}}})
			answers = append(answers, want)
		}
		for k, r := range ortcheck.RunAll(t, jobs...) {
			if r.Err != nil {
				t.Fatalf("%s: %v", stamps[k].what, r.Err)
			}
			for _, theirs := range r.Outputs[0] {
				if len(theirs.Float32) != len(answers[k]) {
					t.Fatalf("%s: ONNX Runtime gives %d numbers, want %d", stamps[k].what, len(theirs.Float32), len(answers[k]))
				}
				for i, y := range answers[k] {
					if math.Abs(float64(theirs.Float32[i])-y) > 1e-4 {
						t.Errorf("%s: value %d: ONNX Runtime gives %v, want %v", stamps[k].what, i, theirs.Float32[i], y)
					}
				}
			}
		}
	}
}

// Data with other offsets than the model's is refused, whoever read it.
func TestOtherOffsetsAreRefused(t *testing.T) {
	d := stamped(t, data.Classification, "%.0f", 1.7e12, 60000)
	other := stamped(t, data.Classification, "%.0f", 1.8e12, 60000)
	small := stamped(t, data.Classification, "%.0f", 0, 60000)
	f := fitted(t, d, FitConfig{})
	plain := fitted(t, small, FitConfig{})
	for _, c := range []struct {
		m *models.Model
		d *data.Dataset
	}{{f.Model, other}, {f.Model, small}, {plain.Model, d}} {
		e, err := NewEvaluator(c.m, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, one := e.Evaluate(c.d, []int{0})
		_, two := e.Predict(c.d, []int{0})
		_, three := New(c.m, c.d, f.Parts, Config{Epochs: 1, Batch: 8, Optimizer: &optimizers.SGD{}})
		for _, err := range []error{one, two, three} {
			if err == nil || !strings.Contains(err.Error(), "other offsets than the model's") {
				t.Errorf("%v", err)
			}
		}
	}
}

// Rows in float64 that a program has train like those of a file.
func TestFitOfFloat64(t *testing.T) {
	file := stamped(t, data.Regression, "%.0f", 1.7e12, 60000)
	o := file.Schema.Offsets()
	x := make([]float64, len(file.X))
	for i, v := range file.X {
		x[i] = float64(v) + o.Offset[i%2]
	}
	y := make([]float64, file.Rows())
	if err := file.GatherTargets64(y, all(file.Rows())); err != nil {
		t.Fatal(err)
	}
	d, err := data.NewRegression64("rows", []string{"ts", "noise"}, x, y)
	if err != nil {
		t.Fatal(err)
	}
	one, two := tested(t, fitted(t, file, FitConfig{})), tested(t, fitted(t, d, FitConfig{}))
	if one.Loss != two.Loss || *one.Metrics.R2 != *two.Metrics.R2 {
		t.Errorf("loss %v of the file's rows and %v of the program's", one.Loss, two.Loss)
	}
}
