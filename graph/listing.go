package graph

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Line is one instruction of a compiled program, for people to read. Its JSON names are stable.
type Line struct {
	Node   string `json:"node"` // the node whose value it computes
	Op     string `json:"op"`
	Shape  []int  `json:"shape"`
	Reads  []int  `json:"reads"`  // instructions whose results it reads; −1 for inputs, constants and what is frozen
	MACs   int64  `json:"macs"`   // multiply–accumulates
	Bytes  int64  `json:"bytes"`  // read and written
	Buffer string `json:"buffer"` // equal for values that share memory; "own" outlives the run
	Kernel bool   `json:"kernel"` // false: runs through the operation's own Do; sure after a run
}

// Listing describes the program, in order of execution.
func (p *Program) Listing() []Line {
	number := map[*value]int{}
	buffers := map[uintptr]string{}
	var lines []Line
	for k, i := range p.instrs {
		number[i.out] = k
		l := Line{Node: i.node.Name(), Op: fmt.Sprint(i.op), Shape: i.out.shape, Buffer: "own"}
		var shapes []tensor.Shape
		for _, v := range i.in {
			from := -1
			if n, ok := number[v]; ok {
				from = n
			}
			l.Reads = append(l.Reads, from)
			l.Bytes += bytes(v)
			shapes = append(shapes, v.shape)
		}
		l.Bytes += bytes(i.out)
		know, err := op.Of(i.op)
		if c, ok := know.(op.Coster); err == nil && ok {
			l.MACs = c.MACs(shapes, i.out.shape)
		}
		_, bindable := know.(op.Binder)
		l.Kernel = bindable && !i.viaDo
		if !i.out.pinned {
			at := address(i.out.data)
			if buffers[at] == "" {
				buffers[at] = fmt.Sprintf("b%d", len(buffers))
			}
			l.Buffer = buffers[at]
		}
		lines = append(lines, l)
	}
	return lines
}

func address(v gorgonia.Value) uintptr {
	if v == nil {
		return 0
	}
	return v.Uintptr()
}
