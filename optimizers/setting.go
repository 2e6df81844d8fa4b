package optimizers

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// Options are option values by name, as they come from a configuration file (numbers, booleans, lists of numbers) or
// from flags (their text: "0.01", "true", "30,60,90").
type Options map[string]any

// Option describes one option of an optimizer or a schedule.
type Option struct {
	Name    string // as in a configuration file: "weight_decay"
	Kind    string // "number", "count", "flag" or "list" (of counts)
	Default any    // float64, int, bool or []int; nil where the option has to be given
	Range   string // "in [0, 1)"
	Help    string
}

// interval is the set of allowed values of a number.
type interval struct {
	low, high         float64
	openLow, openHigh bool
	text              string
}

var (
	nonNegative = interval{low: 0, high: math.Inf(1), openHigh: true, text: ">= 0"}
	positive    = interval{low: 0, high: math.Inf(1), openLow: true, openHigh: true, text: "> 0"}
	fraction    = interval{low: 0, high: 1, openHigh: true, text: "in [0, 1)"}
	unit        = interval{low: 0, high: 1, text: "in [0, 1]"}
	inner       = interval{low: 0, high: 1, openLow: true, openHigh: true, text: "in (0, 1)"}
	aboveOne    = interval{low: 1, high: math.Inf(1), openLow: true, openHigh: true, text: "> 1"}
)

func (r interval) has(v float64) bool {
	return (v > r.low || v == r.low && !r.openLow) && (v < r.high || v == r.high && !r.openHigh)
}

// setting binds an option to the exported field that holds it and, for a number, to where its resolved value goes.
// One list of them gives the defaults, the checks, the names in configuration files and the documentation.
type setting struct {
	Option
	domain interval
	def    float64
	field  *float64
	value  *float64 // field with its default put in; written by resolve
	flag   *bool
	on     *bool // where a flag lands
	count  *int
	list   *[]int

	mayBeZero bool
	cross     func() string // what is wrong with the options together, once this one is resolved
}

// needs adds a condition on several options, which have to stand before this one.
func (s setting) needs(cross func() string) setting {
	s.cross = cross
	return s
}

// number is a numeric option; field's zero value means def.
func number(name string, field, value *float64, def float64, domain interval, help string) setting {
	return setting{Option: Option{Name: name, Kind: "number", Default: def, Range: domain.text, Help: help},
		domain: domain, def: def, field: field, value: value}
}

// learningRate is the option that every optimizer has.
func learningRate(field *float64, def float64) setting {
	return number("lr", field, new(float64), def, nonNegative, "learning rate")
}

// weightDecay is the coupled kind.
func weightDecay(field, value *float64) setting {
	return number("weight_decay", field, value, 0, nonNegative,
		"coupled (L2) weight decay: the gradient grows by this times w")
}

// decoupledDecay is the other kind.
func decoupledDecay(field, value *float64, def float64) setting {
	return number("weight_decay", field, value, def, nonNegative,
		"decoupled weight decay: w shrinks by this times the learning rate")
}

func flag(name string, field, value *bool, help string) setting {
	o := Option{Name: name, Kind: "flag", Default: false, Range: "true or false", Help: help}
	return setting{Option: o, flag: field, on: value}
}

// count is a whole number; def 0 means that it has to be given.
func count(name string, field *int, def int, help string) setting {
	s := setting{Option: Option{Name: name, Kind: "count", Range: ">= 1", Help: help}, count: field, def: float64(def)}
	if def > 0 {
		s.Default = def
	}
	return s
}

// optional is a count that may be left at 0, which then means none.
func (s setting) optional() setting {
	s.Range, s.Default, s.mayBeZero = ">= 0", 0, true
	return s
}

func list(name string, field *[]int, help string) setting {
	return setting{Option: Option{Name: name, Kind: "list", Range: "ascending, >= 1", Help: help}, list: field}
}

