package data

import (
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

// table is what was read before its cells are given a meaning: the lines of a CSV file, or records of a program.
type table struct {
	file   string
	header []string
	text   []string // rows × columns, row-major, blanks trimmed; see at
	kind   []cellKind
	number []float64
	lines  []int       // line on which each row starts
	later  map[int]int // line of a cell that starts on a later line than its row

	records bool // these are records that a program has, not lines of a file
}

// append adds a cell.
func (t *table) append(c cell) {
	t.text, t.kind, t.number = append(t.text, c.text), append(t.kind, c.kind), append(t.number, c.number)
}

// at is the text of cell i, which a number of a program has only when it is asked for.
func (t *table) at(i int) string {
	if t.text[i] == "" && t.kind[i] != cellMissing {
		return numberText(t.number[i])
	}
	return t.text[i]
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
	records, header, headLine, err := beginCSV(r, file)
	if err != nil {
		return nil, err
	}
	t := &table{file: file, header: header, later: map[int]int{}}
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

func (t *table) add(record []string, r *csv.Reader, line int) error {
	t.lines = append(t.lines, line)
	for c, cell := range record {
		if l := lineOf(r, c); l != line {
			t.later[len(t.text)] = l
		}
		parsed := textCell(cell)
		t.append(parsed)
		if parsed.kind == cellText && !utf8.ValidString(parsed.text) {
			return t.fail(ErrFormat, t.rows()-1, c, "the text %s is not UTF-8: convert the file", quoteCell(parsed.text))
		}
	}
	return nil
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
				text := t.at(i)
				buf = strconv.AppendInt(buf, int64(len(text)), 10)
				buf = append(append(buf, ' '), text...)
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
