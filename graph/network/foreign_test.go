package network_test

import (
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// foreign is a network with batch norms of Gorgonia's, for so many rows.
type foreign struct {
	name  string
	rows  int
	build func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp)
}

func foreignNorm(m *maker, x *gorgonia.Node, name string) (*gorgonia.Node, *gorgonia.BatchNormOp) {
	s := []int{1, x.Shape()[1], 1, 1}[:x.Dims()]
	y, _, _, o, err := gorgonia.BatchNorm(x, m.Param(name+".scale", s...), m.Param(name+".shift", s...), 0.1, 1e-5)
	return must(y, err), o
}

func foreignNetworks() []foreign {
	conv := func(m *maker, x *gorgonia.Node, name string, filters int) *gorgonia.Node {
		return must(gorgonia.Conv2d(x, m.Param(name, filters, x.Shape()[1], 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1},
			[]int{1, 1}))
	}
	matrix := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, o := foreignNorm(m, must(gorgonia.Mul(m.Input("x", rows, 3), m.Param("w", 3, 4))), "bn")
		return done(m, must(gorgonia.Mul(must(gorgonia.Tanh(y)), m.Param("v", 4, 2)))), []*gorgonia.BatchNormOp{o}
	}
	image := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, o := foreignNorm(m, conv(m, m.Input("x", rows, 2, 4, 4), "w", 3), "bn")
		return done(m, must(gorgonia.Rectify(y))), []*gorgonia.BatchNormOp{o}
	}
	stack := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, a := foreignNorm(m, conv(m, m.Input("x", rows, 2, 4, 4), "w", 3), "first")
		y, b := foreignNorm(m, conv(m, must(gorgonia.Rectify(y)), "v", 3), "second") // the same op but for its statistics
		return done(m, must(gorgonia.Tanh(y))), []*gorgonia.BatchNormOp{a, b}
	}
	input := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, o := foreignNorm(m, m.Input("x", rows, 3), "bn")
		return done(m, y), []*gorgonia.BatchNormOp{o}
	}
	taken := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, o := foreignNorm(m, must(gorgonia.Mul(m.Input("x", rows, 3), m.Param("batchnorm1.mean", 3, 3))), "batchnorm2")
		return done(m, y), []*gorgonia.BatchNormOp{o}
	}
	ours := func(m *maker, rows int) (*network.Network, []*gorgonia.BatchNormOp) {
		y, o := foreignNorm(m, m.Dense(m.Input("x", rows, 3), "dense1", 4, op.Identity), "bn")
		return done(m, m.Dense(must(gorgonia.Sigmoid(y)), "dense2", 2, op.Tanh)), []*gorgonia.BatchNormOp{o}
	}
	return []foreign{
		{"a matrix", 5, matrix}, {"an image", 4, image}, {"two", 4, stack}, {"of the input", 6, input},
		{"names that are taken", 5, taken}, {"between layers of ours", 5, ours},
		{"an image, built for one row", 1, image}, {"two, built for one row", 1, stack}, {"a matrix, built for one row", 1, matrix},
	}
}

