package onnx

import (
	"slices"

	"gorgonia.org/gorgonia"
)

// A network is built at two batch sizes side by side. The first is a prime that shapes in a file seldom have; the second
// is the one that the file declares, whose errors speak of the file's own sizes, or a second prime where it leaves the
// batch open. What follows the batch is not read off these two: lanes.go and sizes.go follow it exactly.
const (
	firstTrial  = 11
	secondTrial = 13
)

// trial is the network at one of the batch sizes.
type trial struct {
	batch  int
	g      *gorgonia.ExprGraph
	values map[string]*gorgonia.Node // what the network computes
	known  map[string]*constant      // what follows from shapes alone
	params map[string]*gorgonia.Node
	pooled map[*gorgonia.Node]*gorgonia.Node // global averages by what has axes of size 1 behind them
}

func newTrial(batch int) *trial {
	return &trial{batch, gorgonia.NewGraph(), map[string]*gorgonia.Node{}, map[string]*constant{},
		map[string]*gorgonia.Node{}, map[*gorgonia.Node]*gorgonia.Node{}}
}

// declare sets the batch size that the file declares for its inputs, 0 if it leaves it open.
func (im *importer) declare(batch int) {
	im.fixed = batch
	im.trials[0].batch, im.trials[1].batch = firstTrial, secondTrial
	if batch > 0 {
		if batch == firstTrial {
			im.trials[0].batch = secondTrial
		}
		im.trials[1].batch = batch
	}
}

// known gives a value that is known at the present batch size without running the network, nil if it is not.
func (im *importer) known(name string) *constant {
	if c := im.at.known[name]; c != nil {
		return c
	}
	return im.consts[name]
}

// buildBoth builds a node at both batch sizes and follows the batch through it.
func (im *importer) buildBoth(n *node, p *plan) error {
	var errs [2]error
	for i, t := range im.trials {
		im.at = t
		if errs[i] = im.build(n, p); errs[i] != nil {
			errs[i] = im.located(n, errs[i])
		}
	}
	im.at = im.trials[0]
	if errs[0] != nil || errs[1] != nil {
		return im.reconciled(n, errs)
	}
	if p.folded {
		im.compare(n)
		return nil
	}
	for _, out := range n.Output {
		if im.at.values[out] == nil {
			continue
		}
		err := im.follow(out)
		if err == nil {
			err = im.account(out)
		}
		if err != nil {
			return im.located(n, err)
		}
	}
	return nil
}

// reconciled makes one error of those at the two batch sizes, in the file's own words.
func (im *importer) reconciled(n *node, errs [2]error) error {
	switch {
	case im.fixed > 0 && errs[1] != nil:
		return errs[1]
	case im.fixed > 0:
		return unsupportedf("%s: it fits a batch of %d alone, which the file declares; export the model with an open batch "+
			"axis", n.label, im.fixed)
	case errs[0] == nil || errs[1] == nil:
		return unsupportedf("%s: it fits only some batch sizes, and the file leaves the batch open", n.label)
	}
	f := errs[0].(*fault)
	return &fault{f.kind, im.words(errs[0].Error(), errs[1].Error())}
}

// compare is a second look at a folded value. What the two batch sizes contradict is not known, nor are the elements of
// what was picked out of a value whose size follows the batch.
func (im *importer) compare(n *node) {
	a, b := im.trials[0].known[n.out()], im.trials[1].known[n.out()]
	if !sameDims(a.dims, b.dims) || !a.sameType(b) {
		return
	}
	picked := false
	for _, in := range n.Input {
		picked = picked || in != "" && !n.row.ofShape && im.grows(in)
	}
	by := float64(im.trials[0].batch - im.trials[1].batch)
	for i := range a.len() {
		x, y, per := a.number(i), b.number(i), a.perAt(i)
		same := per == b.perAt(i) && (per == loose || x-y == float64(per)*by || x != x && y != y)
		if !same && x == y { // infinities
			same = per == 0
		}
		if picked || !same {
			a.setPer(i, loose)
			b.setPer(i, loose)
		}
	}
}

// grows tells whether a known value has an axis whose size follows the batch.
func (im *importer) grows(name string) bool {
	s, err := im.sizes(name)
	return err != nil || slices.ContainsFunc(s, func(a affine) bool { return a.per != 0 })
}
