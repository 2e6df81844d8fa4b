package graph

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A layer with gorgonia.Rectify trains through the fused kernel, with TapeMachine's cost and gradients where
// pre-activations are exactly 0, come from −0, and are not finite.
func TestRectifyTrainsFused(t *testing.T) {
	inf, nan, minus := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	const rows, in, units = 6, 3, 11
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for name, special := range map[string]float64{"0": 0, "−0": minus, "∞": inf, "−∞": -inf, "NaN": nan} {
			t.Run(fmt.Sprint(dt, " ", name), func(t *testing.T) {
				build := func() (*maker, *gorgonia.Node) {
					m := newMaker(t, dt, "rectify")
					y := must(gorgonia.Rectify(m.Plain(m.Input("x", rows, in), "l", units)))
					cost := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.Input("r", rows, units)))))
					if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
						t.Fatal(err)
					}
					// the first row and bias make pre-activations of 0 and of the special number
					x, bias := numbers(t, m.Net.Inputs[0].Value()), numbers(t, m.Net.Params[1].Value())
					copy(x, []float64{0, minus, 0})
					copy(bias, []float64{0, minus, special, -1, 1, 0, minus, 0, 0, special, 0})
					fill(m.Net.Inputs[0].Value(), x)
					fill(m.Net.Params[1].Value(), bias)
					return m, cost
				}
				m, cost := build()
				p := compile(t, m.Net.Graph, Outputs(cost))
				if o := ops(p); !strings.Contains(o, "Dense(rectify)") || !strings.Contains(o, "ActivationGrad(rectify)") {
					t.Errorf("the program is %s", o)
				}
				run(t, p)

				twin, want := build()
				tape := gorgonia.NewTapeMachine(twin.Net.Graph, gorgonia.BindDualValues(twin.Net.Params...))
				defer tape.Close()
				run(t, tape)
				same(t, "cost", numbers(t, cost.Value()), numbers(t, want.Value()), tolerance(dt))
				for i, n := range m.Net.Params {
					same(t, n.Name(), grad(t, n), grad(t, twin.Net.Params[i]), tolerance(dt))
				}
			})
		}
	}
}
