package jobs

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
)

// Entry is one thing that can be chosen by name.
type Entry struct {
	Name    string                 `json:"name"`
	Summary string                 `json:"summary"`
	Details []string               `json:"details,omitempty"` // formula, what it needs, source
	Options []settings.Description `json:"options,omitempty"`
}

// Topic is a list of them.
type Topic struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	entries func() []Entry
}

// Entries lists what there is, from the table of the package that has it.
func (t Topic) Entries() []Entry { return t.entries() }

var topics = settings.NewRegistry("list", func(t Topic) string { return t.Name },
	Topic{"optimizers", "what train.optimizer takes", optimizerEntries},
	Topic{"schedules", "what train.schedule takes: the learning rate over the steps", scheduleEntries},
	Topic{"criteria", "what prune.criterion takes: how units are scored", criterionEntries},
	Topic{"datasets", "what data.source takes beside files", datasetEntries},
	Topic{"models", "what model.name takes", modelEntries},
	Topic{"layers", "what a layer of model.layers can be", layerEntries},
	Topic{"activations", "what activation: of a layer takes, and mlp:UNITS:ACTIVATION", activationEntries},
	Topic{"ops", "operations that models are built of", opEntries},
	Topic{"losses", "what train.loss takes", lossEntries},
	Topic{"metrics", "what train.monitor takes, and what can be required of a result", metricEntries},
	Topic{"scalings", "what data.scaling takes", scalingEntries},
	Topic{"initializers", "what init: of a layer takes", initializerEntries},
	Topic{"recipes", "what gtrain run takes", recipeEntries},
	Topic{"settings", "what a file of settings takes; what flags and the environment give", settingEntries},
)

// Topics lists the lists.
func Topics() []Topic { return topics.All() }

// TopicNames lists their names.
func TopicNames() []string { return topics.Names() }

// LookupTopic finds a list by name.
func LookupTopic(name string) (Topic, error) {
	t, err := topics.Lookup(name)
	return t, config.Usage(err)
}

// EntryNames lists the names of a topic's entries, nothing for a topic that does not exist.
func EntryNames(topic string) []string {
	t, err := LookupTopic(topic)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range t.Entries() {
		names = append(names, e.Name)
	}
	return names
}

// details are the lines that say something.
func details(pairs ...string) []string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, pairs[i]+pairs[i+1])
		}
	}
	return out
}

func activationEntries() (out []Entry) {
	for _, a := range op.Activations() {
		e := Entry{Name: a.String(), Summary: a.Formula()}
		if d := a.Def(); d != nil {
			e.Details = details("source: ", d.Source)
			if r := d.Slope; r != nil {
				e.Options = []settings.Description{{Name: "slope", Kind: "number", Default: r.Default,
					Range: settings.Range{Low: r.Min, High: r.Below, OpenHigh: true}.String(), Help: "the layer's key slope"}}
			}
		}
		out = append(out, e)
	}
	return out
}

func optimizerEntries() (out []Entry) {
	for _, o := range optimizers.All() {
		full := ""
		if o.FullBatch {
			full = "sees all training rows at every step, whatever the batch"
		}
		out = append(out, Entry{o.Name, o.Summary, details("", full, "source: ", o.Paper), o.Options})
	}
	return out
}

func scheduleEntries() (out []Entry) {
	for _, s := range optimizers.Schedules() {
		out = append(out, Entry{s.Name, s.Summary, details("source: ", s.Source), s.Options})
	}
	return out
}

func criterionEntries() (out []Entry) {
	for _, c := range criteria.All() {
		estimators := make([]string, len(c.Estimators))
		for i, e := range c.Estimators {
			estimators[i] = string(e)
		}
		out = append(out, Entry{c.Name, c.Summary, details("formula: ", c.Formula, "needs: ", c.Needs.String(),
			"estimators: ", strings.Join(estimators, ", "), "binning: ", string(c.Binning), "source: ", c.Source), c.OwnOptions()})
	}
	return out
}

func datasetEntries() (out []Entry) {
	for _, d := range data.Datasets() {
		kind := "regression"
		if d.Classes > 0 {
			kind = fmt.Sprintf("%d classes", d.Classes)
		}
		out = append(out, Entry{d.Name, fmt.Sprintf("%s: %d rows, %d features, %s", d.Doc, d.Rows, d.Features, kind),
			details("source: ", d.Source), nil})
	}
	return out
}

func modelEntries() (out []Entry) {
	for _, m := range models.All() {
		out = append(out, Entry{m.Name, m.Summary, details("source: ", m.Source), nil})
	}
	return out
}

func layerEntries() (out []Entry) {
	for _, k := range models.Kinds() {
		out = append(out, Entry{string(k.Name), k.Summary, details("keys: ", strings.Join(k.Keys, ", ")), k.Options})
	}
	return out
}

func opEntries() (out []Entry) {
	for _, o := range op.All() {
		written := o.ONNX
		if written == "" {
			written = "none, training only"
		}
		out = append(out, Entry{o.Name, o.Summary, details("ONNX: ", written), nil})
	}
	return out
}

func lossEntries() (out []Entry) {
	for _, l := range models.Losses() {
		out = append(out, Entry{l.Name, l.Summary, details("for: ", l.Task.String()), nil})
	}
	return out
}

func metricEntries() (out []Entry) {
	for _, m := range metrics.All() {
		better := map[bool]string{true: "larger is better", false: "smaller is better"}[m.LargerIsBetter]
		out = append(out, Entry{m.Name, m.Summary, details("for: ", string(m.Task)+", "+better, "source: ", m.Source), nil})
	}
	return out
}

func scalingEntries() []Entry {
	out := []Entry{{"auto", "standardise-global for images, standardise otherwise", nil, nil}}
	for _, s := range data.Scalings() {
		out = append(out, Entry{string(s.Name), s.Doc, nil, nil})
	}
	return out
}

func initializerEntries() (out []Entry) {
	for _, i := range initializers.All() {
		out = append(out, Entry{i.Name, i.Summary, details("source: ", i.Source), i.Rows().Describe()})
	}
	return out
}

func recipeEntries() (out []Entry) {
	for _, name := range config.Names() {
		out = append(out, Entry{name, config.Summary(name), nil, nil})
	}
	return out
}

func settingEntries() (out []Entry) {
	for _, s := range config.Keys() {
		flag := ""
		if s.Flag != "" {
			flag = "--" + s.Flag
		}
		d := settings.Rows{s.Row}.Describe()[0]
		out = append(out, Entry{s.Name, s.Help(), details("takes: ", s.Want(), "choices: ", strings.Join(d.Choices, ", "),
			"default: ", s.DefaultText(), "flag: ", flag, "example: ", s.Example), nil})
	}
	return out
}
