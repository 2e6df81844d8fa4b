package training

import (
	"strconv"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
)

// dropoutStates are a training's own states of the dropout layers of a network, by the network's. A network and its
// copies share theirs, so a training that moved them on would change what another one draws.
type dropoutStates map[*op.DropoutState]*op.DropoutState

// newDropoutStates derives each layer's seed from the training's and the layer's own.
func newDropoutStates(net *network.Network, seed uint64) dropoutStates {
	states := dropoutStates{}
	for _, n := range net.Graph.AllNodes() {
		d, ok := op.As[op.Seeded](n.Op())
		if !ok {
			continue
		}
		if own := d.DropoutState(); states[own] == nil {
			s := *own
			s.Seed = random.Seed(seed, "dropout", strconv.FormatUint(s.Seed, 10))
			states[own] = &s
		}
	}
	return states
}

// at makes every layer draw the mask of a step.
func (s dropoutStates) at(step int) {
	for _, own := range s {
		own.Step = uint64(step)
	}
}

// replace puts the states into a graph that nobody else has, before it is compiled: into layers and their gradients.
func (s dropoutStates) replace(g *gorgonia.ExprGraph) {
	for _, n := range g.AllNodes() {
		o, ours := n.Op().(*op.Operation)
		if d, ok := op.As[op.Seeded](n.Op()); ours && ok && s[d.DropoutState()] != nil {
			o.Definition = d.WithState(s[d.DropoutState()])
		}
	}
}
