package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// slicing is a node of gorgonia.Slice, or of its gradient, and the bounds that the program was compiled for.
// gorgonia.UnsafeLet(n, gorgonia.S(i)) binds others.
type slicing struct {
	node   *gorgonia.Node
	in     *value // what is sliced
	op     slicer
	bounds bounds
}

type slicer interface {
	gorgonia.Op
	IsSlice() tensor.Slice
}

type bounds struct {
	all              bool
	start, end, step int
}

func boundsOf(o slicer) bounds {
	by := o.IsSlice()
	if by == nil {
		return bounds{all: true}
	}
	return bounds{false, by.Start(), by.End(), by.Step()}
}

// movingSlice is a slice whose bounds were seen to change. No pass knows it, so it runs through its own Do, which reads
// the bounds of the moment.
type movingSlice struct{ gorgonia.Op }

// noteSlice remembers the bounds of a slice.
func (c *compilation) noteSlice(i *instruction) {
	o, ok := i.op.(slicer)
	if name := typeName(i.op); !ok || name != "gorgonia.sliceOp" && name != "gorgonia.sliceIncrOp" {
		return
	}
	c.slices = append(c.slices, slicing{i.node, i.in[0], o, boundsOf(o)})
	if c.moving[i.node] {
		i.op = movingSlice{i.op}
	}
}

// followSlices compiles the program again where slices are bound to other bounds than before, with these slices free:
// the next change costs nothing.
func (p *Program) followSlices() error {
	var moved []*gorgonia.Node
	for k := range p.slices {
		s := &p.slices[k]
		now := boundsOf(s.op)
		if now == s.bounds {
			continue
		}
		if err := s.fits(now); err != nil {
			return err
		}
		s.bounds = now
		if !p.moving[s.node] {
			moved = append(moved, s.node)
		}
	}
	if moved == nil {
		return nil
	}
	c := compilation{graph: p.graph, outputs: p.outputs, given: p.given, foldNorm: p.foldNorm, frozen: p.frozen, own: p.own,
		shared: p.shared, nodes: p.nodes, tape: p.tape, moving: map[*gorgonia.Node]bool{}}
	if p.tape != nil {
		t := *p.tape // that of this program stays fit where the new one cannot be compiled
		c.tape = &t
	}
	for n := range p.moving {
		c.moving[n] = true
	}
	for _, n := range moved {
		c.moving[n] = true
	}
	again, err := compileGraph(c)
	if err != nil {
		return errors.Wrapf(err, "node %q: its slice was bound to other bounds", moved[0].Name())
	}
	for _, v := range p.inputs {
		if v.given == nil {
			continue
		}
		if err := again.Feed(v.node, v.given); err != nil {
			return err
		}
	}
	p.compilation = again.compilation
	return nil
}

// fits refuses bounds that give another number of elements than the graph was built for.
func (s slicing) fits(now bounds) error {
	if typeName(s.op) == "gorgonia.sliceIncrOp" {
		return nil // it has the shape of what is sliced; the slice itself is checked
	}
	n := s.node
	shape, err := s.op.InferShape(s.in.shape)
	if err == nil && shape.TotalSize() != n.Shape().TotalSize() {
		err = errors.Errorf("it gives %v where the graph was built for %v; build the graph for it, or keep the length", shape, n.Shape())
	}
	return errors.Wrapf(err, "node %q: its slice was bound to [%d:%d]", n.Name(), now.start, now.end)
}
