package surgery_test

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// perceptron has two inputs, three hidden units and one output.
func perceptron() *network.Network {
	g := gorgonia.NewGraph()
	net := &network.Network{Graph: g}
	param := func(name string, values []float32, shape ...int) *gorgonia.Node {
		n := gorgonia.NewTensor(g, gorgonia.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))))
		net.Params = append(net.Params, n)
		return n
	}
	layer := func(x *gorgonia.Node, name string, w, b []float32, act op.Activation) *gorgonia.Node {
		in := x.Shape()[1]
		y, err := op.Dense(x, param(name+".weight", w, in, len(b)), param(name+".bias", b, len(b)), act, 0)
		if err != nil {
			panic(err)
		}
		gorgonia.WithName(name)(y)
		return y
	}
	x := gorgonia.NewMatrix(g, gorgonia.Float32, gorgonia.WithName("x"), gorgonia.WithShape(1, 2))
	h := layer(x, "hidden", []float32{1, 0, 2, 0, 1, -1}, []float32{0, 1, 0}, op.ReLU)
	y := layer(h, "out", []float32{1, 10, 100}, []float32{0}, op.Identity)
	net.Inputs, net.Outputs = gorgonia.Nodes{x}, gorgonia.Nodes{y}
	return net
}

// A unit is masked, which makes it count as 0, and removed, which gives the same numbers from a smaller network.
func ExampleAnalyze() {
	net := perceptron()
	c, err := surgery.Analyze(net)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range c.Groups {
		fmt.Println(g.Name, len(g.Units), g.Units[1].Atoms)
	}
	units := map[string][]int{"hidden": {1}}
	masked, err := c.Mask(units)
	if err != nil {
		fmt.Println(err)
		return
	}
	small, err := c.Cut(units)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range []*network.Network{net, masked, small} {
		r, err := network.NewRunner(n, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		y, err := r.Predict([]float32{1, 1})
		fmt.Println(n.Param("hidden.weight").Shape(), y, err)
	}
	// Output:
	// hidden 3 [{hidden.weight 1 1} {hidden.bias 0 1} {out.weight 0 1}]
	// (2, 3) [121] <nil>
	// (2, 3) [101] <nil>
	// (2, 2) [101] <nil>
}
