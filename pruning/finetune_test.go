package pruning

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// Masked units must have no influence at all, whatever an optimizer (momentum, weight decay, noise of rounding) has
// done to their weights: these may be anything.
func TestMasksHoldThroughFineTuning(t *testing.T) {
	n := train(t, "iris", tensor.Float32, models.Dense(10, models.Tanh), models.Dense(6, models.ReLU))
	before := bits(n.m.Net)
	for _, info := range optimizers.All() {
		t.Run(info.Name, func(t *testing.T) {
			r := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Method: MaskUnits, Rounds: 2,
				Finetune: &training.Config{Epochs: 3, Batch: 16, Optimizer: info.New(), KeepLast: true}})
			if slices.Equal(bits(r.Model.Net), before) {
				t.Fatal("nothing was fine-tuned")
			}
			want := n.logits(t, r.Model.Net)
			rng := random.New(1, "other weights")
			next := map[string]string{"dense1": "dense2.weight", "dense2": "dense3.weight"}
			for _, u := range r.Units {
				w := r.Model.Net.Param(u.Layer + ".weight")
				f, cols := w.Value().Data().([]float32), w.Shape()[1]
				for i := u.Unit; i < len(f); i += cols {
					f[i] = float32(100 * rng.NormFloat64())
				}
				r.Model.Net.Param(u.Layer + ".bias").Value().Data().([]float32)[u.Unit] = float32(100 * rng.NormFloat64())
				out := r.Model.Net.Param(next[u.Layer])
				f, cols = out.Value().Data().([]float32), out.Shape()[1]
				for i := range cols {
					f[u.Unit*cols+i] = float32(100 * rng.NormFloat64())
				}
			}
			if got := n.logits(t, r.Model.Net); !slices.Equal(got, want) {
				t.Error("the masked units' weights have influence")
			}
			folded, err := surgery.FoldMasks(r.Model.Net)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "folded", want, n.logits(t, folded))
		})
	}
	if !slices.Equal(before, bits(n.m.Net)) {
		t.Error("the original has changed")
	}
}

// The record of the masked network is of before the last fine-tuning, and nothing shares memory with it.
func TestMaskedIsARecord(t *testing.T) {
	n := digits(t)
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		bare := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Method: method})
		tuned := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Method: method,
			Finetune: &training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.Adam{LearningRate: 0.01}}})
		if !slices.Equal(bits(bare.Masked.Net), bits(tuned.Masked.Net)) {
			t.Errorf("%s: fine-tuning changed the record", method)
		}
		if slices.Equal(bits(bare.Model.Net), bits(tuned.Model.Net)) {
			t.Errorf("%s: nothing was fine-tuned", method)
		}
		want := bits(tuned.Model.Net)
		original := bits(n.m.Net)
		for _, p := range tuned.Masked.Net.Params {
			clear(p.Value().Data().([]float32))
		}
		if !slices.Equal(bits(tuned.Model.Net), want) || !slices.Equal(bits(n.m.Net), original) {
			t.Errorf("%s: the record shares memory", method)
		}
		for _, p := range tuned.Model.Net.Params {
			clear(p.Value().Data().([]float32))
		}
		if !slices.Equal(bits(n.m.Net), original) {
			t.Errorf("%s: the result shares memory with the original", method)
		}
	}
}

