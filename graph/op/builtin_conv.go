package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// patches is Gorgonia's im2col, the first step of its Conv2d: x (batch, channels, height, width) becomes (batch, height',
// width', channels·kernel), all that each place of the kernel sees. It runs through its own Do where nothing better is
// known; a rewritten network has a Conv2D for the whole of it.
type patches struct {
	ConvConfig       ConvConfig
	KernelH, KernelW int
}

var _ interface {
	Binder
	Coupler
} = patches{}

func parsePatches(_ gorgonia.Op, f private.Fields) any {
	return patches{ConvConfig{
		Stride: [2]int{f.Int("strideH"), f.Int("strideW")}, Dilation: [2]int{f.Int("dilationH"), f.Int("dilationW")},
		Pads: [4]int{f.Int("padH"), f.Int("padW"), f.Int("padH"), f.Int("padW")},
	}, f.Int("h"), f.Int("w")}
}

// Couple implements Coupler: a channel owns its columns, which go with it.
func (p patches) Couple(t Ties) {
	const geometry = "the geometry of a convolution"
	t.Tie(In(0, 0), Out(0))
	for _, a := range []Axis{In(0, 2), In(0, 3), Out(1), Out(2)} {
		t.Freeze(a, geometry)
	}
	kernel := p.KernelH * p.KernelW
	for c := range t.Dims(0)[1] {
		own := make([]int, kernel)
		for i := range own {
			own[i] = c*kernel + i
		}
		t.Own(In(0, 1), c, Out(3), own)
	}
	t.Bound(Out(3), "a place of a kernel goes with its channel")
}

// Bind implements Binder: it never has a kernel.
func (patches) Bind(gorgonia.Value, []gorgonia.Value) (Kernel, error) { return nil, ErrNoKernel }

// convolution recognises what gorgonia.Conv2d is made of, up to its last transposition:
//
//	transpose(reshape(patches(x) as rows · (filters as rows)ᵀ), 0, 3, 1, 2)
func convolution(t transposition, in *gorgonia.Node) (x, w *gorgonia.Node, c ConvConfig, ok bool) {
	if len(t.Perm) != 4 || t.Perm[0] != 0 || t.Perm[1] != 3 || t.Perm[2] != 1 || t.Perm[3] != 2 || !isReshape(in) {
		return
	}
	product := Children(in)[0]
	if product.Op() == nil {
		return
	}
	if Describe(product.Op()) != (Desc{Kind: KindMatMul, TransB: true}) {
		return
	}
	rows, filters := Children(product)[0], Children(product)[1]
	if !isReshape(rows) || !isReshape(filters) {
		return
	}
	columns, w := Children(rows)[0], Children(filters)[0]
	if columns.Op() == nil {
		return
	}
	p, isPatches := builtin(columns.Op()).(patches)
	if !isPatches {
		return
	}
	x = Children(columns)[0]
	s, f := columns.Shape(), w.Shape()
	want := tensor.Shape{s[0], s[1], s[2], product.Shape()[1]}
	ok = len(f) == 4 && f[1] == x.Shape()[1] && f[2] == p.KernelH && f[3] == p.KernelW && sameDims(in.Shape(), want) &&
		sameDims(rows.Shape(), tensor.Shape{s[0] * s[1] * s[2], s[3]}) && sameDims(filters.Shape(), tensor.Shape{f[0], s[3]})
	return x, w, p.ConvConfig, ok
}

func isReshape(n *gorgonia.Node) bool { return IsView(n.Op()) }

// poolOf reads the geometry of Gorgonia's poolings. With four pads it means what the documentation says, top, bottom,
// left, right, which its own Do gets wrong.
func poolOf(f private.Fields) PoolConfig {
	return PoolConfig{
		Kernel: [2]int{f.Int("h"), f.Int("w")}, Stride: [2]int{f.Int("strideH"), f.Int("strideW")}, Dilation: [2]int{1, 1},
		Pads: [4]int{f.Int("padNorth"), f.Int("padWest"), f.Int("padSouth"), f.Int("padEast")},
	}
}

func parseMaxPool(_ gorgonia.Op, f private.Fields) any { return MaxPooling{poolOf(f)} }

// parseAvgPool knows gorgonia.AveragePool2D. It is the average here; Gorgonia's own Do divides the sum by the width of
// the image.
func parseAvgPool(_ gorgonia.Op, f private.Fields) any {
	c := poolOf(f)
	c.CountIncludePad = true
	return avgPooling{c}
}

// poolDiff is the gradient of a pooling of Gorgonia's. Inputs: x, the result and its gradient.
type poolDiff struct {
	PoolConfig
	average bool
}

var _ Binder = poolDiff{}

func parseMaxPoolDiff(_ gorgonia.Op, f private.Fields) any {
	of, err := f.Inside("maxPoolOp")
	if err != nil {
		return err
	}
	return poolDiff{PoolConfig: poolOf(of)}
}

func parseAvgPoolDiff(_ gorgonia.Op, f private.Fields) any {
	of, err := f.Inside("avgPoolOp")
	if err != nil {
		return err
	}
	c := poolOf(of)
	c.CountIncludePad = true
	return poolDiff{c, true}
}

// Bind implements Binder.
func (p poolDiff) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if p.average {
		s := in[0].Shape()
		return avgPoolGrad{p.PoolConfig, s[2], s[3]}.Bind(out, in[2:])
	}
	return MaxPoolGrad{p.PoolConfig}.Bind(out, []gorgonia.Value{in[0], in[2]})
}

// parseGlobalAvg knows gorgonia.GlobalAveragePool2D, which keeps the axes of space with size 1.
func parseGlobalAvg(gorgonia.Op, private.Fields) any {
	return reduction{Kind: ReduceMean, Rank: 4, Axes: []int{2, 3}, KeepDims: true}
}

// upsample is gorgonia.Upsample2D, which repeats every row and column.
type upsample struct{ scale int }

var _ interface {
	Binder
	Coupler
	Exporter
} = upsample{}

func parseUpsample(_ gorgonia.Op, f private.Fields) any {
	return upsample{f.Int("stride") + 1}
}

// Couple implements Coupler.
func (upsample) Couple(t Ties) { couplePooling(t) }

// Export implements Exporter.
func (u upsample) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	s := float64(u.scale)
	scales := em.Single("scales", tensor.New(tensor.WithBacking([]float64{1, 1, s, s}), tensor.WithShape(4)))
	em.Node("Resize", []string{in[0], "", scales}, out, Attr{"mode", "nearest"},
		Attr{"coordinate_transformation_mode", "asymmetric"}, Attr{"nearest_mode", "floor"})
	return nil
}

// Bind implements Binder.
func (u upsample) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	s, n := in[0].Shape(), u.scale
	if len(s) != 4 {
		return nil, ErrNoKernel
	}
	plan := kernels.NewStrided([]int{s[0] * s[1], s[2], n, s[3], n}, []int{s[2] * s[3], s[3], 0, 1, 0}, 0)
	return bind(exec{"upsample"}, out, in, bindGather[float32](plan), bindGather[float64](plan))
}
