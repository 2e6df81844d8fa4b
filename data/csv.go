package data

import (
	"bufio"
	"encoding/csv"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// csvReader reads files of comma-separated values.
var csvReader = reader{
	Format: Format{"csv", "a file .csv or .csv.gz: fields separated by commas, the first line the names of the columns"},
	what:   ".csv, .csv.gz",
	detect: func(spec string, info fs.FileInfo) bool {
		return info != nil && !info.IsDir() && (strings.HasSuffix(spec, ".csv") || strings.HasSuffix(spec, ".csv.gz"))
	},
	read: func(spec string, opt Options) (*Dataset, error) {
		return readText(spec, func(text io.Reader) (*Dataset, error) { return ReadCSV(text, spec, opt) })
	},
	header: func(spec string) ([]string, error) {
		return readText(spec, func(text io.Reader) ([]string, error) {
			_, header, _, err := beginCSV(text, spec)
			return header, err
		})
	},
}

// ReadCSV reads a dataset in CSV format; name stands for the file in errors and names the dataset. The rules are those
// of Load.
func ReadCSV(r io.Reader, name string, opt Options) (*Dataset, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	t, err := readTable(r, name)
	if err != nil {
		return nil, err
	}
	return fromTable(t, opt)
}

// WriteCSV writes the features and, where the rows have one, the target as the last column, in a form that ReadCSV
// reads back: one-hot features stay columns of 0 and 1 named "column=category", and a missing value is an empty cell.
func WriteCSV(w io.Writer, d *Dataset) error {
	if err := d.ValidateShape(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	records := csv.NewWriter(out)
	record := slices.Clone(d.Features)
	if d.Labeled() {
		record = append(record, d.Target)
	}
	numeric := make([]Column, 0, d.Width()) // of each feature
	for i := range d.Schema.Columns {
		c := &d.Schema.Columns[i]
		for range c.width() {
			if c.Kind == Numeric {
				numeric = append(numeric, *c)
			} else {
				numeric = append(numeric, Column{})
			}
		}
	}
	err := records.Write(record)
	for r := 0; r < d.Rows() && err == nil; r++ {
		record = record[:0]
		for j, v := range d.Row(r) {
			cell := ""
			if v == v {
				cell = numeric[j].text(v)
			}
			record = append(record, cell)
		}
		switch {
		case d.Labels != nil:
			record = append(record, d.Classes[d.Labels[r]])
		case d.Targets64 != nil:
			record = append(record, strconv.FormatFloat(d.Targets64[r], 'g', -1, 64))
		case d.Targets != nil:
			record = append(record, strconv.FormatFloat(float64(d.Targets[r]), 'g', -1, 32))
		}
		err = records.Write(record)
	}
	if records.Flush(); err == nil {
		err = records.Error()
	}
	if err == nil {
		err = out.Flush()
	}
	return errors.Wrapf(err, "writing %s as CSV", d.Name)
}
