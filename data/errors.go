package data

import (
	stderrors "errors"
	"fmt"
	"strings"
)

// Sentinels for errors.Is. Every error of this package about user data or options is one of these, or one of the
// operating system's for a file that cannot be read.
var (
	// ErrNotFound: the name is neither an embedded dataset nor an existing file.
	ErrNotFound = stderrors.New("no such dataset")
	// ErrFormat: a file's content cannot be read: damaged, ragged, not a number, not finite.
	ErrFormat = stderrors.New("malformed data")
	// ErrMissing: values are missing and no imputation was asked for.
	ErrMissing = stderrors.New("missing value")
	// ErrSchema: the columns, categories or classes are not those the schema describes.
	ErrSchema = stderrors.New("data does not fit the schema")
	// ErrTarget: the target column cannot serve the task.
	ErrTarget = stderrors.New("unusable target")
	// ErrOption: an option or argument is unknown, out of range or contradicts another.
	ErrOption = stderrors.New("bad option")
	// ErrSplit: the rows cannot be divided as asked.
	ErrSplit = stderrors.New("cannot split")
	// ErrOtherData: a recorded split belongs to other data.
	ErrOtherData = stderrors.New("not the data of the recorded split")
)

// Error is an error with its place. It prints as `file:line: column "name": message`, without the parts it lacks, and
// unwraps to its sentinel.
type Error struct {
	Kind    error  // one of the sentinels
	File    string // as the caller named it
	Line    int    // 1-based; 0 where a line means nothing
	Column  string // name of the column
	Message string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	if e.Column != "" {
		fmt.Fprintf(&b, "column %q: ", e.Column)
	}
	b.WriteString(e.Message)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Kind }

// fail makes an Error without a place.
func fail(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// failIn makes an Error about a whole file.
func failIn(file string, kind error, format string, args ...any) error {
	return &Error{Kind: kind, File: file, Message: fmt.Sprintf(format, args...)}
}

// quoteList prints up to max quoted names, then how many are left.
func quoteList(names []string, max int) string {
	var b strings.Builder
	for i, n := range names {
		if i == max {
			fmt.Fprintf(&b, " and %d more", len(names)-max)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String()
}

// quoteCell quotes a cell for a message, cut so that the message stays one readable line.
func quoteCell(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", s)
}

// suggest returns ` (did you mean "x"?)` for the nearest known name, or "" where none is near.
func suggest(name string, known []string) string {
	best, least := "", min(len(name)/2, 3)+1
	for _, k := range known {
		if len(name) > 64 || len(k) > 64 {
			continue // no slip of the finger
		}
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment), by
// bytes.
func editDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			substituted := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				substituted++
			}
			d[i][j] = min(substituted, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
