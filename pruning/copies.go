package pruning

import (
	"fmt"

	"github.com/gtrain/gtrain/pruning/criteria"
)

// manyCopies is the share of rows that a user should know to be copies.
const manyCopies = 0.05

// copies says that many of the rows that units are scored by are copies of others, where nearest neighbours are looked for
// among the different ones.
func (p *pruner) copies(stats []criteria.UnitStats) []string {
	o, err := p.criterion.Resolve(p.cfg.Options)
	if err != nil || o.Estimator != criteria.KNN || len(stats) == 0 {
		return nil
	}
	rows, n := stats[0].Rows, 0
	for i, first := range rows {
		if int(first) != i {
			n++
		}
	}
	if n == 0 || float64(n) < manyCopies*float64(len(rows)) {
		return nil
	}
	return []string{fmt.Sprintf("%d of the %d rows that units are scored by are copies of others: %s compares different rows",
		n, len(rows), p.criterion.Name)}
}
