package jobs

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/pkg/errors"
)

// hold compares every network that a report shows, as it is run for the report, with its plain program, on the rows that
// the report is of. The order of the models is that of the report: dense, masked, pruned, and perhaps untuned.
func hold(p *pruning.Plain, shown []*models.Model, d *data.Dataset, rows []int) error {
	names := []string{"dense", "masked", "pruned", "untuned"}
	for i, to := range []*pruning.Difference{&p.Dense, &p.Masked, &p.Pruned, &p.Untuned}[:len(shown)] {
		e, err := pruning.Hold(shown[i], d, rows)
		if *to = to.Worse(e); err != nil {
			return errors.Wrapf(err, "%s network", names[i])
		}
	}
	return nil
}
