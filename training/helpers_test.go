package training

import (
	"bytes"
	"math"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// task is data that is split, and how to build a model for it again and again.
type task struct {
	d     *data.Dataset
	parts *data.Parts
	spec  models.Spec
	dtype tensor.Dtype
}

// prepare loads an embedded dataset; rows > 0 takes only so many training rows.
func prepare(t testing.TB, name string, rows int, layers ...models.Layer) *task {
	t.Helper()
	d, err := data.Load(name, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if rows > 0 { // spread over the classes, by which some files are sorted
		perm := random.New(1, "some rows").Perm(len(parts.Train))[:rows]
		some := make([]int, rows)
		for i, k := range perm {
			some[i] = parts.Train[k]
		}
		parts.Train = some
	}
	scaling, err := data.FitScaling(data.Standardize, d, parts.Train)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := models.Sequential(layers...).For(d.Shape(), d.Task, len(d.Classes), scaling)
	if err != nil {
		t.Fatal(err)
	}
	return &task{d, parts, spec, tensor.Float32}
}

// model builds the same untrained model each time.
func (k *task) model(t testing.TB) *models.Model {
	t.Helper()
	net, err := k.spec.Build(models.Options{Seed: 1, Dtype: k.dtype})
	if err != nil {
		t.Fatal(err)
	}
	return models.New(net, k.d, &k.parts.Info)
}

func (k *task) trainer(t testing.TB, m *models.Model, cfg Config) *Trainer {
	t.Helper()
	tr, err := New(m, k.d, k.parts, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// fitted trains a fresh model to the end.
func (k *task) fitted(t testing.TB, cfg Config) (*models.Model, *Trainer) {
	t.Helper()
	m := k.model(t)
	tr := k.trainer(t, m, cfg)
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m, tr
}

// bits are a model's weights, bit by bit.
func bits(m *models.Model) []uint64 { return snapshotBits(take(m.Net)) }

func snapshotBits(s snapshot) (out []uint64) {
	for _, v := range s {
		out = append(out, valueBits(v)...)
	}
	return out
}

func valueBits(v gorgonia.Value) (out []uint64) {
	switch f := v.Data().(type) {
	case []float32:
		for _, x := range f {
			out = append(out, uint64(math.Float32bits(x)))
		}
	case []float64:
		for _, x := range f {
			out = append(out, math.Float64bits(x))
		}
	}
	return out
}

// stateBytes are an optimizer's state, as it is written.
func stateBytes(t testing.TB, o optimizers.Optimizer) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := o.State().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// timeless is a history without its clock times.
func timeless(h History) History {
	h.Epochs = append([]EpochInfo(nil), h.Epochs...)
	for i := range h.Epochs {
		h.Epochs[i].Seconds = 0
	}
	return h
}

// table makes a dataset of numbers.
func table(t testing.TB, x [][]float32, labels []int, targets []float32) *data.Dataset {
	t.Helper()
	var flat []float32
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}[:len(x[0])]
	for _, row := range x {
		flat = append(flat, row...)
	}
	var d *data.Dataset
	var err error
	if targets != nil {
		d, err = data.NewRegression("table", names, flat, targets)
	} else {
		d, err = data.NewClassification("table", names, flat, []string{"no", "yes"}, labels)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func all(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// from is a schedule that leaves the first steps as they are and makes the later ones far too large.
func from(first int, factor float64) optimizers.Schedule {
	return optimizers.ScheduleFunc(func(step int) float64 {
		if step >= first {
			return factor
		}
		return 1
	})
}

// stepOn trains on some rows, outside of an epoch.
func stepOn(t *Trainer, rows []int) (float64, error) {
	p, err := t.program(len(rows))
	if err != nil {
		return 0, err
	}
	if err := p.gather(t.data, rows, true); err != nil {
		return 0, err
	}
	return t.step(fed{p: p, batch: p.batch, rows: rows})
}
