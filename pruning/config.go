package pruning

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Config says how to prune.
type Config struct {
	Criterion string // a name of package criteria; "mutual-information" by default
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
	Loss        graph.LossFunc // what gradients and measures use; the task's usual one by default
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

// BiasFold says what became of the mean outputs of a round's units at one node that sums over them. Its JSON names are
// stable.
type BiasFold struct {
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
	BiasFolds   []BiasFold     // with Config.FoldBias
	Kept        map[string]int // units left, by layer
	Total       int            // units before
	Warnings    []string
}

// resolve checks the settings, puts defaults in and finds the criterion.
func (cfg *Config) resolve(task data.Task) (criteria.Criterion, error) {
	var none criteria.Criterion
	switch {
	case !(cfg.Amount >= 0 && cfg.Amount < 1):
		return none, errors.Errorf("amount %v: must lie in [0, 1)", cfg.Amount)
	case cfg.Rounds < 0 || cfg.Calibration < 0 || cfg.Floor < 0:
		return none, errors.Errorf("rounds %d, calibration rows %d, floor %d: must not be negative", cfg.Rounds,
			cfg.Calibration, cfg.Floor)
	}
	cfg.Rounds = max(cfg.Rounds, 1)
	if cfg.Calibration == 0 {
		cfg.Calibration = 10000
	}
	if cfg.Criterion == "" {
		cfg.Criterion = "mutual-information"
	}
	c, err := criteria.Lookup(cfg.Criterion)
	if err != nil {
		return none, err
	}
	if cfg.Method, err = ParseMethod(string(cfg.Method)); err != nil {
		return none, err
	}
	if cfg.Schedule, err = ParseAmountSchedule(string(cfg.Schedule)); err != nil {
		return none, err
	}
	if cfg.Scope, err = criteria.ParseScope(string(cfg.Scope)); err != nil {
		return none, err
	}
	if cfg.Normalization, err = c.ResolveNormalization(cfg.Scope, cfg.Normalization); err != nil {
		return none, err
	}
	if cfg.Features && cfg.Method == RemoveUnits {
		return none, errors.New("input features cannot be removed here: the data would no longer fit; use method mask")
	}
	if cfg.Loss == nil {
		cfg.Loss, err = models.Loss("", task, models.LossOptions{})
	}
	return c, err
}
