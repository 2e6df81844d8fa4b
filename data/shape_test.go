package data

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShapeFromNames(t *testing.T) {
	tests := []struct {
		features []string
		want     []int
	}{
		{pixelNames(2, 3), []int{1, 2, 3}},
		{pixelNames(1, 1), []int{1, 1, 1}},
		{[]string{"a", "b"}, []int{2}},
		{[]string{"pixel_0_1", "pixel_0_0"}, []int{2}},
		{pixelNames(2, 3)[1:], []int{5}},
		{[]string{"pixel_9000000000_9000000000"}, []int{1}},
		{[]string{"pixel_-1_-1"}, []int{1}},
		{[]string{"pixel_0_0_0_0"}, []int{1}},
		{colorNames(3, 2, 2), []int{3, 2, 2}},
		{colorNames(1, 2, 3), []int{1, 2, 3}},
		{colorNames(3, 2, 2)[1:], []int{11}},
	}
	for _, tt := range tests {
		d, err := NewRegression("d", tt.features, make([]float32, 2*len(tt.features)), []float32{1, 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Shape(); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.features, got, tt.want)
		}
	}
	if got := (&Dataset{}).Shape(); !slices.Equal(got, []int{0}) {
		t.Errorf("no features: %v", got)
	}
}

// A CSV file has the channels of a pixel beside each other, or one channel after another; the dataset is the same.
func TestColorColumns(t *testing.T) {
	planes := colorNames(3, 2, 2)
	var pixels []string
	for i := range 4 {
		for k := range 3 {
			pixels = append(pixels, planes[k*4+i])
		}
	}
	text := func(names []string) string {
		var rows [3][]string
		for r := range rows {
			for _, name := range names {
				rows[r] = append(rows[r], fmt.Sprint(r*100+slices.Index(planes, name)))
			}
		}
		return strings.Join(names, ",") + ",y\n" + strings.Join(rows[0], ",") + ",a\n" + strings.Join(rows[1], ",") + ",b\n" +
			strings.Join(rows[2], ",") + ",a\n"
	}
	first := parse(t, text(planes), Options{})
	if !slices.Equal(first.Shape(), []int{3, 2, 2}) || first.Row(1)[5] != 105 || !slices.Equal(first.Features, planes) {
		t.Errorf("shape %v, row %v", first.Shape(), first.Row(1))
	}
	second := parse(t, text(pixels), Options{})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	var b strings.Builder
	if err := WriteCSV(&b, second); err != nil {
		t.Fatal(err)
	}
	if again := parse(t, b.String(), Options{}); !slices.Equal(again.Shape(), first.Shape()) || !slices.Equal(again.X, first.X) {
		t.Errorf("written and read: %v", again.Shape())
	}
	// Half of the image is an image, any other part a table.
	top, err := first.Select([]int{0, 1, 4, 5, 8, 9})
	if err != nil || !slices.Equal(top.Shape(), []int{3, 1, 2}) {
		t.Errorf("%v, %v", top.Shape(), err)
	}
	if some, err := first.Select([]int{0, 5, 8}); err != nil || !slices.Equal(some.Shape(), []int{3}) {
		t.Errorf("%v, %v", some.Shape(), err)
	}
}

