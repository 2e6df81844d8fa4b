package optimizers_test

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// BenchmarkStep steps the six parameters of a 100-64-32-10 network. The rest of a step, beside its kernels, is what the
// network of scalars shows.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name   string
		shapes [][]int
	}{
		{"100-64-32-10", [][]int{{100, 64}, {1, 64}, {64, 32}, {1, 32}, {32, 10}, {1, 10}}},
		{"scalars", [][]int{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}},
	} {
		for _, name := range []string{"sgd", "adam", "adamw"} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				g := gorgonia.NewGraph()
				var model []gorgonia.ValueGrad
				for i, s := range c.shapes {
					v := func() tensor.Tensor { return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(s...)) }
					model = append(model, gorgonia.NewMatrix(g, tensor.Float32, gorgonia.WithShape(s...),
						gorgonia.WithName(fmt.Sprintf("dense%d/%d", i/2, i)), gorgonia.WithValue(v()), gorgonia.WithGrad(v())))
				}
				o := mustNew(b, name, nil)
				o.Options().NonFinite = optimizers.Fail
				for b.Loop() {
					if err := o.Step(model); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
