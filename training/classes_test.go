package training

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// classesOf makes a task of so many classes with two rows each for training and one for validation.
func classesOf(t testing.TB, n int) *task {
	t.Helper()
	var x []float32
	var labels []int
	names := make([]string, n)
	for c := range n {
		names[c] = fmt.Sprintf("class %d", c)
		for k := range 3 {
			x, labels = append(x, float32(c%37), float32(c/37+k)), append(labels, c)
		}
	}
	d, err := data.NewClassification("classes", []string{"a", "b"}, x, names, labels)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Val: 0.34, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := models.Sequential(models.Dense(4, models.ReLU)).For(d.Shape(), d.Task, n, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &task{d: d, parts: parts, spec: spec}
}

// What is kept of every epoch does not grow with the classes: of 1,000 classes, 30 epochs had 834 MB with their matrices.
func TestHistoryOfManyClasses(t *testing.T) {
	sizes := func(classes int) (log, checkpoint, memory int) {
		k := classesOf(t, classes)
		dir := t.TempDir()
		_, tr := k.fitted(t, Config{Epochs: 30, Batch: 500, Optimizer: &optimizers.SGD{LearningRate: 0.01}, Checkpoints: dir})
		var b bytes.Buffer
		if err := tr.History().WriteJSONL(&b); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, lastDir, progressFile))
		if err != nil {
			t.Fatal(err)
		}
		held, err := json.Marshal(tr.History())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range tr.History().Epochs {
			if c := e.Val.Classification; c.PerClass != nil || c.ConfusionMatrix != nil || c.ConfusionCells != nil {
				t.Fatalf("epoch %d records every class", e.Epoch)
			}
		}
		return b.Len(), int(info.Size()), len(held)
	}
	log, checkpoint, memory := sizes(1000)
	t.Logf("1,000 classes, 30 epochs: metrics.jsonl %d bytes, progress.json %d, history %d", log, checkpoint, memory)
	if log > 24<<10 || checkpoint > 48<<10 || memory > 24<<10 {
		t.Errorf("1,000 classes, 30 epochs: metrics.jsonl %d bytes, progress.json %d, history %d", log, checkpoint, memory)
	}
}

// The trained model's evaluation has all that is known of each class.
func TestEvaluationOfManyClasses(t *testing.T) {
	for _, n := range []int{3, 200, 300} {
		k := classesOf(t, n)
		e, err := NewEvaluator(k.model(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Evaluate(k.d, k.parts.Val)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Metrics.Classification
		if len(c.PerClass) != n || c.PerClass[n-1].Name != k.d.Classes[n-1] {
			t.Errorf("%d classes: %d scores", n, len(c.PerClass))
		}
		if (c.ConfusionMatrix == nil) == (c.ConfusionCells == nil) {
			t.Errorf("%d classes: matrix of %d, %d cells", n, len(c.ConfusionMatrix), len(c.ConfusionCells))
		}
	}
}

// An evaluation does not hold the probabilities of all rows: 6,000 rows of 2,000 classes would be 48 MB.
func TestEvaluationTakesLittleMemory(t *testing.T) {
	k := classesOf(t, 2000)
	e, err := NewEvaluator(k.model(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]int, k.d.Rows())
	for i := range rows {
		rows[i] = i
	}
	probabilities, err := e.Predict(k.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	first, err := e.Evaluate(k.d, rows) // builds programs
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := e.Evaluate(k.d, rows); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("an evaluation took %d bytes", took)
	}
	whole, err := metrics.ClassificationReport(k.d.Labels, probabilities, 2000)
	if err == nil {
		err = whole.NameClasses(k.d.Classes)
	}
	if err != nil || !reflect.DeepEqual(whole, first.Metrics) {
		t.Errorf("the report differs from that of all probabilities together: %v", err)
	}
}

// testdata/matrices was written when epochs recorded a matrix each, see testdata/make_matrices.sh: it can be gone on from,
// and what is written next has none.
func TestCheckpointWithMatrices(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "matrices", progressFile))
	if err != nil || !strings.Contains(string(b), "confusion_matrix") {
		t.Fatalf("the fixture has no matrices: %v", err)
	}
	r, err := readRecord(filepath.Join("testdata", "matrices"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.History.Epochs); n != 2 || r.History.Epochs[1].Val.Accuracy == 0 {
		t.Fatalf("%d epochs: %+v", n, r.History)
	}
	path := filepath.Join(t.TempDir(), progressFile)
	for _, name := range []string{models.File, optimizerFile} { // whose digests the record holds
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.write(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(path); err != nil || strings.Contains(string(b), "confusion") || strings.Contains(string(b), "per_class") {
		t.Errorf("written again: %v\n%s", err, b)
	}
	again, err := readRecord(filepath.Dir(path))
	if err != nil || again.History.Epochs[1].Val.Accuracy != r.History.Epochs[1].Val.Accuracy {
		t.Errorf("read again: %v, %+v", err, again)
	}
}
