package randnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Net is a random network of one input and one output, rows of numbers: (batch, …) to (batch, n).
type Net struct {
	Seed    uint64
	Steps   int // how many it has
	Network *network.Network
	Text    []string // what each step did
	Ids     int      // where not 0, the input holds whole numbers from 0 to Ids−1
	Rows    int      // how many rows it should be tried with: one, or odd, or more than a Runner takes at once
}

func (n *Net) String() string {
	return fmt.Sprintf("seed %d, %d steps, %d rows\n  %s", n.Seed, n.Steps, n.Rows, strings.Join(n.Text, "\n  "))
}

// Input draws rows of input.
func (n *Net) Input() []float32 {
	r := random.New(n.Seed, "input")
	x := make([]float32, n.Rows*tensor.Shape(n.Network.Inputs[0].Shape()[1:]).TotalSize())
	for i := range x {
		if x[i] = float32(r.NormFloat64()); n.Ids > 0 {
			x[i] = float32(r.IntN(n.Ids))
		}
	}
	return x
}

// grower is a network in the making. A value's size is roughly its largest number.
type grower struct {
	seed  uint64
	dt    tensor.Dtype
	rng   *rand.Rand // of the step
	net   *network.Network
	batch int
	large bool // wide enough for packed matrices, chains of elementwise operations and several workers
	pool  gorgonia.Nodes
	size  map[*gorgonia.Node]float64
	named map[string]int
	text  []string
}

func (g *grower) n(n int) int          { return g.rng.IntN(n) }
func (g *grower) between(a, b int) int { return a + g.rng.IntN(b-a+1) }
func (g *grower) chance(n int) bool    { return g.rng.IntN(n) == 0 }
func one[T any](g *grower, of ...T) T  { return of[g.n(len(of))] }

// must gives a node of an operation whose inputs fit: that it refuses them is a fault of the generator or its own.
func must(n *gorgonia.Node, err error) *gorgonia.Node {
	if err != nil {
		panic(err)
	}
	return n
}

func must3(a, b, c *gorgonia.Node, err error) (*gorgonia.Node, *gorgonia.Node) {
	must(a, err)
	return a, b
}

// New makes the network of a seed: of so many steps, or of as many as the seed says where steps is negative.
func New(seed uint64, steps int, dt tensor.Dtype) (_ *Net, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("seed %d, %d steps: %v", seed, steps, r)
		}
	}()
	g := &grower{seed: seed, dt: dt, rng: random.New(seed, "shape"), net: &network.Network{Graph: gorgonia.NewGraph()},
		size: map[*gorgonia.Node]float64{}, named: map[string]int{}}
	all := g.between(1, 10)
	if steps < 0 {
		steps = all
	}
	out := &Net{Seed: seed, Steps: steps, Rows: one(g, 1, 2, 3, 5, 7, 16)}
	if g.large = g.chance(8); g.large {
		out.Rows = one(g, 1, 64, 65, 67, 130, 300)
	}
	g.batch = one(g, 1, 1, 2, 3, 5)
	out.Ids = g.input()
	for i := range steps {
		g.rng = random.New(seed, "step", fmt.Sprint(i))
		g.grow()
	}
	g.rng = random.New(seed, "head")
	g.head()
	out.Text = g.text
	out.Network, err = used(g.net)
	return out, err
}

// used is the network without the tensors that its output does not depend on.
func used(net *network.Network) (*network.Network, error) {
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	unused := func(n *gorgonia.Node) bool { return !slices.Contains(order, n) }
	out := *net
	out.Params, out.States = slices.DeleteFunc(net.Params, unused), slices.DeleteFunc(net.States, unused)
	out.Constants = slices.DeleteFunc(net.Constants, unused)
	if slices.ContainsFunc(net.Inputs, unused) { // the output is a number that the input does not change
		return nil, errors.New("the output does not depend on the input")
	}
	return &out, nil
}

// sizes of axes repeat, so that shapes fit where they should not.
func (g *grower) axis() int {
	if g.large {
		return one(g, 4, 8, 12, 16, 33)
	}
	return one(g, 1, 2, 3, 3, 4, 4, 5, 6)
}

