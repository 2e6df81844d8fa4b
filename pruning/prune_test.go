package pruning

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Every criterion, both methods and scopes, a classifier, a regression and a network in float64.
func TestPruneRemovesWhatWasAskedAndNothingElse(t *testing.T) {
	for name, n := range map[string]*net{
		"digits":   digits(t),
		"diabetes": train(t, "diabetes", tensor.Float32, models.Dense(12, models.ReLU), models.Dense(7, models.Sigmoid)),
		"float64":  train(t, "iris", tensor.Float64, models.Dense(9, models.GELU), models.Dense(6, models.LeakyReLU)),
	} {
		before := bits(n.m.Net)
		for _, crit := range criteria.Names() {
			for _, method := range []Method{MaskUnits, RemoveUnits} {
				for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
					t.Run(fmt.Sprintf("%s/%s/%s/%s", name, crit, method, scope), func(t *testing.T) {
						r := n.prune(t, Config{Criterion: criteria.Named(crit), Amount: 0.4, Method: method, Scope: scope, Calibration: 200})
						n.verify(t, r, method)
						if !slices.Equal(before, bits(n.m.Net)) {
							t.Fatal("the original has changed")
						}
						if scope == criteria.ScopeGlobal {
							if want := whole(0.4 * float64(r.Total)); len(r.Units) != want {
								t.Errorf("%d units, want %d", len(r.Units), want)
							}
							return
						}
						for layer, kept := range r.Kept {
							gone := counts(r.Units)[layer]
							if want := whole(0.4 * float64(gone+kept)); gone != want {
								t.Errorf("%s: %d units, want %d", layer, gone, want)
							}
						}
					})
				}
			}
		}
	}
}

// verify checks a pruning without fine-tuning against the original network with the same units masked by hand.
func (n *net) verify(t *testing.T, r *Result, method Method) {
	t.Helper()
	seen := map[string]bool{}
	for _, u := range r.Units {
		at := fmt.Sprint(u.Layer, " ", u.Unit)
		if seen[at] || u.Reason == "" || math.IsNaN(u.Score) {
			t.Errorf("unit %+v", u)
		}
		seen[at] = true
	}
	hand := n.masked(t, r.Units)
	near(t, "pruned, and masked by hand", n.logits(t, hand), n.logits(t, r.Model.Net))
	near(t, "masked, and masked by hand", n.logits(t, hand), n.logits(t, r.Masked.Net))
	left, full := shapes(r.Model.Net), shapes(n.m.Net)
	total := 0
	for layer, kept := range r.Kept {
		gone := counts(r.Units)[layer]
		total += kept + gone
		units := full[layer+".bias"][0]
		if units != kept+gone {
			t.Errorf("%s: %d gone and %d kept of %d", layer, gone, kept, units)
		}
		want := units
		if method == RemoveUnits {
			want = kept
		}
		if left[layer+".bias"][0] != want || left[layer+".weight"][1] != want {
			t.Errorf("%s: weight %v, want %d columns", layer, left[layer+".weight"], want)
		}
	}
	if total != r.Total {
		t.Errorf("total %d, want %d", r.Total, total)
	}
	if method == MaskUnits {
		want := Equivalence{Plain: Plain{Masked: r.Equivalence.Plain.Masked}}
		if m := want.Plain.Masked; r.Equivalence != want || m.CheckedRows != len(n.parts.Val) || !(m.MaxRelDiff <= PlainTolerance) {
			t.Errorf("equivalence %+v of nothing removed", r.Equivalence)
		}
		return
	}
	e := r.Equivalence
	for _, d := range []Difference{e.Plain.Masked, e.Plain.Pruned} {
		if d.CheckedRows != len(n.parts.Val) || !(d.MaxRelDiff <= PlainTolerance) {
			t.Errorf("against the plain program: %+v", e.Plain)
		}
	}
	if e.Checks == 0 || e.CheckedRows != len(n.parts.Val) || !(e.MaxRelDiff <= Tolerance) ||
		e.MaxAbsDiff > 0 != (e.MaxRelDiff > 0) {
		t.Errorf("equivalence %+v", e)
	}
}

