package data

import (
	stderrors "errors"
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
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

// asOption is the error for a name that a table does not hold as ErrOption, which settings.ErrUnknown is found in as well.
func asOption(err error) error {
	if err == nil {
		return nil
	}
	return unknownName{err}
}

type unknownName struct{ error }

func (e unknownName) Is(target error) bool { return target == ErrOption }
func (e unknownName) Unwrap() error        { return e.error }

// withHint adds what may help to an error of this package.
func withHint(err error, hint string) error {
	var e *Error
	if hint == "" || !stderrors.As(err, &e) {
		return err
	}
	more := *e
	more.Message += hint
	return &more
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

// didYouMean returns ` (did you mean "x"?)` for the nearest known name, or "" where none is near.
func didYouMean(name string, known []string) string {
	if near, ok := suggest.Nearest(name, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
