package settings

import (
	"maps"
	"slices"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// Rows are the options of one thing, in the order in which documentation shows them.
type Rows []Row

// Description is what there is to say of an option. Its JSON names are stable.
type Description struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind"`
	Default   any      `json:"default"` // null where it has to be given
	Otherwise string   `json:"otherwise,omitempty"`
	Range     string   `json:"range,omitempty"`
	Choices   []string `json:"choices,omitempty"`
	Help      string   `json:"help"`
}

// Describe is the documentation of the options.
func (rs Rows) Describe() []Description {
	var out []Description
	for _, r := range rs {
		d := Description{Name: r.Name, Kind: r.Kind.String(), Default: r.Default, Otherwise: r.Otherwise,
			Range: r.Range.String(), Choices: r.Choices(), Help: r.Doc}
		switch {
		case r.Ascending:
			d.Range = "ascending, " + d.Range
		case r.Kind == KindFlag:
			d.Range = "true or false"
		}
		if r.Default != nil && len(r.words) > 0 {
			d.Default = r.DefaultText()
		}
		out = append(out, d)
	}
	return out
}

// Names lists the options.
func (rs Rows) Names() []string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = r.Name
	}
	return names
}

// Find returns the option of a name.
func (rs Rows) Find(name string) (Row, bool) {
	i := slices.IndexFunc(rs, func(r Row) bool { return r.Name == name })
	if i < 0 {
		return Row{}, false
	}
	return rs[i], true
}

// Lookup is Find with an error that suggests the nearest name; kind is what has the options.
func (rs Rows) Lookup(kind, name string) (Row, error) {
	if r, ok := rs.Find(name); ok {
		return r, nil
	}
	return Row{}, About(name, suggest.Unknown(kind, name, rs.Names()))
}

// Assign sets options by name, in the order of their names, and resolves all. owner is whose options they are, in messages.
func (rs Rows) Assign(owner string, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		r, err := rs.Lookup(owner+" option", name)
		if err != nil {
			return err
		}
		if err := r.Set(values[name]); err != nil {
			return errors.WithMessage(err, owner)
		}
	}
	return errors.WithMessage(rs.Resolve(), owner)
}

// Resolve resolves the options in their order and returns the first error.
func (rs Rows) Resolve() error {
	for _, r := range rs {
		if err := r.Resolve(); err != nil {
			return err
		}
	}
	return nil
}

// Check checks each option by itself and returns the first error; see [Row.Check].
func (rs Rows) Check() error {
	for _, r := range rs {
		if err := r.Check(); err != nil {
			return err
		}
	}
	return nil
}

// SetDefaults puts the defaults into the fields.
func (rs Rows) SetDefaults() error {
	for _, r := range rs {
		if r.Default != nil {
			if err := r.Reset(); err != nil {
				return errors.Wrapf(err, "default of %s", r.Name)
			}
		}
	}
	return nil
}

// Given lists the options that are set.
func (rs Rows) Given() Rows {
	return slices.DeleteFunc(slices.Clone(rs), func(r Row) bool { return !r.IsSet() })
}

// Under returns the options with names that begin with a group's: Under("prune") makes "prune.bins" of "bins".
func (rs Rows) Under(group string) Rows {
	out := slices.Clone(rs)
	for i := range out {
		out[i].Name = group + "." + out[i].Name
	}
	return out
}
