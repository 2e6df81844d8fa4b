package settings

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// What errors.Is finds in the errors of this package.
var (
	// ErrInvalid: a value that an option does not take, or options that do not go together.
	ErrInvalid = errors.New("invalid setting")
	// ErrUnknown: a name that does not exist; the message names the nearest that does.
	ErrUnknown = suggest.ErrUnknown
)

// Error is what is wrong with one option.
type Error struct {
	Name   string // of the option
	Reason string // the rest of the line: "is 2: must be a number in [0, 1)"
}

// Error is the name and the reason.
func (e *Error) Error() string { return e.Name + " " + e.Reason }

// Is tells errors.Is that it is ErrInvalid.
func (e *Error) Is(target error) bool { return target == ErrInvalid }

// Errorf is the error of an option. The format continues a line that begins with its name.
func Errorf(name, format string, args ...any) error {
	return &Error{Name: name, Reason: fmt.Sprintf(format, args...)}
}

// About is an error of an option whose line is that of err, which errors.Is and errors.As go on to find.
func About(name string, err error) error {
	if err == nil {
		return nil
	}
	return &about{Error{Name: name}, err}
}

type about struct {
	of    Error
	cause error
}

func (e *about) Error() string { return e.cause.Error() }
func (e *about) Unwrap() error { return e.cause }

// Is tells errors.Is that it is ErrInvalid.
func (e *about) Is(target error) bool { return target == ErrInvalid }

// As lets errors.As find the option's name.
func (e *about) As(target any) bool {
	if to, ok := target.(**Error); ok {
		*to = &e.of
		return true
	}
	return false
}

// NameOf is the option that an error is about, empty where none is known.
func NameOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Name
	}
	return ""
}
