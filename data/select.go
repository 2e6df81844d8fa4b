package data

import "slices"

// Select keeps only the features with the given indices, in the order they had. The schema remembers the raw columns
// that are no longer needed (a file may go on having them), and the fingerprint stays, for the rows are the same.
//
// It fails with ErrOption for an empty list, an index out of range or one given twice, and with ErrMissing before
// Impute, for a missing text can only be filled while all categories are there.
func (d *Dataset) Select(features []int) (*Dataset, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	keep := slices.Clone(features)
	slices.Sort(keep)
	switch {
	case len(keep) == 0:
		return nil, fail(ErrOption, "no feature selected of the %d of %s", d.Width(), d.Name)
	case keep[0] < 0 || keep[len(keep)-1] >= d.Width():
		return nil, fail(ErrOption, "selected features must be from 0 to %d, the features of %s", d.Width()-1, d.Name)
	case len(slices.Compact(slices.Clone(keep))) < len(keep):
		return nil, fail(ErrOption, "a feature of %s is selected twice", d.Name)
	case !d.Schema.Fitted():
		return nil, fail(ErrMissing, "%s: impute before selecting features", d.Name)
	}
	return d.selected(keep, d.Schema.selected(keep)), nil
}

// selected takes the features keep, which schema describes, in that order.
func (d *Dataset) selected(keep []int, schema *Schema) *Dataset {
	out := *d
	out.Schema = schema
	out.Features = pick(d.Features, keep)
	out.X = make([]float32, 0, d.Rows()*len(keep))
	for r := range d.Rows() {
		row := d.Row(r)
		for _, j := range keep {
			out.X = append(out.X, row[j])
		}
	}
	if d.Test != nil {
		out.Test = d.Test.selected(keep, schema)
	}
	return &out
}

func (s *Schema) selected(keep []int) *Schema {
	out := s.Clone()
	at := 0
	for k := range out.Columns {
		c := &out.Columns[k]
		w := c.width()
		var kept []string
		n := 0
		for j := range w {
			if _, ok := slices.BinarySearch(keep, at+j); !ok {
				continue
			}
			if n++; c.Kind == Categorical {
				kept = append(kept, c.features()[j])
			}
		}
		switch {
		case n == 0:
			*c = Column{Name: c.Name, Kind: Ignored, Offset: c.Offset, Scale: c.Scale} // which the fingerprint asks for
		case n < w:
			c.Kept = kept
		}
		at += w
	}
	if len(keep) < at {
		out.Shape = namedShape(out.Features())
	}
	return out
}
