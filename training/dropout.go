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
		if d, _, ok := dropoutLayer(n); ok && states[d.State] == nil {
			s := *d.State
			s.Seed = random.Seed(seed, "dropout", strconv.FormatUint(s.Seed, 10))
			states[d.State] = &s
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
		if d, o, ok := dropoutLayer(n); ok && s[d.State] != nil {
			d.State = s[d.State]
			o.Definition = d
		}
	}
}

func dropoutLayer(n *gorgonia.Node) (op.DropoutLayer, *op.Operation, bool) {
	o, ok := n.Op().(*op.Operation)
	if !ok {
		return op.DropoutLayer{}, nil, false
	}
	d, ok := o.Definition.(op.DropoutLayer)
	return d, o, ok
}
