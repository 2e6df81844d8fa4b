package training

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgonias is a classifier of iris as a user of Gorgonia writes it, with its batch norm and its dropout.
func gorgonias(t *testing.T, k *task) (*models.Model, *gorgonia.BatchNormOp) {
	t.Helper()
	g := gorgonia.NewGraph()
	value := func(name string, f float32, shape ...int) *gorgonia.Node {
		v := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
		for i := range v.Float32s() {
			v.Float32s()[i] = f * float32(i*7%5-2)
		}
		return gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName(name), gorgonia.WithShape(shape...), gorgonia.WithValue(v))
	}
	x := gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(16, 4))
	w, v, scale, shift := value("w", 0.2, 4, 8), value("v", 0.3, 8, 3), value("scale", 0.5, 1, 8), value("shift", 0.1, 1, 8)
	y, _, _, norm, err := gorgonia.BatchNorm(gorgonia.Must(gorgonia.Mul(x, w)), scale, shift, 0.1, 1e-5)
	if err != nil {
		t.Fatal(err)
	}
	h := gorgonia.Must(gorgonia.Dropout(gorgonia.Must(gorgonia.Tanh(y)), 0.2))
	net := &network.Network{Graph: g, Inputs: gorgonia.Nodes{x}, Outputs: gorgonia.Nodes{gorgonia.Must(gorgonia.Mul(h, v))},
		Params: gorgonia.Nodes{w, v, scale, shift}}
	return models.New(net, k.d, &k.parts.Info), norm
}

// A network with Gorgonia's own batch norm and dropout is trained like one of ours: the same seed gives the same bits, the
// running statistics are those of the best epoch, in Gorgonia's operation too, they are in the file, and a training that
// was interrupted goes on with them.
func TestTrainingGorgoniasLayers(t *testing.T) {
	k := prepare(t, "iris", 0)
	cfg := func() Config {
		return Config{Epochs: 8, Batch: 16, Seed: 4, Optimizer: &optimizers.Adam{LearningRate: 0.02}}
	}
	m, norm := gorgonias(t, k)
	tr := k.trainer(t, m, cfg())
	h, err := tr.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := norm.Stats()
	if slices.Max(mean.Data().([]float32)) == 0 {
		t.Error("the running mean did not move")
	}
	again, same := gorgonias(t, k)
	if _, err := k.trainer(t, again, cfg()).Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameMean, _ := same.Stats()
	if !slices.Equal(bits(m), bits(again)) || !slices.Equal(mean.Data().([]float32), sameMean.Data().([]float32)) {
		t.Error("the same seed gave other bits")
	}

	e, err := NewEvaluator(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Evaluate(k.d, k.parts.Val)
	if err != nil {
		t.Fatal(err)
	}
	best := h.Epochs[h.BestEpoch-1]
	if best.ValLoss == nil || r.Loss != *best.ValLoss {
		t.Errorf("loss %v on the validation rows, that of epoch %d was %v", r.Loss, h.BestEpoch, *best.ValLoss)
	}

	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	saved, err := models.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = NewEvaluator(saved, nil); err != nil {
		t.Fatal(err)
	}
	loaded, err := e.Evaluate(k.d, k.parts.Val)
	if err != nil {
		t.Fatal(err)
	}
	if d := loaded.Loss - r.Loss; d > 1e-6 || d < -1e-6 {
		t.Errorf("the file's loss is %v, want %v", loaded.Loss, r.Loss)
	}

	dir := t.TempDir()
	c := cfg()
	c.Checkpoints, c.Epochs = dir, 3
	first, _ := gorgonias(t, k)
	if _, err := k.trainer(t, first, c).Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = cfg()
	c.Checkpoints = dir
	second, norm2 := gorgonias(t, k)
	tr = k.trainer(t, second, c)
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	mean2, _ := norm2.Stats()
	if !slices.Equal(bits(second), bits(m)) || !slices.Equal(mean2.Data().([]float32), mean.Data().([]float32)) {
		t.Error("resuming gave other bits")
	}
}
