package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// encodeIDX writes the format by its description.
func encodeIDX(values []byte, dims ...int) []byte {
	out := []byte{0, 0, 8, byte(len(dims))}
	for _, n := range dims {
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	return append(out, values...)
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

// tiny is a directory like MNIST's: 4 training images of 2×3 and 2 to test.
func tiny() map[string][]byte {
	images := make([]byte, 24)
	for i := range images {
		images[i] = byte(i * 11)
	}
	return map[string][]byte{
		"train-images-idx3-ubyte.gz": zipped(encodeIDX(images, 4, 2, 3)),
		"train-labels-idx1-ubyte":    encodeIDX([]byte{7, 10, 2, 7}, 4),
		"t10k-images.idx3-ubyte":     encodeIDX(images[12:], 2, 2, 3),
		"t10k-labels-idx1-ubyte.gz":  zipped(encodeIDX([]byte{2, 10}, 2)),
	}
}

func tinyDir(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

func TestLoadIDX(t *testing.T) {
	dir := tinyDir(t, tiny())
	d := load(t, dir, Options{})
	var x []float32
	for i := range 24 {
		x = append(x, float32(i*11))
	}
	names := []string{"pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0", "pixel_1_1", "pixel_1_2"}
	classes := []string{"2", "7", "10"}
	schema := numericSchema(names, "label", Classification, classes)
	schema.Shape = []int{1, 2, 3}
	want := &Dataset{Name: dir, Features: names, X: x, Task: Classification, Target: "label", Classes: classes,
		Labels: []int{1, 2, 0, 1}, Schema: schema, Fingerprint: d.Fingerprint,
		Test: &Dataset{Name: dir, Features: names, X: x[12:], Task: Classification, Target: "label", Classes: classes,
			Labels: []int{0, 2}, Schema: schema, Fingerprint: d.Test.Fingerprint}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	if !slices.Equal(d.Shape(), []int{1, 2, 3}) {
		t.Errorf("shape %v", d.Shape())
	}
	if d.Fingerprint == d.Test.Fingerprint || len(d.Fingerprint) != 64 {
		t.Errorf("fingerprints %s and %s", d.Fingerprint, d.Test.Fingerprint)
	}
	os.Remove(filepath.Join(dir, "t10k-images.idx3-ubyte"))
	os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"))
	if d := load(t, dir, Options{}); d.Test != nil || d.Rows() != 4 {
		t.Error("a directory without a test part has one")
	}
}

func TestLoadIDXWithSchema(t *testing.T) {
	dir := tinyDir(t, tiny())
	first := load(t, dir, Options{Impute: ImputeMean})
	first, err := first.Impute([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	selected, err := first.Select([]int{4, 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []*Dataset{first, selected} {
		if diff := cmp.Diff(want, load(t, dir, Options{Schema: want.Schema})); diff != "" {
			t.Error(diff)
		}
		if d := load(t, dir, Options{Schema: want.Schema, IgnoreTarget: true}); d.Labeled() || d.Test.Labeled() {
			t.Error("labels were not ignored")
		}
	}
	// A schema made by a CSV of the same images, with its columns and classes in another order.
	csv := parse(t, "label,pixel_1_0,pixel_0_0,pixel_0_1,pixel_0_2,pixel_1_1,pixel_1_2\n"+
		"x,1,2,3,4,5,6\n10,1,2,3,4,5,6\n2,1,2,3,4,5,6\n7,1,2,3,4,5,6\n", Options{Target: "label", Task: Classification})
	d := load(t, dir, Options{Schema: csv.Schema})
	if diff := cmp.Diff([]float32{33, 0, 11, 22, 44, 55}, d.Row(0)); diff != "" || !slices.Equal(d.Labels, []int{2,
		0, 1, 2}) {
		t.Error(diff, d.Labels)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}

	// Files to be tested may lack classes that training had.
	one := tiny()
	one["train-labels-idx1-ubyte"] = encodeIDX([]byte{10, 10, 10, 10}, 4)
	if d := load(t, tinyDir(t, one), Options{Schema: first.Schema}); !slices.Equal(d.Labels, []int{2, 2, 2, 2}) {
		t.Errorf("labels %v", d.Labels)
	}

	small := first.Schema.Clone()
	small.Classes = []string{"2", "7"}
	_, err = Load(dir, Options{Schema: small})
	wantError(t, err, ErrSchema, dir+`: label 2 is class "10", which was not in the training data: it had "2", "7"`)
	lacks := first.Schema.Clone()
	lacks.Columns[0].Name = "pixel"
	_, err = Load(dir, Options{Schema: lacks})
	wantError(t, err, ErrSchema, dir+`: the file lacks "pixel", which training had, and has "pixel_0_0", which training `+
		`had not: are columns renamed?`)
	number := numericSchema(first.Features, "label", Regression, nil)
	_, err = Load(dir, Options{Schema: number})
	wantError(t, err, ErrSchema, dir+": images with labels do not fit a schema for regression")
}

func TestLoadIDXErrors(t *testing.T) {
	const trainImages, trainLabels = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"
	const testImages, testLabels = "t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte.gz"
	plain := encodeIDX(make([]byte, 24), 4, 2, 3)
	labels := encodeIDX([]byte{7, 10, 2, 7}, 4)
	flip := zipped(plain)
	flip[len(flip)-7] ^= 1 // the checksum is in the 8 bytes at the end
	tests := []struct {
		name    string
		file    string // what is replaced, or left out where content is nil
		content []byte
		opt     Options
		kind    error
		message string // follows the directory
	}{
		{"no images", trainImages, nil, Options{}, ErrFormat,
			": the directory has no train-images-idx3-ubyte (plain or .gz): MNIST's IDX layout is read"},
		{"no labels", trainLabels, nil, Options{}, ErrFormat,
			": the directory has no train-labels-idx1-ubyte (plain or .gz)"},
		{"no test labels", testLabels, nil, Options{}, ErrFormat,
			": the directory has no t10k-labels-idx1-ubyte (plain or .gz)"},
		{"no test images", testImages, nil, Options{}, ErrFormat,
			": the directory has no t10k-images-idx3-ubyte (plain or .gz): MNIST's IDX layout is read"},
		{"empty", trainLabels, []byte{}, Options{}, ErrFormat, "/" + trainLabels + ": the file is truncated"},
		{"header cut", trainLabels, labels[:6], Options{}, ErrFormat, "/" + trainLabels + ": the file is truncated"},
		{"truncated", trainLabels, labels[:10], Options{}, ErrFormat,
			"/" + trainLabels + ": the file is truncated"},
		{"gzip truncated", trainImages, zipped(plain)[:30], Options{}, ErrFormat, "/" + trainImages +
			": the file is truncated"},
		{"truncated inside gzip", trainImages, zipped(plain[:30]), Options{}, ErrFormat,
			"/" + trainImages + ": the file is truncated"},
		{"bit flipped", trainImages, flip, Options{}, ErrFormat,
			"/" + trainImages + ": the gzip checksum does not match: the file is damaged"},
		{"not gzip", trainImages, plain, Options{}, ErrFormat,
			"/" + trainImages + ": the file is not in gzip format, or something follows the compressed data"},
		{"bytes after gzip", trainImages, append(zipped(plain), "something more"...), Options{}, ErrFormat,
			"/" + trainImages + ": the file is not in gzip format, or something follows the compressed data"},
		{"magic", trainLabels, append([]byte{1}, labels[1:]...), Options{}, ErrFormat,
			"/" + trainLabels + ": not an IDX file: it starts with 01 00 08 01 and not with 00 00"},
		{"no dimensions", trainLabels, []byte{0, 0, 8, 0}, Options{}, ErrFormat,
			"/" + trainLabels + ": not an IDX file: it starts with 00 00 08 00 and not with 00 00"},
		{"floats", trainLabels, append([]byte{0, 0, 13}, labels[3:]...), Options{}, ErrFormat,
			"/" + trainLabels + ": the values have IDX type 0x0d: only unsigned bytes (0x08) are read"},
		{"zero size", trainLabels, encodeIDX(nil, 0), Options{}, ErrFormat,
			"/" + trainLabels + ": the header promises a dimension of size 0"},
		{"huge", trainLabels, encodeIDX([]byte{1, 2}, 1<<31), Options{}, ErrFormat,
			"/" + trainLabels + ": the header promises more values than the file can hold: it is damaged or truncated"},
		{"overflowing", trainLabels, encodeIDX([]byte{1, 2}, 1<<31, 1<<31, 1<<31), Options{}, ErrFormat,
			"/" + trainLabels + ": the header promises more values than the file can hold: it is damaged or truncated"},
		{"huge in gzip", trainImages, zipped(encodeIDX(nil, 1<<31, 1<<10, 1<<10)), Options{}, ErrFormat,
			"/" + trainImages + ": the header promises more values than the file can hold: it is damaged or truncated"},
		{"too long", trainLabels, append(labels[:8:8], 7, 10, 2, 7, 7), Options{}, ErrFormat,
			"/" + trainLabels + ": the file goes on after the 4 values that its header promises"},
		{"labels as images", testImages, encodeIDX([]byte{1, 2}, 2), Options{}, ErrFormat,
			"/" + testImages + ": the images have 1 dimensions: 3 are needed (images, rows, columns), or 4 (and channels)"},
		{"images as labels", trainLabels, encodeIDX(make([]byte, 4), 4, 1), Options{}, ErrFormat,
			"/" + trainLabels + ": the labels have 2 dimensions: 1 is needed"},
		{"counts", trainLabels, encodeIDX([]byte{1, 2, 3}, 3), Options{}, ErrFormat,
			"/" + trainLabels + ": 3 labels for the 4 images of train-images-idx3-ubyte.gz"},
		{"large images", trainImages, zipped(encodeIDX(make([]byte, 4*4097), 4, 1, 4097)), Options{}, ErrFormat,
			"/" + trainImages + ": images of 1×4097: at most 4096×4096 are read"},
		{"one class", trainLabels, encodeIDX([]byte{7, 7, 7, 7}, 4), Options{}, ErrTarget,
			"/" + trainLabels + ": the labels have one class only: two are needed"},
		{"unknown class", testLabels, zipped(encodeIDX([]byte{2, 3}, 2)), Options{}, ErrSchema,
			"/" + testLabels + ": label 2 is 3, a class that the training data has not: it has 2, 7, 10"},
		{"other size", testImages, encodeIDX(make([]byte, 12), 2, 3, 2), Options{}, ErrSchema,
			"/" + testImages + ": images of 3×2, and training has others"},
		{"target", trainLabels, labels, Options{Target: "digit"}, ErrOption,
			`: the target of IDX data is "label", not "digit"`},
		{"task", trainLabels, labels, Options{Task: Regression}, ErrOption, ": the task of IDX data is classification"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := tiny()
			if files[tt.file] = tt.content; tt.content == nil {
				delete(files, tt.file)
			}
			dir := tinyDir(t, files)
			_, err := Load(dir, tt.opt)
			wantError(t, err, tt.kind, dir+tt.message)
		})
	}
}

// A header that lies costs no memory.
func TestIDXAllocation(t *testing.T) {
	lie := encodeIDX(make([]byte, 100), 1<<31-1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readIDX(bytes.NewReader(lie), "f", int64(len(lie)))
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<16 {
		t.Errorf("%d bytes allocated, error %v", after.TotalAlloc-before.TotalAlloc, err)
	}
}
