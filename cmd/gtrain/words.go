package main

import (
	"fmt"
	"regexp"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/pkg/errors"
)

// The library names a setting by its key, train.epochs, and says what to set as train.epochs=5: it does not know by which
// flags a program takes settings. What is printed for people has the flags, --epochs and --epochs 5.

var mention = regexp.MustCompile(`(^|[\s(])([a-z][\w.]*)(?:=([^\s,;:()]+))?`)

// flagOf is the flag of a setting, or of a command's own option such as split.
func (in *inputs) flagOf(key string) (string, bool) {
	for _, s := range config.Keys() {
		if s.Name == key && s.Flag != "" {
			return s.Flag, true
		}
	}
	v, ok := in.values[key]
	return key, ok && v != nil
}

// remedies writes KEY=VALUE in a line as the flag with the value.
func (in *inputs) remedies(line string) string {
	return mention.ReplaceAllStringFunc(line, func(found string) string {
		m := mention.FindStringSubmatch(found)
		if flag, ok := in.flagOf(m[2]); ok && m[3] != "" {
			return m[1] + "--" + flag + " " + m[3]
		}
		return found
	})
}

// flags writes keys in a line, too, as their flags.
func (in *inputs) flags(line string) string {
	return mention.ReplaceAllStringFunc(in.remedies(line), func(found string) string {
		m := mention.FindStringSubmatch(found)
		if flag, ok := in.flagOf(m[2]); ok && flag != m[2] && m[3] == "" {
			return m[1] + "--" + flag
		}
		return found
	})
}

// notes is a Reporter whose notes name flags.
type notes struct {
	jobs.Reporter
	app *app
}

// Note implements jobs.Reporter.
func (n notes) Note(format string, args ...any) {
	n.Reporter.Note("%s", n.app.inputs().flags(fmt.Sprintf(format, args...)))
}

// inputs are those of the command that runs, none before it has read them.
func (a *app) inputs() *inputs {
	if a.in == nil {
		return &inputs{}
	}
	return a.in
}

// goOn says how an interrupted training is resumed.
func goOn(rep jobs.Reporter, err error) {
	var left *jobs.Unfinished
	if errors.As(err, &left) {
		rep.Note("go on with the training: gtrain train --resume --out %s", left.Dir)
	}
}
