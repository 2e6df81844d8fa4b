package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gtrain/gtrain/benchmarks"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

// writeFiles gives peers that are not Go a network's weights and batches, as raw little-endian numbers: param-0.f32
// (in, out), param-1.f32 (out) and so on, x-BATCH.f32 and labels-BATCH.i64; and the network as model.onnx.
func writeFiles(dir string, n benchmarks.Network) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	net, err := n.Build()
	if err != nil {
		return err
	}
	for i, p := range net.Params {
		d := p.Value().(*tensor.Dense)
		if err := writeRaw(dir, fmt.Sprintf("param-%d.f32", i), d.Float32s()); err != nil {
			return err
		}
	}
	for _, batch := range n.Batches {
		d := benchmarks.NewData(n, batch)
		labels := make([]int64, batch)
		for i, l := range d.Labels {
			labels[i] = int64(l)
		}
		if err := writeRaw(dir, fmt.Sprintf("x-%d.f32", batch), d.X); err != nil {
			return err
		}
		if err := writeRaw(dir, fmt.Sprintf("labels-%d.i64", batch), labels); err != nil {
			return err
		}
	}
	return onnx.Save(filepath.Join(dir, modelFile), net, onnx.Meta{})
}

const modelFile = "model.onnx"

func writeRaw(dir, name string, numbers any) error {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, numbers); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644)
}
