package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// gorgoniaCase is a graph of Gorgonia's own operations on which TapeMachine is right.
type gorgoniaCase struct {
	name   string
	noGrad bool // the output has no gradient
	build  func(m *maker) *gorgonia.Node
}

func gorgoniaCases() []gorgoniaCase {
	var cases []gorgoniaCase
	add := func(name string, build func(m *maker) *gorgonia.Node) {
		cases = append(cases, gorgoniaCase{name, false, build})
	}
	discrete := func(name string, build func(m *maker) *gorgonia.Node) {
		cases = append(cases, gorgoniaCase{name, true, build})
	}
	type two = func(a, b *gorgonia.Node) (*gorgonia.Node, error)
	type one = func(a *gorgonia.Node) (*gorgonia.Node, error)
	for _, c := range []struct {
		name string
		a, b []int
	}{
		{"matrix matrix", []int{3, 4}, []int{4, 5}}, {"matrix vector", []int{3, 4}, []int{4}},
		{"vector vector", []int{4}, []int{4}}, {"column", []int{3, 4}, []int{4, 1}}, {"row", []int{1, 4}, []int{4, 2}},
	} {
		add("Mul "+c.name, func(m *maker) *gorgonia.Node {
			return must(gorgonia.Mul(m.Param("a", c.a...), m.Param("b", c.b...)))
		})
	}
	discrete("OuterProd", func(m *maker) *gorgonia.Node {
		return must(gorgonia.OuterProd(m.Param("a", 3), m.Param("b", 4)))
	})
	add("BatchedMatMul", func(m *maker) *gorgonia.Node {
		return must(gorgonia.BatchedMatMul(m.Param("a", 2, 3, 4), m.Param("b", 2, 4, 5)))
	})
	for name, f := range map[string]two{"Add": gorgonia.Add, "Sub": gorgonia.Sub, "HadamardProd": gorgonia.HadamardProd,
		"HadamardDiv": gorgonia.HadamardDiv} {
		for _, s := range [][2][]int{{{3, 4}, {3, 4}}, {{5}, {5}}, {{3, 4}, {}}, {{}, {3, 4}}, {{}, {}}, {{2, 3, 4}, {2, 3,
			4}}} {
			add(fmt.Sprint(name, s), func(m *maker) *gorgonia.Node {
				return must(f(m.Param("a", s[0]...), m.Param("b", s[1]...)))
			})
		}
	}
	for _, s := range [][]int{{}, {17}, {3, 4}, {2, 3, 4}} {
		for name, f := range map[string]one{"Abs": gorgonia.Abs, "Sin": gorgonia.Sin, "Cos": gorgonia.Cos,
			"Exp": gorgonia.Exp,
			"Neg": gorgonia.Neg, "Square": gorgonia.Square, "Inverse": gorgonia.Inverse, "Cube": gorgonia.Cube,
			"Tanh": gorgonia.Tanh, "Sigmoid": gorgonia.Sigmoid, "Expm1": gorgonia.Expm1, "Softplus": gorgonia.Softplus,
			"Rectify": gorgonia.Rectify} {
			add(fmt.Sprint(name, s), func(m *maker) *gorgonia.Node { return must(f(m.Param("a", s...))) })
		}
		for name, f := range map[string]one{"Sqrt": gorgonia.Sqrt, "Log": gorgonia.Log, "Log1p": gorgonia.Log1p} {
			add(fmt.Sprint(name, s), func(m *maker) *gorgonia.Node {
				return must(f(must(gorgonia.Exp(m.Param("a", s...)))))
			})
		}
		for name, f := range map[string]one{"Sign": gorgonia.Sign, "Ceil": gorgonia.Ceil, "Floor": gorgonia.Floor,
			"Log2": func(a *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Log2(must(gorgonia.Exp(a))) },
			"InverseSqrt": func(a *gorgonia.Node) (*gorgonia.Node, error) {
				return gorgonia.InverseSqrt(must(gorgonia.Exp(a)))
			}} {
			discrete(fmt.Sprint(name, s), func(m *maker) *gorgonia.Node { return must(f(m.Param("a", s...))) })
		}
	}
	for name, f := range map[string]func(a, b *gorgonia.Node, retSame bool) (*gorgonia.Node, error){"Lt": gorgonia.Lt,
		"Gt": gorgonia.Gt, "Lte": gorgonia.Lte, "Gte": gorgonia.Gte, "Eq": gorgonia.Eq, "Ne": gorgonia.Ne} {
		for _, same := range []bool{true, false} {
			for _, s := range [][2][]int{{{3, 4}, {3, 4}}, {{3, 4}, {}}, {{}, {}}} {
				discrete(fmt.Sprint(name, same, s), func(m *maker) *gorgonia.Node {
					return must(f(m.Param("a", s[0]...), m.Param("b", s[1]...), same))
				})
			}
		}
	}
	for _, c := range []struct {
		a, b        []int
		left, right []byte
	}{
		{[]int{3, 4}, []int{4}, nil, []byte{0}}, {[]int{3, 4}, []int{1, 4}, nil, []byte{0}},
		{[]int{3, 4}, []int{3}, nil, []byte{1}}, {[]int{3, 4}, []int{3, 1}, nil, []byte{1}},
		{[]int{4}, []int{3, 4}, []byte{0}, nil}, {[]int{3, 1}, []int{3, 4}, []byte{1}, nil},
		{[]int{3, 1}, []int{1, 4}, []byte{1}, []byte{0}}, {[]int{1, 1}, []int{3, 4}, []byte{0, 1}, nil},
		{[]int{4, 4}, []int{4}, nil, []byte{0}}, {[]int{4, 4}, []int{4}, nil, []byte{1}},
		{[]int{2, 3, 4}, []int{1, 3, 4}, nil, []byte{0}}, {[]int{2, 3, 4}, []int{2, 1, 4}, nil, []byte{1}},
		{[]int{2, 3, 4}, []int{2, 3, 1}, nil, []byte{2}},
	} {
		for name, f := range map[string]func(a, b *gorgonia.Node, l, r []byte) (*gorgonia.Node, error){
			"BroadcastAdd": gorgonia.BroadcastAdd, "BroadcastSub": gorgonia.BroadcastSub,
			"BroadcastHadamardProd": gorgonia.BroadcastHadamardProd} {
			add(fmt.Sprint(name, c), func(m *maker) *gorgonia.Node {
				return must(f(m.Param("a", c.a...), m.Param("b", c.b...), c.left, c.right))
			})
		}
	}
	for _, c := range []struct{ shape, along []int }{
		{[]int{3, 4}, nil}, {[]int{3, 4}, []int{0}}, {[]int{3, 4}, []int{1}}, {[]int{5}, nil}, {[]int{5}, []int{0}},
		{[]int{2, 3, 4}, nil}, {[]int{3, 1}, []int{0}}, {[]int{1, 3}, []int{1}},
	} {
		add(fmt.Sprint("Sum", c), func(m *maker) *gorgonia.Node {
			return must(gorgonia.Sum(m.Param("a", c.shape...),
				c.along...))
		})
		add(fmt.Sprint("Mean", c), func(m *maker) *gorgonia.Node {
			return must(gorgonia.Mean(m.Param("a", c.shape...),
				c.along...))
		})
	}
	for _, along := range [][]int{{0}, {1}, {2}, {0, 2}} {
		discrete(fmt.Sprint("Sum of rank 3 ", along), func(m *maker) *gorgonia.Node {
			return must(gorgonia.Sum(m.Param("a",
				2, 3, 4), along...))
		})
		discrete(fmt.Sprint("Mean of rank 3 ", along), func(m *maker) *gorgonia.Node {
			return must(gorgonia.Mean(m.Param("a",
				2, 3, 4), along...))
		})
	}
	add("Max", func(m *maker) *gorgonia.Node { return must(gorgonia.Max(m.Param("a", 3, 4), 1)) })
	add("SoftMax", func(m *maker) *gorgonia.Node { return must(gorgonia.SoftMax(m.Param("a", 3, 4))) })
	add("SoftMax of a vector", func(m *maker) *gorgonia.Node { return must(gorgonia.SoftMax(m.Param("a", 5))) })
	add("SoftMax axis 1", func(m *maker) *gorgonia.Node { return must(gorgonia.SoftMax(m.Param("a", 3, 4), 1)) })
	discrete("SoftMax axis 0", func(m *maker) *gorgonia.Node { return must(gorgonia.SoftMax(m.Param("a", 3, 4), 0)) })
	discrete("SoftMax of a column", func(m *maker) *gorgonia.Node { return must(gorgonia.SoftMax(m.Param("a", 4, 1))) })
	add("LogSoftMax", func(m *maker) *gorgonia.Node { return must(gorgonia.LogSoftMax(m.Param("a", 3, 4))) })
	add("LeakyRelu", func(m *maker) *gorgonia.Node { return must(gorgonia.LeakyRelu(m.Param("a", 3, 4), 0.1)) })
	add("Slice rows", func(m *maker) *gorgonia.Node { return must(gorgonia.Slice(m.Param("a", 5, 4), gorgonia.S(1, 3))) })
	add("Slice columns", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Slice(m.Param("a", 5, 4), nil, gorgonia.S(1,
			3)))
	})
	add("Slice a column", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Slice(m.Param("a", 5, 4), nil,
			gorgonia.S(2)))
	})
	add("Slice of a result", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Slice(must(gorgonia.Square(m.Param("a", 5, 4))), nil, gorgonia.S(0, 2)))
	})
	add("Concat rows", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Concat(0, m.Param("a", 2, 4), m.Param("b", 3,
			4)))
	})
	add("Concat columns", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Concat(1, m.Param("a", 2, 4), m.Param("b",
			2, 3)))
	})
	add("Transpose", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Transpose(must(gorgonia.Square(m.Param("a", 3, 4)))))
	})
	add("Transpose rank 3", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Transpose(m.Param("a", 2, 3, 4), 2, 0,
			1))
	})
	add("Transpose and Mul", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Mul(must(gorgonia.Transpose(m.Param("a", 4, 3))), m.Param("b", 4, 2)))
	})
	add("Reshape", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Square(must(gorgonia.Reshape(m.Param("a", 3, 4), tensor.Shape{2, 6}))))
	})
	add("Constants", func(m *maker) *gorgonia.Node {
		two := gorgonia.NewConstant(newDense(m.Dtype, []float64{1, 2, 3, 4, 5, 6}, 2, 3), gorgonia.WithName("table"))
		return must(gorgonia.HadamardProd(must(gorgonia.Add(m.Param("a", 2, 3), two)), two))
	})
	add("one node twice", func(m *maker) *gorgonia.Node {
		a := m.Param("a", 3, 3)
		return must(gorgonia.Add(must(gorgonia.Mul(a, a)), must(gorgonia.HadamardProd(a, a))))
	})
	add("Conv2d", func(m *maker) *gorgonia.Node {
		return must(gorgonia.Conv2d(m.Param("a", 2, 3, 6, 6), m.Param("b", 4, 3, 3, 3), tensor.Shape{3, 3}, []int{1, 1},
			[]int{1, 1}, []int{1, 1}))
	})
	cases = append(cases, gorgoniaLayerCases()...)
	return cases
}

