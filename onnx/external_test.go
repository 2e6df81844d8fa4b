package onnx_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
)

// outside moves the initializers of a model to weights.bin, and returns it with its data.
func outside(t *testing.T) (*pb.ModelProto, []byte) {
	t.Helper()
	m := unsigned(t)
	var data []byte
	for _, init := range m.Graph.Initializer {
		place(init, "weights.bin", len(data), len(init.RawData))
		data = append(data, init.RawData...)
		init.RawData = nil
	}
	return m, data
}

func place(t *pb.TensorProto, location string, offset, length int) {
	t.DataLocation = pb.TensorProto_EXTERNAL
	t.ExternalData = []*pb.StringStringEntryProto{{Key: "location", Value: location}, {Key: "offset", Value: strconv.Itoa(offset)},
		{Key: "length", Value: strconv.Itoa(length)}}
}

func TestExternalDataIsRead(t *testing.T) {
	want, _, err := onnx.Unmarshal(encode(t, unsigned(t)))
	if err != nil {
		t.Fatal(err)
	}
	m, data := outside(t)
	for _, sub := range []string{".", "below"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, sub, "weights.bin"), data)
		for _, init := range m.Graph.Initializer {
			init.ExternalData[0].Value = filepath.ToSlash(filepath.Join(sub, "weights.bin"))
		}
		write(t, filepath.Join(dir, "model.onnx"), encode(t, m))
		got, _ := load(t, filepath.Join(dir, "model.onnx"))
		in := examples(t, want, 3)
		sameBits(t, "with external data", forward(t, got, in)[0], forward(t, want, in)[0])
	}
	if _, _, err := onnx.Unmarshal(encode(t, m)); !errors.Is(err, onnx.ErrUnsupported) {
		t.Errorf("in memory: %v", err)
	}
}

func TestExternalDataIsRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.bin")
	write(t, secret, make([]byte, 1000))
	for _, c := range []struct {
		name   string
		change func(dir string, first *pb.TensorProto)
		want   string
	}{
		{"parent", func(_ string, f *pb.TensorProto) { place(f, "../secret.bin", 0, 48) }, "outside of the model's folder"},
		{"hidden parent", func(_ string, f *pb.TensorProto) { place(f, "a/../../secret.bin", 0, 48) },
			"outside of the model's folder"},
		{"absolute", func(_ string, f *pb.TensorProto) { place(f, secret, 0, 48) }, "outside of the model's folder"},
		{"no name", func(_ string, f *pb.TensorProto) { place(f, "", 0, 48) }, "outside of the model's folder"},
		{"link to a file", func(dir string, f *pb.TensorProto) {
			link(t, secret, filepath.Join(dir, "link.bin"))
			place(f, "link.bin", 0, 48)
		}, "cannot be read in the model's folder"},
		{"link to a folder", func(dir string, f *pb.TensorProto) {
			link(t, filepath.Dir(secret), filepath.Join(dir, "link"))
			place(f, "link/secret.bin", 0, 48)
		}, "cannot be read in the model's folder"},
		{"missing", func(_ string, f *pb.TensorProto) { place(f, "nothing.bin", 0, 48) }, "no such file"},
		{"folder", func(_ string, f *pb.TensorProto) { place(f, ".", 0, 48) }, "is not a file"},
		{"device", func(dir string, f *pb.TensorProto) {
			link(t, "/dev/zero", filepath.Join(dir, "zero"))
			place(f, "zero", 0, 48)
		}, "cannot be read in the model's folder"},
		{"too short", func(_ string, f *pb.TensorProto) { place(f, "weights.bin", 80, 48) }, "has 48 bytes from byte 80"},
		{"far offset", func(_ string, f *pb.TensorProto) { place(f, "weights.bin", 1<<62, 48) }, "from byte 4611686018427387904"},
		{"wrong length", func(_ string, f *pb.TensorProto) { place(f, "weights.bin", 0, 44) }, "44 bytes of external data"},
		{"negative offset", func(_ string, f *pb.TensorProto) { place(f, "weights.bin", -4, 48) }, `is "-4"`},
		{"huge tensor", func(_ string, f *pb.TensorProto) {
			f.Dims = []int64{1 << 15, 1 << 15}
			f.ExternalData = f.ExternalData[:1]
		}, "4294967296 bytes from byte 0"},
		{"unknown key", func(_ string, f *pb.TensorProto) { f.ExternalData[0].Key = "url" }, `key "url"`},
		{"the same bytes many times", func(_ string, f *pb.TensorProto) { place(f, "weights.bin", 16, 48) }, "shares its bytes"},
		{"twice", func(_ string, f *pb.TensorProto) { f.RawData = make([]byte, 48) }, "both in the file and outside"},
	} {
		m, data := outside(t)
		dir := t.TempDir()
		write(t, filepath.Join(dir, "weights.bin"), data)
		if c.name == "the same bytes many times" {
			m.Graph.Initializer = append(m.Graph.Initializer, &pb.TensorProto{Name: "more", DataType: 1, Dims: []int64{12}})
			place(m.Graph.Initializer[len(m.Graph.Initializer)-1], "weights.bin", 0, 48)
			m.Graph.Output = append(m.Graph.Output, &pb.ValueInfoProto{Name: "more"}) // what nothing needs is not read
		}
		c.change(dir, m.Graph.Initializer[0])
		path := filepath.Join(dir, "model.onnx")
		write(t, path, encode(t, m))
		_, _, err := onnx.Load(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
