package models

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
)

// The named models have the parameters that their papers and forebears have, counted by hand.
func TestNamedModels(t *testing.T) {
	mnist, cifar := []int{1, 28, 28}, []int{3, 32, 32}
	block := func(in, out int) int { // two convolutions with their norms, and the shortcut's where the shape changes
		n := 9*in*out + 2*out + 9*out*out + 2*out
		if in != out {
			n += in*out + 2*out
		}
		return n
	}
	encoderBlock := 4*32 + 4*(32*32+32) + 32*64 + 64 + 64*32 + 32 // two norms, four projections, two dense layers
	for _, c := range []struct {
		name   string
		shape  []int
		params int
	}{
		{"lenet-300-100", mnist, 266610},
		{"lenet-5", mnist, 431080},
		{"cnn-small", mnist, 160 + 32*(16*9+1) + 64*(32*9+1) + 64*(7*7*64+1) + 650},
		{"resnet-mini", cifar, 3*16*9 + 32 + 3*block(16, 16) + block(16, 32) + 2*block(32, 32) + block(32, 64) +
			block(64, 64) + 650},
		{"transformer-mini", []int{1, 8, 8}, 8*32 + 32 + 8*32 + 2*encoderBlock + 64 + 330},
	} {
		s, err := Parse(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = s.For(c.shape, data.Classification, 10, nil); err != nil {
			t.Fatal(err)
		}
		net := build(t, s, Options{Seed: 1})
		if total, _ := net.ParamCount(); total != c.params {
			t.Errorf("%s: %d parameters, want %d", c.name, total, c.params)
		}
		if in := InputWidth(net); !IsSoftmax(net) || net.Outputs[0].Shape()[1] != 10 || in != product(c.shape) {
			t.Errorf("%s: %d features to %v", c.name, in, net.Outputs[0].Shape())
		}
	}
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Every named model goes through a file and computes the same.
func TestNamedModelsThroughAFile(t *testing.T) {
	for _, info := range All() {
		s, err := Parse(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		shape := []int{1, 12, 12}
		if info.Name == "lenet-5" {
			shape = []int{1, 28, 28}
		}
		if s, err = s.For(shape, data.Classification, 4, nil); err != nil {
			t.Fatal(err)
		}
		m := &Model{Net: build(t, s, Options{Seed: 1}), Task: data.Classification, Classes: []string{"a", "b", "c", "d"},
			Features: numbered("pixel%d", product(shape))}
		for i, state := range m.Net.States { // statistics that training might have left
			f, err := op.Floats[float32](state.Value())
			if err != nil {
				t.Fatal(err)
			}
			for k := range f {
				f[k] = 0.5 + float32(i*7+k*3%11)/10
			}
		}
		path := filepath.Join(t.TempDir(), File)
		if err := m.Save(path); err != nil {
			t.Errorf("%s: %v", info.Name, err)
			continue
		}
		got, err := Load(path)
		if err != nil {
			t.Errorf("%s: %v", info.Name, err)
			continue
		}
		x := make([]float32, 3*product(shape))
		for i := range x {
			x[i] = float32(i*37%101)/50 - 1
		}
		if diff := cmp.Diff(predict(t, m.Net, x), predict(t, got.Net, x), cmpopts.EquateApprox(1e-5, 1e-6)); diff != "" {
			t.Errorf("%s: %s", info.Name, diff)
		}
		if len(got.Net.Params) != len(m.Net.Params) || len(got.Net.States) != len(m.Net.States) {
			t.Errorf("%s: %d parameters and %d states, were %d and %d", info.Name, len(got.Net.Params), len(got.Net.States),
				len(m.Net.Params), len(m.Net.States))
		}
	}
}
