package optimizers

import (
	"reflect"
	"unsafe"

	"github.com/pkg/errors"
)

// inside lets a type that is embedded in a struct T, at any depth, find the struct. Its zero value is ready, so that a
// literal of T is ready to use; it also finds copies of a T in use.
type inside[T any] struct {
	owner  unsafe.Pointer // the T that it was first used in
	offset uintptr        // of the inside in T
}

// self is the struct.
func (m *inside[T]) self() *T { return (*T)(m.where()) }

func (m *inside[T]) where() unsafe.Pointer {
	if m.owner == nil {
		m.offset = offsetOf(reflect.TypeFor[T](), reflect.TypeFor[inside[T]]())
	}
	return unsafe.Add(unsafe.Pointer(m), -int(m.offset))
}

// offsetOf is where a field of a type lies in a struct that embeds it.
func offsetOf(outer, field reflect.Type) uintptr {
	f, ok := outer.FieldByNameFunc(func(name string) bool { return name == "inside" })
	if !ok || f.Type != field {
		panic("optimizers: " + outer.Name() + " does not embed what it is asked for")
	}
	var sum uintptr
	for i := range f.Index {
		sum += outer.FieldByIndex(f.Index[:i+1]).Offset
	}
	return sum
}

// known says whether the struct has been used before, or that it is a copy of one that has.
func (m *inside[T]) known(name string) (bool, error) {
	switch m.owner {
	case nil:
		return false, nil
	case m.where():
		return true, nil
	}
	return false, errors.Wrapf(ErrState, "%s: this optimizer is a copy of one in use; use it by pointer", name)
}

// use notes the first use.
func (m *inside[T]) use() { m.owner = m.where() }
