package op

import (
	"fmt"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/gemm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Dense is a fully connected layer with its activation fused: y = act(x·W + b), over the last axis of x.
//
//	x (batch, …, in)   W (in, out)   b (out)   →   y (batch, …, out)
//
// Slope is read by leaky ReLU alone.
func Dense(x, w, b *gorgonia.Node, act Activation, slope float64) (*gorgonia.Node, error) {
	if err := checkActivation(act, slope); err != nil {
		return nil, err
	}
	if err := dims("dense", x, w, b); err != nil {
		return nil, err
	}
	return Apply(DenseLayer{Act: act, Slope: slopeOf(act, slope), More: max(len(x.Shape())-2, 0)}, x, w, b)
}

// Linear is Dense, of which b may be nil.
func Linear(x, w, b *gorgonia.Node, act Activation, slope float64) (*gorgonia.Node, error) {
	if b != nil {
		return Dense(x, w, b, act, slope)
	}
	if err := checkActivation(act, slope); err != nil {
		return nil, err
	}
	y, err := BatchMatMul(x, w, false, false)
	if err != nil || act == Identity {
		return y, err
	}
	return Activate(y, act, slope)
}

// DenseLayer is the Definition of Dense.
type DenseLayer struct {
	Act   Activation
	Slope float64
	More  int // axes of x between the batch and the last
}

var _ interface {
	Coster
	Coupler
	Differentiable
	Exporter
	Packer
	filtered
} = DenseLayer{}

func (d DenseLayer) String() string {
	if d.More > 0 {
		return fmt.Sprintf("Dense(%s, rank %d)", actString(d.Act, d.Slope), d.More+2)
	}
	return "Dense(" + actString(d.Act, d.Slope) + ")"
}

// Signature implements Definition.
func (d DenseLayer) Signature() Signature {
	rank := Rank(d.More + 2)
	return Signature{In: []Rank{rank, Matrix, Vector}, Out: rank}
}
func (DenseLayer) Wrt() []bool { return []bool{true, true, true} }

// Activation implements Activated.
func (d DenseLayer) Activation() (Activation, float64) { return d.Act, d.Slope }

// WithActivation implements Activated.
func (d DenseLayer) WithActivation(act Activation, slope float64) Definition {
	return DenseLayer{act, slope, d.More}
}

// FilterAxes implements filtered.
func (d DenseLayer) FilterAxes() (weights, out int) { return 1, d.More + 1 }

// HasBias implements filtered.
func (DenseLayer) HasBias() bool { return true }

// Biased implements filtered.
func (d DenseLayer) Biased() Definition { return d }

// Shape implements Definition.
func (d DenseLayer) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x, w, b := in[0], in[1], in[2]
	last := d.More + 1
	if len(x) != last+1 || len(w) != 2 || x[last] != w[0] || b.TotalSize() != w[1] {
		return nil, errors.Errorf("x %v, weight %v and bias %v do not fit: want (batch, …, in), (in, out), (out)", x, w, b)
	}
	out := x.Clone()
	out[last] = w[1]
	return out, nil
}

// MACs implements Coster.
func (DenseLayer) MACs(in []tensor.Shape, _ tensor.Shape) int64 {
	return int64(in[0].TotalSize()) * int64(in[1][1])
}

// Couple implements Coupler.
func (d DenseLayer) Couple(t Ties) {
	last := d.More + 1
	for k := range last {
		t.Tie(In(0, k), Out(k))
	}
	t.Contract(In(0, last), In(1, 0))
	t.Tie(In(1, 1), In(2, 0))
	t.Tie(In(1, 1), Out(last))
}

// Bind implements Definition.
func (d DenseLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	return d.BindPacked(out, in, nil)
}

// Packs implements Packer.
func (DenseLayer) Packs(dt tensor.Dtype, in []tensor.Shape) (Factor, bool) {
	w := in[1]
	return worthPacking(dt, false, rowsOf(in[0].TotalSize(), w[0]), Factor{Input: 1, Rows: w[0], Cols: w[1]})
}

// BindPacked implements Packer.
func (d DenseLayer) BindPacked(out gorgonia.Value, in []gorgonia.Value, p Panels) (Kernel, error) {
	if err := readable(p); err != nil {
		return nil, errors.Wrapf(err, "%v", d)
	}
	n := in[1].Shape()
	return bind(d, out, in, bindDense[float32](d, n[0], n[1], p), bindDense[float64](d, n[0], n[1], p))
}

func bindDense[T kernels.Float](d DenseLayer, in, units int, p Panels) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		batch := rowsOf(len(a.out), units)
		act, rest := fused(d.Act, d.Slope, a.out)
		if w := panelsOf[T](p); w != nil {
			return after(func() error {
				gemm.GemmPacked(false, batch, a.in[0], in, w, a.in[2], act, T(d.Slope), a.out, units)
				return nil
			}, rest)
		}
		return after(func() error {
			gemm.GemmBiasAct(false, false, batch, units, in, a.in[0], in, a.in[1], units, a.in[2],
				act, T(d.Slope), a.out, units)
			return nil
		}, rest)
	}
}

// Grad implements Differentiable. With dz = dy·act'(z): dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ_rows dz.
func (d DenseLayer) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w, b := in[0], in[1], in[2]
	var z *gorgonia.Node
	var err error
	if d.Act.NeedsInput() { // the pre-activation is computed again
		if z, err = Apply(DenseLayer{More: d.More}, x, w, b); err != nil {
			return nil, err
		}
	}
	dz, err := activationGrad(d.Act, d.Slope, z, out, grad)
	if err != nil {
		return nil, err
	}
	dx, err := BatchMatMul(dz, w, false, true)
	if err != nil {
		return nil, err
	}
	dw, err := weightGrad(x, dz, false)
	if err != nil {
		return nil, err
	}
	if dz, err = asRows(dz); err != nil {
		return nil, err
	}
	db, err := Apply(columnSums{}, dz)
	return gorgonia.Nodes{dx, dw, db}, err
}

// Export implements Exporter.
func (d DenseLayer) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	z := out
	if d.Act != Identity {
		z = em.Temp("dense")
	}
	if d.More == 0 {
		em.Node("Gemm", in, z)
	} else { // Gemm is for matrices alone
		product := em.Temp("product")
		em.Node("MatMul", in[:2], product)
		em.Node("Add", []string{product, in[2]}, z)
	}
	if d.Act == Identity {
		return nil
	}
	return emitActivation(em, d.Act, d.Slope, z, out)
}

// rowsOf is size/cols for tensors that may be empty.
func rowsOf(size, cols int) int {
	if cols == 0 {
		return 0
	}
	return size / cols
}
