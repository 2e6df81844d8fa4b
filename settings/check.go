package settings

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gtrain/gtrain/internal/suggest"
)

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
