package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// print writes a result to stdout: as one JSON object, or as text.
func (a *app) print(v any, text func(*table)) error {
	if a.json {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return errors.Wrap(enc.Encode(v), "write result")
	}
	t := &table{}
	text(t)
	t.flush()
	_, err := io.WriteString(a.out, t.b.String())
	return errors.Wrap(err, "write result")
}

// table is a report for people's eyes: rows of cells under each other, and lines between them.
type table struct {
	b    strings.Builder
	rows [][]string
	left int // so many columns at the left are texts, the others figures; 0 means one
}

// row adds a row of the table that is being written.
func (t *table) row(cells ...any) {
	s := make([]string, len(cells))
	for i, c := range cells {
		s[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, s)
}

// line ends the table and writes a line of its own.
func (t *table) line(format string, args ...any) {
	t.flush()
	fmt.Fprintf(&t.b, format+"\n", args...)
}

// texts is a left for rows of nothing but text.
const texts = 1 << 10

// flush writes the rows: texts are flush left, figures flush right.
func (t *table) flush() {
	var width []int
	for _, r := range t.rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, r := range t.rows {
		var line strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i > 0 {
				line.WriteString("  ")
			}
			if i < max(t.left, 1) {
				line.WriteString(c + pad)
			} else {
				line.WriteString(pad + c)
			}
		}
		t.b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	t.rows, t.left = nil, 0
}
