package settings

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Row describes one option and is bound to the field that holds it. Constructors make one, and methods such as [Row.Or] add
// to a copy of it.
type Row struct {
	Name      string
	Doc       string // one line
	Kind      Kind
	Range     Range  // of a number, or of each number of a list
	Ascending bool   // each number of a list is larger than the one before
	Default   any    // nil where the option has to be given, or where Otherwise says what holds
	Otherwise string // what holds without the option where that is no fixed value: "the criterion's own"
	Example   string // a value, where there is no default to show one
	Log       bool   // a search should try orders of magnitude rather than sizes

	at      Value
	zero    any      // the value that stands for a literal zero
	into    *float64 // the value to use, if it is not to be put into the field
	words   []word
	noZero  string
	choices func() []string
	kindOf  string // what is chosen, in the error for an unknown name
	cross   []func() string
}

// word is a text that stands for a special value: auto.
type word struct {
	text  string
	value any
}

// Or gives the default.
func (r Row) Or(def any) Row { r.Default = def; return r }

// Else says what holds without the option where that is no fixed value.
func (r Row) Else(what string) Row { r.Otherwise = what; return r }

// In gives the range.
func (r Row) In(allowed Range) Row { r.Range = allowed; return r }

// Ascends asks of a list that each number be larger than the one before.
func (r Row) Ascends() Row { r.Ascending = true; return r }

// Like gives an example.
func (r Row) Like(example string) Row { r.Example = example; return r }

// LogScale says that a search should try orders of magnitude.
func (r Row) LogScale() Row { r.Log = true; return r }

// From gives the names of a choice, or of each item of a list of texts, by a function; kind is what they are names of in
// the error for another one: unknown kind "x".
func (r Row) From(kind string, names func() []string) Row {
	r.kindOf, r.choices = kind, names
	return r
}

// Word lets a text stand for a value, whatever the range: "auto".
func (r Row) Word(text string, value any) Row {
	r.words = append(slices.Clip(r.words), word{text, value})
	return r
}

// ZeroAs is what a literal 0 is stored as, in a field whose zero value means the default.
func (r Row) ZeroAs(stored float64) Row { r.zero = stored; return r }

// NoZero refuses a 0, a false or an empty list that is given, with the reason; for a field whose zero value means that
// nothing was given.
func (r Row) NoZero(why string) Row { r.noZero = why; return r }

// Into has Resolve put the value to use there and leave the field as it is.
func (r Row) Into(use *float64) Row { r.into = use; return r }

// Needs adds a condition on several options: what is wrong with them together, empty where nothing is. It is asked when
// this option, and those before it in their Rows, are resolved.
func (r Row) Needs(wrong func() string) Row {
	r.cross = append(slices.Clip(r.cross), wrong)
	return r
}

// Named returns the row under another name.
func (r Row) Named(name string) Row { r.Name = name; return r }

// Reset puts the default into the field, or nothing where there is none.
func (r Row) Reset() error {
	if r.Default == nil {
		return r.at.Set(nil)
	}
	return r.at.Set(r.Default)
}

// IsSet tells whether the option was given, or its field set.
func (r Row) IsSet() bool { return !r.at.IsZero() }

// Get is the value in the field, a word where one stands for it.
func (r Row) Get() any {
	v := r.at.Get()
	for _, w := range r.words {
		if reflect.DeepEqual(w.value, v) {
			return w.text
		}
	}
	return v
}

// Set stores a value as a configuration file or the text of a flag gives it, and checks what can be checked of it alone.
// After an error the field is as it was.
func (r Row) Set(v any) error {
	if s, ok := v.(string); ok {
		for _, w := range r.words {
			if strings.TrimSpace(s) == w.text {
				return r.at.Set(w.value)
			}
		}
	}
	restore := func() {}
	if at, ok := r.at.(interface{ snapshot() func() }); ok {
		restore = at.snapshot()
	}
	err := errKind
	if v != nil {
		err = r.at.Set(v)
	}
	if err != nil {
		restore()
		if errors.Is(err, errKind) {
			return Errorf(r.Name, "is %s: must be %s", show(v), r.Want())
		}
		if !errors.Is(err, ErrUnknown) && NameOf(err) == "" {
			err = errors.WithMessage(err, r.Name)
		}
		return About(r.Name, err)
	}
	err = r.given()
	for _, w := range r.words { // what stands for a word is said by the word alone
		if err == nil && !reflect.DeepEqual(v, w.value) && reflect.DeepEqual(r.at.Get(), w.value) && !r.at.IsZero() {
			err = Errorf(r.Name, "is %s: must be %s", show(v), r.Want())
		}
	}
	if err != nil {
		restore()
	}
	return err
}

// Resolve puts the default in where nothing was given, checks the value, stores what to use, and asks the conditions.
func (r Row) Resolve() error {
	given := r.IsSet()
	if !given && r.Default == nil && r.Otherwise == "" && r.required() {
		return Errorf(r.Name, "has to be given: %s", r.Want())
	}
	if given {
		if err := r.check(); err != nil {
			return err
		}
	}
	if r.into != nil {
		*r.into = r.use()
	} else if !given && r.Default != nil {
		if err := r.at.Set(r.Default); err != nil {
			return errors.Wrapf(err, "default of %s", r.Name)
		}
	}
	for _, wrong := range r.cross {
		if why := wrong(); why != "" {
			return About(r.Name, errors.New(why))
		}
	}
	return nil
}

// required tells of which options it has to be said that they are missing: numbers that 0 is no value of, and lists.
func (r Row) required() bool {
	switch r.Kind {
	case KindNumber, KindCount:
		return r.Range != (Range{}) && !r.Range.Has(0)
	case KindNumbers, KindCounts:
		return true
	}
	return false
}

// use is the number that holds.
func (r Row) use() float64 {
	v := number(r.at.Get())
	switch {
	case r.zero != nil && v == number(r.zero):
		return 0
	case v == 0 && r.Default != nil:
		return number(r.Default)
	}
	return v
}