// scalarCost is Σ r·out for fixed r, so that every element counts.
func scalarCost(m *maker, out *gorgonia.Node) *gorgonia.Node {
	if out.IsScalar() {
		return must(gorgonia.HadamardProd(out, m.Node("r")))
	}
	return must(gorgonia.Sum(must(gorgonia.HadamardProd(out, m.Node("r", out.Shape()...)))))
}

// Program computes what TapeMachine computes: values and gradients, through Value, Grad and Read.
func TestProgramEqualsTapeMachine(t *testing.T) {
	for _, c := range gorgoniaCases() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.name, " ", dt), func(t *testing.T) {
				type result struct {
					out, read, cost []float64
					grads           [][]float64
				}
				evaluate := func(machine func(g *gorgonia.ExprGraph, params gorgonia.Nodes) gorgonia.VM) (r result) {
					m := newMaker(t, dt, c.name)
					out := c.build(m)
					var read, readCost gorgonia.Value
					gorgonia.Read(out, &read)
					if !c.noGrad {
						cost := scalarCost(m, out)
						gorgonia.Read(cost, &readCost)
						if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
							t.Fatal(err)
						}
					}
					vm := machine(m.Net.Graph, m.Net.Params)
					defer vm.Close()
					run(t, vm)
					r.read = numbers(t, read)
					r.out = r.read
					if _, ours := vm.(*Program); ours {
						r.out = numbers(t, out.Value())
					}
					if c.noGrad {
						return r
					}
					r.cost = numbers(t, readCost)
					for _, p := range m.Net.Params {
						g, err := p.Grad()
						if err != nil {
							t.Fatal(err)
						}
						r.grads = append(r.grads, numbers(t, g))
					}
					return r
				}
				want := evaluate(func(g *gorgonia.ExprGraph, params gorgonia.Nodes) gorgonia.VM {
					return gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(params...))
				})
				for _, outputs := range []bool{false, true} {
					got := evaluate(func(g *gorgonia.ExprGraph, params gorgonia.Nodes) gorgonia.VM {
						p := compile(t, g)
						if outputs {
							p = compile(t, g, Outputs())
						}
						run(t, p) // a second run must find everything as the first did
						return p
					})
					tol := 20 * tolerance(dt)
					if !outputs {
						equal(t, "value", got.out, want.out, tol)
					}
					equal(t, "Read", got.read, want.read, tol)
					equal(t, "cost", got.cost, want.cost, tol)
					for i := range want.grads {
						equal(t, fmt.Sprint("gradient ", i), got.grads[i], want.grads[i], tol)
					}
				}
			})
		}
	}
}
