package graph

// passes is the compiler: each pass is a function on the program under construction, run in this order. An order that
// matters says why. Those that rewrite are left out of a program that is to be Plain.
var passes = []struct {
	name     string
	run      func(*compilation) error
	rewrites bool
	doc      string
}{
	{"order", orderNodes, false, "one instruction a node that an output, a gradient or a Read needs, inputs before users"},
	{"pin", pinVisible, false, "mark what outlives a run; before memory, which gives it buffers of its own"},
	{"fold", foldConstants, true, "compute what depends on constants alone; before fuse, whose patterns look for constants"},
	{"fuse", fuse, true, "Gorgonia's chains of small operations become one of ours; after pin, for what is visible stays"},
	{"merge", mergeEqual, true, "equal expressions once; after fuse, whose patterns expect each operation where Gorgonia put it"},
	{"dead code", removeDead, true, "drop what nothing reads any more; before memory, so that it gets none"},
	{"freeze", freeze, true, "compute what depends on frozen inputs alone; after fuse, whose patterns it would spoil"},
	{"chain", chainElementwise, true, "runs of elementwise operations block by block; after fuse and merge, which take precedence"},
	{"schedule", scheduleLeaves, true, "what nothing else needs as soon as it can run; after chain, which joins neighbours"},
	{"memory", planMemory, false, "one buffer a value; values whose lives do not overlap share one"},
	{"bind", bindKernels, false, "fix every kernel to its buffers; last, because it needs the final memory"},
}
