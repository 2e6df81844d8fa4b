package criteria

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// ErrSelection is what errors.Is finds where a selection cannot be made: an amount outside [0, 1), a score that is not
// finite, a layer without units or named twice.
var ErrSelection = errors.New("cannot select")

// Scope says what an amount is a share of.
type Scope string

// The scopes.
const (
	ScopeLayer  Scope = "layer"  // the amount of every layer
	ScopeGlobal Scope = "global" // the amount of all units together, the lowest wherever they are
)

// Scopes is the table of scopes.
var Scopes = settings.NewChoices("scope",
	settings.Named[Scope]{Name: ScopeLayer, Doc: "the amount of every layer"},
	settings.Named[Scope]{Name: ScopeGlobal, Doc: "the amount of all units together"})

// SelectionRows are the options of a selection by name.
func SelectionRows(amount *float64, scope *Scope, floor *int, n *Normalization) settings.Rows {
	return settings.Rows{
		settings.Number("amount", amount, "share of the units to prune, in [0, 1)").In(settings.Fraction),
		Scopes.Row("scope", scope, "what the amount is a share of").Or(ScopeLayer),
		Normalizations.Row("normalisation", n, "of scores before layers are compared, with scope global").
			Else("none for taylor and random, else mean").Like("mean"),
		settings.Count("floor", floor, "units that every layer keeps; 0 is 1, and with scope global 2% of the layer and "+
			"at least as many as classes, but at most half of it").In(settings.AtLeast(0)),
	}
}

// LayerScores are the scores of one layer's units.
type LayerScores struct {
	Layer  string
	Scores []float64
}

// SelectOptions says how many units go and how they are compared.
type SelectOptions struct {
	// Amount is the share of units to remove, in [0, 1).
	Amount float64
	// Scope is ScopeLayer unless set.
	Scope Scope
	// Floor is how many units every layer keeps, 1 unless set. A layer that has no more than that loses none.
	Floor int
	// Floors are those of the layers, in the order given, instead of Floor. [AutoFloor] is a good one where ScopeGlobal
	// could leave next to nothing of a layer.
	Floors []int
	// Normalization is applied to each layer before layers are compared; NormalizeNone unless set. With ScopeLayer
	// nothing is compared, and any other is an error. [Criterion.ResolveNormalization] knows what a criterion's scores need.
	Normalization Normalization
}

// Selection is which units go. Compare Asked with what Removed holds, or print Warnings: amounts are rounded to whole
// units, and floors stand.
type Selection struct {
	Layers  []LayerSelection // in the order given
	Removed []Removal        // lowest score first
	Units   int              // of all layers
	Asked   float64          // amount × units, before rounding
	scope   Scope
	floor   int // of every layer; 0 where each has its own
}

// LayerSelection is one layer's part. Kept and Removed are ascending and together every unit.
type LayerSelection struct {
	Layer         string
	Kept, Removed []int
	Asked         float64 // amount × the layer's units; 0 with ScopeGlobal, where no layer is asked for a share
	Floor         int     // units that it keeps in any case
	Floored       bool    // the floor kept a unit that would have gone
}

// Removal is one unit that goes.
type Removal struct {
	Layer string
	Unit  int
	Score float64 // as given, before normalisation
}

// Select chooses the units with the lowest scores. Of equal scores the earlier layer's, then the lower index, goes
// first.
//
// The number to remove is amount × units to the nearest whole, halves kept. With ScopeGlobal a unit whose layer is at
// its floor is passed over and the next lowest goes in its place. scores are not changed.
func Select(layers []LayerScores, o SelectOptions) (Selection, error) {
	o, err := o.resolve()
	if err != nil {
		return Selection{}, err
	}
	if o.Floors != nil && len(o.Floors) != len(layers) {
		return Selection{}, errors.Wrapf(ErrSelection, "%d floors for %d layers", len(o.Floors), len(layers))
	}
	s := Selection{Layers: make([]LayerSelection, len(layers)), scope: o.Scope}
	if o.Floors == nil {
		s.floor = o.Floor
	}
	queue, err := ranked(layers, o)
	if err != nil {
		return Selection{}, err
	}
	s.Units = len(queue)
	s.Asked = o.Amount * float64(s.Units)

	// What may still go: of each layer above its floor, and of its share (ScopeLayer) or of all (ScopeGlobal).
	spare, share := make([]int, len(layers)), make([]int, len(layers))
	all := whole(s.Asked)
	for i, l := range layers {
		s.Layers[i].Layer, s.Layers[i].Floor = l.Layer, o.Floor
		if o.Floors != nil {
			s.Layers[i].Floor = o.Floors[i]
		}
		spare[i] = max(0, len(l.Scores)-s.Layers[i].Floor)
		share[i] = len(l.Scores)
		if o.Scope == ScopeLayer {
			s.Layers[i].Asked = o.Amount * float64(len(l.Scores))
			share[i] = whole(s.Layers[i].Asked)
			all = s.Units
		}
	}
	for _, c := range queue {
		layer := &s.Layers[c.layer]
		if all == 0 || share[c.layer] == 0 {
			layer.Kept = append(layer.Kept, c.unit)
			continue
		}
		if spare[c.layer] == 0 {
			layer.Kept = append(layer.Kept, c.unit)
			layer.Floored = true
			continue
		}
		all--
		share[c.layer]--
		spare[c.layer]--
		layer.Removed = append(layer.Removed, c.unit)
		s.Removed = append(s.Removed, Removal{layer.Layer, c.unit, layers[c.layer].Scores[c.unit]})
	}
	for i := range s.Layers {
		slices.Sort(s.Layers[i].Kept)
		slices.Sort(s.Layers[i].Removed)
	}
	return s, nil
}

