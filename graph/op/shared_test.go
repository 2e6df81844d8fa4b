package op_test

import (
	"os"
	"os/exec"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Graphs that goroutines build and differentiate side by side share nothing that is written: what the race detector is
// asked in a process of its own, for only the first use of a constant writes it.
func TestGraphsSideBySide(t *testing.T) {
	const inner = "GTRAIN_TEST_GRAPHS_SIDE_BY_SIDE"
	if os.Getenv(inner) == "" {
		for range 8 { // it sees a race in one process of four
			c := exec.Command(os.Args[0], "-test.run=^TestGraphsSideBySide$")
			c.Env = append(os.Environ(), inner+"=1")
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		return
	}
	// Rectify, Conv2d and the poolings are not here: they count the groups of a drawing in a variable that Gorgonia has for
	// itself. Networks of this module do not call them.
	unary := map[string]func(*gorgonia.Node) (*gorgonia.Node, error){
		"abs": gorgonia.Abs, "cube": gorgonia.Cube, "exp": gorgonia.Exp, "inverse": gorgonia.Inverse,
		"inverse sqrt": gorgonia.InverseSqrt, "log": gorgonia.Log, "log1p": gorgonia.Log1p, "log2": gorgonia.Log2,
		"log sigmoid": func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Log(must(gorgonia.Sigmoid(x))) },
		"mish":        gorgonia.Mish, "neg": gorgonia.Neg, "sigmoid": gorgonia.Sigmoid,
		"softplus": gorgonia.Softplus, "sqrt": gorgonia.Sqrt, "square": gorgonia.Square, "tanh": gorgonia.Tanh,
		"expm1": gorgonia.Expm1, "cos": gorgonia.Cos, "sin": gorgonia.Sin,
		"leaky relu": func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.LeakyRelu(x, 0.1) },
		"xent":       func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.BinaryXent(x, must(gorgonia.Tanh(x))) },
		"power": func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Pow(x, gorgonia.NewConstant(oneOf(x.Dtype())))
		},
	}
	var start, done sync.WaitGroup
	start.Add(1)
	for name, f := range unary {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for range 2 {
				done.Add(1)
				go func() {
					defer done.Done()
					start.Wait()
					x := gorgonia.NewVector(gorgonia.NewGraph(), dt, gorgonia.WithName("x"), gorgonia.WithShape(3))
					y, err := f(x)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					if _, err := gorgonia.Grad(must(gorgonia.Sum(y)), x); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}()
			}
		}
	}
	start.Done()
	done.Wait()
}

func oneOf(dt tensor.Dtype) any {
	if dt == tensor.Float32 {
		return float32(1)
	}
	return 1.0
}
