package optimizers_test

import (
	"fmt"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// SAM in a loop of one's own: the machine runs a second time where Perturb has moved the weights.
func ExampleSAM() {
	g := gorgonia.NewGraph()
	w := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithValue(2.0))
	cost := gorgonia.Must(gorgonia.Square(w))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		fmt.Println(err)
	}
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(w))
	defer vm.Close()

	model := gorgonia.NodesToValueGrads(gorgonia.Nodes{w})
	opt := &optimizers.SAM{Inner: &optimizers.SGD{LearningRate: 0.1}, Rho: 0.5}
	for range 3 {
		must(vm.RunAll())
		moved, err := opt.Perturb(model)
		must(err)
		if vm.Reset(); moved {
			must(vm.RunAll())
			vm.Reset()
		}
		must(opt.Step(model))
		fmt.Printf("%.3f\n", w.Value().Data())
	}
	// Output:
	// 1.500
	// 1.100
	// 0.780
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
