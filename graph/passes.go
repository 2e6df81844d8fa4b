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
	{"memory", planMemory, "one buffer a value; values whose lives do not overlap share one"},
	{"bind", bindKernels, "fix every kernel to its buffers; last, because it needs the final memory"},
}