// Rounds reach the amount of one shot exactly, layer by layer, and name units by their place in the first network.
func TestRounds(t *testing.T) {
	n := digits(t)
	for _, schedule := range AmountSchedules.Values() {
		for _, method := range []Method{MaskUnits, RemoveUnits} {
			for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
				for _, rounds := range []int{2, 3, 7} {
					t.Run(fmt.Sprintf("%s/%s/%s/%d", schedule, method, scope, rounds), func(t *testing.T) {
						const amount = 0.55
						var infos []RoundInfo
						r := n.prune(t, Config{Criterion: criteria.Named("variance"), Amount: amount, Method: method, Scope: scope, Rounds: rounds,
							Floor: 1, Schedule: schedule, OnRound: func(i RoundInfo) error { infos = append(infos, i); return nil }})
						n.verify(t, r, method)
						for _, w := range r.Warnings { // 16 and 11 units for 10 classes
							if !strings.Contains(w, "fewer than the 10 classes") {
								t.Error(w)
							}
						}
						if len(infos) != rounds {
							t.Fatalf("%d rounds, warnings %v", len(infos), r.Warnings)
						}
						for i, info := range infos {
							a := schedule.At(amount, i+1, rounds)
							want := whole(a*16) + whole(a*11)
							if scope == criteria.ScopeGlobal {
								want = whole(a * 27)
							}
							if info.Round != i+1 || info.Rounds != rounds || info.Amount != a || info.Removed != want ||
								info.Left != 27-want {
								t.Errorf("round %+v, want %d removed", info, want)
							}
						}
						if infos[rounds-1].Amount != amount {
							t.Errorf("amount %v at the end", infos[rounds-1].Amount)
						}
						if method == RemoveUnits && r.Equivalence.Checks != rounds {
							t.Errorf("%d checks", r.Equivalence.Checks)
						}
					})
				}
			}
		}
	}
}

func TestAmounts(t *testing.T) {
	n := digits(t)
	before := n.logits(t, n.m.Net)
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		r := n.prune(t, Config{Criterion: criteria.Named("l2"), Method: method})
		if len(r.Units) != 0 || r.Kept["dense1"] != 16 || r.Kept["dense2"] != 11 || len(r.Warnings) != 0 {
			t.Errorf("amount 0: %+v", r)
		}
		near(t, "amount 0", before, n.logits(t, r.Model.Net))

		r = n.prune(t, Config{Criterion: criteria.Named("l2"), Method: method, Amount: 0.02})
		if len(r.Units) != 0 || len(r.Warnings) != 2 || !strings.Contains(r.Warnings[0], "rounds to none") {
			t.Errorf("an amount that rounds to nothing: %v, %v", r.Units, r.Warnings)
		}
		near(t, "rounds to nothing", before, n.logits(t, r.Model.Net))

		for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
			for _, rounds := range []int{1, 3} {
				r = n.prune(t, Config{Criterion: criteria.Named("l2"), Method: method, Amount: 0.99, Scope: scope, Rounds: rounds,
					Floor: 1})
				n.verify(t, r, method)
				if r.Kept["dense1"] != 1 || r.Kept["dense2"] != 1 || len(r.Warnings) == 0 {
					t.Errorf("%s, %d rounds: amount 0.99 keeps %v, warnings %v", scope, rounds, r.Kept, r.Warnings)
				}
				r = n.prune(t, Config{Criterion: criteria.Named("l2"), Method: method, Amount: 0.9, Floor: 5, Scope: scope, Rounds: rounds})
				n.verify(t, r, method)
				if r.Kept["dense1"] != 5 || r.Kept["dense2"] != 5 {
					t.Errorf("%s, %d rounds: floor 5 keeps %v", scope, rounds, r.Kept)
				}
			}
		}
	}
}

