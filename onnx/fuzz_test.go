package onnx_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

// Whatever the bytes, reading them panics neither nor takes more memory than they account for; what can be read can be
// saved, or is refused by name, and what was saved can be read.
func FuzzUnmarshal(f *testing.F) {
	for _, path := range append(foreignModels(f), torchModels(f)...) {
		f.Add(read(f, path))
	}
	for _, name := range slices.Sorted(maps.Keys(versions())) {
		f.Add(encode(f, versions()[name].ModelProto))
	}
	for _, name := range slices.Sorted(maps.Keys(hostile())) {
		f.Add(encode(f, hostile()[name].ModelProto))
	}
	for _, e := range networks() {
		b, err := onnx.Marshal(e.build(newBuilder(f, tensor.Float32)), onnx.Meta{Classes: []string{"a"}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		m := decode(f, b)
		m.MetadataProps = nil // so that changes get past the checksum
		f.Add(encode(f, m))
	}
	for _, c := range faults {
		m := unsigned(f)
		c.change(m, m.Graph)
		f.Add(encode(f, m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var net *network.Network
		var meta *onnx.Meta
		var err error
		bounded(t, b, func() { net, meta, err = onnx.Unmarshal(b) })
		if err != nil {
			if net != nil || meta != nil && strings.Contains(err.Error(), "\n") {
				t.Fatalf("bad error %q", err)
			}
			return
		}
		again, err := onnx.Marshal(net, *meta)
		if err != nil {
			return
		}
		if _, _, err := onnx.Unmarshal(again); err != nil {
			t.Fatalf("what was saved cannot be read: %v", err)
		}
	})
}
