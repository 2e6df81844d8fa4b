package training

import (
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// snapshot is a copy of what training changes: parameters and states, in the network's order. It is never written.
type snapshot []gorgonia.Value

func trained(net *network.Network) gorgonia.Nodes { return slices.Concat(net.Params, net.States) }

func take(net *network.Network) snapshot {
	s := make(snapshot, len(net.Params)+len(net.States))
	for i, p := range trained(net) {
		v, err := gorgonia.CloneValue(p.Value())
		if err != nil { // every parameter is a tensor of floats, see Network.Validate
			return nil
		}
		s[i] = v
	}
	return s
}

// restore copies into the parameters' own memory, which other programs share.
func (s snapshot) restore(net *network.Network) {
	for i, p := range trained(net) {
		if i < len(s) {
			copyFloats(p.Value(), s[i])
		}
	}
}

func copyFloats(dst, src gorgonia.Value) {
	if to, err := op.Floats[float32](dst); err == nil {
		from, _ := op.Floats[float32](src)
		copy(to, from)
		return
	}
	to, _ := op.Floats[float64](dst)
	from, _ := op.Floats[float64](src)
	copy(to, from)
}

// nonFinite names a parameter or state that holds a NaN or an infinity.
func nonFinite(net *network.Network) (name string, bad bool) {
	for _, p := range trained(net) {
		if f, err := op.Floats[float32](p.Value()); err == nil {
			for _, v := range f {
				if v-v != 0 {
					return p.Name(), true
				}
			}
			continue
		}
		f, _ := op.Floats[float64](p.Value())
		for _, v := range f {
			if v-v != 0 {
				return p.Name(), true
			}
		}
	}
	return "", false
}
