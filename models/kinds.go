package models

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// kinds are the types of layer, in the order in which help and documentation show them; Register adds to it.
var kinds = settings.NewRegistry("layer type", func(t LayerType) string { return string(t.Kind) }, ownKinds...)

// ownKinds are the types that come with this package.
var ownKinds = slices.Concat(basicKinds, convKinds, poolKinds, normKinds, shapeKinds, mergeKinds, sequenceKinds,
	attentionKinds, recurrentKinds)

// KindInfo is a row of the table of layers.
type KindInfo struct {
	Name    Kind
	Summary string
	Keys    []string // of a layer of this kind in YAML, beside type
	Options []settings.Description
}

// Kinds lists the kinds of layer, those of Register at the end.
func Kinds() []KindInfo {
	var out []KindInfo
	for _, t := range kinds.All() {
		l := Layer{Kind: t.Kind}
		info := KindInfo{Name: t.Kind, Summary: t.Summary, Keys: t.keys(&l)}
		for _, d := range t.all(&l).Describe() {
			if slices.Contains(info.Keys, d.Name) {
				info.Options = append(info.Options, d)
			}
		}
		out = append(out, info)
	}
	return out
}

// kind finds a row of the table.
func kind(name Kind) (LayerType, error) { return kinds.Lookup(string(name)) }

// maxUnits bounds a layer's width, so that a slip of the keyboard is an error and not an empty memory.
const maxUnits = 1 << 24

// check finds values out of range, and fields that the kind of layer does not read.
func (l Layer) check() error {
	t, err := l.typ()
	if err != nil {
		return err
	}
	known := t.keys(&l)
	for _, r := range t.all(&l).Given() {
		if !slices.Contains(known, r.Name) {
			return errors.Errorf("a layer of this kind has no %s", r.Name)
		}
	}
	if l.Own != nil && t.Settings == nil {
		return errors.New("a layer of this kind has no settings of its own (Own)")
	}
	if err := checkName(l.Name); err != nil {
		return err
	}
	switch n := len(l.Inputs); {
	case t.Inputs == Several && n < 2:
		return errors.Errorf("%d inputs: name two layers or more", n)
	case t.Inputs >= 0 && n > t.reads(), t.Inputs == noInput && n > 0:
		return errors.Errorf("%d inputs: a layer of this kind reads %d", n, t.reads())
	}
	if _, ok := l.Activation.HasSlope(); l.Slope != 0 && !ok {
		return errors.Errorf("slope %v: only %s have one", l.Slope, withSlope())
	}
	if err := t.rows(&l).Resolve(); err != nil {
		return err
	}
	if t.Check == nil {
		return nil
	}
	return t.Check(l)
}

// checkName allows letters, digits, and _ . - / between them, so that a name can stand in front of ".weight" in a file.
func checkName(name string) error {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789.-/", r)) {
			return errors.Errorf("name %q: a name is letters, digits, _, ., - and /, with a letter in front", name)
		}
	}
	return nil
}

func inRange(what string, n int) error {
	if n < 1 || n > maxUnits {
		return errors.Errorf("%s %d: must be from 1 to %d", what, n, maxUnits)
	}
	return nil
}

// positive checks every number of a list.
func positive(what string, list []int) error {
	for _, n := range list {
		if n < 1 || n > maxUnits {
			return errors.Errorf("%s %v: every number must be from 1 to %d", what, list, maxUnits)
		}
	}
	return nil
}

// one is the result of a layer with one node.
func one(n *gorgonia.Node, err error) (gorgonia.Nodes, error) { return gorgonia.Nodes{n}, err }

// wantRank says what a layer takes where the input's rank is another.
func wantRank(x *gorgonia.Node, what string, ranks ...int) error {
	if !slices.Contains(ranks, len(x.Shape())) {
		return errors.Errorf("it takes %s, and gets %s", what, shapeText(x))
	}
	return nil
}

// shapeText writes a shape with N for the batch.
func shapeText(x *gorgonia.Node) string {
	var b strings.Builder
	b.WriteString("(N")
	for _, d := range x.Shape()[1:] {
		b.WriteString(", ")
		b.WriteString(itoa(d))
	}
	return b.String() + ")"
}
