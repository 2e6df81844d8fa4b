package training

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// priced is a table in which a number follows from four others, of which R² tells 0.98: target = unit·price + shift.
func priced(t testing.TB, rows int, unit, shift float64) *data.Dataset {
	t.Helper()
	r := random.New(1, "priced")
	var csv strings.Builder
	csv.WriteString("area,rooms,year,km,price\n")
	for range rows {
		area, rooms, year, km := 40+160*r.Float64(), float64(1+r.IntN(5)), float64(1920+r.IntN(100)), 20*r.Float64()
		price := 2 + area/50*(1-km/40) + rooms/10 + (year-1970)/100 + 0.15*r.NormFloat64()
		fmt.Fprintf(&csv, "%.1f,%v,%v,%.2f,%s\n", area, rooms, year, km, strconv.FormatFloat(price*unit+shift, 'g', -1, 64))
	}
	d, err := data.ReadCSV(strings.NewReader(csv.String()), "priced.csv", data.Options{Task: data.Regression})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fitted(t testing.TB, d *data.Dataset, cfg FitConfig) *Fitted {
	t.Helper()
	if cfg.Optimizer == nil {
		cfg.Optimizer = &optimizers.Adam{LearningRate: 0.01}
	}
	f, err := Fit(t.Context(), models.Sequential(models.Dense(16, models.ReLU)), d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tested(t testing.TB, f *Fitted) *Result {
	t.Helper()
	r, err := f.Evaluate("test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a regression learns does not depend on its target's unit, nor on where that begins to count; errors have the
// target's unit, the loss has it squared.
func TestTheUnitOfTheTargetDoesNotMatter(t *testing.T) {
	base := fitted(t, priced(t, 600, 1, 0), FitConfig{})
	want := tested(t, base)
	if *want.Metrics.R2 < 0.95 {
		t.Fatalf("R² %v", *want.Metrics.R2)
	}
	for _, c := range []struct {
		what        string
		unit, shift float64
	}{
		{"euro", 1e5, 0}, {"cents", 1e7, 0}, {"negative", -1e5, 0}, {"profits", 1e7, -5e7}, {"years", 1, 2000},
		{"concentrations", 1e-7, 0}, {"the largest", 1e30, 0}, {"the smallest", 1e-30, 0}, {"less than float32 has", 1e-50, 0},
		{"Kelvin", 0.01, 300}, {"a trillion", 1, 1e12}, {"milliseconds", 5000, 1.7e12}, {"below zero", 1, -1e9},
	} {
		got := tested(t, fitted(t, priced(t, 600, c.unit, c.shift), FitConfig{}))
		t.Logf("%s: R² %.4f, RMSE %.4g", c.what, *got.Metrics.R2, got.Metrics.RMSE)
		if math.Abs(*got.Metrics.R2-*want.Metrics.R2) > 0.01 {
			t.Errorf("%s: R² %v, want %v", c.what, *got.Metrics.R2, *want.Metrics.R2)
		}
		for name, ratio := range map[string]float64{
			"RMSE": got.Metrics.RMSE / want.Metrics.RMSE / math.Abs(c.unit), "MAE": got.Metrics.MAE / want.Metrics.MAE / math.Abs(c.unit),
			"loss": got.Loss / want.Loss / c.unit / c.unit, "loss over MSE": got.Loss / got.Metrics.MSE,
		} {
			if !(ratio > 0.7 && ratio < 1.4) {
				t.Errorf("%s: %s is %v times what it is in the other unit", c.what, name, ratio)
			}
		}
	}
}

// A unit that is a power of two changes no bit of what is learnt, of which epoch is best and of when training stops.
func TestPowersOfTwoChangeNoBit(t *testing.T) {
	var want *Fitted
	for _, unit := range []float64{1, 1 << 20, 1.0 / (1 << 30)} {
		cfg := FitConfig{Config: Config{Epochs: 40, Patience: 3, MinDelta: 0.002, Monitor: "rmse"}}
		f := fitted(t, priced(t, 300, unit, 0), cfg)
		if want == nil {
			want = f
			if !f.History.Stopped {
				t.Fatal("never stopped")
			}
		}
		if f.History.BestEpoch != want.History.BestEpoch || len(f.History.Epochs) != len(want.History.Epochs) {
			t.Errorf("in units of %v: best %d of %d epochs, want %d of %d", unit, f.History.BestEpoch, len(f.History.Epochs),
				want.History.BestEpoch, len(want.History.Epochs))
			continue
		}
		for i, e := range f.History.Epochs {
			if w := want.History.Epochs[i]; e.TrainLoss != w.TrainLoss*unit*unit || e.Val.RMSE != w.Val.RMSE*unit {
				t.Errorf("in units of %v: epoch %d has loss %v, want %v", unit, i+1, e.TrainLoss, w.TrainLoss*unit*unit)
			}
		}
		for i, p := range f.Model.Net.Params {
			if !slices.Equal(p.Value().Data().([]float32), want.Model.Net.Params[i].Value().Data().([]float32)) {
				t.Errorf("in units of %v: %s differs", unit, p.Name())
			}
		}
	}
}

// Huber's δ is of the scaled target; the loss that is reported is Huber's in the target's unit, with δ in that unit too.
func TestHuberInTheTargetsUnit(t *testing.T) {
	const delta = 0.25
	d := priced(t, 300, 1e5, 0)
	f := fitted(t, d, FitConfig{Config: Config{Loss: network.Huber(delta), Epochs: 5}})
	e, err := NewEvaluator(f.Model, network.Huber(delta))
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Evaluate(d, f.Parts.Test)
	if err != nil {
		t.Fatal(err)
	}
	y, err := e.Predict64(d, f.Parts.Test)
	if err != nil {
		t.Fatal(err)
	}
	own := delta * models.Target(f.Model.Net).Scale
	sum := 0.0
	for k, row := range f.Parts.Test {
		diff := math.Abs(y[k] - float64(d.Targets[row]))
		if diff > own {
			sum += own * (diff - own/2)
		} else {
			sum += diff * diff / 2
		}
	}
	if want := sum / float64(len(y)); math.Abs(r.Loss-want) > 1e-4*want {
		t.Errorf("loss %v, want %v", r.Loss, want)
	}
}

// Without scaling targets enter as they are, as a library's user or an older model has them.
func TestTargetsAsTheyAre(t *testing.T) {
	d := priced(t, 300, 1, 0)
	raw := fitted(t, d, FitConfig{TargetScaling: data.NoScaling})
	if u := models.Target(raw.Model.Net); u.Mean != 0 || u.Scale != 1 || models.Standardized(raw.Model.Net) != raw.Model.Net {
		t.Errorf("scaled by %v", u)
	}
	if r := tested(t, raw); math.Abs(r.Loss/r.Metrics.MSE-1) > 1e-5 {
		t.Errorf("loss %v of an MSE of %v", r.Loss, r.Metrics.MSE)
	}
	for _, c := range []struct {
		layers []models.Layer
		method data.Method
		want   string // of the error
		unit   bool   // whether targets are scaled
	}{
		{[]models.Layer{models.Dense(4, models.ReLU), models.Dense(1)}, "", "", true},
		{[]models.Layer{models.Dense(4, models.ReLU), models.Dense(1, models.Softplus)}, "", "", false},
		{[]models.Layer{models.Dense(1, models.Sigmoid)}, data.Standardize, "ends in a linear layer", false},
		{[]models.Layer{models.Dense(1)}, data.MinMax, `target scaling "minmax"`, false},
		{[]models.Layer{models.Dense(1), models.Unscale(3, 2)}, "", "", true},
	} {
		f, err := Fit(t.Context(), models.Sequential(c.layers...), d, FitConfig{Config: Config{Epochs: 1}, TargetScaling: c.method})
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: %v, want %q", c.method, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		} else if got := models.Standardized(f.Model.Net) != f.Model.Net; got != c.unit {
			t.Errorf("%v: scaled %v, want %v", c.layers, got, c.unit)
		}
	}
	if _, err := Fit(t.Context(), models.Sequential(models.Dense(3)), load(t, "iris"), FitConfig{TargetScaling: data.Standardize}); err == nil {
		t.Error("classes were scaled")
	}
}

func load(t testing.TB, name string) *data.Dataset {
	t.Helper()
	d, err := data.Load(name, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Targets that are all equal, and a single training row, are learnt without dividing by zero.
func TestConstantTargets(t *testing.T) {
	for _, value := range []float32{7, -0.001, 1e12, 5e-7} {
		x, y := make([][]float32, 40), make([]float32, 40)
		for i := range x {
			x[i], y[i] = []float32{float32(i)}, value
		}
		f := fitted(t, table(t, x, nil, y), FitConfig{})
		if r := tested(t, f); !(r.Metrics.RMSE < 0.001*math.Abs(float64(value))) {
			t.Errorf("%v: RMSE %v", value, r.Metrics.RMSE)
		}
	}
	d := priced(t, 30, 1e5, 0)
	parts := &data.Parts{Train: []int{3}, Val: []int{4}}
	spec, err := Complete(models.Sequential(models.Dense(4, models.ReLU)), d, parts.Train, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	net, err := spec.Build(models.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(models.New(net, d, nil), d, parts, Config{Epochs: 2, Batch: 4, Optimizer: &optimizers.SGD{LearningRate: 1e-9}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Error(err)
	}
}

// A model's file answers raw rows in the target's unit, in ONNX Runtime as in the predictor and the evaluator, in double
// where float32 is too coarse and in float32 otherwise; read back it says the same, and trains on.
func TestFilesAnswerInTheTargetsUnit(t *testing.T) {
	var jobs []ortcheck.Job
	var answers [][]float64
	cases := []struct {
		what        string
		unit, shift float64
		double      bool
	}{
		{"euro", 1e5, 0, false}, {"losses", 1e7, -5e7, false}, {"years", 1, 2000, false}, {"concentrations", 1e-7, 0, false},
		{"a trillion", 1, 1e12, true}, {"milliseconds", 5000, 1.7e12, true},
	}
	for _, c := range cases {
		d := priced(t, 200, c.unit, c.shift)
		f := fitted(t, d, FitConfig{Config: Config{Epochs: 5}})
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := f.Model.Save(path); err != nil {
			t.Fatal(err)
		}
		back, err := models.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if models.Target(back.Net) != models.Target(f.Model.Net) || models.Target(back.Net).Wide != c.double {
			t.Fatalf("%s: %v, read back as %v", c.what, models.Target(f.Model.Net), models.Target(back.Net))
		}
		again := filepath.Join(t.TempDir(), "again.onnx")
		if err := back.Save(again); err != nil {
			t.Fatal(err)
		}
		if one, two := read(t, path), read(t, again); one != two {
			t.Errorf("%s: saved again it is another file", c.what)
		}
		rows := f.Parts.Test
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
		p, err := back.Predictor()
		if err != nil {
			t.Fatal(err)
		}
		x64 := make([]float64, len(x))
		for i, v := range x {
			x64[i] = float64(v)
		}
		got, err := p.Predict64(x64)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: predictor and evaluator differ (%v)", c.what, err)
		}
		narrow, err := p.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range narrow {
			if y != float32(want[i]) {
				t.Errorf("%s: row %d: %v in float32, want %v", c.what, i, y, want[i])
			}
		}
		jobs = append(jobs, ortcheck.Job{Path: path, Inputs: []ortcheck.Values{
			{"input": {Dims: []int{len(rows), d.Width()}, Float32: x}}}})
		answers = append(answers, want)
		tr, err := New(back, d, f.Parts, Config{Epochs: 10, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.01}})
		if err != nil {
			t.Fatal(err)
		}
		h, err := tr.Fit(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if r2 := *h.Epochs[h.BestEpoch-1].Val.R2; r2 < 0.8 {
			t.Errorf("%s: trained on, R² %v", c.what, r2)
		}
	}
	for k, r := range ortcheck.RunAll(t, jobs...) {
		c, want := cases[k], answers[k]
		if r.Err != nil {
			t.Fatalf("%s: %v", c.what, r.Err)
		}
		for _, theirs := range r.Outputs[0] {
			allowed := 1e-5 * math.Abs(c.unit)
			if !c.double { // the result is rounded
				allowed += 3e-7 * (math.Abs(c.shift) + 10*math.Abs(c.unit))
				for _, v := range theirs.Float32 {
					theirs.Float64 = append(theirs.Float64, float64(v))
				}
			} else if theirs.Float32 != nil {
				t.Errorf("%s: the file answers in float32", c.what)
			}
			for i, y := range want {
				if math.Abs(theirs.Float64[i]-y) > allowed {
					t.Errorf("%s: row %d: ONNX Runtime gives %v, want %v", c.what, i, theirs.Float64[i], y)
				}
			}
		}
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A training goes on only with the scaling that it began with.
func TestResumeKeepsTheTargetsScaling(t *testing.T) {
	d := priced(t, 100, 1e5, 0)
	dir := t.TempDir()
	cfg := FitConfig{Config: Config{Epochs: 2, Optimizer: &optimizers.Adam{}, Checkpoints: dir}}
	f := fitted(t, d, cfg)
	for _, method := range []data.Method{data.Standardize, data.NoScaling} {
		scaling, err := data.FitScaling(data.Standardize, d, f.Parts.Train)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := Complete(models.Sequential(models.Dense(16, models.ReLU)), d, f.Parts.Train, scaling, method)
		if err != nil {
			t.Fatal(err)
		}
		net, err := spec.Build(models.Options{Seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := New(models.New(net, d, &f.Parts.Info), d, f.Parts, Config{Epochs: 4, Batch: 32, Checkpoints: dir,
			Seed: random.Seed(0, "train"), Optimizer: &optimizers.Adam{LearningRate: 0.01}})
		if err != nil {
			t.Fatal(err)
		}
		err = tr.Resume()
		if ok := method == data.Standardize; ok != (err == nil) {
			t.Errorf("%s: %v", method, err)
		} else if !ok && !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: %v", method, err)
		}
	}
}
