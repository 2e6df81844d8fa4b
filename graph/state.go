package graph

import (
	"reflect"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// commonState finds operations that hold state in common, as a loss does whose gradient reads what the loss left in its
// own fields. No value ties them, so the order in which they run is Gorgonia's: each has the one that goes before it.
// Operations of ours, and those that are known to depend on their inputs alone, hold none.
func commonState(g *gorgonia.ExprGraph) (before map[*gorgonia.Node]*gorgonia.Node, err error) {
	holders := map[uintptr]gorgonia.Nodes{}
	common := false
	for _, n := range g.AllNodes() {
		if !mayHoldState(n.Op()) {
			continue
		}
		held := map[uintptr]bool{}
		pointers(reflect.ValueOf(n.Op()), 3, held)
		for p := range held {
			holders[p] = append(holders[p], n)
			common = common || len(holders[p]) > 1
		}
	}
	if !common {
		return nil, nil
	}
	group := map[*gorgonia.Node]*gorgonia.Node{} // union-find: towards the first of its group
	var first func(n *gorgonia.Node) *gorgonia.Node
	first = func(n *gorgonia.Node) *gorgonia.Node {
		if group[n] == nil || group[n] == n {
			return n
		}
		return first(group[n])
	}
	for _, ns := range holders {
		for _, n := range ns[1:] {
			if a, b := first(ns[0]), first(n); a != b {
				group[a] = b
			}
		}
	}
	sorted, err := gorgonia.Sort(g) // users first
	if err != nil {
		return nil, errors.Wrap(err, "sort")
	}
	before = map[*gorgonia.Node]*gorgonia.Node{}
	last := map[*gorgonia.Node]*gorgonia.Node{}
	for k := len(sorted) - 1; k >= 0; k-- {
		n := sorted[k]
		if !mayHoldState(n.Op()) {
			continue
		}
		of := first(n)
		if last[of] != nil {
			before[n] = last[of]
		}
		last[of] = n
	}
	return before, nil
}

func mayHoldState(o gorgonia.Op) bool {
	if o == nil || isStatement(o) || op.IsConstant(o) {
		return false
	}
	_, ours := o.(*op.Operation)
	return !ours && !op.Pure(o)
}

// pointers collects what an operation points to, directly, in its structs, or in operations that it points to.
func pointers(v reflect.Value, depth int, held map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if e := v.Elem(); e.IsValid() {
			pointers(e, depth, held)
		}
	case reflect.Pointer:
		if v.IsNil() || isNoState(v.Type()) {
			return
		}
		if v.Type().Elem().Size() > 0 { // all that is empty may lie in one place
			held[v.Pointer()] = true
		}
		if depth > 0 && v.Type().Implements(opType) {
			pointers(v.Elem(), depth-1, held)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			pointers(v.Field(i), depth, held)
		}
	case reflect.Map, reflect.Chan:
		if !v.IsNil() {
			held[v.Pointer()] = true
		}
	case reflect.Slice:
		if v.Cap() > 0 {
			held[v.Pointer()] = true
		}
	}
}

var opType = reflect.TypeFor[gorgonia.Op]()

// isNoState tells what every operation may point to.
func isNoState(t reflect.Type) bool {
	switch t.String() {
	case "*gorgonia.Node", "*gorgonia.ExprGraph", "*reflect.rtype", "*log.Logger":
		return true
	}
	return false
}
