package models

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// layerKind is a row of the table of kinds: all that is known of one.
type layerKind struct {
	name    Kind
	summary string
	ins     int    // how many layers it reads; many for two or more
	fields  string // the keys that it reads beside type, name and inputs; any other is an error
	wants   string // the form of its input where that matters: image, sequence, signal or ids
	reforms bool   // its output has another form than its input
	check   func(Layer) error
	// build adds the layer, whose name is set, to the graph. All but a split give one node.
	build func(b *builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error)
}

// many is the number of inputs of a layer that takes two or more.
const many = -1

// What a kind may want of its input.
const (
	image    = "image"    // (N, channels, height, width)
	sequence = "sequence" // (N, tokens, features)
	signal   = "signal"   // (N, channels, length)
	ids      = "ids"      // (N, tokens) whole numbers
)

var kinds = settings.NewRegistry("layer type", func(k layerKind) string { return string(k.name) },
	slices.Concat(basicKinds, convKinds, poolKinds, normKinds, shapeKinds, mergeKinds, sequenceKinds, attentionKinds,
		recurrentKinds)...)

// KindInfo is a row of the table of layers.
type KindInfo struct {
	Name    Kind
	Summary string
	Keys    []string // of a layer of this kind in YAML, beside type
	Options []settings.Description
}

// Kinds lists the kinds of layer.
func Kinds() []KindInfo {
	var out []KindInfo
	rows := new(Layer).rows()
	for _, k := range kinds.All() {
		info := KindInfo{Name: k.name, Summary: k.summary, Keys: k.keys()}
		for _, d := range rows.Describe() {
			if slices.Contains(info.Keys, d.Name) {
				info.Options = append(info.Options, d)
			}
		}
		out = append(out, info)
	}
	return out
}

// kind finds a row of the table.
func kind(name Kind) (layerKind, error) { return kinds.Lookup(string(name)) }

// maxUnits bounds a layer's width, so that a slip of the keyboard is an error and not an empty memory.
const maxUnits = 1 << 24

// check finds values out of range, and fields that the kind of layer does not read.
func (l Layer) check() error {
	k, err := kind(l.Kind)
	if err != nil {
		return err
	}
	known := k.keys()
	for _, r := range l.rows().Given() {
		if !slices.Contains(known, r.Name) {
			return errors.Errorf("a layer of this kind has no %s", r.Name)
		}
	}
	if err := checkName(l.Name); err != nil {
		return err
	}
	switch n := len(l.Inputs); {
	case k.ins == many && n < 2:
		return errors.Errorf("%d inputs: name two layers or more", n)
	case k.ins >= 0 && n > k.ins:
		return errors.Errorf("%d inputs: a layer of this kind reads %d", n, k.ins)
	}
	if l.Slope != 0 && l.Activation != op.LeakyReLU {
		return errors.Errorf("slope %v: only %v has one", l.Slope, op.LeakyReLU)
	}
	if k.check == nil {
		return nil
	}
	return k.check(l)
}

// keys are those that a layer of the kind may have beside its type.
func (k layerKind) keys() []string {
	keys := []string{"name"}
	if k.ins != 0 {
		keys = append(keys, "inputs")
	}
	return append(keys, strings.Fields(k.fields)...)
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
