package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/randnet"
	"gorgonia.org/tensor"
)

// `gtrain predict` prints of random networks what their plain programs give.
func TestPredictsRandomNetworks(t *testing.T) {
	for seed := uint64(1); seed <= 24; seed++ {
		n, err := randnet.Of(seed, -1, tensor.Float32)
		if err != nil {
			t.Fatal(err)
		}
		m, x, dir := n.Model(), n.Input(), t.TempDir()
		want, err := network.RunPlain(n.Network, x)
		if err != nil {
			t.Fatalf("%v\n%v", err, n)
		}
		model, rows := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "rows.csv")
		if err := m.Save(model); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(rows, n.CSV(x), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := execute(context.Background(), []string{"predict", model, "--data", rows}, streams{out: &out, err: &errs}); code != 0 {
			t.Fatalf("exit code %d: %s\n%v", code, errs.String(), n)
		}
		table, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(table) != n.Rows+1 {
			t.Fatalf("%d lines, %v", len(table), err)
		}
		var got []float64
		for _, record := range table[1:] {
			for _, field := range record[min(len(m.Classes), 1):] { // behind the class
				v, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
		}
		for i, w := range m.Probabilities(want[0]) {
			if !(math.Abs(got[i]-float64(w)) <= 1e-4*max(1, math.Abs(float64(w)))) {
				t.Fatalf("number %d is %v, want %v\n%v", i, got[i], w, n)
			}
		}
	}
}
