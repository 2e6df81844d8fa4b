package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"sync/atomic"

	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/internal/workers"
)

// Dataset is a matrix of features with one label or target for every row. Shape says how the features of a row are laid out.
//
// The slices may be read freely and must not be written: parts and copies share them. So any number of goroutines may use a
// Dataset.
type Dataset struct {
	Name     string   // as given to Load
	Features []string // names of the columns of X; text column c with value v is "c=v"
	// X is rows × len(Features), row-major; NaN where a value is missing, until Impute. A feature that float32 is too
	// coarse for is without its offset, see Schema.Offsets.
	X       []float32
	Task    Task
	Target  string    // name of the target column
	Classes []string  // classification: names of the classes
	Labels  []int     // classification: index in Classes for every row; nil when the data is unlabelled
	Targets []float32 // regression: the number for every row; nil when the data is unlabelled
	// Targets64 are the targets in full where float32 does not hold them all exactly; nil where Targets says it all.
	Targets64 []float64
	Test      *Dataset // a test part of its own, as MNIST has; nil otherwise
	Schema    *Schema  // how raw columns became Features

	// Fingerprint is a SHA-256 in hex that identifies the rows (not those of Test). For a file it covers the raw
	// columns in the order of their names, numbers by value; so it does not depend on the order of columns, on
	// imputation, or on which column is the target or which features were selected.
	Fingerprint string

	// Notes say what reading had to decide that a user may not expect: sentences for the user's eyes.
	Notes []string
}

// NewClassification makes a dataset from slices, which it keeps: x is rows × len(features), labels index classes.
func NewClassification(name string, features []string, x []float32, classes []string, labels []int) (*Dataset, error) {
	d := &Dataset{Name: name, Features: features, X: x, Task: Classification, Target: "target", Classes: classes,
		Labels: labels}
	return d.finish()
}

// NewRegression makes a dataset from slices, which it keeps: x is rows × len(features), one target a row.
func NewRegression(name string, features []string, x, targets []float32) (*Dataset, error) {
	d := &Dataset{Name: name, Features: features, X: x, Task: Regression, Target: "target", Targets: targets}
	return d.finish()
}

