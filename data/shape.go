package data

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// An example's shape is how its features are laid out for a network, the last axis fastest:
//
//	[n]                        n columns of a table
//	[steps, values]            a sequence of steps, or a signal of channels × length, as the network takes it
//	[channels, height, width]  an image
//
// Readers put features in this order. Names of columns give a shape where they are those of all pixels of an image:
// pixel_r_c in order of row r and column c, or pixel_r_c_k with channel k, which is slowest or fastest among the columns of a
// file and slowest in the dataset. In files of models the shape stands in the schema where names do not say it.

// Shape is the shape of one row, see [Schema.Shape]: [channels, height, width] for images, [Width()] for a table. It is a copy.
func (d *Dataset) Shape() []int {
	switch {
	case d == nil:
		return nil
	case d.Schema == nil || d.Schema.Shape == nil:
		return []int{len(d.Features)}
	}
	return slices.Clone(d.Schema.Shape)
}

// WithShape gives the rows a shape, [channels, height, width] for images; the features stand in its row-major order. It
// returns a dataset that shares all else with d. It fails with ErrSchema for a shape of another number of features.
func (d *Dataset) WithShape(shape ...int) (*Dataset, error) {
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	schema := d.Schema.Clone()
	schema.Shape = slices.Clone(shape)
	if err := schema.checkShape(d.Width()); err != nil {
		return nil, err
	}
	out := *d
	out.Schema = schema
	if d.Test != nil {
		test := *d.Test
		test.Schema = schema
		out.Test = &test
	}
	return &out, nil
}

// checkShape says in what the shape does not fit so many features.
func (s *Schema) checkShape(features int) error {
	if s.Shape == nil {
		return nil
	}
	if len(s.Shape) == 0 || len(s.Shape) > 3 {
		return fail(ErrSchema, "the shape %v has %d axes: [features], [steps, values] or [channels, height, width] is one",
			s.Shape, len(s.Shape))
	}
	size := 1
	for _, n := range s.Shape {
		if n < 1 || n > maxValues/size {
			return fail(ErrSchema, "the shape %v has an axis that is not positive, or too large", s.Shape)
		}
		size *= n
	}
	if size != features {
		return fail(ErrSchema, "the shape %v holds %d features, and there are %d", s.Shape, size, features)
	}
	return nil
}

// namedShape is the shape that names of features give, nil if they give none.
func namedShape(names []string) []int {
	h, w, channels := lastPixel(names)
	if h*w*max(channels, 1) != len(names) || !namesPixels(names, h, w, channels, false) {
		return nil
	}
	return []int{max(channels, 1), h, w}
}

// namesPixels tells whether names are those of the pixels of an image in order, which has at least one; channels is 0 for
// names without a channel, and fastest tells that the channel is the fastest of three.
func namesPixels(names []string, height, width, channels int, fastest bool) bool {
	planes, inner := max(channels, 1), 1
	if fastest {
		planes, inner = 1, planes
	}
	buf := make([]byte, 0, 32)
	i := 0
	for plane := range planes {
		for r := range height {
			for c := range width {
				for k := range inner {
					buf = strconv.AppendInt(append(buf[:0], "pixel_"...), int64(r), 10)
					buf = strconv.AppendInt(append(buf, '_'), int64(c), 10)
					if channels > 0 {
						buf = strconv.AppendInt(append(buf, '_'), int64(plane+k), 10)
					}
					if names[i] != string(buf) {
						return false
					}
					i++
				}
			}
		}
	}
	return i > 0
}

// lastPixel is the size of an image whose last feature has that name; channels is 0 where names have no channel, and all
// are 0 where it is no pixel.
func lastPixel(names []string) (height, width, channels int) {
	if len(names) == 0 {
		return 0, 0, 0
	}
	last, ok := strings.CutPrefix(names[len(names)-1], "pixel_")
	parts := strings.Split(last, "_")
	if !ok || len(parts) < 2 || len(parts) > 3 {
		return 0, 0, 0
	}
	sizes := [3]int{}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n >= len(names) {
			return 0, 0, 0
		}
		sizes[i] = n + 1
	}
	if sizes[0] > len(names)/sizes[1] {
		return 0, 0, 0
	}
	return sizes[0], sizes[1], sizes[2]
}

// orderPixels puts columns named pixel_r_c_k whose channel is fastest into the order of networks, and takes the shape from
// the names.
func (s *Schema) orderPixels() {
	names := s.Features()
	if len(names) != len(s.Columns) {
		return
	}
	if h, w, k := lastPixel(names); k > 0 && h*w*k == len(names) && namesPixels(names, h, w, k, true) {
		s.Columns = planar(s.Columns, k)
		names = s.Features()
	}
	s.Shape = namedShape(names)
}

// planar puts values of an image whose channel is fastest into the order channel, row, column.
func planar[T any](values []T, channels int) []T {
	out := make([]T, 0, len(values))
	for k := range channels {
		for i := k; i < len(values); i += channels {
			out = append(out, values[i])
		}
	}
	return out
}

// pixelNames names the pixels of a gray image.
func pixelNames(rows, cols int) []string {
	names := make([]string, 0, rows*cols)
	for r := range rows {
		for c := range cols {
			names = append(names, "pixel_"+strconv.Itoa(r)+"_"+strconv.Itoa(c))
		}
	}
	return names
}

// colorNames names the pixels of an image with channels, channel by channel.
func colorNames(channels, rows, cols int) []string {
	names := make([]string, 0, channels*rows*cols)
	plane := pixelNames(rows, cols)
	for k := range channels {
		for _, name := range plane {
			names = append(names, name+"_"+strconv.Itoa(k))
		}
	}
	return names
}

var errNoSchema = fail(ErrSchema, "there is no schema (nil)")

// MarshalJSON writes the schema; its shape only where names do not give it, so that files of tables and of gray images are
// those of earlier versions.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if s == nil {
		return nil, errNoSchema
	}
	type plain Schema
	file := struct {
		*plain
		Shape []int `json:"shape,omitempty"`
	}{(*plain)(s), s.Shape}
	switch named := namedShape(s.Features()); {
	case slices.Equal(named, s.Shape), named == nil && len(s.Shape) == 1:
		file.Shape = nil
	case s.Shape == nil:
		file.Shape = []int{len(s.Features())}
	}
	return json.Marshal(file)
}

// UnmarshalJSON reads what MarshalJSON writes, and schemas of earlier versions.
func (s *Schema) UnmarshalJSON(b []byte) error {
	if s == nil {
		return errNoSchema
	}
	type plain Schema
	*s = Schema{}
	if err := json.Unmarshal(b, (*plain)(s)); err != nil {
		return err
	}
	if s.Shape == nil {
		s.Shape = namedShape(s.Features())
	}
	return nil
}