// Whatever is made of a network with gorgonia.BatchNorm for predictions uses the running statistics, as Gorgonia's machine
// does in EvalMode, and follows them; a clone has its own.
func TestGorgoniaBatchNormInEvaluation(t *testing.T) {
	for _, c := range foreignNetworks() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(c.name+" "+dt.String(), func(t *testing.T) {
				m := newMaker(t, dt, c.name)
				net, norms := c.build(m, c.rows)
				statistics := func(by float64) {
					for k, o := range norms {
						mean, variance := o.Stats()
						n := mean.Shape()[0]
						f, v := make([]float64, n), make([]float64, n)
						for i := range f {
							f[i], v[i] = by*float64(i-k), 0.5+by*float64(i)
						}
						if err := o.SetStats(newDense(dt, f, n), newDense(dt, v, variance.Shape()[0])); err != nil {
							t.Fatal(err)
						}
					}
				}
				statistics(0.3)
				rows := rowsFor(net)
				if err := gorgonia.Let(net.Inputs[0], newDense(dt, rows[0], net.Inputs[0].Shape()...)); err != nil {
					t.Fatal(err)
				}
				gorgonias := func() []float64 {
					for _, o := range norms {
						if err := o.SetTraining(false); err != nil {
							t.Fatal(err)
						}
					}
					vm := gorgonia.NewTapeMachine(net.Graph, gorgonia.EvalMode())
					defer vm.Close()
					run(t, vm)
					return numbers(t, net.Outputs[0].Value())
				}
				inference, err := net.Inference()
				if err != nil {
					t.Fatal(err)
				}
				training := eval(t, inference, rows...)[0] // before anybody says that training is over
				want := gorgonias()
				tol := tolerance(dt) * 10
				equal(t, "Inference", training, want, tol)
				clone, err := net.Clone()
				if err != nil {
					t.Fatal(err)
				}
				folded, err := surgery.FoldBatchNorm(net)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "FoldBatchNorm", eval(t, folded, rows...)[0], want, tol)
				twice, err := inference.Inference()
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "Inference twice", eval(t, twice, rows...)[0], want, tol)
				for _, batch := range []int{1, 3, 7} {
					r, err := network.NewRunner(net, batch)
					if err != nil {
						t.Fatal(err)
					}
					x := make([]float32, len(rows[0]))
					for i, v := range rows[0] {
						x[i] = float32(v)
					}
					for _, freeze := range []bool{false, true} {
						if freeze {
							if err := r.Freeze(); err != nil {
								t.Fatal(err)
							}
						}
						got, err := r.Predict(x)
						if err != nil {
							t.Fatal(err)
						}
						for i, v := range got {
							equal(t, "Runner", []float64{float64(v)}, want[i:i+1], 2e-5)
						}
					}
				}
				statistics(0.7)
				equal(t, "Inference, statistics moved", eval(t, inference, rows...)[0], gorgonias(), tol)
				own, err := clone.Inference()
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "a clone", eval(t, own, rows...)[0], want, tol)
			})
		}
	}
}

