package network_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// What is missing is said, with nothing beside the error, and not found by a nil pointer.
func TestWhatIsMissingIsSaid(t *testing.T) {
	m := newMaker(t, tensor.Float32, "missing")
	net := done(m, m.Dense(m.Input("x", 4, 3), "dense1", 2, op.Identity))
	nothing := &network.Loss{Name: "none", Targets: network.Values,
		Build: func(_, _ *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }}
	wide := &network.Loss{Targets: network.Values, Build: func(out, _ *gorgonia.Node) (*gorgonia.Node, error) { return out, nil }}
	objective := func(o *network.Objective, err error) (bool, error) { return o != nil, err }
	gathered := func(d *tensor.Dense, err error) (bool, error) { return d != nil, err }
	for name, c := range map[string]struct {
		call func() (bool, error)
		want string
	}{
		"no loss":             {func() (bool, error) { return objective(net.Objective(4, nil)) }, "there is no loss (nil)"},
		"no loss to evaluate": {func() (bool, error) { return objective(net.WithLoss(4, nil)) }, "there is no loss (nil)"},
		"a loss of nothing":   {func() (bool, error) { return objective(net.Objective(4, nothing)) }, "append loss none: it gives no cost (nil)"},
		"nothing to evaluate": {func() (bool, error) { return objective(net.WithLoss(4, nothing)) }, "append loss none: it gives no cost (nil)"},
		"a loss that is no scalar": {func() (bool, error) { return objective(net.Objective(4, wide)) },
			"its cost has the shape (4, 2); it must be a scalar"},
		"a loss without targets": {func() (bool, error) { return objective(net.Objective(4, &network.Loss{Build: op.MSE})) },
			"Targets is 0, not Labels, OneHot or Values"},
		"a loss without Build": {func() (bool, error) { return objective(net.Objective(4, &network.Loss{Targets: network.OneHot})) },
			"Build is nil"},
		"no tensor": {func() (bool, error) { return gathered(surgery.Gather(nil, 0, []int{0})) }, "there is no tensor (nil)"},
		"no index": {func() (bool, error) {
			return gathered(surgery.Gather(newDense(tensor.Float32, []float64{1, 2}, 2), 0, nil))
		},
			"no index is left of axis 0"},
		"nothing to watch": {func() (bool, error) { r, err := network.NewRunner(net, 1, nil); return r != nil, err }, "a node to watch is nil"},
		"no rows to time": {func() (bool, error) { d, err := network.Latency(net, 0, time.Microsecond); return d != 0, err },
			"batch size 0: must be at least 1"},
		"fewer rows to time": {func() (bool, error) {
			d, err := network.Latencies([]*network.Network{net}, -1, time.Microsecond)
			return d != nil, err
		},
			"batch size -1: must be at least 1"},
	} {
		if some, err := c.call(); some || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q; there is a result: %v", name, err, c.want, some)
		}
	}
}
