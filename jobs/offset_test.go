package jobs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
)

// A model that knows no schema gets the numbers that its file asks for: raw ones, or what is left of its own offsets.
func TestDataOfModelsWithoutASchema(t *testing.T) {
	csv := "ts,x,y\n"
	for i := range 30 {
		csv += fmt.Sprintf("%d,%d,%d\n", 1700000000000+250*i, i, i*i)
	}
	source := filepath.Join(t.TempDir(), "ms.csv")
	if err := os.WriteFile(source, []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	net, err := models.Sequential(models.Input(2), models.Dense(1)).Build(models.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	raw := float32(1.7e12)
	for name, c := range map[string]struct {
		meta onnx.Meta
		want float32 // of the fifth row's ts
	}{
		"of raw numbers": {onnx.Meta{Task: "regression"}, raw},
		"of offsets": {onnx.Meta{Task: "regression", InputOffset: []float64{1.7e12 + 500, 0}, InputScale: []float64{250, 1}},
			2},
	} {
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := onnx.Save(path, net, c.meta); err != nil {
			t.Fatal(err)
		}
		m, err := LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, ignore := range []bool{false, true} {
			d, err := LoadFor(m, source, "", ignore)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Row(4)[0]; got != c.want || d.Row(4)[1] != 4 {
				t.Errorf("%s, to predict %v: %v, want %v", name, ignore, d.Row(4), c.want)
			}
			if err := m.CheckOffsets(d); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	d, err := data.Load(source, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Schema.Offsets() == nil {
		t.Error("a model of its own would have no offset")
	}
}
