package op

import (
	"reflect"

	"gorgonia.org/gorgonia"
)

// Pure tells whether an operation gives the same result for the same inputs, every time, and may therefore be computed
// once. Only operations that are known count.
func Pure(o gorgonia.Op) bool {
	k := known(o)
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
		return sameDefinition(x.Definition, y.Definition)
	}
	ka, kb := builtin(a), builtin(b)
	return ka != nil && reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.DeepEqual(ka, kb)
}

// sameDefinition compares two definitions: a String names every parameter of one that holds a list and cannot be compared.
func sameDefinition(a, b Definition) bool {
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
	if r, ok := known(o).(InPlacer); ok {
		return r.InPlace()
	}
	return nil
}

// IsView tells whether an operation's output may share memory with its first input; see Viewer.
func IsView(o gorgonia.Op) bool {
	_, ok := known(o).(Viewer)
	return ok
}
