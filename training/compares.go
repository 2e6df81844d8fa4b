package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// lossFor is the loss, the task's usual one if nil, and an error that says in what it does not suit the model and the data:
// it compares something that these rows do not have.
func lossFor(loss *network.Loss, m *models.Model, d *data.Dataset) (*network.Loss, error) {
	if loss == nil {
		return models.Loss("", m.Task, models.LossOptions{})
	}
	return loss, compares(loss, m, d)
}

// compares says why a loss cannot compare what the model gives with what the data has; d may be nil.
func compares(loss *network.Loss, m *models.Model, d *data.Dataset) error {
	if err := loss.Check(); err != nil {
		return err
	}
	name, what := "the loss", m.Task.String()
	if loss.Name != "" {
		name = "loss " + loss.Name
	}
	if d != nil {
		what = d.Name
	}
	columns := 1
	if m.Net != nil && len(m.Net.Outputs) == 1 && m.Net.Outputs[0] != nil {
		if s := m.Net.Outputs[0].Shape(); len(s) == 2 {
			columns = s[1]
		}
	}
	if m.Task == data.Regression && loss.Targets != network.Values {
		return errors.Errorf("%s compares %v, and %s has numbers to predict, no classes: take a loss of values, such as mse", name,
			loss.Targets, what)
	}
	loss, err := loss.Of(columns)
	if err != nil {
		return err
	}
	if m.Task == data.Classification && loss.Targets == network.Values && columns > 1 {
		return errors.Errorf("%s compares values, one for each of %d outputs, and %s has classes: take a loss of class indices, such "+
			"as cross-entropy, or one with one column a class", name, columns, what)
	}
	return nil
}
