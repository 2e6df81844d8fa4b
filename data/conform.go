package data

import "slices"

// conform gives numeric data the encoding of another schema: its selection and order of features, its classes.
func (d *Dataset) conform(s *Schema, ignoreTarget bool) (*Dataset, error) {
	place := make(map[string]int, d.Width())
	for j, name := range d.Features {
		place[name] = j
	}
	var from []int
	var lacking, extra []string
	known := make(map[string]struct{}, len(s.Columns))
	for _, c := range s.Columns {
		known[c.Name] = struct{}{}
		j, ok := place[c.Name]
		switch {
		case c.Kind == Ignored:
		case !ok || c.Kind != Numeric:
			lacking = append(lacking, c.Name)
		default:
			from = append(from, j)
		}
	}
	for _, name := range d.Features {
		if _, ok := known[name]; !ok {
			extra = append(extra, name)
		}
	}
	if err := mismatch(d.Name, "the file", lacking, extra); err != nil {
		return nil, err
	}
	out := *d
	out.Test = nil
	if !slices.Equal(from, identity(d.Width())) {
		out = *out.selected(from, s)
	}
	if o := s.Offsets(); o != nil {
		raw := make([]float64, len(out.X))
		for i, v := range out.X {
			raw[i] = float64(v)
		}
		var err error
		if out.X, err = o.Features(raw); err != nil {
			return nil, err
		}
	}
	out.Schema, out.Task, out.Target, out.Classes = s, s.Task, s.Target, s.Classes
	if err := out.relabel(d.Classes, ignoreTarget); err != nil {
		return nil, err
	}
	if d.Test != nil {
		test, err := d.Test.conform(s, ignoreTarget)
		if err != nil {
			return nil, err
		}
		out.Test = test
	}
	return &out, nil
}

// relabel rewrites labels, indices in old, for d.Classes.
func (d *Dataset) relabel(old []string, ignoreTarget bool) error {
	if ignoreTarget {
		d.Labels = nil
		return nil
	}
	if d.Task != Classification {
		return failIn(d.Name, ErrSchema, "images with labels do not fit a schema for regression")
	}
	labels := make([]int, len(d.Labels))
	classes := newClassIndex(d.Classes)
	for i, l := range d.Labels {
		var ok bool
		if labels[i], ok = classes.find(old[l]); !ok {
			return failIn(d.Name, ErrSchema, "label %d is class %q, which was not in the training data: it had %s%s",
				i+1, old[l], quoteList(d.Classes, 12), d.Schema.TaskHint())
		}
	}
	d.Labels = labels
	return nil
}

func identity(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
