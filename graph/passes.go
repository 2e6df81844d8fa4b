package graph

import (
	"slices"

	"github.com/pkg/errors"
)

// property is what holds of a program under construction when a pass has run.
type property string

const (
	listed    property = "listed"    // an instruction for each computed node, inputs before users
	visible   property = "visible"   // what outlives a run is marked
	constant  property = "constant"  // what depends on constants alone is computed
	fused     property = "fused"     // chains of Gorgonia's operations are operations of ours
	merged    property = "merged"    // no expression is computed twice
	live      property = "live"      // something visible depends on every instruction
	frozen    property = "frozen"    // what depends on frozen inputs alone is computed
	chained   property = "chained"   // runs of elementwise operations are one instruction
	scheduled property = "scheduled" // what nothing else needs runs as soon as it can
	planned   property = "planned"   // every value has its memory
	bound     property = "bound"     // every kernel has its buffers
)

// pass is a function on the program under construction, and what it asks of those before it.
type pass struct {
	name     string
	run      func(*compilation) error
	rewrites bool       // is left out of a program that is to be Plain
	needs    []property // hold already
	before   []property // do not hold yet
	gives    property
	ends     []property // do not hold any more
	doc      string
}

// passes is the compiler, in the order in which it runs. checkOrder says whether an order keeps what the passes ask for.
var passes = []pass{
	{"order", orderNodes, false, nil, nil, listed, nil,
		"one instruction a node that an output, a gradient or a Read needs, inputs before users"},
	{"pin", pinVisible, false, []property{listed}, []property{planned}, visible, nil,
		"mark what outlives a run; before memory, which gives it buffers of its own"},
	{"fold", foldConstants, true, []property{visible}, []property{fused, planned}, constant, nil,
		"compute what depends on constants alone; before fuse, whose patterns look for constants"},
	{"fuse", fuse, true, []property{visible, constant}, []property{merged, frozen, chained, planned}, fused, []property{live},
		"Gorgonia's chains of small operations become one of ours, and what they leave is dead; after pin, for what is visible stays"},
	{"merge", mergeEqual, true, []property{visible, fused}, []property{chained, planned}, merged, nil,
		"equal expressions once; after fuse, whose patterns expect each operation where Gorgonia put it"},
	{"dead code", removeDead, true, []property{visible, fused}, []property{planned}, live, nil,
		"drop what nothing reads any more; before memory, so that it gets none"},
	{"freeze", freeze, true, []property{visible, fused, live}, []property{chained, planned}, frozen, nil,
		"compute what depends on frozen inputs alone; after fuse, whose patterns it would spoil, and on nothing dead"},
	{"chain", chainElementwise, true, []property{visible, fused, merged, live, frozen}, []property{planned}, chained, nil,
		"runs of elementwise operations block by block; after fuse and merge, which take precedence, and of nothing frozen"},
	{"schedule", scheduleLeaves, true, []property{chained}, []property{planned}, scheduled, nil,
		"what nothing else needs as soon as it can run; after chain, which joins neighbors"},
	{"memory", planMemory, false, []property{visible, live, scheduled}, []property{bound}, planned, nil,
		"one buffer a value; values whose lives do not overlap share one"},
	{"bind", bindKernels, false, []property{planned}, nil, bound, nil,
		"fix every kernel to its buffers; last, because it needs the final memory"},
}

// passesOf are the passes of a program: all, or those that do not rewrite it.
func passesOf(plain bool) []pass {
	if !plain {
		return passes
	}
	return slices.DeleteFunc(slices.Clone(passes), func(p pass) bool { return p.rewrites })
}

// checkOrder checks an order of passes: each finds what it needs and nothing that it must come before. What no pass of the
// list gives is not asked for, as in a plain program.
func checkOrder(list []pass) error {
	given := map[property]bool{}
	for _, p := range list {
		given[p.gives] = true
	}
	holds := map[property]bool{}
	for _, p := range list {
		for _, need := range p.needs {
			if given[need] && !holds[need] {
				return errors.Errorf("pass %q needs a program that is %s", p.name, need)
			}
		}
		for _, late := range p.before {
			if holds[late] {
				return errors.Errorf("pass %q must run before the program is %s", p.name, late)
			}
		}
		for _, end := range p.ends {
			delete(holds, end)
		}
		holds[p.gives] = true
	}
	return nil
}
