package network

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// translation turns gorgonia.BatchNorm into op.BatchNorm in a rewrite. Gorgonia's operation holds its running statistics
// and whether it trains in itself, for all graphs that it is in; as nodes of a network they can be saved, restored, cut
// and copied like all others. What multiplies and shifts behind it stays.
type translation struct {
	net   *Network
	form  normForm
	copy  copies // makes those of the statistics; without it they are Gorgonia's own memory, and follow the operation
	split bool   // the training form is built of two operations, see trainingForm

	prefix            map[*gorgonia.Node]string // of names, by the old node
	states, constants gorgonia.Nodes            // that were added
}

// normForm says which form of a batch norm comes out.
type normForm int

const (
	asItIs normForm = iota
	toEvaluate
	toTrain
)

// apply rewrites net with r and lists what was added.
func (t *translation) apply(r Rewrite) (*Network, error) {
	out, err := r.Apply(t.net)
	if err != nil {
		return nil, err
	}
	out.States = append(out.States, t.states...)
	out.Constants = append(out.Constants, t.constants...)
	return out, nil
}

// node returns a hook that translates, and leaves what is left to next.
func (t *translation) node(next NodeFunc) NodeFunc {
	return func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		if b, ok := op.GorgoniaBatchNorm(old.Op()); ok {
			n, err := t.batchNorm(b, old, in[0])
			return n, errors.Wrapf(err, "batch norm of Gorgonia's, node %q", old.Name())
		}
		return next(old, in)
	}
}

func (t *translation) batchNorm(b op.ForeignBatchNorm, old, x *gorgonia.Node) (*gorgonia.Node, error) {
	if t.prefix == nil {
		if err := t.name(); err != nil {
			return nil, err
		}
	}
	layer := op.BatchNormLayer{Eps: b.Eps, Momentum: b.Momentum, Eval: t.form == toEvaluate || t.form == asItIs && !b.Training}
	channels := x.Shape()[1]
	leaf := func(name string, v *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewVector(x.Graph(), x.Dtype(), gorgonia.WithName(t.prefix[old]+"."+name),
			gorgonia.WithShape(channels), gorgonia.WithValue(v))
	}
	filled := func(with float64) (*tensor.Dense, error) {
		v := tensor.New(tensor.Of(x.Dtype()), tensor.WithShape(channels))
		if x.Dtype() == tensor.Float32 {
			return v, v.Memset(float32(with))
		}
		return v, v.Memset(with)
	}
	ones, err := filled(1)
	if err != nil {
		return nil, err
	}
	zeros, err := filled(0)
	if err != nil {
		return nil, err
	}
	mean, variance := b.Mean, b.Variance
	if t.copy != nil {
		mean, variance = t.copy.of(mean), t.copy.of(variance)
	}
	scale, shift := leaf("scale", ones), leaf("shift", zeros)
	m, v := leaf("mean", mean), leaf("variance", variance)
	t.constants = append(t.constants, scale, shift)
	t.states = append(t.states, m, v)
	if t.split && !layer.Eval {
		return op.SplitBatchNorm(layer, gorgonia.Nodes{x, scale, shift, m, v})
	}
	return op.Apply(layer, x, scale, shift, m, v)
}

// name numbers the batch norms in the order of computation, so that all translations of a network agree.
func (t *translation) name() error {
	order, err := t.net.Order()
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, n := range t.net.Named() {
		taken[n.Name()] = true
	}
	t.prefix = map[*gorgonia.Node]string{}
	k := 0
	for _, n := range order {
		if _, ok := op.GorgoniaBatchNorm(n.Op()); !ok {
			continue
		}
		for free := false; !free; {
			k++
			t.prefix[n], free = fmt.Sprintf("batchnorm%d", k), true
			for _, of := range []string{"scale", "shift", "mean", "variance"} {
				free = free && !taken[t.prefix[n]+"."+of]
			}
		}
	}
	return nil
}

// OwnDropout returns the network with op.Dropout in place of gorgonia.Dropout, whose masks come from the clock: what is
// trained on it is the same for the same seed. Each layer's seed is its place among them; its state is at step 0, and
// whoever runs it moves it on, as training.Trainer does. Parameters and states share their memory.
func (n *Network) OwnDropout() (*Network, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	order, err := n.Order()
	if err != nil {
		return nil, err
	}
	place := map[*gorgonia.Node]uint64{}
	for _, v := range order {
		if _, ok := op.GorgoniaDropout(v.Op()); ok {
			place[v] = uint64(len(place) + 1)
		}
	}
	if len(place) == 0 {
		return n, nil
	}
	out, err := Rewrite{Node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		if p, ok := op.GorgoniaDropout(old.Op()); ok {
			return op.Dropout(in[0], p, &op.DropoutState{Seed: place[old]})
		}
		return op.Reapply(old, in)
	}}.Apply(n)
	return out, errors.Wrap(err, "dropout")
}
