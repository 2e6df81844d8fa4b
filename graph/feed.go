package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Feed gives an input the value that runs read from now on, in place of what gorgonia.Let binds to the node: a program
// that alternates between the same few values allocates nothing. nil goes back to the node's own value. The error says
// that the program has no such input, or has it frozen; a value that does not fit is an error of the next run.
func (p *Program) Feed(input *gorgonia.Node, x gorgonia.Value) error {
	v := p.values[input]
	if input == nil {
		return errors.New("there is no input (nil) to feed")
	}
	if !slices.Contains(p.inputs, v) {
		return errors.Errorf("node %q is not an input of the program", input.Name())
	}
	v.given = x
	return nil
}

// Given has the program take the values of these nodes from [Program.Feed], as if they were inputs: what they are
// computed from is not needed. So the preparation of rows can be done elsewhere, once.
func Given(nodes ...*gorgonia.Node) Option {
	return option("Given", func(c *compilation) { c.given = append(gorgonia.Nodes{}, nodes...) })
}
