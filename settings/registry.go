package settings

import (
	"slices"
	"sync"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// Registry is a table of things that are chosen by name, in the order in which help and documentation show them.
//
// It may be used by several goroutines at once, Add included.
type Registry[T any] struct {
	lock    *sync.RWMutex // of entries
	kind    string
	nameOf  func(T) string
	entries []T
	forms   []string          // names of what Lookup does not find: "mlp:64,32"
	aliases map[string]string // names of other programs
}

// NewRegistry makes a table; kind is what its entries are, in the error for an unknown name, and nameOf the name of one.
func NewRegistry[T any](kind string, nameOf func(T) string, entries ...T) *Registry[T] {
	return &Registry[T]{lock: new(sync.RWMutex), kind: kind, nameOf: nameOf, entries: entries}
}

// Aliases returns the table with names by which others know its entries: the error for one says how it is called here.
func (r *Registry[T]) Aliases(names map[string]string) *Registry[T] {
	c := *r
	c.aliases = names
	return &c
}

// Forms returns the table with examples of names that are read elsewhere, which suggestions take into account.
func (r *Registry[T]) Forms(examples ...string) *Registry[T] {
	c := *r
	c.forms = examples
	return &c
}

// Kind is what the entries are.
func (r *Registry[T]) Kind() string { return r.kind }

// All returns the entries. The caller may change the slice.
func (r *Registry[T]) All() []T {
	r.lock.RLock()
	defer r.lock.RUnlock()
	return slices.Clone(r.entries)
}

// Add puts an entry behind the others: of a program's own, beside those that come with the table. A name that is taken is an
// error.
func (r *Registry[T]) Add(e T) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	name := r.nameOf(e)
	if name == "" {
		return errors.Wrapf(ErrInvalid, "a %s without a name", r.kind)
	}
	if slices.ContainsFunc(r.entries, func(have T) bool { return r.nameOf(have) == name }) {
		return errors.Wrapf(ErrInvalid, "there is a %s %q already; give this one another name", r.kind, name)
	}
	r.entries = append(r.entries, e)
	return nil
}

// Names returns the names of the entries, and those of Forms.
func (r *Registry[T]) Names() []string {
	var names []string
	for _, e := range r.All() {
		names = append(names, r.nameOf(e))
	}
	return append(names, r.forms...)
}

// Find returns the entry of a name.
func (r *Registry[T]) Find(name string) (T, bool) {
	r.lock.RLock()
	defer r.lock.RUnlock()
	for _, e := range r.entries {
		if r.nameOf(e) == name {
			return e, true
		}
	}
	var none T
	return none, false
}

// Lookup is Find with an error, ErrUnknown, that suggests the nearest name.
func (r *Registry[T]) Lookup(name string) (T, error) {
	e, ok := r.Find(name)
	if ok {
		return e, nil
	}
	if here, ok := r.aliases[name]; ok {
		return e, &renamed{r.kind, name, here}
	}
	return e, suggest.Unknown(r.kind, name, r.Names())
}

type renamed struct{ kind, name, here string }

func (e *renamed) Error() string {
	return e.kind + " \"" + e.name + "\" is called \"" + e.here + "\" here"
}

func (e *renamed) Is(target error) bool { return target == ErrUnknown }

// Named is one value of a string type, with a line about it.
type Named[T ~string] struct {
	Name T
	Doc  string
}

// Choices is a table of the values of a string type.
type Choices[T ~string] struct{ *Registry[Named[T]] }

// NewChoices makes a table of values. kind is what they are, in the error for an unknown one.
func NewChoices[T ~string](kind string, values ...Named[T]) Choices[T] {
	return Choices[T]{NewRegistry(kind, func(n Named[T]) string { return string(n.Name) }, values...)}
}

// Values lists the values.
func (c Choices[T]) Values() []T {
	var out []T
	for _, e := range c.All() {
		out = append(out, e.Name)
	}
	return out
}

// Parse reads a value's name; the empty name is def.
func (c Choices[T]) Parse(name string, def T) (T, error) {
	if name == "" {
		return def, nil
	}
	e, err := c.Lookup(name)
	return e.Name, err
}

// Row is an option that is one of the values.
func (c Choices[T]) Row(name string, at *T, doc string) Row {
	return Choice(name, at, doc).From(c.kind, c.Names)
}
