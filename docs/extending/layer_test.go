package extending_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/gorgonia"
)

// gateOptions are what a gated layer has beside the fields of models.Layer.
type gateOptions struct{ Limit float64 }

// gated is clip(x·W, ±limit)·sigmoid(x·V).
var gated = models.LayerType{Kind: "gated", Summary: "dense, each unit behind a gate", Keys: "units init",
	Settings: func(l *models.Layer) settings.Rows {
		if l.Own == nil {
			l.Own = &gateOptions{}
		}
		limit := &l.Own.(*gateOptions).Limit
		return settings.Rows{settings.Number("limit", limit, "of what goes through").In(settings.Positive).Or(6)}
	},
	Build: func(b *models.Builder, l models.Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		var parts [2]*gorgonia.Node
		for i, act := range []op.Activation{op.Identity, op.Sigmoid} {
			width := in[0].Shape()[1]
			w, err := b.Weight(l, []string{".value", ".gate"}[i], initializers.Dense(width, l.Units), width, l.Units)
			if err != nil {
				return nil, err
			}
			if parts[i], err = op.Linear(in[0], w, nil, act, 0); err != nil {
				return nil, err
			}
		}
		limit := l.Own.(*gateOptions).Limit
		value, err := op.Clip(parts[0], -limit, limit)
		if err != nil {
			return nil, err
		}
		y, err := op.Mul(value, parts[1])
		return gorgonia.Nodes{y}, err
	}}

// A layer of your own in a model: it trains, is saved and is loaded as any other, for its operations have an ONNX form.
func Example_layer() {
	spec := models.Sequential(gated.Layer(models.Layer{Units: 16, Own: &gateOptions{Limit: 4}}))
	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fitted, err := training.Fit(context.Background(), spec, iris, training.FitConfig{})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "gated")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.onnx")
	if err := fitted.Model.Save(path); err != nil {
		log.Fatal(err)
	}
	loaded, err := models.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	result, err := fitted.Evaluate("test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Metrics.Accuracy > 0.8, len(loaded.Net.Params) == len(fitted.Model.Net.Params))
	// Output: true true
}

// Register makes the type known to models in files, with all its keys.
func Example_layerInFiles() {
	if err := models.Register(gated); err != nil {
		log.Fatal(err)
	}
	spec, err := models.ParseYAML([]byte("layers:\n  - {type: gated, units: 16, limit: 4}"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(spec.Layers[0].Own.(*gateOptions).Limit)
	_, err = models.ParseYAML([]byte("layers:\n  - {type: gated, units: 16, limit: -4}"))
	fmt.Println(err)
	// Output:
	// 4
	// model: line 2: limit is -4: must be a number > 0
}
