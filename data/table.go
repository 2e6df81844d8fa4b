package data

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	stderrors "errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// cellKind is what one cell of a CSV file holds.
type cellKind uint8

const (
	cellText     cellKind = iota
	cellNumber            // a finite number that float32 can hold
	cellMissing           // empty, NA, N/A, nan, null or ?, in any case
	cellInfinite          // inf or infinity, written out
	cellOverflow          // a number too large for float32
)

// table is a CSV file whose cells were parsed and not yet given a meaning.
type table struct {
	file   string
	header []string
	text   []string // rows × columns, row-major, blanks trimmed
	kind   []cellKind
	number []float64
	lines  []int       // line on which each row starts
	later  map[int]int // line of a cell that starts on a later line than its row

	records bool // these are records that a program has, not lines of a file
}

func (t *table) rows() int { return len(t.lines) }
func (t *table) cols() int { return len(t.header) }

// line is where the cell in row r and column c starts.
func (t *table) line(r, c int) int {
	if l, ok := t.later[r*t.cols()+c]; ok {
		return l
	}
	return t.lines[r]
}

func (t *table) fail(kind error, r, c int, format string, args ...any) error {
	return &Error{Kind: kind, File: t.file, Line: t.line(r, c), Column: t.header[c], Message: fmt.Sprintf(format,
		args...)}
}

// readTable reads a whole CSV file; file is its name in errors.
func readTable(r io.Reader, file string) (*table, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if err := skipMark(in, file); err != nil {
		return nil, err
	}
	records := csv.NewReader(in)
	records.FieldsPerRecord = -1 // counted below, for a better message
	records.ReuseRecord = true
	records.TrimLeadingSpace = true

	t := &table{file: file, later: map[int]int{}}
	head, err := records.Read()
	if err == io.EOF {
		return nil, failIn(file, ErrFormat, "the file is empty: a header and rows are needed")
	} else if err != nil {
		return nil, readError(err, file)
	}
	headLine := lineOf(records, 0)
	if err := t.setHeader(head, headLine); err != nil {
		return nil, err
	}
	next := headLine + 1
	for {
		record, err := records.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, readError(err, file)
		}
		line := lineOf(records, 0)
		if len(t.header) == 1 && line != next { // encoding/csv skips empty lines; here one is a missing value
			return nil, &Error{Kind: ErrFormat, File: file, Line: next, Column: t.header[0],
				Message: "the line is empty"}
		}
		if len(record) != len(t.header) {
			return nil, &Error{Kind: ErrFormat, File: file, Line: line,
				Message: fmt.Sprintf("the row has %d fields and the header has %d", len(record), len(t.header))}
		}
		if err := t.add(record, records, line); err != nil {
			return nil, err
		}
		next = lineOf(records, len(record)-1) + strings.Count(record[len(record)-1], "\n") + 1
	}
	if t.rows() == 0 {
		return nil, failIn(file, ErrFormat, "the file has a header and no rows")
	}
	return t, nil
}

func lineOf(r *csv.Reader, field int) int {
	line, _ := r.FieldPos(field)
	return line
}

