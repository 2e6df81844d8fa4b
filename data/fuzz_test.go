package data

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

// documented says whether an error is one of those the package promises for bad data.
func documented(err error) bool {
	for _, s := range []error{ErrFormat, ErrMissing, ErrSchema, ErrTarget, ErrOption} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

// Whatever the bytes: no panic, an error with a documented sentinel, or a dataset that is valid, can be written and
// read again, and is encoded by its own schema as it was.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		people, "a,y\n1,0.5\n2,1\n", "\xef\xbb\xbfa,y\r\n\"1\",u\r\n,v\r\n", "a,y\n1,u\n?,v\ninf,u\n", "a,a\n1,2\n",
		"a,b\n\"x\ny\",1\n", "a;b\n1;2\n", "a,b,y\n,x,1\n1e39,NA,2\n", "0,1\n-0,1e-46\n0x1,2\n",
	} {
		f.Add([]byte(seed), uint8(0))
		f.Add([]byte(seed), uint8(ImputeMedian))
	}
	f.Fuzz(func(t *testing.T, b []byte, impute uint8) {
		opt := Options{Impute: Imputation(impute % uint8(len(imputationNames)))}
		d, err := ReadCSV(bytes.NewReader(b), "f.csv", opt)
		if err != nil {
			if !documented(err) {
				t.Fatalf("undocumented error: %v", err)
			}
			return
		}
		if cells := bytes.Count(b, []byte(",")) + bytes.Count(b, []byte("\n")) + 1; len(d.X) > cells*maxCategories {
			t.Fatalf("%d values from %d cells", len(d.X), cells)
		}
		filled, err := d.Impute(identity(d.Rows()))
		if err != nil {
			t.Fatal(err)
		}
		if err := filled.Validate(); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCSV(bytes.NewReader(b), "f.csv", Options{Schema: filled.Schema})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range again.X {
			if math.Float32bits(v) != math.Float32bits(filled.X[i]) {
				t.Fatalf("value %d is %v, was %v", i, v, filled.X[i])
			}
		}
		if again.Fingerprint != d.Fingerprint {
			t.Fatal("another fingerprint")
		}
	})
}

// Whatever the bytes: no panic, a documented error, or exactly the values the header promises.
func FuzzReadIDX(f *testing.F) {
	good := encodeIDX([]byte{1, 2, 3, 4, 5, 6}, 1, 2, 3)
	f.Add(good)
	f.Add(good[:9])
	f.Add(encodeIDX([]byte{1, 2}, 2))
	f.Add(encodeIDX([]byte{1}, 1<<31, 1<<31, 1<<31, 1<<31))
	f.Add([]byte{0, 0, 8, 255, 0, 0, 0, 1})
	f.Add([]byte{0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := readIDX(bytes.NewReader(b), "f", int64(len(b)))
		if err != nil {
			if !documented(err) {
				t.Fatalf("undocumented error: %v", err)
			}
			return
		}
		if !bytes.Equal(encodeIDX(x.data, x.dims...), b) {
			t.Fatalf("read %v of % x", x, b)
		}
		labels := &idx{idxHeader{"l", x.dims[:1], x.dims[0]}, make([]byte, x.dims[0])}
		for i := range labels.data {
			labels.data[i] = byte(i % 2)
		}
		images, err := readIDXPixels(bytes.NewReader(b), "f", int64(len(b)), int64(len(b))/8)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newImages("d", images, labels, nil, nil)
		if err != nil {
			if !documented(err) {
				t.Fatalf("undocumented error: %v", err)
			}
			return
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
