package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// beginCSV reads the header of a CSV text, the one place that knows what one is, and returns the reader of the rows behind
// it, the names of the columns and the header's line. file is the text's name in errors.
func beginCSV(r io.Reader, file string) (records *csv.Reader, header []string, line int, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if err := skipMark(in, file); err != nil {
		return nil, nil, 0, err
	}
	records = csv.NewReader(in)
	records.FieldsPerRecord = -1 // the reader of the rows counts, for a better message
	records.ReuseRecord = true
	records.TrimLeadingSpace = true
	head, err := records.Read()
	if err == io.EOF {
		return nil, nil, 0, failIn(file, ErrFormat, "the file is empty: a header and rows are needed")
	} else if err != nil {
		return nil, nil, 0, readError(err, file)
	}
	line = lineOf(records, 0)
	header, err = checkHeader(head, file, line)
	return records, header, line, err
}

func lineOf(r *csv.Reader, field int) int {
	line, _ := r.FieldPos(field)
	return line
}

// skipMark drops UTF-8's byte order mark and refuses what is not text in UTF-8.
func skipMark(in *bufio.Reader, file string) error {
	start, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		in.Discard(3)
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return failIn(file, ErrFormat, "the file is in UTF-16: convert it to UTF-8")
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return failIn(file, ErrFormat, "the file is compressed with gzip: name it .csv.gz")
	case bytes.HasPrefix(start, []byte("PK\x03")):
		return failIn(file, ErrFormat, "the file is a zip archive or spreadsheet: export it as CSV")
	}
	return nil
}

// checkHeader gives the names of columns, without blanks around them, and refuses what cannot be a header.
func checkHeader(head []string, file string, line int) ([]string, error) {
	wrong := func(format string, args ...any) ([]string, error) {
		return nil, &Error{Kind: ErrFormat, File: file, Line: line, Message: fmt.Sprintf(format, args...)}
	}
	numbers, names := 0, make([]string, 0, len(head))
	for i, name := range head {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return wrong("column %d has no name: name it or drop it", i+1)
		case strings.Contains(name, "\r"):
			return wrong("lines end in CR alone: convert them to LF")
		case !utf8.ValidString(name):
			return wrong("the name of column %d is not UTF-8: convert the file", i+1)
		}
		if k, _ := parseCell(name); k == cellNumber {
			numbers++
		}
		names = append(names, name)
	}
	if name, ok := repeated(names); ok {
		return wrong("two columns are named %q: rename one", name)
	}
	if numbers == len(head) && !counted(names) {
		return wrong("the first line holds only numbers: a header with the names of columns is needed")
	}
	if len(head) == 1 && strings.ContainsAny(head[0], ";\t") {
		return wrong("the header is one column, %s: fields must be separated by commas", quoteCell(head[0]))
	}
	return names, nil
}

// counted says whether names are 0, 1, 2, … or 1, 2, 3, …, as tools name columns that have no names.
func counted(names []string) bool {
	first, err := strconv.Atoi(names[0])
	if err != nil || first < 0 || first > 1 {
		return false
	}
	for i, n := range names {
		if n != strconv.Itoa(first+i) {
			return false
		}
	}
	return true
}
