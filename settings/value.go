package settings

import (
	"reflect"
)

// Value is where an option lands. [Number], [Count] and the other constructors make one of a pointer; a program may have
// its own for [Custom].
type Value interface {
	// Set takes a value as a configuration file or a flag gives it: a number, a boolean, a text, a list or a mapping; and nil,
	// which leaves it without a value.
	Set(v any) error
	// Get is the value that is there.
	Get() any
	// IsZero tells whether nothing was set.
	IsZero() bool
}

// bound is the Value of a pointer.
type bound[T any] struct {
	at    *T
	parse func(any) (T, error)
}

func (b bound[T]) Set(v any) error {
	t, ok := v.(T)
	var err error
	if !ok && v != nil {
		t, err = b.parse(v)
	}
	if err == nil {
		*b.at = t
	}
	return err
}

func (b bound[T]) snapshot() func() { was := *b.at; return func() { *b.at = was } }

func (b bound[T]) Get() any { return *b.at }

func (b bound[T]) IsZero() bool {
	switch v := reflect.ValueOf(b.at).Elem(); v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Float64:
		return v.Float() == 0 // also -0
	default:
		return v.IsZero()
	}
}

// Parsed is a Value whose text is read by a function, such as the name of an activation.
func Parsed[T any](at *T, parse func(text string) (T, error), format func(T) string) Value {
	return parsed[T]{at, parse, format}
}

type parsed[T any] struct {
	at     *T
	parse  func(string) (T, error)
	format func(T) string
}

func (p parsed[T]) Set(v any) error {
	if t, ok := v.(T); ok || v == nil {
		*p.at = t
		return nil
	}
	text, err := parseText[string](v)
	if err != nil {
		return err
	}
	t, err := p.parse(text)
	if err == nil {
		*p.at = t
	}
	return err
}

func (p parsed[T]) snapshot() func() { was := *p.at; return func() { *p.at = was } }

func (p parsed[T]) Get() any     { return p.format(*p.at) }
func (p parsed[T]) IsZero() bool { return reflect.ValueOf(p.at).Elem().IsZero() }
