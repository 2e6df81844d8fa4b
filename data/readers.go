package data

import (
	stderrors "errors"
	"io/fs"
	"os"
	"strings"

	"github.com/pkg/errors"
)

// reader is a row of the table of formats: all that is known of one, in a file of its own.
type reader struct {
	Format
	// what names what is read, in the message for files of an unknown format.
	what string
	// detect tells whether spec is of this format; info is of the file or directory of that name, nil if there is none.
	detect func(spec string, info fs.FileInfo) bool
	// read reads it by options that do not contradict each other; the name of the dataset is spec.
	read func(spec string, opt Options) (*Dataset, error)
	// header reads the names of the columns alone; nil for a format that has none.
	header func(spec string) ([]string, error)
}

// readers is the table of formats. The first that fits is taken.
var readers = []reader{embeddedReader, csvReader, idxReader}

// Format describes what Load reads.
type Format struct {
	Name string
	Doc  string // one line
}

// Formats lists what Load reads.
func Formats() []Format {
	list := make([]Format, len(readers))
	for i := range readers {
		list[i] = readers[i].Format
	}
	return list
}

// Load reads a dataset in the first of [Formats] that spec fits:
//
//   - the name of an embedded one (see Datasets);
//   - a file .csv or .csv.gz: fields separated by commas, the first line the names of the columns;
//   - a directory with train-images-idx3-ubyte, train-labels-idx1-ubyte and, for a test part,
//     t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or .gz. Images with colors are in idx4 files: images,
//     rows, columns, channels.
//
// Rows are images where IDX files have them, and where the columns of a file are named pixel_r_c, or pixel_r_c_k with
// channels: see [Schema.Shape].
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
	r, err := readerOf(spec)
	if err != nil {
		return nil, err
	}
	return r.read(spec, opt)
}

// Header reads the names of a file's columns as Load does, the target's among them, without the rows; nil for a format
// without names, such as IDX. Errors are those of Load.
func Header(spec string) ([]string, error) {
	r, err := readerOf(spec)
	if err != nil || r.header == nil {
		return nil, err
	}
	return r.header(spec)
}

// readerOf finds the format of a dataset.
func readerOf(spec string) (*reader, error) {
	info, err := os.Stat(spec)
	if err != nil {
		info = nil
	}
	var what []string
	for i := range readers {
		if readers[i].detect(spec, info) {
			return &readers[i], nil
		}
		if readers[i].what != "" {
			what = append(what, readers[i].what)
		}
	}
	switch {
	case stderrors.Is(err, fs.ErrNotExist):
		return nil, notFound(spec)
	case err != nil:
		return nil, errors.Wrap(err, "looking for the data")
	}
	last := len(what) - 1
	return nil, failIn(spec, ErrFormat, "unknown kind of data: %s or %s is read", strings.Join(what[:last], ", "), what[last])
}

func notFound(spec string) error {
	if strings.ContainsAny(spec, `/\`) || strings.HasSuffix(spec, ".csv") || strings.HasSuffix(spec, ".gz") {
		return fail(ErrNotFound, "%s: no such file or directory", spec)
	}
	return fail(ErrNotFound, "no embedded dataset %q%s and no such file: embedded are %s", spec,
		didYouMean(spec, datasets.Names()), quoteList(datasets.Names(), 100))
}
