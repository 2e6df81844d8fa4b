// Package isnil tells whether an interface holds nothing.
package isnil

import "reflect"

// Of tells whether v is nil, or a nil pointer or function in an interface: var o *optimizers.Adam is one, and has methods
// that panic.
func Of(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Interface, reflect.Map, reflect.Slice, reflect.Chan:
		return r.IsNil()
	}
	return false
}
