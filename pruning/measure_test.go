package pruning

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

func TestAssess(t *testing.T) {
	for _, n := range []*net{
		train(t, "digits", tensor.Float32, models.Dense(16, models.ReLU), models.Dense(11, models.ReLU)),
		train(t, "diabetes", tensor.Float32, models.Dense(16, models.ReLU), models.Dense(11, models.ReLU)),
	} {
		in, out := n.d.Width(), max(1, len(n.d.Classes))
		assess := func(m *models.Model) *Measure {
			got, err := Assess(m, n.loss, n.d, n.parts.Test)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		got := assess(n.m)
		e, err := training.NewEvaluator(n.m, n.loss)
		if err != nil {
			t.Fatal(err)
		}
		want, err := e.Evaluate(n.d, n.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		if got.Loss != want.Loss {
			t.Errorf("loss %v, want %v", got.Loss, want.Loss)
		}
		if n.d.Task == data.Classification {
			if *got.Accuracy != want.Metrics.Accuracy || got.R2 != nil || got.RMSE != nil || got.Score() != *got.Accuracy {
				t.Errorf("%+v", got)
			}
		} else if *got.R2 != *want.Metrics.R2 || *got.RMSE != want.Metrics.RMSE || got.Accuracy != nil ||
			got.Score() != *got.R2 {
			t.Errorf("%+v", got)
		}
		macs := in*16 + 16*11 + 11*out
		if params := macs + 16 + 11 + out; got.Params != params || got.NonzeroParams != params || got.MACs != int64(macs) {
			t.Errorf("%d parameters (%d not zero) and %d MACs, want %d and %d", got.Params, got.NonzeroParams, got.MACs,
				params, macs)
		}
		path := filepath.Join(t.TempDir(), "bare.onnx")
		net, err := n.m.Net.Inference()
		if err != nil {
			t.Fatal(err)
		}
		if err := onnx.Save(path, net, onnx.Meta{}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(got.Bytes) {
			t.Errorf("%d bytes, the file has %v", got.Bytes, info)
		}
		if !(got.LatencyUS > 0 && got.LatencyUS < 1e5) || !(got.Throughput > 1e6/got.LatencyUS/10) {
			t.Errorf("%v µs, %v rows/s", got.LatencyUS, got.Throughput)
		}

		// A masked network has all its parameters, but those of masked units do not count as non-zero; a removed one lacks
		// them.
		masked, removed := assess(n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Method: MaskUnits}).Model),
			assess(n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5}).Model)
		left := in*8 + 8 + 8*6 + 6 + 6*out + out
		if masked.Params != got.Params || masked.NonzeroParams != left || removed.Params != left ||
			removed.NonzeroParams != left {
			t.Errorf("masked %d (%d not zero), removed %d (%d not zero), want %d left", masked.Params, masked.NonzeroParams,
				removed.Params, removed.NonzeroParams, left)
		}
		if removed.MACs != int64(in*8+8*6+6*out) || !(removed.Bytes < got.Bytes) || masked.MACs < got.MACs {
			t.Errorf("MACs %d, masked %d, removed %d; bytes %d, %d", got.MACs, masked.MACs, removed.MACs, got.Bytes,
				removed.Bytes)
		}
	}
	if (&Measure{}).Score() != 0 {
		t.Error("a score of nothing")
	}
}

// Masked positions behind a flatten have no influence either.
func TestNonzeroCountsPositions(t *testing.T) {
	n := digitImages(t)
	for _, positions := range []bool{false, true} {
		r := n.prune(t, Config{Criterion: criteria.Named("variance"), Amount: 0.5, Positions: positions})
		masked, err := AssessUntimed(r.Masked, n.loss, n.d, n.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		removed, err := AssessUntimed(r.Model, n.loss, n.d, n.parts.Test)
		if err != nil {
			t.Fatal(err)
		}
		if masked.NonzeroParams != removed.Params || masked.Params <= removed.Params {
			t.Errorf("positions %v: %d of %d of the masked network count, %d are left", positions, masked.NonzeroParams,
				masked.Params, removed.Params)
		}
	}
}

// Times of one network, measured as three in turns, differ by no more than their spreads; a far larger network is slower by
// more than that.
func TestEqualNetworksAreEquallyFast(t *testing.T) {
	n := train(t, "digits", tensor.Float32, models.Dense(64, models.ReLU), models.Dense(32, models.ReLU))
	big := train(t, "digits", tensor.Float32, models.Dense(1024, models.ReLU), models.Dense(512, models.ReLU))
	var all []*models.Model
	for range 3 {
		clone, err := n.m.Net.Clone()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n.m.With(clone))
	}
	got, err := AssessAll(append(all, big.m), n.loss, n.d, n.parts.Test)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got[:3] {
		if !(a.LatencyUS > 0 && a.LatencyUSSpread > 0 && a.Throughput > 0 && a.ThroughputSpread > 0) {
			t.Errorf("%+v", a)
		}
		for _, b := range got[:i] {
			// Where the memory of a network happens to lie is worth some percent by itself.
			if d := math.Abs(a.LatencyUS - b.LatencyUS); d > a.LatencyUSSpread+b.LatencyUSSpread+0.1*a.LatencyUS {
				t.Errorf("latency %v ± %v and %v ± %v", a.LatencyUS, a.LatencyUSSpread, b.LatencyUS, b.LatencyUSSpread)
			}
			if d := math.Abs(a.Throughput - b.Throughput); d > a.ThroughputSpread+b.ThroughputSpread+0.1*a.Throughput {
				t.Errorf("throughput %v ± %v and %v ± %v", a.Throughput, a.ThroughputSpread, b.Throughput, b.ThroughputSpread)
			}
		}
		if got[3].LatencyUS < 3*a.LatencyUS || got[3].Throughput > a.Throughput/3 {
			t.Errorf("a network of 30 times the work: %v µs and %v rows/s, against %v and %v", got[3].LatencyUS,
				got[3].Throughput, a.LatencyUS, a.Throughput)
		}
	}
	untimed, err := AssessUntimed(n.m, n.loss, n.d, n.parts.Test)
	if err != nil || untimed.LatencyUS != 0 || *untimed.Accuracy != *got[0].Accuracy || untimed.Bytes != got[0].Bytes {
		t.Errorf("%+v, %v", untimed, err)
	}
}
