package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// Padding is what a convolution or a pool puts around space. It is an option of theirs; the zero value is Valid.
type Padding struct {
	same bool
	pads []int
}

// The paddings that have a name.
var (
	// Valid is none.
	Valid = Padding{}
	// Same is as much as it takes for ⌈size/stride⌉ results along each axis, an odd one at the end, as ONNX's SAME_UPPER.
	Same = Padding{same: true}
)

// Pad is a padding in numbers: one for all sides, one for each axis (top and bottom, left and right), or one for each
// side in ONNX's order: top, left, bottom, right.
func Pad(sizes ...int) Padding { return Padding{pads: sizes} }

func (p Padding) apply(l *Layer) { l.Padding = p }

// String is how YAML writes it.
func (p Padding) String() string {
	switch {
	case p.same:
		return "same"
	case len(p.pads) == 0:
		return "valid"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(p.pads), "[]"), " ", ", ")
}

// Equal tells whether two say the same.
func (p Padding) Equal(q Padding) bool { return p.same == q.same && slices.Equal(p.pads, q.pads) }

// ParsePadding reads "same", "valid" or numbers with commas between them.
func ParsePadding(text string) (Padding, error) {
	switch text {
	case "same":
		return Same, nil
	case "valid":
		return Valid, nil
	}
	var sizes []int
	for _, f := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil {
			return Valid, suggest.Unknown("padding", text, []string{"same", "valid", "a number"})
		}
		sizes = append(sizes, n)
	}
	return Pad(sizes...), nil
}

// check says what is wrong with the numbers, for that many axes of space.
func (p Padding) check(axes int) error {
	if n := len(p.pads); n > 1 && n != axes && n != 2*axes {
		return errors.Errorf("padding %v: give one number, %d or %d", p, axes, 2*axes)
	}
	for _, n := range p.pads {
		if n < 0 || n > maxWindow {
			return errors.Errorf("padding %v: every number must be from 0 to %d", p, maxWindow)
		}
	}
	return nil
}

// sides are the rows of padding before and after each axis of space: all that stand before, then all that stand after.
func (p Padding) sides(space, kernel, stride, dilation []int) []int {
	n := len(space)
	out := make([]int, 2*n)
	for i := range n {
		switch {
		case p.same:
			results := (space[i] + stride[i] - 1) / stride[i]
			total := max(0, (results-1)*stride[i]+(kernel[i]-1)*dilation[i]+1-space[i])
			out[i], out[n+i] = total/2, total-total/2
		case len(p.pads) == 1:
			out[i], out[n+i] = p.pads[0], p.pads[0]
		case len(p.pads) == n:
			out[i], out[n+i] = p.pads[i], p.pads[i]
		case len(p.pads) == 2*n:
			out[i], out[n+i] = p.pads[i], p.pads[n+i]
		}
	}
	return out
}

// maxWindow bounds kernels, strides, dilations and paddings.
const maxWindow = 1 << 12

// window is a kernel with how it moves over space.
type window struct{ kernel, stride, dilation, pads []int }

// checkWindow checks the numbers of a layer that moves a window over so many axes of space.
func checkWindow(l Layer, axes int) error {
	if len(l.Kernel) == 0 {
		return errors.New("kernel: it needs a size")
	}
	for _, f := range []struct {
		name string
		list []int
	}{{"kernel", l.Kernel}, {"stride", l.Stride}, {"dilation", l.Dilation}} {
		if n := len(f.list); n > 1 && n != axes {
			return errors.Errorf("%s %v: give one number or %d", f.name, f.list, axes)
		}
		for _, v := range f.list {
			if v < 1 || v > maxWindow {
				return errors.Errorf("%s %v: every number must be from 1 to %d", f.name, f.list, maxWindow)
			}
		}
	}
	return l.Padding.check(axes)
}

// window puts numbers for each axis in, and checks that the kernel fits into the padded space.
func (l Layer) window(space []int) (window, error) {
	each := func(list []int, otherwise int) []int {
		out := make([]int, len(space))
		for i := range out {
			switch len(list) {
			case 0:
				out[i] = otherwise
			case 1:
				out[i] = list[0]
			default:
				out[i] = list[i]
			}
		}
		return out
	}
	w := window{kernel: each(l.Kernel, 1), stride: each(l.Stride, 1), dilation: each(l.Dilation, 1)}
	w.pads = l.Padding.sides(space, w.kernel, w.stride, w.dilation)
	for i, size := range space {
		reach := (w.kernel[i]-1)*w.dilation[i] + 1
		if padded := size + w.pads[i] + w.pads[len(space)+i]; reach > padded {
			return w, errors.Errorf("its window of %s does not fit into %s: axis %d has %d with padding, and it needs %d",
				times(w.kernel), times(space), i+2, padded, reach)
		}
	}
	return w, nil
}

// times writes sizes as 5×5.
func times(sizes []int) string {
	parts := make([]string, len(sizes))
	for i, n := range sizes {
		parts[i] = itoa(n)
	}
	return strings.Join(parts, "×")
}

// Kernel sets the sizes of a window that is not square: height and width.
func Kernel(sizes ...int) LayerOption { return optionFunc(func(l *Layer) { l.Kernel = sizes }) }

// Stride sets by how much a window moves: one number for all axes of space, or one for each.
func Stride(sizes ...int) LayerOption { return optionFunc(func(l *Layer) { l.Stride = sizes }) }

// Dilation sets the distance between the elements that a kernel reads: one number for all axes of space, or one for each.
func Dilation(sizes ...int) LayerOption { return optionFunc(func(l *Layer) { l.Dilation = sizes }) }

// Groups makes a convolution work on that many groups of channels, each by itself.
func Groups(n int) LayerOption { return optionFunc(func(l *Layer) { l.Groups = n }) }
