package models_test

import (
	"slices"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
)

// Named models, frozen, give the bits that they give otherwise, masked too, and follow their parameters when they are
// frozen again.
func TestFrozenModelsGiveTheSameBits(t *testing.T) {
	for name, shape := range map[string][]int{"mlp:300,100": {60}, "lenet-5": {1, 20, 20}, "resnet-mini": {3, 8, 8},
		"transformer-mini": {1, 8, 8}} {
		spec, err := models.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if spec, err = spec.For(shape, data.Classification, 10, nil); err != nil {
			t.Fatal(err)
		}
		net, err := spec.Build(models.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range net.States { // statistics that change something
			f, err := op.Floats[float32](s.Value())
			if err != nil {
				t.Fatal(err)
			}
			for i := range f {
				f[i] += 0.25 + 0.125*float32(i%3)
			}
		}
		sameFrozen(t, name, net)
		c, err := surgery.Analyze(net)
		if err != nil {
			t.Fatal(err)
		}
		masked, err := c.Mask(map[string][]int{c.Groups[0].Name: {0, 2}})
		if err != nil {
			t.Fatal(err)
		}
		sameFrozen(t, name+", masked", masked)
	}
}

func sameFrozen(t *testing.T, name string, net *network.Network) {
	t.Helper()
	frozen, err := network.NewRunner(net, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := frozen.Freeze(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, rows := range []int{1, 5, 70} {
			x := network.Sample(net, rows)
			got, err := frozen.Predict(x)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := predict(t, net, x); !slices.Equal(got, want) {
				t.Errorf("%s: %d rows give something else when frozen", name, rows)
			}
		}
		for _, p := range net.Params {
			f, err := op.Floats[float32](p.Value())
			if err != nil {
				t.Fatal(err)
			}
			for i := range f {
				f[i] *= 0.75
			}
		}
	}
}
