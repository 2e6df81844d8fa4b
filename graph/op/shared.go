package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gorgonia has its scalar constants (0, 1, 2, 3, ln 2 …) once for all graphs, and writes the hash of one into it when a
// graph takes it in for the first time. Two goroutines that build or differentiate networks of their own would write it
// at the same time. So each constant is taken in once before any goroutine is there; from then on it is only read.
func init() {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, f := range usersOfConstants {
			g := gorgonia.NewGraph()
			x := gorgonia.NewScalar(g, dt, gorgonia.WithName("x"))
			if y, err := f(x); err == nil {
				_, _ = gorgonia.Grad(y, x) // the gradient of a function may use a constant that the function does not
			}
		}
	}
}

// usersOfConstants take in every constant that Gorgonia's graphs have in common; which one each is for stands beside it.
var usersOfConstants = []func(*gorgonia.Node) (*gorgonia.Node, error){
	gorgonia.Rectify, // 0, and the 1 of every gradient
	gorgonia.Square,  // 2
	gorgonia.Cube,    // 3
	gorgonia.Log2,    // ln 2
}
