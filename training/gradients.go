package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Gradients returns the mean gradient of the loss over rows of d for each parameter, by name: what criteria of pruning
// that ask how much the loss depends on a weight work with. Dropout is off. The weights are not changed. The loss is
// the task's usual one if nil.
func Gradients(m *models.Model, loss *network.Loss, d *data.Dataset, rows []int) (map[string][]float64, error) {
	if err := suits(m, d, rows); err != nil {
		return nil, err
	}
	loss, err := lossFor(loss, m, d)
	if err != nil {
		return nil, err
	}
	net, err := m.Net.Inference()
	if err != nil {
		return nil, err
	}
	sums := map[string][]float64{}
	programs := map[int]*batchProgram{}
	for lo := 0; lo < len(rows); lo += network.DefaultBatch {
		n := min(network.DefaultBatch, len(rows)-lo)
		p := programs[n]
		if p == nil {
			if p, err = newBatchProgram(net, n, loss, true, nil); err != nil {
				return nil, err
			}
			programs[n] = p
		}
		if err := p.gather(d, rows[lo:lo+n], true); err != nil {
			return nil, err
		}
		if err := p.vm.RunAll(); err != nil {
			return nil, err
		}
		weight := float64(n) / float64(len(rows))
		for i, g := range p.obj.Grads {
			name := p.obj.Params[i].Name()
			if f, err := op.Floats[float32](g.Value()); err == nil {
				sums[name] = addScaled(sums[name], f, weight)
				continue
			}
			f, err := op.Floats[float64](g.Value())
			if err != nil {
				return nil, errors.Wrapf(err, "gradient of %q", name)
			}
			sums[name] = addScaled(sums[name], f, weight)
		}
	}
	return sums, nil
}

func addScaled[T float32 | float64](sum []float64, x []T, by float64) []float64 {
	if sum == nil {
		sum = make([]float64, len(x))
	}
	for i, v := range x {
		sum[i] += float64(v) * by
	}
	return sum
}
