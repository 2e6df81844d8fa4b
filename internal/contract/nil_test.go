package contract

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// given are the things that a caller may have got wrong: each is whole, missing or empty in turn.
type given struct {
	model  *models.Model
	net    *network.Network
	data   *data.Dataset
	parts  *data.Parts
	schema *data.Schema
	what   string
}

// calls are the functions that take what given holds; an error is asked for where whole is false. The name is the
// function's, as TestNilTableIsWhole looks for it.
var calls = map[string]func(g given) error{
	"data.FitScaling": func(g given) error {
		_, err := data.FitScaling(data.Standardize, g.data, []int{0, 1})
		return err
	},
	"data.FitTarget": func(g given) error {
		_, err := data.FitTarget(data.NoScaling, g.data, []int{0, 1})
		return err
	},
	"data.KFold":          func(g given) error { _, err := data.KFold(g.data, 2, 1); return err },
	"data.Split":          func(g given) error { _, err := data.Split(g.data, data.SplitOptions{Test: 0.2}); return err },
	"data.WriteCSV":       func(g given) error { return data.WriteCSV(io.Discard, g.data) },
	"data.Dataset.Gather": func(g given) error { return g.data.Gather(make([]float32, 4), nil, []int{0}) },
	"data.Dataset.GatherLabels": func(g given) error {
		return g.data.GatherLabels(make([]int, 1), []int{0})
	},
	"data.Dataset.GatherTargets": func(g given) error { return g.data.GatherTargets(make([]float32, 1), []int{0}) },
	"data.Dataset.GatherTargets64": func(g given) error {
		return g.data.GatherTargets64(make([]float64, 1), []int{0})
	},
	"data.Dataset.GatherScaled": func(g given) error {
		return g.data.GatherScaled(make([]float32, 1), []int{0}, 0, 1)
	},
	"data.Dataset.Impute":        func(g given) error { _, err := g.data.Impute([]int{0}); return err },
	"data.Dataset.Select":        func(g given) error { _, err := g.data.Select([]int{0}); return err },
	"data.Dataset.Validate":      func(g given) error { return g.data.Validate() },
	"data.Dataset.ImputeAs":      func(g given) error { _, err := g.data.ImputeAs(g.schema); return err },
	"data.HoldOut":               func(g given) error { _, _, err := data.HoldOut(g.data, []int{0, 1, 2, 3, 4, 5}, 0.5, 1); return err },
	"data.Dataset.WithShape":     func(g given) error { _, err := g.data.WithShape(1, 2, 2); return err },
	"data.Schema.Encoder":        func(g given) error { _, err := g.schema.Encoder(); return err },
	"data.Schema.Encoder64":      func(g given) error { _, err := g.schema.Encoder64(); return err },
	"data.Schema.MarshalJSON":    func(g given) error { _, err := g.schema.MarshalJSON(); return err },
	"data.Schema.UnmarshalJSON":  func(g given) error { return g.schema.Clone().UnmarshalJSON([]byte(`{"target":"y"}`)) },
	"data.Dataset.ValidateShape": func(g given) error { return g.data.ValidateShape() },
	"data.Parts.Rows":            func(g given) error { _, _, err := g.parts.Rows(g.data, "test"); return err },
	"data.SplitInfo.Recover": func(g given) error {
		info := data.SplitInfo{}
		if g.parts != nil {
			info = g.parts.Info
		}
		_, err := info.Recover(g.data)
		return err
	},
	"data.Schema.Encode": func(g given) error {
		_, err := g.schema.Encode(map[string]string{"a": "1"})
		return err
	},
	"data.Schema.Encode64": func(g given) error {
		_, err := g.schema.Encode64(map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"})
		return err
	},
	"data.Schema.Validate": func(g given) error { return g.schema.Validate() },

	"network.NewRunner":         func(g given) error { _, err := network.NewRunner(g.net, 0); return err },
	"network.Latency":           func(g given) error { _, err := network.Latency(g.net, 1, time.Microsecond); return err },
	"network.Network.Clone":     func(g given) error { _, err := g.net.Clone(); return err },
	"network.Network.Cost":      func(g given) error { _, err := g.net.Cost(); return err },
	"network.Rewrite.Apply":     func(g given) error { _, err := network.Rewrite{}.Apply(g.net); return err },
	"network.Network.Inference": func(g given) error { _, err := g.net.Inference(); return err },
	"network.Latencies": func(g given) error {
		_, err := network.Latencies([]*network.Network{g.net}, 1, time.Microsecond)
		return err
	},
	"network.Network.Objective":  func(g given) error { _, err := g.net.Objective(1, network.MSE()); return err },
	"network.Network.Order":      func(g given) error { _, err := g.net.Order(); return err },
	"network.Network.OwnDropout": func(g given) error { _, err := g.net.OwnDropout(); return err },
	"network.Network.Rebatch":    func(g given) error { _, err := g.net.Rebatch(3); return err },
	"network.Network.Training":   func(g given) error { _, err := g.net.Training(); return err },
	"network.Network.Validate":   func(g given) error { return g.net.Validate() },
	"network.Network.WithLoss":   func(g given) error { _, err := g.net.WithLoss(1, network.MSE()); return err },
	"network.RunPlain":           func(g given) error { _, err := network.RunPlain(g.net, make([]float32, 4)); return err },

	"surgery.Analyze":           func(g given) error { _, err := surgery.Analyze(g.net); return err },
	"surgery.Cut":               func(g given) error { _, err := surgery.Cut(g.net, surgery.Keep{}); return err },
	"surgery.FoldBatchNorm":     func(g given) error { _, err := surgery.FoldBatchNorm(g.net); return err },
	"surgery.FoldMasks":         func(g given) error { _, err := surgery.FoldMasks(g.net); return err },
	"surgery.Coupling.Cut":      func(g given) error { _, err := coupling(g).Cut(nil); return err },
	"surgery.Coupling.Emptied":  func(g given) error { _, err := coupling(g).Emptied(nil); return err },
	"surgery.Coupling.FoldBias": func(g given) error { _, _, err := coupling(g).FoldBias(nil, nil); return err },
	"surgery.Coupling.Gates":    func(g given) error { _, err := coupling(g).Gates(2); return err },
	"surgery.Coupling.Gone":     func(g given) error { _, err := coupling(g).Gone(nil); return err },
	"surgery.Coupling.KeepAll":  func(g given) error { _, err := coupling(g).KeepAll(nil); return err },
	"surgery.Coupling.Mask":     func(g given) error { _, err := coupling(g).Mask(nil); return err },
	"surgery.Coupling.Masked":   func(g given) error { _, err := coupling(g).Masked(); return err },
	"surgery.Coupling.Places":   func(g given) error { _, err := coupling(g).Places(nil); return err },
	"surgery.Coupling.Without":  func(g given) error { _, err := coupling(g).Without(nil); return err },

	"models.Model.Check": func(g given) error { return g.model.Check(g.data) },
	"models.Model.CheckOffsets": func(g given) error {
		return g.model.CheckOffsets(g.data)
	},
	"models.Model.TrainingLoss": func(g given) error { _, err := g.model.TrainingLoss(); return err },
	"models.Model.Predictor":    func(g given) error { _, err := g.model.Predictor(); return err },
	"models.Model.Save":         func(g given) error { return g.model.Save(filepath.Join(os.TempDir(), "contract", "m.onnx")) },

	"onnx.Marshal": func(g given) error { _, err := onnx.Marshal(g.net, onnx.Meta{}); return err },
	"onnx.Save":    func(g given) error { return onnx.Save(os.DevNull+"/m.onnx", g.net, onnx.Meta{}) },

	"pruning.Assess": func(g given) error { _, err := pruning.Assess(g.model, nil, g.data, []int{0}); return err },
	"pruning.AssessUntimed": func(g given) error {
		_, err := pruning.AssessUntimed(g.model, nil, g.data, []int{0})
		return err
	},
	"pruning.AssessAll": func(g given) error {
		_, err := pruning.AssessAll([]*models.Model{g.model, g.model}, nil, g.data, []int{0})
		return err
	},
	"pruning.Check": func(g given) error {
		_, err := pruning.Check(g.net, g.net, make([]float32, 4))
		return err
	},
	"pruning.Hold": func(g given) error { _, err := pruning.Hold(g.model, g.data, []int{0}); return err },
	"pruning.Verify": func(g given) error {
		return pruning.Verify(g.model, g.data, g.parts, pruning.Config{Criterion: criteria.Named("l2"), Amount: 0.5})
	},
	"pruning.Evidence": func(g given) error {
		_, err := pruning.Evidence(g.model, coupling(g), criteria.Needs(0), g.data, []int{0}, nil, 1)
		return err
	},
	"pruning.Prune": func(g given) error {
		_, err := pruning.Prune(context.Background(), g.model, g.data, g.parts, pruning.Config{Criterion: criteria.Named("l2"), Amount: 0.5})
		return err
	},

	"training.Fit": func(g given) error {
		_, err := training.Fit(context.Background(), models.Sequential(models.Dense(2, models.ReLU)), g.data,
			training.FitConfig{Config: training.Config{Epochs: 1}})
		return err
	},
	"training.Prepare": func(g given) error {
		_, err := training.Prepare(models.Sequential(models.Dense(2, models.ReLU)), g.data, training.FitConfig{})
		return err
	},
	"training.Network.Fit": func(g given) error {
		rows := training.Rows{}
		if g.parts != nil {
			rows.Train, rows.Val = g.parts.Train, g.parts.Val
		}
		_, err := learner.Fit(context.Background(), g.data, rows)
		return err
	},
	"training.Fitted.Predict": func(g given) error {
		_, err := (&training.Fitted{Model: g.model}).Predict(g.data, []int{0})
		return err
	},
	"training.Score": func(g given) error {
		_, err := training.Score(&training.Fitted{Model: g.model}, g.data, []int{0, 1})
		return err
	},
	"training.Complete": func(g given) error {
		_, err := training.Complete(models.Sequential(models.Dense(2, models.ReLU)), g.data, []int{0}, nil, "")
		return err
	},
	"training.Gradients": func(g given) error {
		_, err := training.Gradients(g.model, nil, g.data, []int{0})
		return err
	},
	"training.GateGradients": func(g given) error {
		_, err := training.GateGradients(g.model, coupling(g), nil, g.data, []int{0})
		return err
	},
	"training.New": func(g given) error {
		_, err := training.New(g.model, g.data, g.parts, config())
		return err
	},
	"training.SizeOf":       func(g given) error { _, err := training.SizeOf(g.model, g.parts); return err },
	"training.Defined":      func(g given) error { return training.Defined("accuracy", g.data, []int{0}) },
	"training.NewEvaluator": func(g given) error { _, err := training.NewEvaluator(g.model, nil); return err },
	"training.Evaluator.Evaluate": func(g given) error {
		e, err := training.NewEvaluator(good().model, nil)
		if err != nil {
			return nil
		}
		_, err = e.Evaluate(g.data, []int{0})
		return err
	},
	"training.Evaluator.Predict64": func(g given) error {
		e, err := training.NewEvaluator(good().model, nil)
		if err != nil {
			return nil
		}
		_, err = e.Predict64(g.data, []int{0})
		return err
	},
	"training.Evaluator.Predict": func(g given) error {
		e, err := training.NewEvaluator(good().model, nil)
		if err != nil {
			return nil
		}
		_, err = e.Predict(g.data, []int{0})
		return err
	},
}

var learner = training.Network{Spec: models.Sequential(models.Dense(2, models.ReLU)),
	Config: training.FitConfig{Config: training.Config{Epochs: 1}}}

// coupling is that of the network, nil where there is none.
func coupling(g given) *surgery.Coupling {
	c, err := surgery.Analyze(g.net)
	if err != nil {
		return nil
	}
	return c
}

func config() training.Config {
	return training.Config{Epochs: 1, Batch: 4, Optimizer: &optimizers.Adam{}}
}

// good is a model, and data and parts that suit it.
func good() given {
	x := make([]float32, 40)
	labels := make([]int, 10)
	for i := range labels {
		labels[i] = i % 2
		for j := range 4 {
			x[4*i+j] = float32((i*7+j*3)%5) + float32(labels[i])
		}
	}
	d, err := data.NewClassification("ten rows", []string{"a", "b", "c", "d"}, x, []string{"no", "yes"}, labels)
	if err != nil {
		panic(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 1})
	if err != nil {
		panic(err)
	}
	spec, err := models.Sequential(models.Dense(4, models.ReLU)).For(d.Shape(), d.Task, len(d.Classes), nil)
	if err != nil {
		panic(err)
	}
	net, err := spec.Build(models.Options{Seed: 1})
	if err != nil {
		panic(err)
	}
	return given{models.New(net, d, &parts.Info), net, d, parts, d.Schema, "whole"}
}

// bad are the ways to get it wrong.
func bad() []given {
	g := good()
	with := func(what string, change func(*given)) given {
		c := g
		c.what = what
		change(&c)
		return c
	}
	x := gorgonia.NewMatrix(gorgonia.NewGraph(), tensor.Float32, gorgonia.WithName("x"), gorgonia.WithShape(2, 4))
	return []given{
		{what: "all nil"},
		with("no model", func(c *given) { c.model, c.net = nil, nil }),
		with("a model without a network", func(c *given) { c.model, c.net = &models.Model{}, nil }),
		with("an empty network", func(c *given) { c.net = &network.Network{}; c.model = g.model.With(c.net) }),
		with("a network of nil nodes", func(c *given) {
			c.net = &network.Network{Graph: gorgonia.NewGraph(), Inputs: gorgonia.Nodes{nil}, Outputs: gorgonia.Nodes{nil}}
			c.model = g.model.With(c.net)
		}),
		with("a network with a nil parameter", func(c *given) {
			n := *g.net
			n.Params = append(slices.Clone(n.Params), nil)
			c.net, c.model = &n, g.model.With(&n)
		}),
		with("a network without parameters or outputs", func(c *given) {
			c.net = &network.Network{Graph: x.Graph(), Inputs: gorgonia.Nodes{x}}
			c.model = g.model.With(c.net)
		}),
		with("no data", func(c *given) { c.data = nil }),
		with("empty data", func(c *given) { c.data = &data.Dataset{} }),
		with("data that contradicts itself", func(c *given) {
			d := *g.data
			d.Labels = d.Labels[:3]
			d.X = d.X[:17]
			c.data = &d
		}),
		with("labels that are no classes", func(c *given) {
			d := *g.data
			d.Labels = []int{7, -1, 0, 0, 0, 0, 0, 0, 0, 99}
			c.data = &d
		}),
		with("no parts", func(c *given) { c.parts = nil }),
		with("empty parts", func(c *given) { c.parts = &data.Parts{} }),
		with("rows that are not there", func(c *given) { c.parts = &data.Parts{Train: []int{0, 50}, Val: []int{-1}} }),
		with("no schema", func(c *given) { c.schema = nil }),
		with("an empty schema", func(c *given) { c.schema = &data.Schema{} }),
	}
}

// What is wrong with the arguments is an error, never a panic; what is right is none.
func TestNilIsAnError(t *testing.T) {
	for name, call := range calls {
		if strings.HasPrefix(name, "data.Dataset.GatherTargets") || name == "data.Dataset.GatherScaled" || name == "onnx.Save" || name == "models.Model.Save" || name == "data.Schema.Encode" ||
			name == "data.Schema.UnmarshalJSON" {
			continue // need a place to write to, or columns
		}
		if err := call(good()); err != nil {
			t.Errorf("%s of what is right: %v", name, err)
		}
	}
	for _, g := range bad() {
		for name, call := range calls {
			err := func() (err error) {
				defer func() {
					if r := recover(); r != nil {
						err = fmt.Errorf("PANIC: %v", r)
					}
				}()
				return call(g)
			}()
			switch {
			case err != nil && (strings.Contains(err.Error(), "PANIC") || strings.Contains(err.Error(), "nil pointer")):
				t.Errorf("%s with %s: %v", name, g.what, err)
			case err == nil && g.what == "all nil" && name != "models.Model.TrainingLoss":
				t.Errorf("%s with nothing at all: no error", name)
			}
		}
	}
}

// A function that is added and takes one of these is added to the table.
func TestNilTableIsWhole(t *testing.T) {
	pointers := []string{"*network.Network", "*Network", "*surgery.Coupling", "*Coupling", "*models.Model", "*Model",
		"*data.Dataset", "*Dataset", "*data.Parts", "*Parts", "*Schema"}
	for _, dir := range []string{"data", "graph", "graph/network", "graph/surgery", "models", "onnx", "pruning", "training"} {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !fn.Name.IsExported() || !returnsError(fn) {
					continue
				}
				full, takes := path.Base(dir)+"."+fn.Name.Name, false
				if fn.Recv != nil {
					r := typeText(fn.Recv.List[0].Type)
					takes = slices.Contains(pointers, r)
					full = path.Base(dir) + "." + strings.TrimPrefix(r, "*") + "." + fn.Name.Name
					if !ast.IsExported(strings.TrimPrefix(r, "*")) {
						continue
					}
				}
				for _, p := range fn.Type.Params.List {
					takes = takes || slices.Contains(pointers, typeText(p.Type))
				}
				if takes && calls[full] == nil {
					t.Errorf("%s is not in the table", full)
				}
			}
		}
	}
}

func returnsError(fn *ast.FuncDecl) bool {
	if fn.Type.Results == nil {
		return false
	}
	last := fn.Type.Results.List[len(fn.Type.Results.List)-1]
	return typeText(last.Type) == "error"
}

func typeText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + typeText(e.X)
	case *ast.SelectorExpr:
		return typeText(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}