func TestWithShape(t *testing.T) {
	features := []string{"a", "b", "c", "d", "e", "f"}
	d, err := NewRegression("d", features, make([]float32, 12), []float32{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	d.Test = d.Subset([]int{1})
	for _, shape := range [][]int{{6}, {2, 3}, {3, 1, 2}} {
		got, err := d.WithShape(shape...)
		if err != nil || !slices.Equal(got.Shape(), shape) || !slices.Equal(got.Test.Shape(), shape) || got.Validate() != nil {
			t.Errorf("%v: %v, %v", shape, got.Shape(), err)
		}
	}
	if !slices.Equal(d.Shape(), []int{6}) {
		t.Error("the dataset itself has changed")
	}
	for _, tt := range []struct {
		shape   []int
		message string
	}{
		{[]int{2, 2}, "the shape [2 2] holds 4 features, and there are 6"},
		{[]int{-2, -3}, "the shape [-2 -3] has an axis that is not positive, or too large"},
		{[]int{1 << 40, 1 << 40, 1 << 40}, "the shape [1099511627776 1099511627776 1099511627776] has an axis that is not positive, or too large"},
		{[]int{1, 1, 1, 6}, "the shape [1 1 1 6] has 4 axes: [features], [steps, values] or [channels, height, width] is one"},
	} {
		_, err := d.WithShape(tt.shape...)
		wantError(t, err, ErrSchema, tt.message)
	}
	var none *Dataset
	if _, err := none.WithShape(1); err == nil {
		t.Error("a dataset that is nil")
	}
}

// The JSON of tables and gray images is that of earlier versions, which said nothing of shapes; all others come back.
func TestShapeInJSON(t *testing.T) {
	for _, tt := range []struct {
		names   []string
		shape   []int
		written bool
	}{
		{[]string{"a", "b"}, nil, false},
		{[]string{"a", "b"}, []int{2}, false},
		{[]string{"a", "b"}, []int{1, 1, 2}, true},
		{pixelNames(2, 2), []int{1, 2, 2}, false},
		{pixelNames(2, 2), nil, true}, // pixels that are taken for a table
		{pixelNames(2, 2), []int{2, 2}, true},
		{colorNames(2, 2, 2), []int{2, 2, 2}, false},
	} {
		s := numericSchema(tt.names, "y", Regression, nil)
		s.Shape = tt.shape
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "shape") != tt.written {
			t.Errorf("%v: %s", tt.shape, b)
		}
		got, err := ParseSchema(b)
		if err != nil {
			t.Fatal(err)
		}
		shape := func(s *Schema) []int { return (&Dataset{Features: s.Features(), Schema: s}).Shape() }
		if !slices.Equal(shape(got), shape(s)) {
			t.Errorf("%v has become %v", shape(s), shape(got))
		}
	}
	_, err := ParseSchema([]byte(`{"columns":[{"name":"a","kind":"numeric"}],"target":"y","task":"regression","impute":"none",` +
		`"shape":[1,2,2]}`))
	wantError(t, err, ErrSchema, "the shape [1 2 2] holds 4 features, and there are 1")
}

// Files of four dimensions are images with channels behind columns, as picture files have them.
func TestLoadColorIDX(t *testing.T) {
	values := make([]byte, 3*2*2*3)
	for i := range values {
		values[i] = byte(i)
	}
	files := map[string][]byte{
		"train-images-idx4-ubyte.gz": zipped(encodeIDX(values, 3, 2, 2, 3)),
		"train-labels-idx1-ubyte":    encodeIDX([]byte{0, 1, 0}, 3),
		"t10k-images-idx4-ubyte":     encodeIDX(values[12:], 2, 2, 2, 3),
		"t10k-labels-idx1-ubyte":     encodeIDX([]byte{1, 1}, 2),
	}
	d := load(t, tinyDir(t, files), Options{})
	if !slices.Equal(d.Shape(), []int{3, 2, 2}) || !slices.Equal(d.Features, colorNames(3, 2, 2)) ||
		!slices.Equal(d.Row(1), []float32{12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23}) || !slices.Equal(d.Test.Row(0), d.Row(1)) {
		t.Errorf("shape %v, row %v", d.Shape(), d.Row(1))
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	// The same images as CSV.
	var b strings.Builder
	if err := WriteCSV(&b, d); err != nil {
		t.Fatal(err)
	}
	csv := parse(t, b.String(), Options{})
	if !slices.Equal(csv.X, d.X) || !slices.Equal(csv.Shape(), d.Shape()) {
		t.Error("as CSV they are others")
	}
	files["train-images-idx4-ubyte.gz"] = zipped(encodeIDX(make([]byte, 3*2*8*8), 3, 2, 8, 8))
	dir := tinyDir(t, files)
	_, err := Load(dir, Options{})
	wantError(t, err, ErrFormat, dir+"/train-images-idx4-ubyte.gz: images of 2×8×8: channels come last (images, rows, columns, "+
		"channels)")
	files["train-images-idx4-ubyte.gz"] = zipped(encodeIDX(values, 3, 2, 2, 3))
	files["t10k-images-idx4-ubyte"] = encodeIDX(values[:16], 2, 2, 2, 2)
	dir = tinyDir(t, files)
	_, err = Load(dir, Options{})
	wantError(t, err, ErrSchema, dir+"/t10k-images-idx4-ubyte: images of 2×2×2, and training has others")
}
