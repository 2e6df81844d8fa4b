package jobs

import (
	"errors"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
)

// Whatever a list shows is accepted where it says.
func TestWhatIsListedIsAccepted(t *testing.T) {
	keyOf := map[string]string{"optimizers": "train.optimizer", "schedules": "train.schedule",
		"criteria": "prune.criterion", "models": "model.name", "metrics": "train.monitor", "scalings": "data.scaling",
		"losses": "train.loss", "datasets": "data.source"}
	needed := map[string]string{"step": "every", "multistep": "milestones", "cosine_restarts": "period"}
	for _, topic := range Topics() {
		if len(topic.Entries()) < 2 || topic.Summary == "" {
			t.Errorf("the list of %s is empty", topic.Name)
		}
		for _, e := range topic.Entries() {
			if e.Name == "" || e.Summary == "" {
				t.Errorf("%s: %+v says nothing", topic.Name, e)
			}
			key, ok := keyOf[topic.Name]
			if !ok {
				continue
			}
			c := config.Default()
			if err := c.Set(key, e.Name, "--f"); err != nil {
				t.Error(err)
			}
			if option := needed[e.Name]; option != "" {
				value := map[bool]string{true: "[3, 5]", false: "3"}[option == "milestones"]
				if err := c.Set("train.schedule_options."+option, value, "--f"); err != nil {
					t.Error(err)
				}
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s %s: %v", topic.Name, e.Name, err)
			}
		}
	}
	if _, err := LookupTopic("optimizer"); err == nil || !errors.Is(err, config.ErrConfig) {
		t.Error(err)
	}
	if got := EntryNames("nosuch"); got != nil {
		t.Error(got)
	}
}

func TestEveryListedDatasetTrains(t *testing.T) {
	for _, d := range data.Datasets() {
		r, _ := trained(t, d.Name, func(c *config.Config) { c.Train.Epochs = 1; c.Train.Batch = 256 })
		if r.TrainRows+r.ValRows+r.N != d.Rows || (r.Classification != nil) != (d.Classes > 0) {
			t.Errorf("%s: %+v", d.Name, r)
		}
	}
}
