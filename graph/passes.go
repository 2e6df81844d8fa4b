package graph

// passes is the compiler: each pass is a function on the program under construction, run in this order. An order that
// matters says why.
var passes = []struct {
	name string
	run  func(*compilation) error
	doc  string
}{
	{"order", orderNodes, "one instruction a node that an output, a gradient or a Read needs, inputs before users"},
	{"pin", pinVisible, "mark what outlives a run; before memory, which gives it buffers of its own"},
	{"fold", foldConstants, "compute what depends on constants alone; before fuse, whose patterns look for constants"},
	{"fuse", fuse, "Gorgonia's chains of small operations become one of ours; after pin, for what is visible stays"},
	{"merge", mergeEqual, "equal expressions once; after fuse, whose patterns expect each operation where Gorgonia put it"},
	{"dead code", removeDead, "drop what nothing reads any more; before memory, so that it gets none"},
	{"freeze", freeze, "compute what depends on frozen inputs alone; after fuse, whose patterns it would spoil"},
	{"chain", chainElementwise, "runs of elementwise operations block by block; after fuse and merge, which take precedence"},
	{"schedule", scheduleLeaves, "what nothing else needs as soon as it can run; after chain, which joins neighbours"},
	{"memory", planMemory, "one buffer a value; values whose lives do not overlap share one"},
	{"bind", bindKernels, "fix every kernel to its buffers; last, because it needs the final memory"},
}
