package models

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// Why an explicit zero, which would read as "not given", is wrong.
const (
	atLeastOne = "must be at least 1"
	notEmpty   = "must not be empty"
)

// rows are the keys of a layer in a file, in the order in which a file has them. Which of them a kind reads, and what values
// it takes, stands in the table of kinds.
func (l *Layer) rows() settings.Rows {
	return settings.Rows{
		settings.Text("name", &l.Name, "what others, and its parameters, call it").Else("kind and number").NoZero(notEmpty),
		settings.Texts("inputs", &l.Inputs, "the earlier layers that it reads").Else("the one before").NoZero(notEmpty),
		settings.Count("units", &l.Units, "width of the result").NoZero(atLeastOne),
		settings.Counts("shape", &l.Shape, "of one row").NoZero(notEmpty),
		settings.Count("filters", &l.Filters, "channels of the result").NoZero(atLeastOne),
		settings.Counts("kernel", &l.Kernel, "one number, or one for each axis of space").NoZero(notEmpty),
		settings.Counts("stride", &l.Stride, "by how much the window moves").Else("1, of a pool the kernel").NoZero(notEmpty),
		settings.Custom("padding", settings.KindText, paddingValue{&l.Padding}, "same, valid, or numbers").Else("valid"),
		settings.Counts("dilation", &l.Dilation, "distance between the elements that a kernel reads").Else("1").NoZero(notEmpty),
		settings.Count("groups", &l.Groups, "of channels that are convolved by themselves").Else("1").NoZero(atLeastOne),
		settings.Count("multiplier", &l.Multiplier, "filters for each channel").Else("1").NoZero(atLeastOne),
		settings.Flag("ceil", &l.Ceil, "the last window may hang over the edge"),
		settings.Flag("count_padding", &l.CountPad, "padding counts as zeros"),
		settings.Count("vocabulary", &l.Vocabulary, "how many ids there are").NoZero(atLeastOne),
		settings.Count("heads", &l.Heads, "of attention").NoZero(atLeastOne),
		settings.Flag("causal", &l.Causal, "a token sees no later one"),
		settings.Flag("sequences", &l.Sequences, "the state after every token, not only the last"),
		settings.Custom("activation", settings.KindChoice,
			settings.Parsed(&l.Activation, ParseActivation, op.Activation.String), "applied to the result").Else("linear"),
		settings.Number("slope", &l.Slope, "of leaky_relu and elu").Else("the activation's own").NoZero("that is what relu is for"),
		settings.Custom("bias", settings.KindFlag, absent{&l.NoBias}, "added to the weighted sum").Or(true),
		settings.Custom("init", settings.KindText,
			settings.Parsed(&l.Init, initializers.Parse, initializers.Initializer.String), "of the weight: gtrain list initializers").
			Else("by activation"),
		settings.Number("rate", &l.Rate, "probability of zeroing").Else("0"),
		settings.Number("eps", &l.Eps, "added under the root").Else(fmt.Sprint(DefaultEps)).NoZero("must be positive"),
		settings.Number("momentum", &l.Momentum, "share of a batch in the running statistics").Else(fmt.Sprint(DefaultMomentum)).NoZero("must be positive"),
		settings.Count("axis", &l.Axis, "counted with the batch, which is 0").Else("1").NoZero("that is the batch"),
		settings.Counts("sizes", &l.Sizes, "of the parts").NoZero(notEmpty),
		settings.Counts("perm", &l.Perm, "order of the axes, counted with the batch").NoZero(notEmpty),
		settings.Numbers("mean", &l.Mean, "of each feature"),
		settings.Numbers("scale", &l.Scale, "of each feature"),
	}
}

// read takes a key's value from a file. A key without a value is one that is left out.
func read(r settings.Row, n *yaml.Node) error {
	var v any
	if err := n.Decode(&v); err != nil {
		return oneLine(err)
	}
	if v == nil {
		return errors.Wrapf(r.Reset(), "line %d", n.Line)
	}
	return errors.Wrapf(r.Set(v), "line %d", n.Line)
}

// written is a key's value as a file has it: a list of one size is written as a number.
func written(r settings.Row) any {
	v := r.Get()
	if list, ok := v.([]int); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

// paddingValue is a padding in a file: same, valid, one number or a list.
type paddingValue struct{ at *Padding }

// Set implements settings.Value.
func (p paddingValue) Set(v any) error {
	if v == nil {
		*p.at = Valid
		return nil
	}
	var pads []int
	name, named := v.(string)
	row := settings.Counts("padding", &pads, "")
	if !named {
		if err := row.Set(v); err != nil {
			return err
		}
		*p.at = Pad(pads...)
		return nil
	}
	read, err := ParsePadding(name)
	if err == nil {
		*p.at = read
	}
	return err
}

// Get implements settings.Value.
func (p paddingValue) Get() any {
	switch len(p.at.pads) {
	case 0:
		return p.at.String()
	case 1:
		return p.at.pads[0]
	}
	return p.at.pads
}

// IsZero implements settings.Value.
func (p paddingValue) IsZero() bool { return p.at.Equal(Valid) }

// absent is a yes or no in a file that is kept as its opposite.
type absent struct{ at *bool }

// Set implements settings.Value.
func (a absent) Set(v any) error {
	if v == nil {
		v = true
	}
	there := false
	err := settings.Flag("bias", &there, "").Set(v)
	if err == nil {
		*a.at = !there
	}
	return err
}

// Get implements settings.Value.
func (a absent) Get() any { return !*a.at }

// IsZero implements settings.Value.
func (a absent) IsZero() bool { return !*a.at }