// finish makes the schema, of columns without offsets unless some are given.
func (d *Dataset) finish(columns ...Column) (*Dataset, error) {
	d.Schema = numericSchema(d.Features, d.Target, d.Task, d.Classes)
	if columns != nil {
		d.Schema.Columns = columns
	}
	d.Schema.Shape = namedShape(d.Features)
	if err := d.Validate(); err != nil {
		return nil, err
	}
	h := sha256.New()
	hashStrings(h, append([]string{"slices", d.Task.String()}, d.Features...))
	hashFloats(h, d.X)
	if o := d.Schema.Offsets(); o != nil {
		for j := range o.Offset {
			hashUint(h, math.Float64bits(o.Offset[j]))
			hashUint(h, math.Float64bits(o.Scale[j]))
		}
	}
	hashStrings(h, d.Classes)
	for _, l := range d.Labels {
		hashUint(h, uint64(l))
	}
	hashFloats(h, d.Targets)
	for _, y := range d.Targets64 {
		hashUint(h, math.Float64bits(y))
	}
	d.Fingerprint = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

// errNoData is what a nil Dataset gives.
var errNoData = fail(ErrFormat, "there is no dataset (nil)")

// Rows is the number of rows.
func (d *Dataset) Rows() int {
	if d == nil || len(d.Features) == 0 {
		return 0
	}
	return len(d.X) / len(d.Features)
}

// Width is the number of features.
func (d *Dataset) Width() int {
	if d == nil {
		return 0
	}
	return len(d.Features)
}

// Row returns the features of row i, a view into X. Like indexing a slice, it needs 0 ≤ i < Rows().
func (d *Dataset) Row(i int) []float32 {
	w := len(d.Features)
	return d.X[i*w : (i+1)*w : (i+1)*w]
}

// Labeled says whether the rows have labels or targets. Data read for prediction may have none.
func (d *Dataset) Labeled() bool { return d != nil && (d.Labels != nil || d.Targets != nil) }

// Missing counts the values that are missing, and so NaN, in X.
func (d *Dataset) Missing() int {
	if d == nil {
		return 0
	}
	if update.NonFiniteIndex(d.X) < 0 { // most data is whole, and this is the faster way to see it
		return 0
	}
	var n atomic.Int64
	workers.Parallel(len(d.X), 1<<18, func(lo, hi int) {
		missing := int64(0)
		for _, v := range d.X[lo:hi] {
			if v != v {
				missing++
			}
		}
		n.Add(missing)
	})
	return int(n.Load())
}

// Subset copies the rows with the given indices, in that order; it has no Test part. Its schema is a copy too, so that
// imputation can be fitted for each fold of a cross-validation. Like indexing a slice, it needs 0 ≤ index < Rows().
func (d *Dataset) Subset(idx []int) *Dataset {
	s := *d
	s.Test = nil
	s.Schema = d.Schema.Clone()
	s.X = make([]float32, 0, len(idx)*len(d.Features))
	for _, i := range idx {
		s.X = append(s.X, d.Row(i)...)
	}
	if d.Labels != nil {
		s.Labels = pick(d.Labels, idx)
	}
	if d.Targets != nil {
		s.Targets = pick(d.Targets, idx)
	}
	if d.Targets64 != nil {
		s.Targets64 = pick(d.Targets64, idx)
	}
	h := sha256.New()
	hashStrings(h, []string{"subset", d.Fingerprint})
	for _, i := range idx {
		hashUint(h, uint64(i))
	}
	s.Fingerprint = hex.EncodeToString(h.Sum(nil))
	return &s
}

// Validate checks that the parts agree with each other and that every number is finite: what a reader guarantees once
// missing values are filled. It fails with ErrMissing for a value still missing, ErrSchema or ErrFormat otherwise.
func (d *Dataset) Validate() error {
	if err := d.ValidateShape(); err != nil {
		return err
	}
	w := d.Width()
	for i, v := range d.X {
		if v != v {
			return fail(ErrMissing, "%s: row %d: feature %q is missing: impute first", d.Name, i/w, d.Features[i%w])
		}
		if math.IsInf(float64(v), 0) {
			return fail(ErrFormat, "%s: row %d: feature %q is infinite", d.Name, i/w, d.Features[i%w])
		}
	}
	for i, v := range d.Targets {
		if v != v || math.IsInf(float64(v), 0) {
			return fail(ErrFormat, "%s: row %d: the target is %v", d.Name, i, v)
		}
	}
	for i, v := range d.Targets64 {
		if float32(v) != d.Targets[i] {
			return fail(ErrFormat, "%s: row %d: the target is %v in float64 and %v in float32", d.Name, i, v, d.Targets[i])
		}
	}
	if d.Test != nil {
		return d.Test.Validate()
	}
	return nil
}

// ValidateShape is the part of Validate that does not look at the numbers in X and Targets.
func (d *Dataset) ValidateShape() error {
	rows := d.Rows()
	switch {
	case d == nil:
		return errNoData
	case d.Width() == 0:
		return fail(ErrFormat, "%s: no features", d.Name)
	case rows == 0:
		return fail(ErrFormat, "%s: no rows", d.Name)
	case rows*d.Width() != len(d.X):
		return fail(ErrFormat, "%s: %d values do not divide into rows of %d features", d.Name, len(d.X), d.Width())
	case d.Schema == nil:
		return fail(ErrSchema, "%s: no schema", d.Name)
	}
	if err := d.Schema.Validate(); err != nil {
		return err
	}
	if !slices.Equal(d.Schema.Features(), d.Features) {
		return fail(ErrSchema, "%s: the features are not those of the schema", d.Name)
	}
	if d.Task != d.Schema.Task || d.Target != d.Schema.Target || !slices.Equal(d.Classes, d.Schema.Classes) {
		return fail(ErrSchema, "%s: task, target or classes are not those of the schema", d.Name)
	}
	if d.Task == Classification && d.Targets != nil || d.Task == Regression && d.Labels != nil {
		return fail(ErrSchema, "%s: labels are for classification and targets for regression", d.Name)
	}
	if d.Targets64 != nil && len(d.Targets64) != len(d.Targets) {
		return fail(ErrFormat, "%s: %d targets in float64 and %d in float32", d.Name, len(d.Targets64), len(d.Targets))
	}
	if d.Labels != nil && len(d.Labels) != rows || d.Targets != nil && len(d.Targets) != rows {
		return fail(ErrFormat, "%s: %d rows with %d labels or targets", d.Name, rows, len(d.Labels)+len(d.Targets))
	}
	for i, l := range d.Labels {
		if l < 0 || l >= len(d.Classes) {
			return fail(ErrFormat, "%s: row %d: label %d of %d classes", d.Name, i, l, len(d.Classes))
		}
	}
	if t := d.Test; t != nil {
		if !slices.Equal(t.Features, d.Features) || t.Task != d.Task || !slices.Equal(t.Classes, d.Classes) {
			return fail(ErrSchema, "%s: the test part has other features, classes or another task", d.Name)
		}
	}
	return nil
}

func pick[T any](from []T, idx []int) []T {
	out := make([]T, len(idx))
	for k, i := range idx {
		out[k] = from[i]
	}
	return out
}

func hashUint(h hash.Hash, v uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	h.Write(b[:])
}

// hashStrings writes the count and each string with its length, so that no two lists give the same bytes.
func hashStrings(h hash.Hash, list []string) {
	hashUint(h, uint64(len(list)))
	for _, s := range list {
		hashUint(h, uint64(len(s)))
		h.Write([]byte(s))
	}
}

func hashFloats(h hash.Hash, v []float32) {
	hashUint(h, uint64(len(v)))
	buf := make([]byte, 0, 4096)
	for _, f := range v {
		if buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(f)); len(buf) == cap(buf) {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	h.Write(buf)
}
