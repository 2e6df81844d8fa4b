package jobs

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"time"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
)

var benchLine = regexp.MustCompile(`^BenchmarkPredict/batch=\d+-\d+\t *\d+\t *[0-9.]+ ns/op\t *\d+ rows/s\t *\d+ B/op\t *\d+ allocs/op$`)

// Samples take turns, figures belong together, lines are what benchstat reads.
func TestBench(t *testing.T) {
	_, dir := trained(t, "iris", nil)
	r, err := Bench(context.Background(), dir, BenchOptions{Batches: []int{2, 5}, Count: 3, Time: time.Millisecond}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Samples) != 6 || r.Params != 67 || r.MACs != 56 {
		t.Fatalf("%+v", r)
	}
	for i, s := range r.Samples {
		if s.Batch != []int{2, 5}[i%2] || s.Runs < 1 || s.Allocs != 0 {
			t.Errorf("sample %d: %+v", i, s)
		}
		if rows := s.LatencyUS / 1e6 * s.RowsPerS; rows < 0.99*float64(s.Batch) || rows > 1.01*float64(s.Batch) {
			t.Errorf("sample %d: %v rows in a run of %d", i, rows, s.Batch)
		}
		if took := s.LatencyUS * float64(s.Runs); took < 900 { // the millisecond that was asked for
			t.Errorf("sample %d took %v µs", i, took)
		}
	}
	var b bytes.Buffer
	if err := r.WriteLines(&b); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range bytes.Split(b.Bytes(), []byte("\n")) {
		if benchLine.Match(line) {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d lines in\n%s", n, b.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Bench(ctx, dir, BenchOptions{}, Silent{})
	mentions(t, err, "interrupted")
	_, err = Bench(context.Background(), dir, BenchOptions{Count: -1}, Silent{})
	mentions(t, err, "neither can be negative")
}

// A file of another program whose input is images serves every job: rows of data are its values in row-major order.
func TestImagesInAFileOfAnotherProgram(t *testing.T) {
	net, err := models.Sequential(models.Input(1, 8, 8), models.Conv2D(8, 3, models.WithoutBias()), models.BatchNorm(),
		models.Activate(models.ReLU), models.MaxPool(2), models.Flatten(), models.Dense(10)).Build(models.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if net, err = net.Inference(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "foreign.onnx")
	if err := onnx.Save(path, net, onnx.Meta{}); err != nil {
		t.Fatal(err)
	}
	before, _ := eval(t, path, EvalOptions{Source: "digits"})
	if before.N != 1797 || before.Accuracy > 0.5 {
		t.Errorf("%+v", before)
	}
	c := config.Default()
	c.Data.Source, c.Out = "digits", filepath.Join(t.TempDir(), "pruned")
	c.Prune.FinetuneEpochs, c.Train.LearningRate = 4, 0.01
	r, err := Prune(context.Background(), path, c, OutOptions{}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if *r.Pruned.Accuracy < 0.8 || r.Pruned.Params > r.Dense.Params*6/10 || r.Equivalence.CheckedRows == 0 {
		t.Errorf("%+v, %+v", r.Pruned, r.Equivalence)
	}
	in, err := Inspect(c.Out)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Inputs[0].Shape) != 4 || len(in.Features) != 64 {
		t.Errorf("inputs %v, %d features", in.Inputs, len(in.Features))
	}
	p, err := Predict(context.Background(), c.Out, "digits", "", 0, Silent{})
	if err != nil || p.Rows() != 1797 {
		t.Errorf("%v rows, %v", p, err)
	}
}