// A training step on a network with gorgonia.BatchNorm has the loss, the gradients and the running statistics that
// Gorgonia's machine has.
func TestGorgoniaBatchNormInTraining(t *testing.T) {
	for _, c := range foreignNetworks() {
		if c.rows == 1 {
			continue // Gorgonia's variance of one value is not a number
		}
		t.Run(c.name, func(t *testing.T) {
			build := func() (*network.Network, []*gorgonia.BatchNormOp, [][]float64) {
				net, norms := c.build(newMaker(t, tensor.Float64, c.name), c.rows)
				return net, norms, rowsFor(net)
			}
			theirs, norms, rows := build()
			let := func(n *network.Network) {
				if err := gorgonia.Let(n.Inputs[0], newDense(tensor.Float64, rows[0], n.Inputs[0].Shape()...)); err != nil {
					t.Fatal(err)
				}
			}
			let(theirs)
			loss := must(gorgonia.Mean(must(gorgonia.Square(theirs.Outputs[0]))))
			grads, err := gorgonia.Grad(loss, theirs.Params...)
			if err != nil {
				t.Fatal(err)
			}
			vm := gorgonia.NewTapeMachine(theirs.Graph)
			defer vm.Close()
			run(t, vm)

			for _, form := range []string{"as it is", "training", "clone"} {
				net, own, _ := build()
				for _, o := range own { // as NewTapeMachine has done
					if err := o.SetTraining(true); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				switch form {
				case "training":
					net, err = net.Training()
				case "clone":
					net, err = net.Clone()
				}
				if err != nil {
					t.Fatal(err)
				}
				o, err := net.Objective(c.rows, network.MSE())
				if err != nil {
					t.Fatal(err)
				}
				let(o.Network)
				target := o.Target
				zeros := newDense(tensor.Float64, make([]float64, target.Shape().TotalSize()), target.Shape()...)
				if err := gorgonia.Let(target, zeros); err != nil {
					t.Fatal(err)
				}
				run(t, compile(t, o.Graph, graph.Outputs(o.Cost)))
				equal(t, form+": loss", numbers(t, o.Cost.Value()), numbers(t, loss.Value()), 1e-12)
				for i, g := range o.Grads {
					if p := theirs.Params[i].Name(); p != o.Params[i].Name() {
						t.Fatalf("parameter %q, want %q", o.Params[i].Name(), p)
					}
					equal(t, form+": gradient of "+o.Params[i].Name(), numbers(t, g.Value()), numbers(t, grads[i].Value()), 1e-9)
				}
				for k := range norms {
					mean, variance := norms[k].Stats()
					gotMean, gotVariance := own[k].Stats()
					if form == "clone" { // its own statistics move; 2 of them for each norm
						gotMean = o.States[2*k].Value().(*tensor.Dense)
						gotVariance = o.States[2*k+1].Value().(*tensor.Dense)
						still, _ := own[k].Stats()
						equal(t, "clone: statistics of the original", numbers(t, still.(*tensor.Dense)), make([]float64,
							still.Shape()[0]), 0)
					}
					equal(t, form+": mean", numbers(t, gotMean.(*tensor.Dense)), numbers(t, mean.(*tensor.Dense)), 1e-12)
					equal(t, form+": variance", numbers(t, gotVariance.(*tensor.Dense)), numbers(t, variance.(*tensor.Dense)), 1e-12)
				}
			}
		})
	}
}

// gorgonia.Dropout is left out of predictions, stays where a network is made for another batch, and passes units through.
func TestGorgoniaDropout(t *testing.T) {
	for _, p := range []float64{0, 0.2, 0.9} {
		build := func(m *maker, dropout bool) *network.Network {
			drop := func(x *gorgonia.Node) *gorgonia.Node {
				if !dropout {
					return x
				}
				return must(gorgonia.Dropout(x, p))
			}
			h := drop(must(gorgonia.Rectify(must(gorgonia.Mul(drop(m.Input("x", 4, 3)), m.Param("one", 3, 6))))))
			h = drop(must(gorgonia.Tanh(must(gorgonia.Mul(h, m.Param("two", 6, 5))))))
			return done(m, must(gorgonia.Mul(h, m.Param("three", 5, 2))))
		}
		net := build(newMaker(t, tensor.Float64, "dropout"), true)
		plain := build(newMaker(t, tensor.Float64, "dropout"), false)
		rows := rowsFor(plain)
		want := eval(t, plain, rows...)
		inference, err := net.Inference()
		if err != nil {
			t.Fatal(err)
		}
		equalOutputs(t, "Inference", eval(t, inference, rows...), want, 1e-13)
		seven, err := rebatch(t, net, 7).Inference()
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "for 7 rows", eval(t, seven, append(rows[0], rows[0][:9]...))[0][:8], want[0], 1e-13)
		c, err := surgery.Analyze(net)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Groups) != 2 || len(c.Groups[0].Units) != 6 || len(c.Groups[1].Units) != 5 {
			t.Fatalf("groups %v, frozen %v", c.Groups, c.Frozen)
		}
		removed := map[string][]int{c.Groups[0].Name: {1, 4}, c.Groups[1].Name: {0}}
		small, err := c.Cut(removed)
		if err != nil {
			t.Fatal(err)
		}
		if small, err = small.Inference(); err != nil {
			t.Fatal(err)
		}
		masked, err := c.Mask(removed)
		if err != nil {
			t.Fatal(err)
		}
		if masked, err = masked.Inference(); err != nil {
			t.Fatal(err)
		}
		equalOutputs(t, "removed", eval(t, small, rows...), eval(t, masked, rows...), 1e-13)
		o, err := net.WithLoss(4, network.MSE())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range o.Graph.AllNodes() {
			if _, ok := op.GorgoniaDropout(n.Op()); ok {
				t.Error("there is dropout in evaluation")
			}
		}
		own, err := net.OwnDropout()
		if err != nil {
			t.Fatal(err)
		}
		seeds := map[uint64]bool{}
		for _, n := range own.Graph.AllNodes() {
			if o, ok := n.Op().(*op.Operation); ok {
				if d, ok := o.Definition.(op.DropoutLayer); ok {
					if seeds[d.State.Seed] = true; d.P != p {
						t.Errorf("probability %v, want %v", d.P, p)
					}
				}
			}
		}
		if len(seeds) != 3 {
			t.Errorf("%d seeds of 3 layers", len(seeds))
		}
		again, err := net.OwnDropout()
		if err != nil {
			t.Fatal(err)
		}
		equalOutputs(t, "masks of one seed", eval(t, own, rows...), eval(t, again, rows...), 0)
	}
}

