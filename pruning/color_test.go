package pruning

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
)

// colorImages writes IDX files of images of 8×8 in three colors. Gray they are all alike: the class says which channel a
// bright patch is in, and the other two share its light.
func colorImages(t *testing.T, n int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	pixels, labels := make([]byte, 0, n*192), make([]byte, 0, n)
	for i := range n {
		class := i % 3
		labels = append(labels, byte(class))
		r0, c0 := rng.IntN(5), rng.IntN(5)
		for r := range 8 {
			for c := range 8 {
				for k := range 3 {
					v := rng.IntN(60)
					if r >= r0 && r < r0+4 && c >= c0 && c < c0+4 {
						if v += 50; k == class {
							v += 100
						}
					}
					pixels = append(pixels, byte(v))
				}
			}
		}
	}
	dir := t.TempDir()
	for name, f := range map[string]struct {
		dims   []int
		values []byte
	}{"train-images-idx4-ubyte": {[]int{n, 8, 8, 3}, pixels}, "train-labels-idx1-ubyte": {[]int{n}, labels}} {
		out := []byte{0, 0, 8, byte(len(f.dims))}
		for _, d := range f.dims {
			out = binary.BigEndian.AppendUint32(out, uint32(d))
		}
		if err := os.WriteFile(filepath.Join(dir, name), append(out, f.values...), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Images with colors train a convolutional network, which is saved, read, predicts from files in either form, is pruned,
// and says the same in ONNX Runtime.
func TestColorImages(t *testing.T) {
	d, err := data.Load(colorImages(t, 300), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Shape(), []int{3, 8, 8}) {
		t.Fatalf("shape %v", d.Shape())
	}
	var csv bytes.Buffer
	if err := data.WriteCSV(&csv, d); err != nil {
		t.Fatal(err)
	}
	same, err := data.ReadCSV(bytes.NewReader(csv.Bytes()), "images.csv", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// As the columns of a table, to which a shape is given, the images train the same network.
	var names []string
	for i := range d.Width() {
		names = append(names, fmt.Sprintf("column %d", i))
	}
	table, err := data.NewClassification("table", names, d.X, d.Classes, d.Labels)
	if err == nil {
		table, err = table.WithShape(3, 8, 8)
	}
	if err != nil {
		t.Fatal(err)
	}
	spec, err := models.Parse("cnn-small")
	if err != nil {
		t.Fatal(err)
	}
	config := func() training.Config {
		return training.Config{Epochs: 6, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.003}, Seed: 1}
	}
	var first *training.Fitted
	var answers []float32
	for _, images := range []*data.Dataset{d, same, table} {
		f, err := training.Fit(t.Context(), spec, images, training.FitConfig{Config: config()})
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Evaluate("test")
		if err != nil || r.Metrics.Accuracy < 0.95 {
			t.Errorf("%s: accuracy %v, %v", images.Name, r.Metrics.Accuracy, err)
		}
		path := filepath.Join(t.TempDir(), "m.onnx")
		if err := f.Model.Save(path); err != nil {
			t.Fatal(err)
		}
		m, err := models.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Schema.Shape, []int{3, 8, 8}) {
			t.Errorf("%s: the file says shape %v", images.Name, m.Schema.Shape)
		}
		p, err := m.Predictor()
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Predict(images.X)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first, answers = f, out
		} else if !slices.Equal(out, answers) {
			t.Errorf("%s: other bits", images.Name)
		}
		if images == table {
			continue
		}
		// The model reads files in either form.
		again, err := data.ReadCSV(bytes.NewReader(csv.Bytes()), "images.csv", data.Options{Schema: m.Schema})
		if err != nil || !slices.Equal(again.X, images.X) || !slices.Equal(again.Shape(), images.Shape()) {
			t.Errorf("%s: read by the model's schema: %v", images.Name, err)
		}
	}
	fine := config()
	r, err := Prune(t.Context(), first.Model, first.Data, first.Parts, Config{Amount: 0.5, Calibration: 200, Finetune: &fine})
	if err != nil {
		t.Fatal(err)
	}
	measure, err := Assess(r.Model, nil, first.Data, first.Parts.Test)
	if err != nil || r.Equivalence.Checks != 1 || *measure.Accuracy < 0.95 {
		t.Errorf("pruned: %+v, %+v, %v", r.Equivalence, measure, err)
	}
	path := filepath.Join(t.TempDir(), "pruned.onnx")
	if err := r.Model.Save(path); err != nil {
		t.Fatal(err)
	}
	if m, err := models.Load(path); err != nil || !slices.Equal(m.Schema.Shape, []int{3, 8, 8}) {
		t.Errorf("the pruned model's file: %v", err)
	}
	agreesWithRuntime(t, r.Model.Net, path, first.Data)
}
