package graph

import (
	"reflect"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Snapshot is the values that inputs of graphs had at one moment: a copy of each, what programs computed from these alone,
// and matrices among all of them in the order in which matrix kernels read them. Programs that are compiled with the same
// Snapshot share all of it (see FrozenTo), and it stays theirs until Refresh.
//
// Programs that have one Snapshot may run at the same time, each on one goroutine. It must not be refreshed while one of them
// runs, and no two of them compiled at the same time.
type Snapshot struct {
	taken  []*taken // in the order of the nodes
	byNode map[*gorgonia.Node]*taken
	byName map[string]*taken
	copies map[gorgonia.Value]bool // all values that Refresh changes
	steps  []*instruction          // what depends on copies alone, inputs before users
	panels map[factor]op.Panels
	packs  []op.Panels
}

// taken is one input's copy.
type taken struct {
	node *gorgonia.Node
	data gorgonia.Value
}

// factor tells panels apart: of one value, in one form.
type factor struct {
	of gorgonia.Value
	op.Factor
}

// TakeSnapshot copies the values that nodes have now. They are inputs of one graph. An error names the node that is none,
// or has no value.
func TakeSnapshot(nodes ...*gorgonia.Node) (*Snapshot, error) {
	s := &Snapshot{byNode: map[*gorgonia.Node]*taken{}, byName: map[string]*taken{}, copies: map[gorgonia.Value]bool{},
		panels: map[factor]op.Panels{}}
	for _, n := range nodes {
		switch {
		case n == nil:
			return nil, errors.New("snapshot: a node is nil")
		case n.Op() != nil:
			return nil, errors.Errorf("snapshot: node %q is computed, not an input", n.Name())
		case s.byNode[n] != nil:
			continue
		}
		data, err := op.NewBuffer(n.Dtype(), n.Shape())
		if err != nil {
			return nil, errors.Wrapf(err, "snapshot of %q", n.Name())
		}
		t := &taken{n, data}
		s.taken, s.byNode[n], s.byName[n.Name()], s.copies[data] = append(s.taken, t), t, t, true
	}
	return s, s.Refresh()
}

// Refresh copies the values that the nodes have now, computes again what depends on them and packs matrices again.
// Nothing is changed where an error names a node that has no value or one of another size or type.
func (s *Snapshot) Refresh() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("snapshot: %v", r)
		}
	}()
	for _, t := range s.taken {
		if err := fitsInput(t.node, t.node.Value(), t.data.Dtype(), t.data.Shape()); err != nil {
			return errors.Wrap(err, "snapshot")
		}
	}
	for _, t := range s.taken {
		if err := assign(t.data, t.node.Value()); err != nil {
			return errors.Wrapf(err, "snapshot of %q", t.node.Name())
		}
	}
	for _, i := range s.steps {
		if err := i.kernel(); err != nil {
			return errors.Wrapf(err, "snapshot: node %q", i.node.Name())
		}
	}
	for _, p := range s.packs {
		p.Pack()
	}
	return nil
}

// Bytes is the memory that the snapshot takes.
func (s *Snapshot) Bytes() (n int64) {
	for v := range s.copies {
		n += int64(v.MemSize())
	}
	for _, p := range s.packs {
		n += p.Bytes()
	}
	return n
}

// compute gives an instruction that reads what is known alone its result: what another program computed already, or now.
func (s *Snapshot) compute(i *instruction) error {
	for _, j := range s.steps {
		if s.same(i, j) {
			i.out.data = j.out.data
			return nil
		}
	}
	data, err := op.NewBuffer(i.out.dtype, i.out.shape)
	if err != nil {
		return err
	}
	i.out.data = data
	if err := i.bind(); err != nil {
		return err
	}
	if err := i.kernel(); err != nil {
		return err
	}
	s.steps, s.copies[data] = append(s.steps, i), true
	return nil
}

// same tells whether an instruction gives what another one does.
func (s *Snapshot) same(i, j *instruction) bool {
	if len(i.in) != len(j.in) || i.out.dtype != j.out.dtype || !sameDims(i.out.shape, j.out.shape) || !op.SameOp(i.op, j.op) {
		return false
	}
	for k := range i.in {
		if a, b := i.in[k].data, j.in[k].data; a != b && (s.copies[a] || s.copies[b] || !sameConstant(a, b)) {
			return false
		}
	}
	return true
}

// sameConstant compares constants of two graphs.
func sameConstant(a, b gorgonia.Value) bool {
	return a.Dtype() == b.Dtype() && sameDims(a.Shape(), b.Shape()) && reflect.DeepEqual(a.Data(), b.Data())
}

// panelsOf is a value of the snapshot in panels.
func (s *Snapshot) panelsOf(v gorgonia.Value, f op.Factor) (op.Panels, error) {
	f.Input = 0 // it may be another one of another operation
	key := factor{v, f}
	if p := s.panels[key]; p != nil {
		return p, nil
	}
	p, err := op.NewPanels(v, f)
	if err != nil {
		return nil, err
	}
	s.panels[key], s.packs = p, append(s.packs, p)
	return p, nil
}
