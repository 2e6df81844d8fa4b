package onnx

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Errors that a caller may want to tell apart with errors.Is. The message names the file and the thing in it.
var (
	// ErrNotONNX: the bytes are something else than an ONNX model.
	ErrNotONNX = errors.New("not an ONNX file")
	// ErrDamaged: the bytes were an ONNX model once: they are cut short, or do not match the recorded checksum.
	ErrDamaged = errors.New("damaged ONNX file")
	// ErrInvalid: the file can be decoded, but what it says breaks the rules of ONNX.
	ErrInvalid = errors.New("invalid ONNX model")
	// ErrUnsupported: the model, or the network to be saved, is valid but uses what this package does not know.
	ErrUnsupported = errors.New("not supported in ONNX files by gtrain")
)

// fault is an error of one of the kinds above that speaks for itself.
type fault struct {
	kind error
	text string
}

func (f *fault) Error() string        { return f.text }
func (f *fault) Is(target error) bool { return target == f.kind }

func faultf(kind error, format string, args ...any) error {
	return &fault{kind, oneLine(fmt.Sprintf(format, args...))}
}

// oneLine keeps a message readable, whatever names and lists the file puts into it.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if r := []rune(text); len(r) > maxMessage {
		return string(r[:maxMessage]) + " …"
	}
	return text
}

const maxMessage = 600

func invalidf(format string, args ...any) error { return faultf(ErrInvalid, format, args...) }

func unsupportedf(format string, args ...any) error { return faultf(ErrUnsupported, format, args...) }