func (t *table) add(record []string, r *csv.Reader, line int) error {
	t.lines = append(t.lines, line)
	for c, cell := range record {
		if l := lineOf(r, c); l != line {
			t.later[len(t.text)] = l
		}
		cell = strings.TrimSpace(cell)
		kind, v := parseCell(cell)
		t.text, t.kind, t.number = append(t.text, cell), append(t.kind, kind), append(t.number, v)
		if kind == cellText && !utf8.ValidString(cell) {
			return t.fail(ErrFormat, t.rows()-1, c, "the text %s is not UTF-8: convert the file", quoteCell(cell))
		}
	}
	return nil
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

func (t *table) setHeader(head []string, line int) error {
	wrong := func(format string, args ...any) error {
		return &Error{Kind: ErrFormat, File: t.file, Line: line, Message: fmt.Sprintf(format, args...)}
	}
	numbers := 0
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
		t.header = append(t.header, name)
	}
	if name, ok := repeated(t.header); ok {
		return wrong("two columns are named %q: rename one", name)
	}
	if numbers == len(head) && !counted(t.header) {
		return wrong("the first line holds only numbers: a header with the names of columns is needed")
	}
	if len(head) == 1 && strings.ContainsAny(head[0], ";\t") {
		return wrong("the header is one column, %s: fields must be separated by commas", quoteCell(head[0]))
	}
	return nil
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

// parseCell tells what a trimmed cell holds. Numbers are decimal, with an optional exponent.
func parseCell(s string) (cellKind, float64) {
	switch len(s) {
	case 0:
		return cellMissing, 0
	case 1, 2, 3, 4, 8, 9:
		switch word := strings.ToLower(s); word {
		case "na", "n/a", "null", "?":
			return cellMissing, 0
		default:
			switch strings.TrimLeft(word, "+-") {
			case "nan":
				return cellMissing, 0
			case "inf", "infinity":
				return cellInfinite, 0
			}
		}
	}
	for i := range len(s) { // strconv also takes hexadecimal and underscores
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return cellText, 0
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case stderrors.Is(err, strconv.ErrRange) || err == nil && math.IsInf(float64(float32(v)), 0):
		return cellOverflow, v
	case err != nil:
		return cellText, 0
	}
	return cellNumber, v + 0 // -0 + 0 is 0: one zero, one class, one fingerprint
}

// fingerprint hashes the columns in the order of their names, each cell by its meaning: "5.10" is 5.1, "NA" is "".
// Numbers count as float32, as features do, but for the columns that have offsets.
func (t *table) fingerprint(s *Schema) string {
	full := map[string]bool{s.Target: s.WideTarget}
	for i := range s.Columns {
		full[s.Columns[i].Name] = s.Columns[i].shifted()
	}
	order := make([]int, t.cols())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(t.header[a], t.header[b]) })
	h := sha256.New()
	hashStrings(h, []string{"table"})
	hashUint(h, uint64(t.rows()))
	buf := make([]byte, 0, 1<<12)
	for _, c := range order {
		hashStrings(h, t.header[c:c+1])
		for r := range t.rows() {
			i := r*t.cols() + c
			buf = append(buf[:0], byte(t.kind[i]))
			switch t.kind[i] {
			case cellNumber:
				if full[t.header[c]] {
					buf = strconv.AppendUint(buf, math.Float64bits(t.number[i]), 16)
				} else {
					buf = strconv.AppendUint(buf, uint64(math.Float32bits(float32(t.number[i]))), 16)
				}
			case cellText, cellInfinite, cellOverflow:
				buf = strconv.AppendInt(buf, int64(len(t.text[i])), 10)
				buf = append(append(buf, ' '), t.text[i]...)
			}
			h.Write(append(buf, ';'))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readError gives an error of reading its file, and its line where it has one.
func readError(err error, file string) error {
	var own *Error
	var parse *csv.ParseError
	var corrupt flate.CorruptInputError
	e := &Error{Kind: ErrFormat, File: file}
	switch {
	case stderrors.As(err, &own):
		return own
	case stderrors.As(err, &parse):
		e.Line = parse.Line
		e.Message = "a quote inside a field that does not start with one: double it and quote the field"
		if stderrors.Is(parse.Err, csv.ErrQuote) {
			e.Line, e.Message = parse.StartLine, "a quoted field is not closed, or text follows its closing quote"
		}
	case stderrors.Is(err, gzip.ErrHeader):
		e.Message = "the file is not in gzip format, or something follows the compressed data"
	case stderrors.Is(err, gzip.ErrChecksum):
		e.Message = "the gzip checksum does not match: the file is damaged"
	case stderrors.As(err, &corrupt):
		e.Message = "the gzip data is damaged"
	case stderrors.Is(err, io.ErrUnexpectedEOF), stderrors.Is(err, io.EOF):
		e.Message = "the file is truncated"
	default:
		return errors.Wrapf(err, "reading %s", file)
	}
	return e
}
