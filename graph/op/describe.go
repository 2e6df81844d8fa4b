package op

import (
	"reflect"

	"gorgonia.org/gorgonia"
)

// Desc says what one of Gorgonia's own operations is, for the compiler's patterns.
type Desc struct {
	Name           string // "+", "⊙", "sigmoid", "matmul", "repeat", "reshape", "size", …; empty where unknown
	Axis           int    // of repeat, size, log-softmax and its gradient; −1 is the last
	TransA, TransB bool   // of matmul
}

// Describe names one of Gorgonia's own operations. Comparisons are named only where they give numbers.
func Describe(o gorgonia.Op) Desc {
	if _, ours := o.(*Operation); ours {
		return Desc{}
	}
	switch k := builtin(o).(type) {
	case binary:
		switch k.symbol {
		case "+", "-", "⊙", "÷", "^":
			return Desc{Name: k.symbol}
		}
		if k.retSame {
			return Desc{Name: k.symbol}
		}
	case unary:
		return Desc{Name: k.name}
	case linAlg:
		if k.kind == matMat {
			return Desc{Name: "matmul", TransA: k.transA, TransB: k.transB}
		}
	case repeat:
		return Desc{Name: "repeat", Axis: k.along}
	case reshape:
		return Desc{Name: "reshape"}
	case size:
		return Desc{Name: "size", Axis: k.axis}
	case sum:
		return Desc{Name: "sum"}
	case softmax:
		if k.log {
			return Desc{Name: "log-softmax", Axis: k.axis}
		}
	case softmaxDiff:
		if k.log {
			return Desc{Name: "log-softmax gradient", Axis: k.axis}
		}
	}
	return Desc{}
}

// Pure tells whether an operation gives the same result for the same inputs, every time, and may therefore be computed
// once. Only operations that are known count.
func Pure(o gorgonia.Op) bool {
	if o, ok := o.(*Operation); ok {
		_, stateful := o.Definition.(Stateful)
		return !stateful
	}
	k := builtin(o)
	_, stateful := k.(Stateful)
	return k != nil && !stateful
}

// SameOp tells whether two operations compute the same function, whatever their identities.
func SameOp(a, b gorgonia.Op) bool {
	x, ok1 := a.(*Operation)
	y, ok2 := b.(*Operation)
	if ok1 != ok2 {
		return false
	}
	if ok1 {
		return sameRoom(x.Definition, y.Definition)
	}
	ka, kb := builtin(a), builtin(b)
	return ka != nil && reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.DeepEqual(ka, kb)
}

// sameRoom compares two rooms: a String names every parameter of one that holds a list and cannot be compared.
func sameRoom(a, b Definition) bool {
	t := reflect.TypeOf(a)
	if t != reflect.TypeOf(b) {
		return false
	}
	if t.Comparable() {
		return a == b
	}
	return a.String() == b.String()
}

// InPlace lists the inputs whose memory an operation's output may take; see InPlacer.
func InPlace(o gorgonia.Op) []int {
	if o, ok := o.(*Operation); ok {
		if r, ok := o.Definition.(InPlacer); ok {
			return r.InPlace()
		}
		return nil
	}
	switch builtin(o).(type) {
	case binary:
		return []int{0, 1}
	case unary, reshape:
		return []int{0}
	}
	return nil
}

// IsView tells whether an operation's output may share memory with its first input; see Viewer.
func IsView(o gorgonia.Op) bool {
	_, ok := known(o).(Viewer)
	return ok
}