// resolve puts in the default, checks, and stores the value to use.
func (s *setting) resolve() error {
	switch {
	case s.field != nil:
		v := orDefault(*s.field, s.def)
		if !s.domain.has(v) {
			return errors.Wrapf(ErrInvalid, "%s is %v, want a number %s", s.Name, v, s.domain.text)
		}
		*s.value = v
	case s.flag != nil:
		*s.on = *s.flag
	case s.count != nil:
		if v := *s.count; v < 0 || v == 0 && s.def == 0 && !s.mayBeZero {
			return errors.Wrapf(ErrInvalid, "%s is %d, want a whole number %s", s.Name, v, s.Range)
		}
	case s.list != nil:
		for i, v := range *s.list {
			if v < 1 || i > 0 && v <= (*s.list)[i-1] {
				return errors.Wrapf(ErrInvalid, "%s is %v, want ascending whole numbers >= 1", s.Name, *s.list)
			}
		}
		if len(*s.list) == 0 {
			return errors.Wrapf(ErrInvalid, "%s is empty, want ascending whole numbers >= 1", s.Name)
		}
	}
	if s.cross != nil {
		if why := s.cross(); why != "" {
			return errors.Wrap(ErrInvalid, why)
		}
	}
	return nil
}

// set stores a value given by name. A number 0 becomes Zero, so that it is not taken for the default.
func (s *setting) set(v any) (err error) {
	switch {
	case s.field != nil:
		var f float64
		if f, err = asFloat(v); err == nil {
			if f == 0 {
				f = Zero
			}
			*s.field = f
		}
	case s.flag != nil:
		*s.flag, err = asBool(v)
	case s.count != nil:
		if *s.count, err = asInt(v); err == nil && (*s.count < 0 || *s.count == 0 && !s.mayBeZero) {
			return errors.Wrapf(ErrInvalid, "%s is %d, want a whole number %s", s.Name, *s.count, s.Range)
		}
	case s.list != nil:
		*s.list, err = asInts(v)
	}
	if err != nil {
		return errors.Wrapf(ErrInvalid, "%s: %v", s.Name, err)
	}
	return nil
}

// assign stores and checks all options; owner names what they belong to in messages.
func assign(owner string, settings []setting, o Options) error {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.Name == name })
		if i < 0 {
			return suggest.Unknown(owner+" option", name, optionNames(settings))
		}
		if err := settings[i].set(o[name]); err != nil {
			return errors.WithMessage(err, owner)
		}
	}
	return errors.WithMessage(resolve(settings), owner)
}

// resolve resolves all settings and returns the first error.
func resolve(settings []setting) error {
	for i := range settings {
		if err := settings[i].resolve(); err != nil {
			return err
		}
	}
	return nil
}

func optionNames(settings []setting) []string {
	names := make([]string, len(settings))
	for i := range settings {
		names[i] = settings[i].Name
	}
	return names
}

func describe(settings []setting) []Option {
	list := make([]Option, len(settings))
	for i := range settings {
		list[i] = settings[i].Option
	}
	return list
}

func asFloat(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case float32:
		return float64(v), nil
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return f, nil
		}
	}
	return 0, errors.Errorf("%#v is not a number", v)
}

func asInt(v any) (int, error) {
	if f, err := asFloat(v); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int(f), nil
	}
	return 0, errors.Errorf("%#v is not a whole number", v)
}

func asBool(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(strings.TrimSpace(v)); err == nil {
			return b, nil
		}
	default:
		if f, err := asFloat(v); err == nil && (f == 0 || f == 1) {
			return f == 1, nil
		}
	}
	return false, errors.Errorf("%#v is neither true nor false", v)
}

func asInts(v any) ([]int, error) {
	var items []any
	switch v := v.(type) {
	case []int:
		return slices.Clone(v), nil
	case []any:
		items = v
	case []float64:
		for _, x := range v {
			items = append(items, x)
		}
	case string:
		for _, x := range strings.Split(v, ",") {
			items = append(items, x)
		}
	default:
		items = []any{v}
	}
	list := make([]int, len(items))
	for i, x := range items {
		n, err := asInt(x)
		if err != nil {
			return nil, err
		}
		list[i] = n
	}
	return list, nil
}