func (g *grower) input() (ids int) {
	var shape []int
	switch rank := g.between(2, 4); {
	case g.large && rank == 2:
		shape = []int{one(g, 16, 48, 100, 150)}
	case g.large && rank == 3:
		shape = []int{one(g, 4, 8, 16), one(g, 8, 16, 33)}
	case g.large:
		shape = []int{one(g, 1, 3, 4), one(g, 6, 8, 9), one(g, 6, 8, 9)}
	case rank == 2:
		shape = []int{g.between(1, 9)}
	case rank == 3:
		shape = []int{g.axis(), g.axis()}
	default:
		shape = []int{g.between(1, 4), g.between(2, 7), g.between(2, 7)}
	}
	if len(shape) < 3 && g.chance(8) {
		ids = g.between(2, 9)
	}
	shape = append([]int{g.batch}, shape...)
	x := gorgonia.NewTensor(g.net.Graph, g.dt, len(shape), gorgonia.WithName("x"), gorgonia.WithShape(shape...))
	g.net.Inputs = gorgonia.Nodes{x}
	g.text = append(g.text, fmt.Sprint("input ", shape))
	if ids > 0 {
		x = g.embedding(x, ids)
	}
	g.add(x, 3)
	return ids
}

// add puts a value into the pool; one that grew too large is pressed together first.
func (g *grower) add(x *gorgonia.Node, size float64) {
	if size > 8 {
		g.text[len(g.text)-1] += ", tanh"
		x, size = must(gorgonia.Tanh(x)), 1
	}
	g.size[x] = size
	g.pool = append(g.pool, x)
}

// pick prefers what was made last, so that networks are deep rather than wide.
func (g *grower) pick() *gorgonia.Node {
	if k := len(g.pool); k > 1 && g.chance(3) {
		return g.pool[g.n(k)]
	}
	return g.pool[len(g.pool)-1]
}

// like finds another value of the same shape, aside from the axes named; x itself where there is no other.
func (g *grower) like(x *gorgonia.Node, but ...int) *gorgonia.Node {
	var fit gorgonia.Nodes
	for _, y := range g.pool {
		ok := y.Dims() == x.Dims()
		for a := 0; ok && a < x.Dims(); a++ {
			ok = y.Shape()[a] == x.Shape()[a]
			for _, b := range but {
				ok = ok || a == b
			}
		}
		if ok {
			fit = append(fit, y)
		}
	}
	return fit[g.n(len(fit))]
}

// name is a new one.
func (g *grower) name(what string) string {
	g.named[what]++
	return fmt.Sprint(what, g.named[what])
}

// value is so many numbers around mean, the same in both dtypes.
func (g *grower) value(name string, mean, spread float64, shape ...int) *tensor.Dense {
	r := random.New(g.seed, "value", name)
	d := tensor.New(tensor.Of(g.dt), tensor.WithShape(shape...))
	for i := range tensor.Shape(shape).TotalSize() {
		put(d, i, mean+spread*max(-3, min(3, r.NormFloat64())))
	}
	return d
}

// put stores a number that a float32 can hold.
func put(d *tensor.Dense, i int, v float64) {
	if d.Dtype() == tensor.Float32 {
		d.Float32s()[i] = float32(v)
	} else {
		d.Float64s()[i] = float64(float32(v))
	}
}

func (g *grower) tensor(to *gorgonia.Nodes, name string, v *tensor.Dense) *gorgonia.Node {
	n := gorgonia.NewTensor(g.net.Graph, g.dt, v.Dims(), gorgonia.WithName(name), gorgonia.WithShape(v.Shape()...),
		gorgonia.WithValue(v))
	*to = append(*to, n)
	return n
}

func (g *grower) param(name string, mean, spread float64, shape ...int) *gorgonia.Node {
	return g.tensor(&g.net.Params, name, g.value(name, mean, spread, shape...))
}

func (g *grower) constant(name string, mean, spread float64, shape ...int) *gorgonia.Node {
	return g.tensor(&g.net.Constants, name, g.value(name, mean, spread, shape...))
}

func (g *grower) state(name string, mean, spread float64, shape ...int) *gorgonia.Node {
	return g.tensor(&g.net.States, name, g.value(name, mean, spread, shape...))
}

// weight is a matrix, or a kernel, whose products with numbers of size 1 are of size 1. Now and then a layer shares one
// with an earlier layer.
func (g *grower) weight(name string, fan int, shape ...int) *gorgonia.Node {
	if g.chance(12) {
		for _, p := range g.net.Params {
			if slices.Equal(p.Shape(), tensor.Shape(shape)) && strings.HasSuffix(p.Name(), "weight") {
				g.text[len(g.text)-1] += " (weight of " + p.Name() + ")"
				return p
			}
		}
	}
	return g.param(name, 0, 1/math.Sqrt(float64(fan)), shape...)
}

// number is a constant in the graph.
func (g *grower) number(v float64) *gorgonia.Node {
	if g.dt == tensor.Float32 {
		return gorgonia.NewConstant(float32(v))
	}
	return gorgonia.NewConstant(float64(float32(v)))
}