// Warnings says, a line each, where fewer units go than were asked for: the amount rounds to none, or a floor stands.
// [LayerSelection.Floored] says which layers gave less than others for that.
func (s Selection) Warnings() []string {
	var lines []string
	note := func(where string, asked float64, units, removed int, keeps string) {
		switch want := whole(asked); {
		case asked > 0 && want == 0:
			lines = append(lines, fmt.Sprintf("%s: %.3g of %d units rounds to none; nothing is removed", where, asked, units))
		case removed < want:
			lines = append(lines, fmt.Sprintf("%s: %d of %d units asked, %d removed; %s", where, want, units, removed, keeps))
		}
	}
	if s.scope == ScopeGlobal {
		keeps := fmt.Sprintf("every layer keeps at least %d", s.floor)
		if s.floor == 0 {
			keeps = "every layer keeps its floor"
		}
		note("all layers", s.Asked, s.Units, len(s.Removed), keeps)
		return lines
	}
	for _, l := range s.Layers {
		note(fmt.Sprintf("layer %q", l.Layer), l.Asked, len(l.Kept)+len(l.Removed), len(l.Removed),
			fmt.Sprintf("every layer keeps at least %d", l.Floor))
	}
	return lines
}

// AutoFloor is how many units a layer keeps where nothing else is said and layers are compared: 2% of them, and as many
// as there are classes, for scores of one layer say little about the last units of another; at most half of the layer,
// and at least 1. classes is 0 where there are none.
func AutoFloor(units, classes int) int {
	return max(1, min(max((units+49)/50, classes), units/2))
}

func (o SelectOptions) resolve() (SelectOptions, error) {
	err := SelectionRows(&o.Amount, &o.Scope, &o.Floor, &o.Normalization).Resolve()
	switch {
	case errors.Is(err, settings.ErrUnknown):
		return o, err
	case err != nil:
		return o, errors.Wrap(ErrSelection, err.Error())
	}
	if o.Normalization == "" {
		o.Normalization = NormalizeNone
	}
	for _, f := range o.Floors {
		if f < 0 {
			return o, errors.Wrapf(ErrSelection, "floor %d is negative", f)
		}
	}
	if o.Floor == 0 {
		o.Floor = 1
	}
	return o, o.Normalization.suits(o.Scope)
}

// candidate is a unit with the score that it is ranked by.
type candidate struct {
	layer, unit int
	score       float64
}

// ranked returns the units of all layers, the one to go first in front.
func ranked(layers []LayerScores, o SelectOptions) ([]candidate, error) {
	if len(layers) == 0 {
		return nil, errors.Wrap(ErrSelection, "no layers")
	}
	var queue []candidate
	seen := make(map[string]bool, len(layers))
	for i, l := range layers {
		if seen[l.Layer] {
			return nil, errors.Wrapf(ErrSelection, "layer %q is given twice", l.Layer)
		}
		seen[l.Layer] = true
		if len(l.Scores) == 0 {
			return nil, errors.Wrapf(ErrSelection, "layer %q has no units", l.Layer)
		}
		for u, v := range l.Scores {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, errors.Wrapf(ErrSelection, "layer %q: unit %d scores %v", l.Layer, u, v)
			}
		}
		scores, err := Normalize(l.Scores, o.Normalization)
		if err != nil {
			return nil, err
		}
		for u, v := range scores {
			queue = append(queue, candidate{i, u, v})
		}
	}
	slices.SortFunc(queue, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.layer, b.layer), cmp.Compare(a.unit, b.unit))
	})
	return queue, nil
}

// whole rounds to the nearest whole number of units, halves down: when in doubt a unit is kept. The margin covers
// amounts that binary fractions miss by a little (0.15·10).
func whole(units float64) int { return int(math.Ceil(units - 0.5 - 1e-9)) }
