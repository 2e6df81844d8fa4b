package graph

import (
	"reflect"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// compilation is a program under construction.
type compilation struct {
	graph   *gorgonia.ExprGraph
	outputs gorgonia.Nodes // nil: every root
	given   gorgonia.Nodes // see Given
	values  map[*gorgonia.Node]*value
	inputs  []*value // nodes that are given values from outside
	instrs  []*instruction
	reads   []read
	grads   []gradient
	peak    int64 // bytes of planned buffers

	plain    bool    // see Plain
	dump     *dumper // see Dump; nil otherwise
	foldNorm bool    // see FoldBatchNorm
	frozen   gorgonia.Nodes
	own      *Snapshot // of these
	shared   *Snapshot // see FrozenTo

	nodes  gorgonia.Nodes          // what is computed, where it is not every root
	slices []slicing               // gorgonia.Slice, which UnsafeLet binds to other bounds
	moving map[*gorgonia.Node]bool // of these, those that have moved
	tape   *tape                   // where the program keeps what a Machine promises; nil otherwise
}

// value is what a node computes or is given.
type value struct {
	node     *gorgonia.Node
	shape    tensor.Shape
	dtype    tensor.Dtype
	computed bool           // by an instruction
	pinned   bool           // outlives the run, so its buffer is its own
	data     gorgonia.Value // the buffer; for inputs, what is bound at present
	given    gorgonia.Value // for inputs, by Feed
	own      gorgonia.Value // for inputs whose value must be copied: a buffer of ours
	users    []*instruction
}

// instruction computes one value.
type instruction struct {
	node   *gorgonia.Node
	op     gorgonia.Op
	in     []*value
	out    *value
	kernel op.Kernel
	viaDo  bool             // the kernel is the operation's own Do
	gave   kind             // of its result at the last run
	bound  []gorgonia.Value // what the kernel reads
	other  boundKernel      // of before; see rebind
	after  []*value         // that must be computed before, though it does not read them; see state.go
	panels op.Panels        // of an input that is frozen, where the operation is an op.Packer
}

// read is a gorgonia.Read: a copy of the value for the user.
type read struct {
	of   *value
	into *gorgonia.Value
}

// gradient is what an input's Grad returns after a run.
type gradient struct {
	of   *gorgonia.Node
	from *value
	copy gorgonia.Value // nil where from's own memory serves
}

func typeName(o gorgonia.Op) string { return strings.TrimPrefix(reflect.TypeOf(o).String(), "*") }
