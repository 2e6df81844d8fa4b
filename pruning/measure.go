package pruning

import (
	"slices"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
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
	// Half of the way from the lowest to the highest figure of some rounds, in which networks take turns: how far figures of
	// one network differ. Differences between networks that are not larger mean nothing.
	LatencyUSSpread  float64 `json:"latency_us_spread"`
	ThroughputSpread float64 `json:"throughput_spread"`
}

// timing is how long each latency is measured.
const timing = 40 * time.Millisecond

// Assess measures a model on rows of d. Latencies are of this machine at this moment.
func Assess(m *models.Model, loss *network.Loss, d *data.Dataset, rows []int) (*Measure, error) {
	all, err := AssessAll([]*models.Model{m}, loss, d, rows)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// AssessAll measures models on rows of d. Their latencies are taken in turns, so that they can be compared with each
// other.
func AssessAll(all []*models.Model, loss *network.Loss, d *data.Dataset, rows []int) ([]*Measure, error) {
	out := make([]*Measure, len(all))
	nets := make([]*network.Network, len(all))
	for i, m := range all {
		var err error
		if out[i], err = AssessUntimed(m, loss, d, rows); err != nil {
			return nil, err
		}
		if nets[i], err = m.Net.Rebatch(1); err != nil {
			return nil, err
		}
		if nets[i], err = nets[i].Inference(); err != nil {
			return nil, err
		}
	}
	single, err := network.Latencies(nets, 1, timing)
	if err != nil {
		return nil, err
	}
	const batch = 128
	many, err := network.Latencies(nets, batch, timing)
	if err != nil {
		return nil, err
	}
	for i, m := range out {
		m.LatencyUS = float64(single[i].Median.Nanoseconds()) / 1e3
		m.LatencyUSSpread = float64(single[i].Spread.Nanoseconds()) / 1e3
		m.Throughput = batch / many[i].Median.Seconds()
		m.ThroughputSpread = (batch/slices.Min(many[i].Rounds).Seconds() - batch/slices.Max(many[i].Rounds).Seconds()) / 2
	}
	return out, nil
}

// AssessUntimed is Assess without latencies, which are left 0.
func AssessUntimed(m *models.Model, loss *network.Loss, d *data.Dataset, rows []int) (*Measure, error) {
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
	return out, nil
}

// nonzero counts the trained numbers that are neither zero nor a masked unit's.
func nonzero(net *network.Network) (int, error) {
	c, err := surgery.Analyze(net, surgery.PruneInputs(), surgery.PrunePositions())
	if err != nil {
		return 0, err
	}
	masked, err := c.Masked()
	if err != nil {
		return 0, err
	}
	keep, err := c.KeepAll(masked)
	if err != nil {
		return 0, err
	}
	if cut, err := surgery.Cut(net, keep); err == nil { // a layer may be masked as a whole: then nothing could be left of it
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
