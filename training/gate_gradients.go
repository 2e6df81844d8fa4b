package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// GateGradients returns, for each group of the coupling, rows × units, row by row: the derivative of that row's own loss
// with respect to a factor on the unit, at 1, which is Σ a·∂loss/∂a over all numbers a of the unit that are summed into
// something. Dropout is off, and batch norm uses its running statistics. The loss is the task's usual one if nil.
func GateGradients(m *models.Model, c *surgery.Coupling, loss *network.Loss, d *data.Dataset, rows []int) (
	[][]float32, error) {
	if err := suits(m, d, rows); err != nil {
		return nil, err
	}
	switch net := c.Network(); {
	case net == nil:
		return nil, errors.New("there is no coupling: surgery.Analyze makes one")
	case net.Graph != m.Net.Graph:
		return nil, errors.New("the coupling is not that of the model's network: give surgery.Analyze that one")
	}
	loss, err := lossFor(loss, m, d)
	if err != nil {
		return nil, err
	}
	type gated struct {
		*batchProgram
		gates *surgery.Gates
	}
	programs := map[int]*gated{}
	out := make([][]float32, len(c.Groups))
	sums := make([][]float64, len(c.Groups)) // of one batch
	for lo := 0; lo < len(rows); lo += network.DefaultBatch {
		n := min(network.DefaultBatch, len(rows)-lo)
		p := programs[n]
		if p == nil {
			gates, err := c.Gates(n)
			if err != nil {
				return nil, err
			}
			b, err := newBatchProgram(gates.Network, n, loss, true, nil)
			if err != nil {
				return nil, err
			}
			p = &gated{b, gates}
			programs[n] = p
		}
		if err := p.gather(d, rows[lo:lo+n], true); err != nil {
			return nil, err
		}
		if err := p.vm.RunAll(); err != nil {
			return nil, err
		}
		for g, group := range c.Groups {
			sums[g] = make([]float64, n*len(group.Units))
		}
		for k, grad := range p.obj.Grads {
			f, err := op.Floats[float64](grad.Value())
			if err != nil {
				f32, err := op.Floats[float32](grad.Value())
				if err != nil {
					return nil, errors.Wrapf(err, "gradient of %q", p.obj.Params[k].Name())
				}
				f = make([]float64, len(f32))
				widen(f, f32)
			}
			if err := p.gates.Add(sums, k, n, f); err != nil {
				return nil, err
			}
		}
		for g := range sums {
			for _, v := range sums[g] { // the loss is the mean over the batch, in which a row has a part of 1/n
				out[g] = append(out[g], float32(v*float64(n)))
			}
		}
	}
	return out, nil
}
