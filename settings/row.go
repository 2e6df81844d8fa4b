package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
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

func row[T any](name string, kind Kind, at *T, doc string, parse func(any) (T, error)) Row {
	return Row{Name: name, Doc: doc, Kind: kind, at: bound[T]{at, parse}}
}

// Number is an option that is a number.
func Number(name string, at *float64, doc string) Row {
	return row(name, KindNumber, at, doc, parseFloat)
}

// Count is an option that is a whole number.
func Count[T Integer](name string, at *T, doc string) Row {
	return row(name, KindCount, at, doc, parseInt[T])
}

// Flag is an option that is true or false; false unless it is set.
func Flag[T ~bool](name string, at *T, doc string) Row {
	return row(name, KindFlag, at, doc, parseBool[T]).Or(false)
}

// Text is an option that is any text.
func Text[T ~string](name string, at *T, doc string) Row {
	return row(name, KindText, at, doc, parseText[T])
}

// Path is an option that names a file or a directory.
func Path(name string, at *string, doc string) Row {
	return row(name, KindPath, at, doc, parseText[string])
}

// Choice is an option that is one of several names; see [Row.From] for names that are not known here.
func Choice[T ~string](name string, at *T, doc string, choices ...T) Row {
	r := row(name, KindChoice, at, doc, parseText[T])
	if len(choices) > 0 {
		kind := strings.ReplaceAll(name[strings.LastIndex(name, ".")+1:], "_", " ")
		r = r.From(kind, func() []string {
			names := make([]string, len(choices))
			for i, c := range choices {
				names[i] = string(c)
			}
			return names
		})
	}
	return r
}

// Numbers is an option that is a list of numbers.
func Numbers(name string, at *[]float64, doc string) Row {
	return row(name, KindNumbers, at, doc, parseList(parseFloat))
}

// Counts is an option that is a list of whole numbers.
func Counts[T Integer](name string, at *[]T, doc string) Row {
	return row(name, KindCounts, at, doc, parseList(parseInt[T]))
}

// Texts is an option that is a list of texts.
func Texts(name string, at *[]string, doc string) Row {
	return row(name, KindTexts, at, doc, parseList(parseText[string]))
}

// Mapping is an option that holds options of something else, by name.
func Mapping(name string, at *map[string]any, doc string) Row {
	return row(name, KindMapping, at, doc, parseMapping)
}

// Custom is an option with a Value of the program's own; kind is what it takes in a file.
func Custom(name string, kind Kind, at Value, doc string) Row {
	return Row{Name: name, Doc: doc, Kind: kind, at: at}
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

// Choices are the names that a choice, or each item of a list, can be; nil where any text will do.
func (r Row) Choices() []string {
	if r.choices == nil {
		return nil
	}
	return r.choices()
}

// Words are the texts that stand for special values.
func (r Row) Words() []string {
	var out []string
	for _, w := range r.words {
		out = append(out, w.text)
	}
	return out
}

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

// Want says what the option takes: "a number in [0, 1)".
func (r Row) Want() string {
	what := map[Kind]string{KindNumber: "a number", KindCount: "a whole number", KindFlag: "true or false", KindText: "text",
		KindPath: "a path", KindChoice: "a name", KindNumbers: "a list of numbers", KindCounts: "a list of whole numbers",
		KindTexts: "a list", KindList: "a list", KindMapping: "a group of settings"}[r.Kind]
	if r.Ascending {
		what = "ascending whole numbers"
	}
	if s := r.Range.String(); s != "" {
		what += " " + s
	}
	for _, w := range r.words {
		what += ", or " + w.text
	}
	return what
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

// given checks a value that was given, which a zero in the field does not show.
func (r Row) given() error {
	if r.at.IsZero() && r.noZero != "" {
		v := r.at.Get()
		if v == 0.0 { // also -0
			v = 0
		}
		return Errorf(r.Name, "is %s: %s", show(v), r.noZero)
	}
	if r.at.IsZero() && r.zero != nil {
		if err := r.at.Set(r.zero); err != nil {
			return err
		}
	}
	return r.check()
}

// Check says what is wrong with the value in the field by itself. A zero in the field of an option without a default is no
// value.
func (r Row) Check() error {
	if r.at.IsZero() && r.Default == nil {
		return nil
	}
	return r.check()
}

func (r Row) check() error {
	v := r.at.Get()
	for _, w := range r.words {
		if reflect.DeepEqual(w.value, v) {
			return nil
		}
	}
	if r.zero != nil && reflect.DeepEqual(v, r.zero) {
		v = 0.0
	}
	switch r.Kind {
	case KindNumber, KindCount:
		return r.number(v)
	case KindNumbers, KindCounts:
		return r.list(v)
	case KindChoice, KindTexts:
		return r.chosen(v)
	}
	return nil
}

func (r Row) number(v any) error {
	if r.Kind == KindCount && r.Range == (Range{}) {
		return nil
	}
	if f := number(v); !r.Range.Has(f) {
		return Errorf(r.Name, "is %v: must be %s", v, r.Want())
	}
	return nil
}

func (r Row) list(v any) error {
	rv := reflect.ValueOf(v)
	for i := range rv.Len() {
		x := number(rv.Index(i).Interface())
		if !r.Range.Has(x) || r.Ascending && i > 0 && x <= number(rv.Index(i-1).Interface()) {
			return Errorf(r.Name, "is %v: must be %s", v, r.Want())
		}
	}
	return nil
}

func (r Row) chosen(v any) error {
	if r.choices == nil || r.at.IsZero() {
		return nil
	}
	given := []string{fmt.Sprint(v)}
	if list, ok := v.([]string); ok {
		given = list
	}
	known := append(r.Words(), r.choices()...)
	for _, name := range given {
		if !slices.Contains(known, name) {
			return About(r.Name, suggest.Unknown(r.kindOf, name, known))
		}
	}
	return nil
}

// number is a value of any type with numbers below as float64.
func number(v any) float64 {
	switch rv := reflect.ValueOf(v); {
	case rv.CanInt():
		return float64(rv.Int())
	case rv.CanUint():
		return float64(rv.Uint())
	case rv.CanFloat():
		return rv.Float()
	}
	return 0
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

// DefaultText is the default on one line, empty where there is none.
func (r Row) DefaultText() string {
	if r.Default == nil {
		return ""
	}
	for _, w := range r.words {
		if reflect.DeepEqual(w.value, r.Default) {
			return w.text
		}
	}
	return text(r.Default)
}

func text(v any) string {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice {
		parts := make([]string, rv.Len())
		for i := range parts {
			parts[i] = fmt.Sprint(rv.Index(i).Interface())
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

// show writes a value as its giver may have written it.
func show(v any) string {
	switch v := v.(type) {
	case string:
		if _, err := textFloat(v); err == nil {
			return strings.TrimSpace(v)
		}
		return fmt.Sprintf("%q", v)
	case nil:
		return "nothing"
	}
	return text(v)
}