func TestPruneRefuses(t *testing.T) {
	n := digits(t)
	before := bits(n.m.Net)
	holes := *n.d
	holes.X = slices.Clone(n.d.X)
	holes.X[5] = float32(math.NaN())
	bare := *n.d
	bare.Labels = nil
	logistic := train(t, "iris", tensor.Float32)
	noTrain := *n.parts
	noTrain.Train = nil
	for _, c := range []struct {
		n    net
		cfg  Config
		want string
	}{
		{*n, Config{Amount: 1}, "amount is 1: must be a number in [0, 1)"},
		{*n, Config{Amount: -0.1}, "amount is -0.1"},
		{*n, Config{Amount: math.NaN()}, "amount is NaN"},
		{*n, Config{Rounds: -1}, "rounds is -1: must be a whole number >= 1"},
		{*n, Config{Floor: -1}, "floor is -1: must be a whole number >= 0"},
		{*n, Config{Criterion: criteria.Named("entrpy")}, `did you mean "entropy"`},
		{*n, Config{Method: "masks"}, `did you mean "mask"`},
		{*n, Config{Schedule: "cubik"}, `did you mean "cubic"`},
		{*n, Config{Scope: "globl"}, `did you mean "global"`},
		{*n, Config{Layers: []string{"dense1", "dens2"}}, `unknown layer "dens2"`},
		{*n, Config{Layers: []string{"dense3"}}, `unknown layer "dense3"`},
		{*n, Config{Criterion: criteria.Named("l1"), Options: criteria.Options{Bins: 3}}, "l1"},
		{*n, Config{Normalization: criteria.NormalizeMax}, "scope layer"},
		{*n, Config{Features: true}, "method mask"},
		{*n, Config{Finetune: &training.Config{Epochs: 1, Batch: 8}}, "fine-tune: no optimizer"},
		{net{m: n.m, d: &holes, parts: n.parts}, Config{}, "1 missing"},
		{net{m: n.m, d: &bare, parts: n.parts}, Config{}, "no column"},
		{net{m: n.m, d: n.d, parts: &noTrain}, Config{}, "no training rows"},
		{net{m: n.m, d: logistic.d, parts: logistic.parts}, Config{}, "64 features"},
		{*logistic, Config{}, "no unit"},
	} {
		_, err := Prune(t.Context(), c.n.m, c.n.d, c.n.parts, c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q, got %v", c.want, err)
		}
		if err := Verify(c.n.m, c.n.d, c.n.parts, c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Verify: want %q, got %v", c.want, err)
		}
	}
	if err := CutState((*optimizers.Adam)(nil), surgery.Keep{"w": {0: {0}}}); err == nil {
		t.Error("the state of a nil optimizer is cut")
	}
	if !slices.Equal(before, bits(n.m.Net)) {
		t.Error("the model has changed")
	}
	// Labels are asked for only where a criterion looks at them.
	if _, err := Prune(t.Context(), n.m, &bare, n.parts, Config{Criterion: criteria.Named("entropy"), Amount: 0.5}); err != nil {
		t.Error(err)
	}
}

func TestLayers(t *testing.T) {
	n := digits(t)
	for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
		r := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Scope: scope, Layers: []string{"dense2"}})
		if r.Total != 11 || !maps.Equal(counts(r.Units), map[string]int{"dense2": 5}) || !maps.Equal(r.Kept,
			map[string]int{"dense2": 6}) {
			t.Errorf("%s: %+v", scope, r)
		}
		n.verify(t, r, RemoveUnits)
	}
}

// The lowest scores go, and the score in the report is the criterion's.
func TestLowestScoresGo(t *testing.T) {
	n := digits(t)
	r := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5})
	c, err := surgery.Analyze(n.m.Net)
	if err != nil {
		t.Fatal(err)
	}
	stats, err := Evidence(n.m, c, criteria.NeedsWeights, n.d, nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	l2, err := criteria.Lookup("l2")
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range c.Groups {
		scores, err := l2.Score(stats[i], criteria.Options{})
		if err != nil {
			t.Fatal(err)
		}
		highest, gone := 0.0, map[int]bool{}
		for _, u := range r.Units {
			if u.Layer == g.Name {
				gone[u.Unit] = true
				highest = max(highest, u.Score)
				if u.Score != scores[u.Unit] {
					t.Errorf("%s, unit %d: score %v, want %v", g.Name, u.Unit, u.Score, scores[u.Unit])
				}
			}
		}
		for u, s := range scores {
			if !gone[u] && s < highest {
				t.Errorf("%s: unit %d scores %v and stays, %v went", g.Name, u, s, highest)
			}
		}
	}
}

func TestInputFeaturesCanBeMasked(t *testing.T) {
	n := train(t, "wine", tensor.Float32, models.Dense(8, models.ReLU))
	for _, crit := range criteria.Names() {
		r := n.prune(t, Config{Criterion: criteria.Named(crit), Amount: 0.5, Method: MaskUnits, Features: true, Rounds: 2})
		c := counts(r.Units)
		features := 0
		for layer, k := range c {
			if layer != "dense1" {
				features += k
			}
		}
		if features != 6 || c["dense1"] != 4 {
			t.Errorf("%s: %v", crit, c)
		}
		near(t, crit, n.logits(t, n.masked(t, r.Units)), n.logits(t, r.Model.Net))
	}
}

