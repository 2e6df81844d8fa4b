package config

import "github.com/pkg/errors"

// ErrConfig is the cause of every error in settings, and of others that are the fault of what a job was asked: exit code 2.
var ErrConfig = errors.New("configuration")

// usage carries the cause without repeating it in the text.
type usage struct{ error }

func (e usage) Is(target error) bool { return target == ErrConfig }
func (e usage) Unwrap() error        { return e.error }

// Usage marks an error as the fault of what was asked: errors.Is finds ErrConfig. Its text stays.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usage{err}
}
