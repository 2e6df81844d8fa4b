package data

import (
	"bytes"
	stderrors "errors"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/pkg/errors"
)

// Options say how to read a dataset. The zero value reads the last column as the target and decides the task from it.
type Options struct {
	Target string     // the target column; the last one by default. IDX: "label"
	Task   Task       // Auto decides from the target
	Impute Imputation // none by default: a missing value is an error

	// Schema, of a dataset read before, encodes the new one in the same way: its columns are found by name, whatever
	// their order, and the target may be absent. Target, Task and Impute must then be left out or agree with it.
	Schema *Schema
	// IgnoreTarget, with a Schema, skips the target column if there is one, as prediction does.
	IgnoreTarget bool
	// Offsets of the features, where there is no Schema: those of a model that knows no schema. Nil chooses them where
	// float32 is too coarse for a column; none at all, &Offsets{}, takes numbers as float32 has them.
	Offsets *Offsets
}

// Load reads a dataset:
//
//   - the name of an embedded one (see Datasets);
//   - a file .csv or .csv.gz: fields separated by commas, the first line the names of the columns;
//   - a directory with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for a test part,
//     t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or .gz.
//
// A CSV column of numbers is one feature; a column of text becomes one 0/1 feature for each of its categories (at most
// 1000), sorted. A column in which more than half of the cells are numbers is one of numbers, and any text in it an
// error. A missing value is an empty cell, NA, N/A, nan, null or ?, in any case of letters.
//
// The task, unless given: a target of text makes classes; one of integers makes classes if there are at most 20
// different ones, or at most 100 with 10 rows each on average; any other numbers make a regression.
//
// The name of a class is what the file says, blanks around it aside: "007", "1E2" and "7.0" stay as they are, and two
// spellings are two classes. Classes are sorted, as numbers if all of them are, spellings of one number by their length.
// Dataset.Notes names spellings of one number, such as "0" and "00". A whole number that is written "1" in one row and
// "1.0" in another is an error unless the task is given as classification. A class of data that is read by a schema is
// the one of that name, or else the only one that is the same number in another spelling.
//
// Errors: ErrNotFound, ErrFormat, ErrMissing, ErrSchema, ErrTarget, ErrOption, or one of the file system.
func Load(spec string, opt Options) (*Dataset, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	if b, ok := embedded(spec); ok {
		return ReadCSV(bytes.NewReader(b), spec, opt)
	}
	info, err := os.Stat(spec)
	switch {
	case stderrors.Is(err, fs.ErrNotExist):
		return nil, notFound(spec)
	case err != nil:
		return nil, errors.Wrap(err, "looking for the data")
	case info.IsDir():
		return loadIDX(spec, opt)
	case !strings.HasSuffix(spec, ".csv") && !strings.HasSuffix(spec, ".csv.gz"):
		return nil, failIn(spec, ErrFormat, "unknown kind of data: .csv, .csv.gz or a directory of IDX files is read")
	}
	f, err := openMaybeGzip(spec)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := f.bounded()
	d, err := ReadCSV(text, spec, opt)
	if err != nil && text.left >= 0 {
		if damage := f.damage(); damage != nil {
			return nil, damage
		}
	}
	return d, err
}

// LoadWithTest loads a dataset and, from a second place, its test part, which is encoded by the schema of the first. It
// replaces a test part that the first has of its own; of a directory with both parts, the training part is taken.
func LoadWithTest(spec, test string, opt Options) (*Dataset, error) {
	d, err := Load(spec, opt)
	if err != nil {
		return nil, err
	}
	t, err := Load(test, Options{Schema: d.Schema})
	if err != nil {
		return nil, err
	}
	if !t.Labeled() {
		return nil, &Error{Kind: ErrTarget, File: test, Column: d.Target, Message: "test data needs the target column"}
	}
	t.Test = nil
	d.Test = t
	return d, nil
}

func notFound(spec string) error {
	if strings.ContainsAny(spec, `/\`) || strings.HasSuffix(spec, ".csv") || strings.HasSuffix(spec, ".gz") {
		return fail(ErrNotFound, "%s: no such file or directory", spec)
	}
	return fail(ErrNotFound, "no embedded dataset %q%s and no such file: embedded are %s", spec,
		didYouMean(spec, embeddedNames()), quoteList(embeddedNames(), 100))
}

// check refuses options that contradict each other.
func (o *Options) check() error {
	switch s := o.Schema; {
	case int(o.Task) >= len(taskNames):
		return fail(ErrOption, "unknown task %d", o.Task)
	case int(o.Impute) >= len(imputationNames):
		return fail(ErrOption, "unknown imputation %d", o.Impute)
	case s == nil && o.IgnoreTarget:
		return fail(ErrOption, "ignoring the target needs a schema")
	case s == nil:
		return nil
	case o.Offsets != nil:
		return fail(ErrOption, "offsets are the schema's, where there is one")
	case o.Target != "" && o.Target != s.Target:
		return fail(ErrOption, "target %q contradicts the schema, whose target is %q", o.Target, s.Target)
	case o.Task != Auto && o.Task != s.Task:
		return fail(ErrOption, "task %s contradicts the schema, whose task is %s", o.Task, s.Task)
	case o.Impute != ImputeNone && o.Impute != s.Impute:
		return fail(ErrOption, "imputation %s contradicts the schema, whose imputation is %s", o.Impute, s.Impute)
	default:
		return s.Validate()
	}
}

// file is an open file, decompressed if its name ends in .gz.
type file struct {
	io.Reader
	name string
	disk *os.File
	zip  *gzip.Reader
	size int64 // bytes on disk
}

func openMaybeGzip(name string) (*file, error) {
	disk, err := os.Open(name)
	if err != nil {
		return nil, errors.Wrap(err, "opening the data")
	}
	f := &file{Reader: disk, name: name, disk: disk}
	info, err := disk.Stat()
	if err != nil {
		disk.Close()
		return nil, errors.Wrap(err, "opening the data")
	}
	if f.size = info.Size(); strings.HasSuffix(name, ".gz") {
		if f.zip, err = gzip.NewReader(disk); err != nil {
			disk.Close()
			return nil, readError(err, name)
		}
		f.Reader = f.zip
	}
	return f, nil
}

// most is how many bytes the file can hold: DEFLATE packs at most 1032 into one (RFC 1951: 258 bytes in two bits).
func (f *file) most() int64 {
	if f.zip != nil {
		return f.size * 1032
	}
	return f.size
}

// likely is how many bytes the file is expected to hold at most: drawn and photographed images do not compress better
// than to a sixteenth, and only those need much memory.
func (f *file) likely() int64 {
	if f.zip != nil {
		return f.size * 16
	}
	return f.size
}

// damage reads a compressed file that made no sense to its end, where its checksum may say why.
func (f *file) damage() error {
	if f.zip == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, f.zip)
	if err == nil {
		return nil
	}
	return readError(err, f.name)
}

// expands is how many times the size of a compressed file its text may have, beside a fixed amount: tables of numbers have
// some five to fifty times as much. What unpacks to more would take memory that nothing on the disk accounts for.
const expands = 256

// bounded reads a file, and fails where it is compressed and its content is out of all proportion.
func (f *file) bounded() *boundedReader {
	b := &boundedReader{file: f, left: math.MaxInt64}
	if f.zip != nil {
		b.left = 4<<20 + expands*f.size
	}
	return b
}

type boundedReader struct {
	file *file
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, failIn(b.file.name, ErrFormat, "it unpacks to more than %d times its size: unpack it to a .csv file if that is "+
			"meant", expands)
	}
	return n, err
}

func (f *file) Close() error { return f.disk.Close() }
