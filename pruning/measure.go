package pruning

import (
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/training"
)

// Measure is what a network is worth and what it costs. Its JSON names are stable.
type Measure struct {
	Accuracy      *float64 `json:"accuracy,omitempty"` // classification
	R2            *float64 `json:"r2,omitempty"`       // regression
	RMSE          *float64 `json:"rmse,omitempty"`     // regression
	Loss          float64  `json:"loss"`
	Params        int      `json:"params"`
	NonzeroParams int      `json:"nonzero_params"` // without those of masked units, which have no influence
	MACs          int64    `json:"macs"`           // of one row
	Bytes         int      `json:"bytes"`          // of the ONNX file, without metadata
	LatencyUS     float64  `json:"latency_us"`     // batch 1, median
	Throughput    float64  `json:"throughput"`     // rows a second at batch 128
}

// timing is how long each latency is measured.
const timing = 40 * time.Millisecond

// Assess measures a model on rows of d. Latencies are of this machine at this moment.
func Assess(m *models.Model, loss graph.LossFunc, d *data.Dataset, rows []int) (*Measure, error) {
	eval, err := training.NewEvaluator(m, loss)
	if err != nil {
		return nil, err
	}
	r, err := eval.Evaluate(d, rows)
	if err != nil {
		return nil, err
	}
	out := &Measure{Loss: r.Loss}
	if c := r.Metrics.Classification; c != nil {
		out.Accuracy = &c.Accuracy
	}
	if g := r.Metrics.Regression; g != nil {
		out.R2, out.RMSE = g.R2, &g.RMSE
	}
	one, err := m.Net.Rebatch(1)
	if err != nil {
		return nil, err
	}
	if one, err = one.Inference(); err != nil {
		return nil, err
	}
	cost, err := one.Cost()
	if err != nil {
		return nil, err
	}
	out.MACs = cost.MACs
	out.Params, _ = one.ParamCount()
	if out.NonzeroParams, err = nonzero(one); err != nil {
		return nil, err
	}
	file, err := onnx.Marshal(one, onnx.Meta{})
	if err != nil {
		return nil, err
	}
	out.Bytes = len(file)
	single, err := graph.Latency(one, 1, timing)
	if err != nil {
		return nil, err
	}
	batch, err := graph.Latency(one, 128, timing)
	if err != nil {
		return nil, err
	}
	out.LatencyUS = float64(single.Nanoseconds()) / 1e3
	out.Throughput = 128 / batch.Seconds()
	return out, nil
}

// nonzero counts the trained numbers that are neither zero nor a masked unit's.
func nonzero(net *graph.Network) (int, error) {
	c, err := graph.Analyse(net, graph.PruneInputs())
	if err != nil {
		return 0, err
	}
	masked, err := net.Masked(c)
	if err != nil {
		return 0, err
	}
	keep, err := c.KeepAll(net, masked)
	if err != nil {
		return 0, err
	}
	if cut, err := net.Cut(keep); err == nil { // a layer may be masked as a whole: then nothing could be left of it
		net = cut
	}
	_, n := net.ParamCount()
	return n, nil
}

// Score is the measure's accuracy or R², whichever it has.
func (m *Measure) Score() float64 {
	switch {
	case m.Accuracy != nil:
		return *m.Accuracy
	case m.R2 != nil:
		return *m.R2
	}
	return 0
}
