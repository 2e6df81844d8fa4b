package graph

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Dump writes the program to w after each pass of the compiler, for people to read: the pass, what it is for, how many
// instructions there are and which have gone or come, and where anything has changed, the instructions. An instruction is
// written as number, operation, what it reads (other instructions, inputs, constants), the node whose value it
// computes with its shape, and its memory: "visible" outlives the run, values with one letter and number share a buffer. An
// error of w is one of Compile.
func Dump(w io.Writer) Option {
	return option("Dump", func(c *compilation) { c.dump = &dumper{w: w} })
}

// dumper remembers the program as it was after the pass before.
type dumper struct {
	w     io.Writer
	lines []string
	ops   map[string]int
}

// pass writes what a pass has made of the program.
func (d *dumper) pass(p pass, c *compilation) error {
	if d.w == nil {
		return errors.New("Dump: there is no writer (nil)")
	}
	before := len(d.lines)
	lines, ops := c.lines()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", p.name, p.doc)
	switch {
	case slices.Equal(lines, d.lines):
		fmt.Fprintf(&b, "  %d instructions, nothing changed\n", len(lines))
	case d.ops == nil:
		fmt.Fprintf(&b, "  %d instructions\n", len(lines))
	case before == len(lines):
		fmt.Fprintf(&b, "  %d instructions%s\n", len(lines), difference(d.ops, ops))
	default:
		fmt.Fprintf(&b, "  %d instructions, %d before%s\n", len(lines), before, difference(d.ops, ops))
	}
	if !slices.Equal(lines, d.lines) {
		for _, l := range lines {
			b.WriteString("    " + l + "\n")
		}
	}
	d.lines, d.ops = lines, ops
	_, err := io.WriteString(d.w, b.String())
	return errors.Wrap(err, "Dump")
}

// difference lists operations that have gone and come.
func difference(before, after map[string]int) string {
	var gone, come []string
	names := map[string]bool{}
	for _, m := range []map[string]int{before, after} {
		for name := range m {
			names[name] = true
		}
	}
	for _, name := range sortedNames(names) {
		switch n := after[name] - before[name]; {
		case n < 0:
			gone = append(gone, times(name, -n))
		case n > 0:
			come = append(come, times(name, n))
		}
	}
	s := ""
	if len(gone) > 0 {
		s += "; gone: " + strings.Join(gone, ", ")
	}
	if len(come) > 0 {
		s += "; new: " + strings.Join(come, ", ")
	}
	return s
}

func times(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%d × %s", n, name)
}

func sortedNames(set map[string]bool) (names []string) {
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lines are the instructions as text, and how often each operation is there.
func (c *compilation) lines() (lines []string, ops map[string]int) {
	ops = map[string]int{}
	number := map[*value]int{}
	buffers := map[uintptr]string{}
	for k, i := range c.instrs {
		number[i.out] = k
		name := fmt.Sprint(i.op)
		ops[name]++
		l := fmt.Sprintf("%4s %s", fmt.Sprintf("#%d", k), name)
		for _, v := range i.in {
			if n, ok := number[v]; ok {
				l += fmt.Sprintf(" #%d", n)
			} else {
				l += " " + nodeName(v.node)
			}
		}
		l += fmt.Sprintf(" → %s %v", nodeName(i.node), i.out.shape)
		switch at := address(i.out.data); {
		case i.out.pinned:
			l += " visible"
		case at != 0:
			if buffers[at] == "" {
				buffers[at] = fmt.Sprintf("b%d", len(buffers))
			}
			l += " " + buffers[at]
		}
		lines = append(lines, l)
	}
	return lines, ops
}

// nodeName is a node's own name, or the number that Gorgonia gave it.
func nodeName(n *gorgonia.Node) string {
	if name := op.GivenName(n); name != "" {
		return name
	}
	return fmt.Sprintf("%%%x", n.ID())
}
