package network

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Objective is a network with a loss behind it and the gradients of its parameters: what one training step runs.
type Objective struct {
	*Network
	Target *gorgonia.Node // what the loss compares the output with: labels (batch) or targets of the output's shape
	Cost   *gorgonia.Node // scalar
	Grads  gorgonia.Nodes // one for each of Params
}

// Objective is the network with its loss, differentiated with respect to every parameter: what a training step runs. A
// parameter that the cost does not depend on has a gradient of zeros. Batch norm in its training form moves the running
// statistics, which are States, at each run.
func (n *Network) Objective(batch int, loss *Loss) (o *Objective, err error) {
	defer guard(&err)
	if o, err = n.withLoss(batch, loss, asItIs, trainingForm); err != nil {
		return nil, err
	}
	order, err := op.Order(gorgonia.Nodes{o.Cost}, nil)
	if err != nil {
		return nil, err
	}
	reached := op.Set(order)
	var used gorgonia.Nodes
	for _, p := range o.Params {
		if reached[p] {
			used = append(used, p)
		}
	}
	if len(used) == 0 {
		return nil, errors.New("the cost depends on no parameter; there is nothing to train")
	}
	grads, err := gorgonia.Grad(o.Cost, used...)
	if err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	for _, p := range o.Params {
		if reached[p] {
			o.Grads, grads = append(o.Grads, grads[0]), grads[1:]
			continue
		}
		zeros, err := op.NewBuffer(p.Dtype(), p.Shape())
		if err != nil {
			return nil, errors.Wrapf(err, "gradient of %q", p.Name())
		}
		gorgonia.WithGrad(zeros)(p)
		o.Grads = append(o.Grads, o.Graph.AddNode(gorgonia.NewConstant(zeros, gorgonia.WithName(p.Name()+" gradient"))))
	}
	return o, nil
}

// WithLoss rewrites the network for a batch size and appends the loss to its only output, to evaluate it: there are no
// gradients, and it is in the form of Inference. The network itself is unchanged, and parameters share their memory with
// it.
func (n *Network) WithLoss(batch int, loss *Loss) (*Objective, error) {
	return n.withLoss(batch, loss, toEvaluate, InferenceForm)
}

func (n *Network) withLoss(batch int, loss *Loss, norms normForm,
	form NodeFunc) (o *Objective, err error) {
	defer guard(&err)
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if len(n.Outputs) != 1 {
		return nil, errors.Errorf("a loss needs a network with one output; this one has %d", len(n.Outputs))
	}
	if batch < 1 {
		return nil, errors.Errorf("batch size %d: must be at least 1", batch)
	}
	if err := loss.Check(); err != nil {
		return nil, err
	}
	t := translation{net: n, form: norms, split: true}
	net, err := t.apply(Rewrite{Batch: batch, Node: t.node(form)})
	if err != nil {
		return nil, errors.Wrap(err, "append loss")
	}
	for _, v := range net.Named() {
		if v.Name() == targetName { // Gorgonia would make them one
			return nil, errors.Errorf("append loss: %q names what the loss compares with; give that input another name",
				targetName)
		}
	}
	target, cost, err := loss.behind(net.Outputs[0])
	if err != nil {
		return nil, errors.Wrapf(err, "append loss%s", loss.called())
	}
	return &Objective{Network: net, Target: target, Cost: cost}, nil
}

// trainingForm takes layers apart whose gradient needs what they compute on the way, which would be computed twice
// otherwise: the pre-activation of GELU and its like, and the statistics of batch norm.
func trainingForm(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	if s, ok := op.As[op.Splitter](old.Op()); ok {
		if n, split, err := s.Split(in); split || err != nil {
			return n, err
		}
	}
	l, act := op.LayerOf(old)
	if act.NeedsInput() {
		z, err := op.Apply(l.WithActivation(op.Identity, 0), in...)
		if err != nil {
			return nil, err
		}
		_, slope := l.Activation()
		return op.Activate(z, act, slope)
	}
	return op.Reapply(old, in)
}

// beforeSigmoid undoes a final sigmoid: a node of its own is skipped, a layer that it is fused into is built without.
func beforeSigmoid(n *gorgonia.Node) (*gorgonia.Node, error) {
	if n.Op() == nil {
		return n, nil
	}
	kids := op.Children(n)
	if op.IsSigmoid(n.Op()) {
		return kids[0], nil
	}
	if l, act := op.LayerOf(n); act == op.Sigmoid {
		return op.Apply(l.WithActivation(op.Identity, 0), kids...)
	}
	return n, nil
}
