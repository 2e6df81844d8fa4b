package op

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Dense is a fully connected layer with its activation fused: y = act(x·W + b).
//
//	x (batch, in)   W (in, out)   b (out)   →   y (batch, out)
//
// Slope is read by leaky ReLU alone.
func Dense(x, w, b *gorgonia.Node, act Activation, slope float64) (*gorgonia.Node, error) {
	if err := checkActivation(act, slope); err != nil {
		return nil, err
	}
	return Apply(DenseLayer{Act: act, Slope: slopeOf(act, slope)}, x, w, b)
}

// DenseLayer is the Room of Dense.
type DenseLayer struct {
	Act   Activation
	Slope float64
}

func (d DenseLayer) String() string { return "Dense(" + actString(d.Act, d.Slope) + ")" }
func (DenseLayer) Signature() Signature {
	return Signature{In: []Rank{Matrix, Matrix, Vector}, Out: Matrix}
}
func (DenseLayer) Wrt() []bool { return []bool{true, true, true} }

// Activation implements Activated.
func (d DenseLayer) Activation() (Activation, float64) { return d.Act, d.Slope }

// WithActivation implements Activated.
func (DenseLayer) WithActivation(act Activation, slope float64) Room { return DenseLayer{act, slope} }

// Shape implements Room.
func (DenseLayer) Shape(in []tensor.Shape) (tensor.Shape, error) {
	x, w, b := in[0], in[1], in[2]
	if len(x) != 2 || len(w) != 2 || x[1] != w[0] || b.TotalSize() != w[1] {
		return nil, errors.Errorf("x %v, weight %v and bias %v do not fit: want (batch, in), (in, out), (out)", x, w, b)
	}
	return tensor.Shape{x[0], w[1]}, nil
}

// MACs implements Coster.
func (DenseLayer) MACs(in []tensor.Shape, _ tensor.Shape) int64 {
	return int64(in[0][0]) * int64(in[1][0]) * int64(in[1][1])
}

// Couple implements Coupler.
func (DenseLayer) Couple(t Ties) {
	t.Tie(In(0, 0), Out(0))
	t.Contract(In(0, 1), In(1, 0))
	t.Tie(In(1, 1), In(2, 0))
	t.Tie(In(1, 1), Out(1))
}

// Bind implements Room.
func (d DenseLayer) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	n := in[1].Shape()
	return bind(d, out, in, bindDense[float32](d, n[0], n[1]), bindDense[float64](d, n[0], n[1]))
}

func bindDense[T kernels.Float](d DenseLayer, in, units int) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		batch := rowsOf(len(a.out), units)
		return func() error {
			kernels.GemmBiasAct(false, false, batch, units, in, a.in[0], in, a.in[1], units, a.in[2],
				d.Act, T(d.Slope), a.out, units)
			return nil
		}
	}
}

// Grad implements Differentiable. With dz = dy·act'(z): dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ_rows dz.
func (d DenseLayer) Grad(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w, b := in[0], in[1], in[2]
	var z *gorgonia.Node
	var err error
	if d.Act == GELU { // not invertible: the pre-activation is computed again
		if z, err = Apply(DenseLayer{}, x, w, b); err != nil {
			return nil, err
		}
	}
	dz, err := activationGrad(d.Act, d.Slope, z, out, grad)
	if err != nil {
		return nil, err
	}
	dx, err := Apply(MatMul{TransB: true}, dz, w)
	if err != nil {
		return nil, err
	}
	dw, err := Apply(MatMul{TransA: true}, x, dz)
	if err != nil {
		return nil, err
	}
	db, err := Apply(ColumnSums{}, dz)
	return gorgonia.Nodes{dx, dw, db}, err
}

// Export implements Exporter.
func (d DenseLayer) Export(em Emitter, in []string, out string, _ []tensor.Shape) error {
	if d.Act == Identity {
		em.Node("Gemm", in, out)
		return nil
	}
	z := em.Temp("dense")
	em.Node("Gemm", in, z)
	return emitActivation(em, d.Act, d.Slope, z, out)
}

// rowsOf is size/cols for tensors that may be empty.
func rowsOf(size, cols int) int {
	if cols == 0 {
		return 0
	}
	return size / cols
}
