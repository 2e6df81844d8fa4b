package onnx_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

// offsetNetwork is a small network, and the offsets of its three features.
func offsetNetwork(t testing.TB, dt tensor.Dtype, more ...models.Layer) (*network.Network, onnx.Meta) {
	t.Helper()
	layers := append([]models.Layer{models.Input(3), models.Standardize([]float64{5, 0, -1}, []float64{100, 2, 3}),
		models.Dense(4, models.Tanh), models.Dense(1)}, more...)
	net, err := models.Sequential(layers...).Build(models.Options{Seed: 1, Dtype: dt})
	if err != nil {
		t.Fatal(err)
	}
	return net, onnx.Meta{InputOffset: []float64{1.7e12, 0, -1e9}, InputScale: []float64{1, 1, 0.5}}
}

func predict(t testing.TB, net *network.Network, x []float32) []float32 {
	t.Helper()
	r, err := network.NewRunner(net, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A file takes double where offsets are asked for, as ONNX Runtime and its checker see it; it reads back to the same
// network and offsets, and to the same bytes.
func TestInputOffsets(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, wide := range []float64{0, 1e12} {
			net, meta := offsetNetwork(t, dt, models.Unscale(wide, 3))
			path := filepath.Join(t.TempDir(), "model.onnx")
			if err := onnx.Save(path, net, meta); err != nil {
				t.Fatal(err)
			}
			ortcheck.Validate(t, path)
			back, got, err := onnx.Load(path, onnx.WithOffsets())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.InputOffset, meta.InputOffset) || !slices.Equal(got.InputScale, meta.InputScale) {
				t.Errorf("offsets %v, %v", got.InputOffset, got.InputScale)
			}
			if len(back.Constants) != len(net.Constants) || len(back.Params) != len(net.Params) || back.Dtype() != dt {
				t.Errorf("%d constants and %d parameters of %v", len(back.Constants), len(back.Params), back.Dtype())
			}
			one, err := onnx.Marshal(net, meta)
			if err != nil {
				t.Fatal(err)
			}
			if two, err := onnx.Marshal(back, *got); err != nil || !slices.Equal(one, two) {
				t.Errorf("%v: read and saved it is another file (%v)", dt, err)
			}
			raw := []float64{1.7e12 + 12, 0.5, -1e9 + 3, 1.7e12 - 250.25, -2, -1e9 - 1.5}
			rest := []float32{12, 0.5, 6, -250.25, -2, -3}
			z := predict(t, models.Standardized(back), rest)
			theirs := ortcheck.Run(t, path, ortcheck.Values{"input": {Dims: []int{2, 3}, Float64: raw}})[0]
			for _, y := range theirs {
				for i, v := range z {
					their := 0.0
					if y.Float64 != nil {
						their = y.Float64[i]
					} else {
						their = float64(y.Float32[i])
					}
					if want := float64(v)*3 + wide; math.Abs(their-want) > 1e-4 {
						t.Errorf("%v: ONNX Runtime gives %v, want %v", dt, their, want)
					}
				}
				if double := y.Float64 != nil; double != (wide > 0 || dt == tensor.Float64) {
					t.Errorf("%v: double %v", dt, double)
				}
			}
		}
	}
}

// Who does not ask for offsets gets a network of raw numbers, and no file takes an offset off twice.
func TestOffsetsOfWhoDoesNotAsk(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		net, meta := offsetNetwork(t, dt)
		meta.InputOffset[0] = 1 << 20 // which float32 still tells from its neighbours
		meta.InputOffset[2] = -1 << 18
		b, err := onnx.Marshal(net, meta)
		if err != nil {
			t.Fatal(err)
		}
		raw, got, err := onnx.Unmarshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if got.InputOffset != nil || len(raw.Constants) != len(net.Constants)+2 || len(raw.Params) != len(net.Params) {
			t.Errorf("%v: offsets %v, %d constants, %d parameters", dt, got.InputOffset, len(raw.Constants), len(raw.Params))
		}
		x := []float32{1<<20 + 12, 0.5, -1<<18 + 3}
		want, have := predict(t, net, []float32{12, 0.5, 6}), predict(t, raw, x)
		if math.Abs(float64(want[0]-have[0])) > 1e-6 {
			t.Errorf("%v: %v, want %v", dt, have, want)
		}
		if b, err = onnx.Marshal(raw, *got); err != nil {
			t.Fatal(err)
		}
		again, got, err := onnx.Unmarshal(b, onnx.WithOffsets())
		if err != nil || got.InputOffset != nil {
			t.Fatalf("%v: %v", dt, err)
		}
		if have := predict(t, again, x); math.Abs(float64(want[0]-have[0])) > 1e-6 {
			t.Errorf("%v: saved again: %v, want %v", dt, have, want)
		}
	}
}

// What cannot be written is refused by name.
func TestOffsetsThatDoNotFit(t *testing.T) {
	net, _ := offsetNetwork(t, tensor.Float32)
	image, err := models.Sequential(models.Input(1, 4, 4), models.Flatten(), models.Dense(1)).Build(models.Options{})
	if err != nil {
		t.Fatal(err)
	}
	middle, err := models.Sequential(models.Input(3), models.Dense(1), models.Unscale(1e12, 1), models.Dense(1)).Build(models.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		net  *network.Network
		meta onnx.Meta
	}{
		"2 offsets and 3 scales for an input of shape (2, 3)": {net, onnx.Meta{InputOffset: make([]float64, 2), InputScale: []float64{1, 1, 1}}},
		"3 offsets and 0 scales":                              {net, onnx.Meta{InputOffset: make([]float64, 3)}},
		"feature 1 has offset 0 and scale 0":                  {net, onnx.Meta{InputOffset: make([]float64, 3), InputScale: []float64{1, 0, 1}}},
		"feature 0 has offset +Inf":                           {net, onnx.Meta{InputOffset: []float64{math.Inf(1), 0, 0}, InputScale: []float64{1, 1, 1}}},
		"for an input of shape (2, 1, 4, 4)":                  {image, onnx.Meta{InputOffset: make([]float64, 16), InputScale: slices.Repeat([]float64{1}, 16)}},
		`reads "unscale1", which is written in double`:        {middle, onnx.Meta{}},
	} {
		_, err := onnx.Marshal(c.net, c.meta)
		if err == nil || !strings.Contains(err.Error(), want) || !(errors.Is(err, onnx.ErrInvalid) || errors.Is(err, onnx.ErrUnsupported)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
