package jobs

import (
	"fmt"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// taskErr adds to an error about what does not suit the task how the data came by its task, where nobody has chosen it.
func taskErr(err error, s *data.Schema) error {
	hint := s.TaskHint()
	if err == nil || hint == "" {
		return err
	}
	return fmt.Errorf("%w%s", err, hint)
}

// checkTask says which setting is for another task than the data's.
func checkTask(plan *config.Plan, d *data.Dataset) error {
	c := &plan.Config
	for _, l := range models.Losses() {
		if l.Name == c.Train.Loss && l.Task != d.Task {
			_, err := plan.Loss(d.Task)
			return config.Usage(settings.About("train.loss", taskErr(err, d.Schema)))
		}
	}
	if m, err := metrics.Lookup(c.Train.Monitor); err == nil && string(m.Task) != d.Task.String() {
		return config.Usage(settings.About("train.monitor", taskErr(errors.Errorf("metric %q is for %s; the data is for %v", m.Name,
			m.Task, d.Task), d.Schema)))
	}
	return nil
}
