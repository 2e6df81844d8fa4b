package network

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Targets is what a loss compares outputs with.
type Targets int

// The kinds of targets. The shape of Labels is (batch); that of the others is the output's.
const (
	// Labels are class indices, one a row: the output is (batch, classes).
	Labels Targets = iota + 1
	// OneHot are 1 in the column of a row's class and 0 in the others: the output is (batch, classes).
	OneHot
	// Values are numbers of the output's type: those of a regression, scaled as the network learns them, or, for a model that
	// tells two classes apart by one column, one number for each class.
	Values
)

// String is what errors call them.
func (t Targets) String() string {
	switch t {
	case Labels:
		return "class indices"
	case OneHot:
		return "one column a class"
	case Values:
		return "values"
	}
	return "nothing"
}

// Loss is what training minimizes: a scalar that compares a network's output with targets.
type Loss struct {
	// Name is what errors call it.
	Name string
	// Targets is what it compares outputs with; data is checked against it.
	Targets Targets
	// Build gives the scalar cost, the mean over the rows of the batch, of an output and the node of its targets. It is called
	// anew for each size of batch. Every row must count alike, for results of parts are averaged by their rows.
	Build func(output, target *gorgonia.Node) (cost *gorgonia.Node, err error)

	// Binary is used instead where Targets are Labels and the network has one column for two classes; nil if that is an
	// error. Its Targets are Values.
	Binary *Loss
	// Low and High are the Values that stand for the first and the second class where there is one column; 0 and 1 if both
	// are 0.
	Low, High float64
	// Squared says that the loss grows with the square of the unit that Values are measured in: what is reported of scaled
	// targets is then brought back to their own unit.
	Squared bool
}

// Check says what is wrong with a loss.
func (l *Loss) Check() error {
	switch {
	case isnil.Of(l):
		return errors.New("there is no loss (nil): CrossEntropy, MSE and others make one")
	case l.Build == nil:
		return errors.Errorf("loss%s: there is nothing that builds it: Build is nil", l.called())
	case l.Targets < Labels || l.Targets > Values:
		return errors.Errorf("loss%s: it does not say what it compares outputs with: Targets is %d, not Labels, OneHot or Values",
			l.called(), l.Targets)
	case l.Binary != nil && (l.Binary.Targets != Values || l.Binary.Build == nil):
		return errors.Errorf("loss%s: its Binary must compare Values, and have a Build", l.called())
	}
	return nil
}

func (l *Loss) called() string {
	if l.Name == "" {
		return ""
	}
	return " " + l.Name
}

// Of is the loss for a network with so many columns of output: Binary where there is one column to tell two classes apart.
func (l *Loss) Of(columns int) (*Loss, error) {
	switch {
	case columns != 1 || l.Targets == Values:
		return l, nil
	case l.Targets == Labels && l.Binary != nil:
		return l.Binary, nil
	}
	return nil, errors.Errorf("loss%s compares %v, and the network has one column for two classes: a loss of Values suits it, or "+
		"one with a Binary", l.called(), l.Targets)
}

// Classes are the Values that stand for two classes.
func (l *Loss) Classes() (low, high float64) {
	if l.Low == 0 && l.High == 0 {
		return 0, 1
	}
	return l.Low, l.High
}

// behind puts the loss behind an output.
func (l *Loss) behind(output *gorgonia.Node) (target, cost *gorgonia.Node, err error) {
	s := output.Shape()
	if l.Targets != Values && len(s) != 2 {
		return nil, nil, errors.Errorf("it compares %v with an output (batch, classes), not %v", l.Targets, s)
	}
	if l.Targets == Labels {
		target = gorgonia.NewVector(output.Graph(), tensor.Int, gorgonia.WithName(targetName), gorgonia.WithShape(s[0]))
	} else {
		target = gorgonia.NewTensor(output.Graph(), output.Dtype(), len(s), gorgonia.WithName(targetName), gorgonia.WithShape(s...))
	}
	cost, err = l.Build(output, target)
	switch {
	case err != nil:
		return nil, nil, err
	case cost == nil:
		return nil, nil, errors.New("it gives no cost (nil)")
	case !cost.IsScalar():
		return nil, nil, errors.Errorf("its cost has the shape %v; it must be a scalar", cost.Shape())
	}
	return target, cost, nil
}

// targetName cannot clash with a layer's parameter, which has a dot in its name.
const targetName = "target"

// CrossEntropy is the loss of a classifier: softmax cross-entropy against integer labels. A softmax at the end of the
// network is looked through, so that the loss works on the logits themselves. Of one column it is BinaryCrossEntropy.
func CrossEntropy(smoothing float64) *Loss {
	binary := BinaryCrossEntropy()
	binary.Low, binary.High = smoothing/2, 1-smoothing/2
	return &Loss{Name: "cross-entropy", Targets: Labels, Binary: binary,
		Build: func(output, labels *gorgonia.Node) (*gorgonia.Node, error) {
			if op.IsSoftmax(output.Op()) {
				output = op.Children(output)[0]
			}
			return op.SoftmaxCrossEntropy(output, labels, smoothing)
		}}
}

// BinaryCrossEntropy is the loss of outputs in (0, 1) that each say yes or no: a sigmoid at the end of the network is
// looked through.
func BinaryCrossEntropy() *Loss {
	return &Loss{Name: "binary cross-entropy", Targets: Values, Build: func(output, target *gorgonia.Node) (*gorgonia.Node, error) {
		logits, err := beforeSigmoid(output)
		if err != nil {
			return nil, err
		}
		return op.BCEWithLogits(logits, target)
	}}
}

// MSE is the mean squared error.
func MSE() *Loss { return &Loss{Name: "mse", Targets: Values, Build: op.MSE, Squared: true} }

// Huber is the mean of Huber's loss with the given δ, which is measured as the targets are.
func Huber(delta float64) *Loss {
	return &Loss{Name: "huber", Targets: Values, Squared: true, Build: func(output, target *gorgonia.Node) (*gorgonia.Node, error) {
		return op.Huber(output, target, delta)
	}}
}
