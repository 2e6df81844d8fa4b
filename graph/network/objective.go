package network

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Objective is a network with a loss behind it and the gradients of its parameters: what one training step runs.
type Objective struct {
	*Network
	Target *gorgonia.Node // what the loss compares the output with: labels (batch) or targets of the output's shape
	Cost   *gorgonia.Node // scalar
	Grads  gorgonia.Nodes // one for each of Params
}

// LossFunc puts a loss behind an output. It adds the target node to the output's graph and returns the scalar cost.
type LossFunc func(output *gorgonia.Node) (target, cost *gorgonia.Node, err error)

// Objective is the network with its loss, differentiated with respect to every parameter: what a training step runs. A
// parameter that the cost does not depend on has a gradient of zeros. Batch norm in its training form moves the running
// statistics, which are States, at each run.
func (n *Network) Objective(batch int, loss LossFunc) (o *Objective, err error) {
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
func (n *Network) WithLoss(batch int, loss LossFunc) (*Objective, error) {
	return n.withLoss(batch, loss, toEvaluate, InferenceForm)
}

func (n *Network) withLoss(batch int, loss LossFunc, norms normForm,
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
	if loss == nil {
		return nil, errors.New("there is no loss (nil): CrossEntropy, MSE and others make one")
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
	target, cost, err := loss(net.Outputs[0])
	if err != nil {
		return nil, errors.Wrap(err, "append loss")
	}
	if target == nil || cost == nil {
		return nil, errors.New("append loss: it gives no target or no cost (nil)")
	}
	return &Objective{Network: net, Target: target, Cost: cost}, nil
}

// trainingForm takes layers apart whose gradient needs what they compute on the way, which would be computed twice
// otherwise: the pre-activation of GELU and its like, and the statistics of batch norm.
func trainingForm(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	l, act := op.LayerOf(old)
	if b, ok := l.(op.BatchNormLayer); ok && !b.Eval {
		return op.SplitBatchNorm(b, in)
	}
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

// CrossEntropy is the loss of a classifier: softmax cross-entropy against integer labels. A softmax at the end of the
// network is looked through, so that the loss works on the logits themselves.
func CrossEntropy(smoothing float64) LossFunc {
	return func(output *gorgonia.Node) (*gorgonia.Node, *gorgonia.Node, error) {
		logits := output
		if op.IsSoftmax(output.Op()) {
			logits = op.Children(output)[0]
		}
		s := logits.Shape()
		if len(s) != 2 {
			return nil, nil, errors.Errorf("cross-entropy needs logits (batch, classes), not %v", s)
		}
		labels := gorgonia.NewVector(output.Graph(), tensor.Int, gorgonia.WithName(targetName), gorgonia.WithShape(s[0]))
		cost, err := op.SoftmaxCrossEntropy(logits, labels, smoothing)
		return labels, cost, err
	}
}

// targetName cannot clash with a layer's parameter, which has a dot in its name.
const targetName = "target"

// BinaryCrossEntropy is the loss of outputs in (0, 1) that each say yes or no: a sigmoid at the end of the network is
// looked through.
func BinaryCrossEntropy() LossFunc {
	return elementLoss(func(out, target *gorgonia.Node) (*gorgonia.Node, error) {
		return op.BCEWithLogits(out, target)
	}, true)
}

// MSE is the mean squared error.
func MSE() LossFunc { return elementLoss(op.MSE, false) }

// Huber is the mean of Huber's loss with the given δ.
func Huber(delta float64) LossFunc {
	return elementLoss(func(out, target *gorgonia.Node) (*gorgonia.Node, error) { return op.Huber(out, target, delta) },
		false)
}

func elementLoss(f func(out, target *gorgonia.Node) (*gorgonia.Node, error), logits bool) LossFunc {
	return func(output *gorgonia.Node) (*gorgonia.Node, *gorgonia.Node, error) {
		if logits {
			var err error
			if output, err = beforeSigmoid(output); err != nil {
				return nil, nil, err
			}
		}
		s := output.Shape()
		target := gorgonia.NewTensor(output.Graph(), output.Dtype(), len(s), gorgonia.WithName(targetName),
			gorgonia.WithShape(s...))
		cost, err := f(output, target)
		return target, cost, err
	}
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
