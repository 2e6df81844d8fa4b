package optimizers

import (
	"github.com/gtrain/gtrain/settings"
)

// Options are option values by name, as they come from a configuration file (numbers, booleans, lists of numbers) or
// from flags (their text: "0.01", "true", "30,60,90").
type Options map[string]any

// setting is an option of an optimizer: a row, and the variables that say at little cost, for every Step asks, whether it
// has to be resolved again.
type setting struct {
	settings.Row

	field, value *float64 // of a number: the exported field, and where its resolved value lands
	flag, on     *bool    // of a flag, likewise
	whole, into  *int     // of a count

	number float64 // the field when it was resolved last
	truth  bool
	times  int
	known  bool // it was
}

// number is a numeric option; field's zero value means def.
func number(name string, field, value *float64, def float64, allowed settings.Range, help string) setting {
	return setting{Row: settings.Number(name, field, help).In(allowed).Or(def).ZeroAs(Zero).Into(value),
		field: field, value: value}
}

// flag is an option that is on or off.
func flag(name string, field, value *bool, help string) setting {
	return setting{Row: settings.Flag(name, field, help), flag: field, on: value}
}

// count is an option that is a whole number of at least 1; field's zero value means def.
func count(name string, field, value *int, def int, help string) setting {
	return setting{Row: settings.Count(name, field, help).In(settings.AtLeast(1)).Or(def), whole: field, into: value}
}

// learningRate is the option that every optimizer has.
func learningRate(field *float64, def float64) setting {
	s := number("lr", field, new(float64), def, settings.NonNegative, "learning rate")
	s.Row = s.LogScale()
	return s
}

// weightDecay is the coupled kind.
func weightDecay(field, value *float64) setting {
	return number("weight_decay", field, value, 0, settings.NonNegative,
		"coupled (L2) weight decay: the gradient grows by this times w")
}

// decoupledDecay is the other kind.
func decoupledDecay(field, value *float64, def float64) setting {
	return number("weight_decay", field, value, def, settings.NonNegative,
		"decoupled weight decay: w shrinks by this times the learning rate")
}

// needs adds a condition on several options, which have to stand before this one.
func (s setting) needs(wrong func() string) setting {
	s.Row = s.Row.Needs(wrong)
	return s
}

// changed tells whether the field is not what it was when it was resolved.
func (s *setting) changed() bool {
	switch {
	case !s.known:
		return true
	case s.field != nil:
		return *s.field != s.number
	case s.whole != nil:
		return *s.whole != s.times
	}
	return *s.flag != s.truth
}

// resolve checks the options and puts their values, or defaults, where they land, if one of them has changed.
func resolve(list []setting) (changed bool, err error) {
	for i := range list {
		changed = changed || list[i].changed()
	}
	if !changed {
		return false, nil
	}
	for i := range list {
		s := &list[i]
		s.known = false
		if s.flag != nil {
			*s.on = *s.flag
		}
		if err := s.Resolve(); err != nil {
			return true, err
		}
		if s.whole != nil {
			*s.into = *s.whole
		}
	}
	for i := range list {
		s := &list[i]
		s.known = true
		switch {
		case s.field != nil:
			s.number = *s.field
		case s.whole != nil:
			s.times = *s.whole
		default:
			s.truth = *s.flag
		}
	}
	return true, nil
}

// rows are the options' rows.
func rows(list []setting) settings.Rows {
	out := make(settings.Rows, len(list))
	for i := range list {
		out[i] = list[i].Row
	}
	return out
}
