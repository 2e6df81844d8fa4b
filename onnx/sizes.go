package onnx

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// affine is a number that may follow the batch size: n + per·batch, exactly and for every batch size.
type affine struct{ n, per int64 }

// loose marks a number that follows the batch size in another way, such as a quotient that is rounded. It is a value
// that nothing may be decided by.
const loose = math.MinInt64

func (a affine) at(batch int) int64 { return a.n + a.per*int64(batch) }

func (a affine) is(n int64) bool { return a == affine{n: n} }

// perAt is how element i follows the batch.
func (c *constant) perAt(i int) int64 {
	if c.per == nil {
		return 0
	}
	return c.per[i]
}

func (c *constant) setPer(i int, per int64) {
	if c.per == nil {
		if per == 0 {
			return
		}
		c.per = make([]int64, c.len())
	}
	c.per[i] = per
}

// follows tells whether a value depends on the batch size.
func (c *constant) follows() bool {
	return slices.ContainsFunc(c.per, func(p int64) bool { return p != 0 })
}

// affineAt gives integer i of a value that is known at the present batch size; false where it is loose.
func (im *importer) affineAt(c *constant, i int) (affine, bool) {
	per := c.perAt(i)
	if per == loose {
		return affine{}, false
	}
	return affine{c.i64[i] - per*int64(im.at.batch), per}, true
}

// affines gives the i-th input of a node as a list of integers that may follow the batch.
func (im *importer) affines(n *node, i int) ([]affine, error) {
	c := im.known(n.in(i))
	if c == nil || c.i64 == nil || len(c.dims) > 1 || c.len() > 1<<10 {
		return nil, unsupportedf("its input %q is not a list of integers that is known before the network runs", n.in(i))
	}
	list := make([]affine, c.len())
	for j := range list {
		var ok bool
		if list[j], ok = im.affineAt(c, j); !ok {
			return nil, unsupportedf("its input %q depends on the batch size in a way that is not followed", n.in(i))
		}
	}
	return list, nil
}

// sizes gives the axes of a value: of a computed one by its lane, of a known one by its dimensions at both batch sizes.
func (im *importer) sizes(name string) ([]affine, error) {
	if v := im.trials[0].values[name]; v != nil {
		list := make([]affine, v.Dims())
		for a, d := range v.Shape() {
			list[a] = affine{n: int64(d)}
			if l := im.lanes[v]; l != nil && l.axis == a {
				list[a] = affine{per: int64(l.outer * l.inner)}
			}
		}
		return list, nil
	}
	var c [2]*constant
	for i, t := range im.trials {
		if c[i] = t.known[name]; c[i] == nil {
			c[i] = im.consts[name]
		}
		if c[i] == nil {
			return nil, unsupportedf("%q is not known before the network runs", name)
		}
	}
	if len(c[0].dims) != len(c[1].dims) {
		return nil, unsupportedf("the number of axes of %q depends on the batch size", name)
	}
	list := make([]affine, len(c[0].dims))
	by := int64(im.trials[1].batch - im.trials[0].batch)
	for a, d := range c[0].dims {
		step := int64(c[1].dims[a] - d)
		if step%by != 0 {
			return nil, unsupportedf("axis %d of %q depends on the batch size in a way that is not followed", a, name)
		}
		list[a] = affine{int64(d) - step/by*int64(im.trials[0].batch), step / by}
	}
	return list, nil
}

// steady refuses what looks at single places of a known value along an axis that the batch size decides.
func (im *importer) steady(name string, axis int) error {
	s, err := im.sizes(name)
	if err == nil && s[axis].per != 0 {
		err = unsupportedf("it takes a part of axis %d of %q, whose size the batch decides", axis, name)
	}
	return err
}

// numbers gives sizes at the present batch.
func (im *importer) numbersOf(s []affine) []int {
	out := make([]int, len(s))
	for i, a := range s {
		out[i] = int(a.at(im.at.batch))
	}
	return out
}

// dimText writes one size as the file would.
func (im *importer) dimText(a affine) string {
	if im.fixed > 0 || a.per == 0 {
		return strconv.FormatInt(a.at(im.fixed), 10)
	}
	text := im.batchName
	if a.per != 1 {
		text = fmt.Sprintf("%d·%s", a.per, text)
	}
	if a.n != 0 {
		text += fmt.Sprintf("%+d", a.n)
	}
	return text
}

// sizesText writes sizes as the file would.
func (im *importer) sizesText(s []affine) string {
	words := make([]string, len(s))
	for i, a := range s {
		words[i] = im.dimText(a)
	}
	return "[" + strings.Join(words, " ") + "]"
}

// declaredText writes sizes as shapeText does those of a declaration.
func (im *importer) declaredText(s []affine) string {
	text := im.sizesText(s)
	return "(" + strings.ReplaceAll(text[1:len(text)-1], " ", ", ") + ")"
}

// shapeOf writes the shape of a value as the file would.
func (im *importer) shapeOf(name string) string {
	s, err := im.sizes(name)
	if err != nil {
		return "unknown"
	}
	return im.sizesText(s)
}

// words makes one text of the same message at the two batch sizes of a file that leaves the batch open: numbers that
// differ follow the batch and are written with its name.
func (im *importer) words(a, b string) string {
	x, y := numbersApart(a), numbersApart(b)
	if len(x) != len(y) {
		return a
	}
	by := int64(im.trials[1].batch - im.trials[0].batch)
	var out strings.Builder
	for i := range x {
		if x[i] == y[i] {
			out.WriteString(x[i])
			continue
		}
		p, err := strconv.ParseInt(x[i], 10, 64)
		q, err2 := strconv.ParseInt(y[i], 10, 64)
		if err != nil || err2 != nil || (q-p)%by != 0 {
			out.WriteString("?")
			continue
		}
		per := (q - p) / by
		out.WriteString(im.dimText(affine{p - per*int64(im.trials[0].batch), per}))
	}
	return out.String()
}

// numbersApart splits a text into runs of digits and what stands between them.
func numbersApart(s string) (parts []string) {
	start, digits := 0, false
	for i, r := range s {
		if d := unicode.IsDigit(r); d != digits {
			parts = append(parts, s[start:i])
			start, digits = i, d
		}
	}
	return append(parts, s[start:])
}
