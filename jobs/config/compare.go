package config

import (
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
)

// Compare says what the main job compares.
type Compare struct {
	Criteria []string
	Seeds    int // seed, seed+1, …
}

// table are its rows.
func (c *Compare) table() []Setting {
	return []Setting{
		flagged(ForRun, "criteria", "list", settings.Texts("compare.criteria", &c.Criteria, "criteria that run compares").
			From("criterion", criteria.Names).Or([]string{"mutual-information", "entropy", "l2", "random"})),
		flagged(ForRun, "seeds", "int", settings.Count("compare.seeds", &c.Seeds,
			"seeds to compare over, 0 to compare nothing").In(settings.AtLeast(0)).Or(3)),
	}
}
