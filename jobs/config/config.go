package config

import (
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// Config is a job's settings. Table says what each is called, what it takes and what its default is.
type Config struct {
	Seed    uint64
	Threads int // 0: one for each core
	Out     string
	Data    Data
	Model   Model
	Train   Train
	Prune   Prune
	Compare Compare
}

// table are the rows of what belongs to no group.
func (c *Config) table() []Setting {
	return []Setting{
		flagged(writes, "seed", "int", settings.Count("seed", &c.Seed, "seed of everything random").
			In(settings.AtLeast(0)).Or(1)),
		flagged(computes, "threads", "int", settings.Count("threads", &c.Threads,
			"worker threads, 0 for one a core; results do not depend on it").In(settings.AtLeast(0)).Or(0)),
		flagged(writes, "out", "dir", settings.Path("out", &c.Out, "run directory").Else("runs/NAME-N").Like("runs/mine")),
	}
}

// Default is what holds where nothing else is said.
func Default() Config {
	var c Config
	for _, s := range c.Table() {
		if s.Default == nil {
			continue
		}
		if err := s.Reset(); err != nil { // the table is constant, and a test makes a Config of it
			panic(errors.Wrap(err, s.Name))
		}
	}
	return c
}
