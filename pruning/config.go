package pruning

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Config says how to prune.
type Config struct {
	// Criterion scores the units: criteria.Named("l2"), or one of your own; mutual-information by default.
	Criterion criteria.Criterion
	Options   criteria.Options
	Amount    float64        // share of the units to remove, in [0, 1)
	Scope     criteria.Scope // of each layer (default) or of all layers together
	// Floor is how many units every layer keeps. 0 is 1 where each layer is asked for its share, and with
	// criteria.ScopeGlobal criteria.AutoFloor of the layer, so that no layer is emptied for the sake of another.
	Floor         int
	Normalization criteria.Normalization // what the criterion's scores need by default
	Method        Method                 // RemoveUnits by default
	Rounds        int                    // 1 by default: one-shot
	Schedule      AmountSchedule         // over the rounds; CubicAmount by default
	Layers        []string               // prune only these; all by default
	Features      bool                   // input features are units too
	Positions     bool                   // single positions behind a flatten are units too, beside the channels that they are of
	FoldBias      bool                   // the mean output of removed units goes into the bias of what sums over them, where it can

	// Finetune trains after each round, with an optimizer whose state is cut with the parameters; nil does not. In each round
	// its schedule begins where it stood when Prune was called, so that it spans one round's steps.
	Finetune *training.Config
	// Calibration is at most how many training rows evidence is taken from; 10,000 by default.
	Calibration int
	Loss        *network.Loss // what gradients and measures use; the task's usual one by default
	Seed        uint64
	// OnRound is told after each round, before its fine-tuning.
	OnRound func(RoundInfo) error
}

// RoundInfo is one round's record.
type RoundInfo struct {
	Round, Rounds int // from 1
	Amount        float64
	Removed, Left int // units, of all rounds so far
	Warnings      []string
}

// PrunedUnit is one unit that was masked or removed. Its JSON names are stable.
type PrunedUnit struct {
	Unit   int     `json:"unit"` // index in the layer of the network that was given
	Layer  string  `json:"layer"`
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
}

// RoundFold says what became of the mean outputs of a round's units at one node that sums over them. Its JSON names are
// stable.
type RoundFold struct {
	Round int    `json:"round"`
	Node  string `json:"node"`
	Units int    `json:"units"`          // of its inputs that went
	Into  string `json:"into,omitempty"` // what took their mean; empty where nothing could
	Why   string `json:"why,omitempty"`  // then
}

// Result is what a pruning made.
type Result struct {
	Model       *models.Model // the pruned model, fine-tuned if that was asked for
	Masked      *models.Model // the model that was given with all these units masked, and not fine-tuned at all
	Untuned     *models.Model // the network before the last round's fine-tuning, its units masked; nil if that is Masked
	Equivalence Equivalence
	Units       []PrunedUnit   // in the order in which they went
	BiasFolds   []RoundFold    // with Config.FoldBias
	Kept        map[string]int // units left, by layer
	Total       int            // units before
	Warnings    []string
}

// Rows are the settings of a pruning by name: those that a file can give. The zero value of a field means its default.
func (cfg *Config) Rows() settings.Rows {
	selection := criteria.SelectionRows(&cfg.Amount, &cfg.Scope, &cfg.Floor, &cfg.Normalization)
	pick := func(name string) settings.Row { r, _ := selection.Find(name); return r }
	known := func(name string) (criteria.Criterion, error) {
		_, err := criteria.Lookup(name)
		return criteria.Named(name), err
	}
	criterion := settings.Custom("criterion", settings.KindChoice, settings.Parsed(&cfg.Criterion, known,
		func(c criteria.Criterion) string { return c.Name }), "gtrain list criteria").Or("mutual-information")
	if cfg.Criterion.Compute == nil {
		criterion = criterion.From("criterion", criteria.Names)
	}
	rows := append(settings.Rows{criterion}, cfg.Options.Rows()...)
	return append(rows,
		pick("amount"), pick("scope"), pick("normalisation"),
		Methods.Row("method", &cfg.Method, "what happens to the units").Or(RemoveUnits),
		settings.Texts("layers", &cfg.Layers, "prune only these").Else("all").Like("[dense1, dense2]"),
		pick("floor"),
		settings.Flag("positions", &cfg.Positions, "single positions behind a flatten are units too, beside the channels that they are of"),
		settings.Flag("fold_bias", &cfg.FoldBias, "move the mean output of removed units into the next bias, where that is exact"),
		settings.Count("rounds", &cfg.Rounds, "prune and fine-tune in so many rounds").In(settings.AtLeast(1)).Or(1),
		AmountSchedules.Row("schedule", &cfg.Schedule, "of the amount over rounds").Or(CubicAmount),
		settings.Count("calibration", &cfg.Calibration, "score units on at most so many training rows").
			In(settings.AtLeast(1)).Or(10000))
}

// resolve checks the settings, puts defaults in and finds the criterion.
func (cfg *Config) resolve(task data.Task) (criteria.Criterion, error) {
	if err := cfg.Rows().Resolve(); err != nil {
		return criteria.Criterion{}, err
	}
	c, err := cfg.Criterion.Find()
	if err != nil {
		return c, err
	}
	if cfg.Normalization, err = c.ResolveNormalization(cfg.Scope, cfg.Normalization); err != nil {
		return c, err
	}
	if cfg.Features && cfg.Method == RemoveUnits {
		return c, errors.New("input features cannot be removed here: the data would no longer fit; use method mask")
	}
	if cfg.Loss == nil {
		cfg.Loss, err = models.Loss("", task, models.LossOptions{})
	}
	return c, err
}
