package network_test

import (
	"fmt"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// line is y = w·x + b for rows of one feature.
func line() *network.Network {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, gorgonia.Float32, gorgonia.WithName("x"), gorgonia.WithShape(1, 1))
	w := gorgonia.NewMatrix(g, gorgonia.Float32, gorgonia.WithName("line.weight"), gorgonia.WithShape(1, 1),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float32{2}))))
	b := gorgonia.NewVector(g, gorgonia.Float32, gorgonia.WithName("line.bias"), gorgonia.WithShape(1),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{1}))))
	y, err := op.Dense(x, w, b, op.Identity, 0)
	if err != nil {
		panic(err)
	}
	return &network.Network{Graph: g, Inputs: gorgonia.Nodes{x}, Outputs: gorgonia.Nodes{y}, Params: gorgonia.Nodes{w, b}}
}

// A network that was built for one row is one for three, on the same parameters.
func ExampleNetwork_Rebatch() {
	net := line()
	three, err := net.Rebatch(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(net.Outputs[0].Shape(), three.Outputs[0].Shape())
	fmt.Println(three.Param("line.weight").Value() == net.Param("line.weight").Value())
	// Output:
	// (1, 1) (3, 1)
	// true
}

// One training step by hand: the loss and the gradients of two rows, then a step of any of Gorgonia's solvers.
func ExampleNetwork_Objective() {
	net := line()
	o, err := net.Objective(2, network.MSE())
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := graph.Compile(o.Graph, graph.Outputs(o.Cost))
	if err != nil {
		fmt.Println(err)
		return
	}
	column := func(v ...float32) *tensor.Dense { return tensor.New(tensor.WithShape(2, 1), tensor.WithBacking(v)) }
	for node, value := range map[*gorgonia.Node]*tensor.Dense{o.Inputs[0]: column(0, 1), o.Target: column(0, 2)} {
		if err := gorgonia.Let(node, value); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := program.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	solver := gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5))
	fmt.Println(o.Cost.Value(), o.Grads[0].Value().Data(), o.Grads[1].Value().Data())
	if err := solver.Step(gorgonia.NodesToValueGrads(o.Params)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(net.Params[0].Value().Data(), net.Params[1].Value().Data()) // the network's own
	// Output:
	// 1 [1] [2]
	// [1.5] [0]
}

// A Runner evaluates any number of rows.
func ExampleNewRunner() {
	r, err := network.NewRunner(line(), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := r.Predict([]float32{0, 1, 2, 3, 4})
	fmt.Println(y, err)
	// Output: [1 3 5 7 9] <nil>
}
