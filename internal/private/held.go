package private

import (
	"reflect"

	"gorgonia.org/gorgonia"
)

// Held is what an operation points to, directly, in its structs, or in operations that it points to: state that operations
// may have in common. It reads whatever fields there are.
func Held(o gorgonia.Op) map[uintptr]bool {
	held := map[uintptr]bool{}
	pointers(reflect.ValueOf(o), 3, held)
	return held
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