// Fine-tuning goes on with the state of the training before: it equals a training of the removed network by an
// optimizer whose slots were cut by hand.
func TestOptimizerStateIsCutWithTheParameters(t *testing.T) {
	n := digits(t)
	state := n.opt.State()
	bare := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5})
	fine := training.Config{Epochs: 1, Batch: 32, Optimizer: n.opt, KeepLast: true, Seed: 9}
	tuned := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Finetune: &fine})
	if !slices.Equal(bare.Units, tuned.Units) {
		t.Fatal("other units went")
	}

	stay := map[string][]int{}
	for layer, units := range map[string]int{"dense1": 16, "dense2": 11} {
		for u := range units {
			if !slices.ContainsFunc(bare.Units, func(x PrunedUnit) bool { return x.Layer == layer && x.Unit == u }) {
				stay[layer] = append(stay[layer], u)
			}
		}
	}
	rows := map[string][]int{"dense2.weight": stay["dense1"], "dense3.weight": stay["dense2"]}
	cols := map[string][]int{"dense1.weight": stay["dense1"], "dense1.bias": stay["dense1"],
		"dense2.weight": stay["dense2"],
		"dense2.bias":   stay["dense2"]}
	for i := range state.Params {
		p := &state.Params[i]
		for s := range p.Slots {
			p.Slots[s].F32 = pick(p.Slots[s].F32, p.Shape, rows[p.Name], cols[p.Name])
		}
		if r := rows[p.Name]; r != nil {
			p.Shape[0] = len(r)
		}
		if c := cols[p.Name]; c != nil {
			p.Shape[len(p.Shape)-1] = len(c)
		}
	}
	opt := &optimizers.Adam{LearningRate: 0.01}
	if err := opt.SetState(state); err != nil {
		t.Fatal(err)
	}
	hand := fine
	hand.KeepOptimizerState = true
	hand.Optimizer, hand.Seed, hand.Loss = opt, random.Seed(9, "finetune", "1"), n.loss
	tr, err := training.New(bare.Model, n.d, n.parts, hand)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(bare.Model.Net), bits(tuned.Model.Net)) {
		t.Error("weights differ")
	}
	var a, b bytes.Buffer
	if _, err := opt.State().WriteTo(&a); err != nil {
		t.Fatal(err)
	}
	if _, err := n.opt.State().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("states differ")
	}
}

// pick takes rows and columns of a matrix, or entries of a vector; nil takes all.
func pick(x []float32, shape []int, rows, cols []int) (out []float32) {
	width := shape[len(shape)-1]
	for i := range len(x) / width {
		for j := range width {
			if (rows == nil || slices.Contains(rows, i)) && (cols == nil || slices.Contains(cols, j)) {
				out = append(out, x[i*width+j])
			}
		}
	}
	return out
}

// Pruning half of the units and fine-tuning keeps what the network knows; the unpruned accuracy is the measure.
func TestFineTuningRestoresAccuracy(t *testing.T) {
	n := train(t, "digits", tensor.Float32, models.Dense(48, models.ReLU), models.Dense(24, models.ReLU))
	score := func(m *models.Model) float64 {
		e, err := training.NewEvaluator(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Evaluate(n.d, n.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		return r.Metrics.Accuracy
	}
	dense := score(n.m)
	r := n.prune(t, Config{Amount: 0.5, Finetune: &training.Config{Epochs: 10, Batch: 32,
		Optimizer: &optimizers.Adam{LearningRate: 0.003}}})
	t.Logf("dense %.3f, masked %.3f, pruned %.3f", dense, score(r.Masked), score(r.Model))
	if dense < 0.9 || score(r.Model) < dense-0.03 {
		t.Errorf("dense %.3f, pruned %.3f", dense, score(r.Model))
	}
	params, _ := r.Model.Net.ParamCount()
	full, _ := n.m.Net.ParamCount()
	if params != 64*24+24+24*12+12+12*10+10 || full != 64*48+48+48*24+24+24*10+10 {
		t.Errorf("%d parameters of %d", params, full)
	}
}

func TestCutStateNamesTheParameter(t *testing.T) {
	n := digits(t)
	if err := CutState(n.opt, surgery.Keep{"dense1.weight": {1: {0, 99}}}); err == nil {
		t.Error("an index that does not exist")
	}
	if err := CutState(n.opt, surgery.Keep{"unknown": {0: {1}}}); err != nil {
		t.Errorf("a tensor without state: %v", err)
	}
}