// Operands that have no batch are repeated where a network was built for one row.
func TestBuiltForOneRow(t *testing.T) {
	for name, f := range map[string]func(m *maker, x *gorgonia.Node) *gorgonia.Node{
		"plus": func(m *maker, x *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Add(x, m.Param("b", 1, 3))) },
		"times": func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.HadamardProd(x, m.Param("b", 1, 3)))
		},
		"minus": func(m *maker, x *gorgonia.Node) *gorgonia.Node { return must(gorgonia.Sub(m.Param("b", 1, 3), x)) },
		"over": func(m *maker, x *gorgonia.Node) *gorgonia.Node {
			return must(gorgonia.HadamardDiv(x, m.Param("b", 1, 3)))
		},
		"broadcast": func(m *maker, x *gorgonia.Node) *gorgonia.Node { return m.Plain(x, "dense", 2) },
	} {
		build := func(rows int) *network.Network {
			m := newMaker(t, tensor.Float64, name)
			return done(m, f(m, must(gorgonia.Tanh(m.Input("x", rows, 3)))))
		}
		one := build(1)
		four := rebatch(t, one, 4)
		rows := rowsFor(four)
		got := eval(t, four, rows...)[0]
		for r := range 4 {
			want := eval(t, one, rows[0][3*r:3*r+3])[0]
			equal(t, name, got[r*len(want):(r+1)*len(want)], want, 1e-13)
		}
	}
}

// Two nodes of one gorgonia.BatchNormOp have its statistics in common. A clone's have theirs in common too, so that it
// trains as the network does.
func TestCloneOfSharedBatchNorm(t *testing.T) {
	build := func() *network.Network {
		m := newMaker(t, tensor.Float64, "shared norm")
		y, o := foreignNorm(m, must(gorgonia.Mul(m.Input("x", 6, 3), m.Param("w", 3, 4))), "bn")
		return done(m, must(gorgonia.ApplyOp(o, must(gorgonia.Mul(must(gorgonia.Tanh(y)), m.Param("v", 4, 4))))))
	}
	trained := func(net *network.Network, err error) (states [][]float64) {
		t.Helper()
		if err == nil {
			net, err = net.Training()
		}
		if err != nil {
			t.Fatal(err)
		}
		eval(t, net, rowsFor(net)...)
		for _, s := range net.States {
			states = append(states, numbers(t, s.Value()))
		}
		return states
	}
	want := trained(build(), nil)
	if len(want) != 4 {
		t.Fatalf("%d states, want 4", len(want))
	}
	equal(t, "the second mean", want[2], want[0], 0)
	training, err := build().Training()
	if err != nil {
		t.Fatal(err)
	}
	for name, net := range map[string]*network.Network{"a clone": build(), "a clone of the training form": training} {
		got := trained(net.Clone())
		for i := range want {
			equal(t, name, got[i], want[i], 1e-12)
		}
	}
}
