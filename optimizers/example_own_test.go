package optimizers_test

import (
	"fmt"
	"math"

	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// cubeRoot replaces the update by the cube root of its running mean.
type cubeRoot struct{ decay float64 }

func (c *cubeRoot) Layout() transform.Layout {
	return transform.Layout{Name: "cube root", Slots: []transform.Slot{{Name: "mean"}}}
}
func (c *cubeRoot) Float32(u *transform.Update[float32]) { cubeRootStep(c, u) }
func (c *cubeRoot) Float64(u *transform.Update[float64]) { cubeRootStep(c, u) }

func cubeRootStep[T transform.Float](c *cubeRoot, u *transform.Update[T]) {
	mean := u.Slots[0]
	for i, g := range u.U {
		mean[i] = T(c.decay)*mean[i] + T(1-c.decay)*g
		u.U[i] = T(math.Cbrt(float64(mean[i])))
	}
}

// An optimizer of one's own: a transform, and a Chain with it. Saving, resuming and cutting its state come with it.
func ExampleChain() {
	opt := &optimizers.Chain{Method: "cube root", LearningRate: 0.1,
		Links: []transform.Transform{&cubeRoot{decay: 0.5}, &transform.Rate{}}}
	opt.Schedule = &optimizers.Cosine{Steps: 100}

	g := gorgonia.NewGraph()
	w := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(3),
		gorgonia.WithValue(tensor.New(tensor.WithBacking([]float64{1, 2, 3}))),
		gorgonia.WithGrad(tensor.New(tensor.WithBacking([]float64{2, 16, 54}))))
	if err := opt.Step(gorgonia.NodesToValueGrads(gorgonia.Nodes{w})); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.2f\n", w.Value().Data())

	_ = opt.Cut("w", 0, []int{0, 2}) // the second weight was pruned
	fmt.Println(opt.State().Param("w").Slots)
	// Output:
	// [0.90 1.80 2.70]
	// [{mean [] [1 27]}]
}