// A model that has masks already: they stay, and only what is live is counted, scored and named.
func TestModelWithMasks(t *testing.T) {
	n := digits(t)
	first := []PrunedUnit{{Unit: 0, Layer: "dense1"}, {Unit: 7, Layer: "dense1"}, {Unit: 15, Layer: "dense1"}, {Unit: 3,
		Layer: "dense2"}}
	partly := *n
	partly.m = n.m.With(n.masked(t, first))
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		for _, rounds := range []int{1, 3} {
			r := partly.prune(t, Config{Criterion: criteria.Named("variance"), Amount: 0.5, Method: method, Rounds: rounds})
			if r.Total != 23 || len(r.Units) != 6+5 {
				t.Errorf("%d of %d units", len(r.Units), r.Total)
			}
			for _, u := range r.Units {
				if slices.ContainsFunc(first, func(f PrunedUnit) bool { return f.Unit == u.Unit && f.Layer == u.Layer }) {
					t.Errorf("%+v was masked already", u)
				}
			}
			both := append(slices.Clone(first), r.Units...)
			near(t, string(method), n.logits(t, n.masked(t, both)), n.logits(t, r.Model.Net))
		}
	}
}

func TestSameSeedSameBits(t *testing.T) {
	defer workers.Set(0)
	n := digits(t)
	run := func(seed uint64, threads int, crit string) *Result {
		workers.Set(threads)
		return n.prune(t, Config{Criterion: criteria.Named(crit), Amount: 0.5, Rounds: 2, Seed: seed, Calibration: 300,
			Finetune: &training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.Adam{}, Seed: seed}})
	}
	for _, crit := range []string{"mutual-information", "taylor", "random"} {
		want := run(1, 1, crit)
		for threads := 1; threads <= 3; threads++ {
			r := run(1, threads, crit)
			if !slices.Equal(r.Units, want.Units) || !slices.Equal(bits(r.Model.Net), bits(want.Model.Net)) ||
				r.Equivalence != want.Equivalence {
				t.Errorf("%s, %d threads: other bits", crit, threads)
			}
		}
		if other := run(2, 1, crit); slices.Equal(bits(other.Model.Net), bits(want.Model.Net)) {
			t.Errorf("%s: another seed gives the same bits", crit)
		}
	}
}

func TestPruningEndsEarly(t *testing.T) {
	n := digits(t)
	before := bits(n.m.Net)
	fine := func() *training.Config {
		return &training.Config{Epochs: 2, Batch: 32, Optimizer: &optimizers.SGD{LearningRate: 0.1}}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg := Config{Criterion: criteria.Named("l2"), Amount: 0.5, Rounds: 3, OnRound: func(RoundInfo) error { cancel(); return nil }}
	if _, err := Prune(ctx, n.m, n.d, n.parts, cfg); !errors.Is(err, training.ErrInterrupted) ||
		!strings.Contains(err.Error(), "round 2 of 3") {
		t.Errorf("between rounds: %v", err)
	}
	cfg.Finetune, cfg.Method = fine(), MaskUnits
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	if _, err := Prune(ctx, n.m, n.d, n.parts, cfg); !errors.Is(err, training.ErrInterrupted) ||
		!strings.Contains(err.Error(), "round 1 of 3") {
		t.Errorf("during fine-tuning: %v", err)
	}
	broken := errors.New("broken")
	cfg = Config{Criterion: criteria.Named("l2"), Amount: 0.5, OnRound: func(RoundInfo) error { return broken }}
	if _, err := Prune(t.Context(), n.m, n.d, n.parts, cfg); !errors.Is(err, broken) {
		t.Errorf("a callback's error: %v", err)
	}
	cfg = Config{Criterion: criteria.Named("l2"), Amount: 0.5, Finetune: fine()}
	cfg.Finetune.Optimizer = &optimizers.SGD{LearningRate: 1e38}
	if _, err := Prune(t.Context(), n.m, n.d, n.parts, cfg); !errors.Is(err, training.ErrDiverged) {
		t.Errorf("divergence: %v", err)
	}
	if !slices.Equal(before, bits(n.m.Net)) {
		t.Error("the model has changed")
	}
}
