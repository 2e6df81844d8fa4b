package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// geometryWhy is why pixels are no units.
const geometryWhy = "the geometry of a convolution"

// Couple implements Coupler. A filter lives and dies with its bias and its channel of the output. A channel of the input
// is summed over, against axis 1 of the weights:
//
//   - one group: each channel by itself;
//   - depthwise (one channel a group): nothing is summed over channels; a channel lives and dies with its filters;
//   - otherwise groups stay equal in size: the j-th channel of every group goes, or none; the same of filters.
func (c ConvLayer) Couple(t Ties) {
	t.Tie(In(0, 0), Out(0))
	t.Tie(In(1, 0), Out(1))
	if c.Bias {
		t.Tie(In(1, 0), In(2, 0))
	}
	for a := 2; a < len(t.Dims(0)); a++ {
		for _, space := range []Axis{In(0, a), In(1, a), Out(a)} {
			t.Freeze(space, geometryWhy)
		}
	}
	groups := c.full().Groups
	channels, filters := t.Dims(1)[1], t.Dims(1)[0]/groups // of a group
	switch {
	case groups == 1:
		t.Contract(In(0, 1), In(1, 1))
	case channels == 1:
		for g := range groups {
			for f := range filters {
				t.TieRange(In(0, 1), g, In(1, 0), g*filters+f, 1)
			}
		}
		t.Freeze(In(1, 1), "a depthwise filter has one channel")
	default:
		for g := range groups {
			t.TieRange(In(0, 1), g*channels, In(1, 1), 0, channels)
			t.TieRange(In(1, 0), g*filters, In(1, 0), 0, filters)
		}
		t.Sum(In(0, 1), In(1, 1))
	}
}

// Cut implements Cutter: a depthwise convolution has as many groups as channels are left.
func (c ConvLayer) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	c.ConvConfig = c.full()
	if c.Groups > 1 && k.Dims(1)[1] == 1 {
		stay := k.Keep(In(0, 1))
		filters := k.Dims(1)[0] / c.Groups
		if left := k.Keep(In(1, 0)); len(left) != len(stay)*filters {
			return nil, errors.Errorf("%v: %d channels and %d filters are left; want %d filters a channel", c, len(stay),
				len(left), filters)
		}
		c.Groups = len(stay)
	}
	return Apply(c, in...)
}
