package jobs

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
)

// recorded are the settings as YAML, without the place that is written to, so that they can be used again.
func recorded(c config.Config) ([]byte, error) {
	c.Out = ""
	return c.YAML()
}

// begin records what is being done in a run directory. run is the identity of the training, if there is one to resume.
func begin(dir rundir.Dir, plan *config.Plan, run string) error {
	b, err := recorded(plan.Config)
	if err != nil {
		return err
	}
	return dir.Begin(b, run, Environment(plan.Config.Seed))
}

// Resumable reads the settings of the training in a run directory.
func Resumable(dir string) (config.Config, error) {
	c := config.Default()
	c.Data.TargetScaling = data.NoScaling // a run that says nothing of it is older than it
	b, _, err := rundir.Dir(dir).Sealed()
	if err != nil {
		return c, err
	}
	err = c.Merge(b, rundir.Dir(dir).Path(rundir.ConfigFile))
	c.Out = dir
	return c, err
}
