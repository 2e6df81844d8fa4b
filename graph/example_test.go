package graph_test

import (
	"fmt"
	"os"

	"github.com/gtrain/gtrain/graph"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A graph that was written for Gorgonia is compiled as it is.
func ExampleCompile() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithName("x"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))))
	w := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithName("w"), gorgonia.WithShape(2, 1),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 1), tensor.WithBacking([]float64{10, 1}))))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Mul(x, w))))
	if _, err := gorgonia.Grad(cost, w); err != nil {
		fmt.Println(err)
		return
	}
	program, err := graph.Compile(g, graph.Outputs(cost)) // and the gradient of w, which is an input
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := program.RunAll(); err != nil {
		fmt.Println(err)
		return
	}
	gradient, _ := w.Grad()
	fmt.Println(cost.Value(), gradient.Data())
	// Output: 46 [4 6]
}

// What the compiler makes of a graph can be read pass by pass.
func ExampleDump() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithName("x"), gorgonia.WithShape(2, 3))
	w := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithName("w"), gorgonia.WithShape(3, 4))
	y := gorgonia.Must(gorgonia.Rectify(gorgonia.Must(gorgonia.Mul(x, w))))
	gorgonia.WithName("y")(y)
	if _, err := graph.Compile(g, graph.Outputs(y), graph.Dump(os.Stdout)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order: one instruction a node that an output, a gradient or a Read needs, inputs before users
	//   3 instructions
	//       #0 A × B x w → %2 (2, 4)
	//       #1 >= true #0 0 → %4 (2, 4)
	//       #2 ⊙ false #0 #1 → y (2, 4)
	// pin: mark what outlives a run; before memory, which gives it buffers of its own
	//   3 instructions
	//       #0 A × B x w → %2 (2, 4)
	//       #1 >= true #0 0 → %4 (2, 4)
	//       #2 ⊙ false #0 #1 → y (2, 4) visible
	// fold: compute what depends on constants alone; before fuse, whose patterns look for constants
	//   3 instructions, nothing changed
	// fuse: Gorgonia's chains of small operations become one of ours, and what they leave is dead; after pin, for what is visible stays
	//   2 instructions, 3 before; gone: >= true, ⊙ false; new: Activation(rectify)
	//       #0 A × B x w → %2 (2, 4)
	//       #1 Activation(rectify) #0 → y (2, 4) visible
	// merge: equal expressions once; after fuse, whose patterns expect each operation where Gorgonia put it
	//   2 instructions, nothing changed
	// dead code: drop what nothing reads any more; before memory, so that it gets none
	//   2 instructions, nothing changed
	// freeze: compute what depends on frozen inputs alone; after fuse, whose patterns it would spoil, and on nothing dead
	//   2 instructions, nothing changed
	// chain: runs of elementwise operations block by block; after fuse and merge, which take precedence, and of nothing frozen
	//   2 instructions, nothing changed
	// schedule: what nothing else needs as soon as it can run; after chain, which joins neighbors
	//   2 instructions, nothing changed
	// memory: one buffer a value; values whose lives do not overlap share one
	//   2 instructions
	//       #0 A × B x w → %2 (2, 4) b0
	//       #1 Activation(rectify) #0 → y (2, 4) visible
	// bind: fix every kernel to its buffers; last, because it needs the final memory
	//   2 instructions, nothing changed
}
