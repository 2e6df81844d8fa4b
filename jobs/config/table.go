package config

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/settings"
)

// Job is a set of jobs.
type Job uint

// The jobs that read settings.
const (
	ForTrain Job = 1 << iota
	ForRun
	ForPrune
	ForEval
	ForPredict
	ForBench

	trains   = ForTrain | ForRun
	prunes   = ForRun | ForPrune
	writes   = ForTrain | ForRun | ForPrune
	reads    = writes | ForEval | ForPredict
	computes = reads | ForBench
)

// Setting is a row of the table: an option, and the jobs that read it. Its name is the path of its key in a file, data.source.
type Setting struct {
	settings.Row
	Jobs Job
	// Flag is what command lines call it, and after GTRAIN_ the environment; empty for one that files and --set alone give.
	Flag string
	// Takes is what the flag's help calls its value.
	Takes string
}

// Table is the table of settings, in the order in which files have them. Its rows are bound to c.
func (c *Config) Table() []Setting {
	return slices.Concat(c.table(), c.Data.table(), c.Model.table(), c.Train.table(), c.Prune.table(), c.Compare.table())
}

// flagged is the row of a setting that has a flag; takes is what help calls its value.
func flagged(jobs Job, flag, takes string, r settings.Row) Setting {
	return Setting{r, jobs, flag, takes}
}

// filed is the row of a setting that files and --set alone give.
func filed(jobs Job, r settings.Row) Setting { return Setting{Row: r, Jobs: jobs} }

// taken are rows of another package's table, which a group of settings names as its own.
type taken struct {
	group string
	rows  settings.Rows
	named []string
}

// take is the row of a name.
func (t *taken) take(name string) settings.Row {
	t.named = append(t.named, name)
	r, _ := t.rows.Find(name)
	return r.Named(t.group + "." + name)
}

// rest are the rows that were not taken: files and --set give them.
func (t *taken) rest(jobs Job) (rest []Setting) {
	for _, r := range t.rows {
		if !slices.Contains(t.named, r.Name) {
			rest = append(rest, filed(jobs, r.Named(t.group+"."+r.Name)))
		}
	}
	return rest
}

// Keys is the table without values: of a Config that nobody has.
func Keys() []Setting { return new(Config).Table() }

// Find returns the setting of a name.
func (c *Config) Find(name string) (Setting, bool) {
	for _, s := range c.Table() {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}

// means tells whether the source of a value says which setting it is for: --test-data or GTRAIN_TEST_DATA.
func (s Setting) means(source string) bool {
	return s.Flag != "" && (source == "--"+s.Flag || source == "GTRAIN_"+strings.ToUpper(strings.ReplaceAll(s.Flag, "-", "_")))
}

// Help is one line about a setting: what it is, its choices where they are few, and what holds without it.
func (s Setting) Help() string {
	line := s.Doc
	if !strings.Contains(line, "gtrain list") {
		if few := append(s.Words(), s.Choices()...); len(few) > 1 && len(few) < 5 {
			line += ": " + strings.Join(few[:len(few)-1], ", ") + " or " + few[len(few)-1]
		}
	}
	if s.Otherwise != "" {
		line += " (default: " + s.Otherwise + ")"
	}
	return line
}

// named is the row of a value that has names. The first of the table is the default.
func named[T interface{ String() string }](name string, at *T, doc string, parse func(string) (T, error),
	table *settings.Registry[T]) settings.Row {
	return settings.Custom(name, settings.KindChoice, settings.Parsed(at, parse, T.String), doc).
		From(table.Kind(), table.Names).Or(table.All()[0])
}
