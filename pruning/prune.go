package pruning

import (
	"context"
	"fmt"
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Method is what happens to the units that are chosen.
type Method string

// The methods.
const (
	Mask   Method = "mask"   // they stay and are multiplied by zero
	Remove Method = "remove" // they go: the graph is rewritten with smaller tensors
)

// ParseMethod reads a method's name; Remove for "".
func ParseMethod(name string) (Method, error) {
	switch Method(name) {
	case "":
		return Remove, nil
	case Mask, Remove:
		return Method(name), nil
	}
	return "", suggest.Unknown("method", name, []string{string(Mask), string(Remove)})
}

// Growth is how the amount grows over the rounds of an iterative pruning.
type Growth string

// The growths, for round r of R and a final amount A. With one round all are one-shot.
const (
	Linear      Growth = "linear"      // A·r/R
	Cubic       Growth = "cubic"       // A·(1 − (1 − r/R)³): much at first, little at last (Zhu & Gupta 2017, arXiv:1710.01878)
	Exponential Growth = "exponential" // 1 − (1 − A)^{r/R}: the same share of what is left in each round
)

// Growths lists them.
func Growths() []Growth { return []Growth{Linear, Cubic, Exponential} }

// ParseGrowth reads a growth's name; Linear for "".
func ParseGrowth(name string) (Growth, error) {
	if name == "" {
		return Linear, nil
	}
	var known []string
	for _, g := range Growths() {
		if string(g) == name {
			return g, nil
		}
		known = append(known, string(g))
	}
	return "", suggest.Unknown("pruning schedule", name, known)
}

// At is the amount to have been removed after round r of rounds.
func (g Growth) At(amount float64, r, rounds int) float64 {
	if r >= rounds {
		return amount
	}
	t := float64(r) / float64(rounds)
	switch g {
	case Cubic:
		return amount * (1 - math.Pow(1-t, 3))
	case Exponential:
		return 1 - math.Pow(1-amount, t)
	}
	return amount * t
}

// Config says how to prune.
type Config struct {
	Criterion     string // a name of package criteria; "mutual-information" by default
	Options       criteria.Options
	Amount        float64        // share of the units to remove, in [0, 1)
	Scope         criteria.Scope // of each layer (default) or of all layers together
	Floor         int            // units that every layer keeps; 1 by default
	Normalisation criteria.Normalisation
	Method        Method   // Remove by default
	Rounds        int      // 1 by default: one-shot
	Growth        Growth   // over the rounds; Linear by default
	Layers        []string // prune only these; all by default
	Features      bool     // input features are units too

	// Finetune trains after each round, with an optimizer whose state is cut with the parameters; nil does not.
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

// Unit is one unit that was masked or removed. Its JSON names are stable.
type Unit struct {
	Unit   int     `json:"unit"` // index in the layer of the network that was given
	Layer  string  `json:"layer"`
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
}

// Result is what a pruning made.
type Result struct {
	Model       *models.Model // the pruned model, fine-tuned if that was asked for
	Masked      *models.Model // masked, before the last round's fine-tuning
	Equivalence Equivalence
	Units       []Unit         // in the order in which they went
	Kept        map[string]int // units left, by layer
	Total       int            // units before
	Warnings    []string
}

// pruner carries a pruning from round to round.
type pruner struct {
	cfg       Config
	criterion criteria.Criterion
	data      *data.Dataset
	parts     *data.Parts
	calib     []int
	check     []float32 // rows for the equivalence check
	model     *models.Model
	original  map[string][]int // by layer: the index in the first network of each unit that is left
	total     map[string]int
	result    *Result
}

// Prune makes a smaller network of a model. The model itself is unchanged, except that without a round of removal the
// result shares its parameters' memory. Scores are taken from training rows, the equivalence check and fine-tuning's
// decisions from validation rows.
func Prune(ctx context.Context, m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*Result, error) {
	p, err := newPruner(m, d, parts, cfg)
	if err != nil {
		return nil, err
	}
	for r := 1; r <= p.cfg.Rounds; r++ {
		if err := p.round(ctx, r); err != nil {
			return nil, errors.Wrapf(err, "round %d of %d", r, p.cfg.Rounds)
		}
	}
	p.result.Model = p.model
	p.result.Kept = map[string]int{}
	for layer, left := range p.original {
		p.result.Kept[layer] = len(left)
	}
	return p.result, nil
}

func newPruner(m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*pruner, error) {
	if !(cfg.Amount >= 0 && cfg.Amount < 1) {
		return nil, errors.Errorf("amount %v: must lie in [0, 1)", cfg.Amount)
	}
	if cfg.Rounds == 0 {
		cfg.Rounds = 1
	}
	if cfg.Rounds < 0 || cfg.Calibration < 0 {
		return nil, errors.Errorf("rounds %d and calibration rows %d must not be negative", cfg.Rounds, cfg.Calibration)
	}
	if cfg.Calibration == 0 {
		cfg.Calibration = 10000
	}
	if cfg.Criterion == "" {
		cfg.Criterion = "mutual-information"
	}
	c, err := criteria.Lookup(cfg.Criterion)
	if err != nil {
		return nil, err
	}
	if cfg.Method, err = ParseMethod(string(cfg.Method)); err != nil {
		return nil, err
	}
	if cfg.Growth, err = ParseGrowth(string(cfg.Growth)); err != nil {
		return nil, err
	}
	if cfg.Scope, err = criteria.ParseScope(string(cfg.Scope)); err != nil {
		return nil, err
	}
	if cfg.Loss == nil {
		if cfg.Loss, err = models.Loss("", d.Task, models.LossOptions{}); err != nil {
			return nil, err
		}
	}
	if cfg.Features && cfg.Method == Remove {
		return nil, errors.New("input features cannot be removed here: the data would no longer fit; use method mask")
	}
	// The first network is copied, so that fine-tuning leaves the caller's weights alone.
	net, err := m.Net.Clone()
	if err != nil {
		return nil, err
	}
	p := &pruner{cfg: cfg, criterion: c, data: d, parts: parts, model: m.With(net), original: map[string][]int{},
		total: map[string]int{}, result: &Result{}}
	p.calib = calibration(parts.Train, cfg.Calibration, cfg.Seed)
	if len(p.calib) == 0 {
		return nil, errors.New("no training rows to score units with")
	}
	rows := parts.Val
	if len(rows) == 0 {
		rows = p.calib
	}
	p.check = make([]float32, len(rows)*d.Width())
	if err := d.Gather(p.check, nil, rows); err != nil {
		return nil, err
	}
	groups, err := p.groups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups.Groups {
		for _, u := range g.Units {
			p.original[g.Name] = append(p.original[g.Name], u.Index)
		}
		p.total[g.Name] = len(g.Units)
		p.result.Total += len(g.Units)
	}
	if p.result.Total == 0 {
		return nil, errors.New("the model has no unit that could be pruned")
	}
	return p, nil
}

// calibration draws at most n rows by seed, in ascending order of the draw.
func calibration(rows []int, n int, seed uint64) []int {
	if len(rows) <= n {
		return rows
	}
	perm := random.New(seed, "calibration").Perm(len(rows))[:n]
	out := make([]int, n)
	for i, k := range perm {
		out[i] = rows[k]
	}
	return out
}

// groups are the prunable layers of the present network, without units that are masked already.
func (p *pruner) groups() (*graph.Coupling, error) {
	var opts []graph.AnalyseOption
	if p.cfg.Features {
		opts = append(opts, graph.PruneInputs())
	}
	c, err := graph.Analyse(p.model.Net, opts...)
	if err != nil {
		return nil, err
	}
	masked, err := p.model.Net.Masked(c)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var groups []*graph.Group
	for _, g := range c.Groups {
		known[g.Name] = true
		gone := map[int]bool{}
		for _, i := range masked[g.Name] {
			gone[i] = true
		}
		live := *g
		live.Units = nil
		for _, u := range g.Units {
			if !gone[u.Index] {
				live.Units = append(live.Units, u)
			}
		}
		if len(live.Units) > 0 && p.wanted(g.Name) {
			groups = append(groups, &live)
		}
	}
	for _, name := range p.cfg.Layers {
		if !known[name] {
			var names []string
			for _, g := range c.Groups {
				names = append(names, g.Name)
			}
			return nil, suggest.Unknown("layer", name, names)
		}
	}
	c.Groups = groups
	return c, nil
}

func (p *pruner) wanted(name string) bool {
	if len(p.cfg.Layers) == 0 {
		return true
	}
	for _, l := range p.cfg.Layers {
		if l == name {
			return true
		}
	}
	return false
}

func (p *pruner) round(ctx context.Context, r int) error {
	c, err := p.groups()
	if err != nil {
		return err
	}
	chosen, err := p.choose(c, p.cfg.Growth.At(p.cfg.Amount, r, p.cfg.Rounds))
	if err != nil {
		return err
	}
	if err := p.apply(c, chosen); err != nil {
		return err
	}
	if p.cfg.OnRound != nil {
		info := RoundInfo{Round: r, Rounds: p.cfg.Rounds, Amount: p.cfg.Growth.At(p.cfg.Amount, r, p.cfg.Rounds),
			Removed: len(p.result.Units), Left: p.result.Total - len(p.result.Units), Warnings: p.result.Warnings}
		if err := p.cfg.OnRound(info); err != nil {
			return err
		}
	}
	return p.finetune(ctx, r)
}

// choose scores the units that are left and selects so many that the amount of the first network's is gone.
func (p *pruner) choose(c *graph.Coupling, amount float64) (map[string][]int, error) {
	stats, err := Evidence(p.model, c, p.criterion.Needs, p.data, p.calib, p.cfg.Loss, p.cfg.Seed)
	if err != nil {
		return nil, err
	}
	scores := make([]criteria.LayerScores, len(stats))
	for i, s := range stats {
		v, err := p.criterion.Score(s, p.cfg.Options)
		if err != nil {
			return nil, err
		}
		scores[i] = criteria.LayerScores{Layer: s.Layer, Scores: v}
	}
	sel, err := p.selectUnits(scores, amount)
	if err != nil {
		return nil, err
	}
	p.result.Warnings = nil
	chosen := map[string][]int{}
	for _, s := range sel {
		p.result.Warnings = append(p.result.Warnings, s.Warnings()...)
		for k, gone := range s.Removed {
			g := c.Group(gone.Layer)
			at := g.Units[gone.Unit].Index
			chosen[gone.Layer] = append(chosen[gone.Layer], at)
			p.result.Units = append(p.result.Units, Unit{Unit: p.original[gone.Layer][gone.Unit], Layer: gone.Layer,
				Score: gone.Score, Reason: fmt.Sprintf("%s %.4g: rank %d of %d", p.criterion.Name, gone.Score, k+1, s.Units)})
		}
	}
	for layer, idx := range chosen {
		p.forget(c.Group(layer), idx)
	}
	return chosen, nil
}

// forget takes units off the record of those that are left.
func (p *pruner) forget(g *graph.Group, idx []int) {
	gone := map[int]bool{}
	for _, i := range idx {
		gone[i] = true
	}
	var left []int
	for k, u := range g.Units {
		if !gone[u.Index] {
			left = append(left, p.original[g.Name][k])
		}
	}
	p.original[g.Name] = left
}

// selectUnits turns an amount of the first network into amounts of what is left. With a scope of one layer each layer
// is asked for its own share, so that rounding in one round is made up for in the next.
func (p *pruner) selectUnits(scores []criteria.LayerScores, amount float64) ([]criteria.Selection, error) {
	share := func(total, left int) float64 {
		want := amount*float64(total) - float64(total-left)
		return math.Max(0, want/float64(left))
	}
	opt := criteria.SelectOptions{Scope: p.cfg.Scope, Floor: p.cfg.Floor, Normalisation: p.cfg.Normalisation}
	if p.cfg.Scope == criteria.ScopeGlobal {
		total, left := 0, 0
		for _, s := range scores {
			total += p.total[s.Layer]
			left += len(s.Scores)
		}
		opt.Amount = share(total, left)
		s, err := criteria.Select(scores, opt)
		return []criteria.Selection{s}, err
	}
	var out []criteria.Selection
	for _, s := range scores {
		opt.Amount = share(p.total[s.Layer], len(s.Scores))
		one, err := criteria.Select([]criteria.LayerScores{s}, opt)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// apply masks the units and, where asked, removes them and proves that nothing else changed.
func (p *pruner) apply(c *graph.Coupling, chosen map[string][]int) error {
	masked, err := p.model.Net.Mask(c, chosen)
	if err != nil {
		return err
	}
	p.result.Masked = p.model.With(masked)
	if p.cfg.Method == Mask {
		p.model = p.result.Masked
		if p.cfg.Finetune == nil {
			return nil
		}
		// Fine-tuning will change the weights; the record of the masked network keeps its own.
		frozen, err := masked.Clone()
		p.result.Masked = p.model.With(frozen)
		return err
	}
	keep, err := c.KeepAll(p.model.Net, chosen)
	if err != nil {
		return err
	}
	removed, err := p.model.Net.Cut(keep)
	if err != nil {
		return err
	}
	proof, err := Check(masked, removed, p.check)
	p.result.Equivalence = p.result.Equivalence.worse(proof)
	if err != nil {
		return err
	}
	frozen, err := masked.Clone()
	if err != nil {
		return err
	}
	p.result.Masked = p.model.With(frozen)
	p.model = p.model.With(removed)
	if p.cfg.Finetune != nil {
		return CutState(p.cfg.Finetune.Optimizer, keep)
	}
	return nil
}

// CutState removes from an optimizer's state what was removed from the parameters.
func CutState(o optimizers.Optimizer, keep graph.Keep) error {
	for name, axes := range keep {
		for axis, idx := range axes {
			if err := o.Cut(name, axis, idx); err != nil {
				return errors.Wrapf(err, "state of %q", name)
			}
		}
	}
	return nil
}

func (p *pruner) finetune(ctx context.Context, r int) error {
	if p.cfg.Finetune == nil {
		return nil
	}
	cfg := *p.cfg.Finetune
	cfg.Seed = random.Seed(cfg.Seed, "finetune", fmt.Sprint(r))
	if cfg.Loss == nil {
		cfg.Loss = p.cfg.Loss
	}
	t, err := training.New(p.model, p.data, p.parts, cfg)
	if err != nil {
		return errors.Wrap(err, "fine-tune")
	}
	_, err = t.Fit(ctx)
	return errors.Wrap(err, "fine-tune")
}
