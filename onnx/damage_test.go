package onnx_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/tensor"
)

func marshal(t testing.TB, build func(*builder) *network.Network, meta onnx.Meta) []byte {
	t.Helper()
	b, err := onnx.Marshal(build(newBuilder(t, tensor.Float32)), meta)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refused checks that bytes are refused with one line of the kind, and returns it.
func refused(t testing.TB, what string, b []byte, kind error) string {
	t.Helper()
	net, _, err := onnx.Unmarshal(b)
	switch {
	case err == nil:
		t.Fatalf("%s: accepted", what)
	case net != nil:
		t.Errorf("%s: a network beside the error", what)
	case kind != nil && !errors.Is(err, kind):
		t.Errorf("%s: %q is not of the kind %q", what, err, kind)
	case strings.ContainsAny(err.Error(), "\n\x00"):
		t.Errorf("%s: %q is not one clean line", what, err)
	}
	return err.Error()
}

func TestFilesCutShortAreRefused(t *testing.T) {
	b := marshal(t, classifier, onnx.Meta{Classes: []string{"a", "b", "c"}})
	for n := range len(b) {
		_, _, err := onnx.Unmarshal(b[:n])
		if !errors.Is(err, onnx.ErrDamaged) && !errors.Is(err, onnx.ErrNotONNX) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	msg := refused(t, "half", b[:len(b)/2], onnx.ErrDamaged)
	if msg != "the file is damaged: it is cut short" {
		t.Errorf("half a file: %q", msg)
	}
}

// Any single bit that flips is either found, or in a place that changes neither what the network computes nor its
// metadata.
func TestFlippedBitsAreFound(t *testing.T) {
	meta := onnx.Meta{
		Task: "classification", Classes: []string{"a", "b", "c"}, Properties: map[string]string{"gtrain.x": "y"},
	}
	b := marshal(t, classifier, meta)
	net, _, err := onnx.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	in := examples(t, net, 2)
	want := forward(t, net, in)[0]
	unnoticed := 0
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			got, m, err := onnx.Unmarshal(bad)
			if err != nil {
				continue
			}
			unnoticed++
			if m.Task != meta.Task || fmt.Sprint(m.Classes) != fmt.Sprint(meta.Classes) {
				t.Fatalf("bit %d of byte %d changed the metadata to %+v", bit, i, m)
			}
			sameBits(t, fmt.Sprintf("bit %d of byte %d", bit, i), forward(t, got, in)[0], want)
		}
	}
	// They are in the versions, the names of the producer and of the graph, and the checksum's own key.
	const blind = "\x08\x08" + "\x12\x06gtrain" + "\x3a\x00\x00" + "\x12\x06gtrain" + "\x72\x00\x0a\x0fgtrain.checksum"
	if most := 8 * len(blind); unnoticed > most {
		t.Errorf("%d flips went unnoticed, more than the %d that may", unnoticed, most)
	}
	i := bytes.Index(b, raw(t, net, "fc2.weight"))
	b[i+5] ^= 1 // a weight
	if msg := refused(t, "a weight", b, onnx.ErrDamaged); !strings.Contains(msg, "is damaged") {
		t.Errorf("message is %q", msg)
	}
}

func raw(t *testing.T, net *network.Network, name string) []byte {
	t.Helper()
	m := decode(t, marshal(t, classifier, onnx.Meta{}))
	for _, init := range m.GetGraph().GetInitializer() {
		if init.GetName() == name {
			return init.GetRawData()
		}
	}
	t.Fatalf("no %s", name)
	return nil
}

func decode(t testing.TB, b []byte) *pb.ModelProto {
	t.Helper()
	m := new(pb.ModelProto)
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t testing.TB, m *pb.ModelProto) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unsigned is a valid model without a checksum, for tests that change it.
func unsigned(t testing.TB) *pb.ModelProto {
	m := decode(t, marshal(t, func(b *builder) *network.Network {
		return b.done(b.dense(b.dense(b.input("x", 3), "fc1", 4, op.Identity, 0), "fc2", 2, op.Identity, 0))
	}, onnx.Meta{}))
	m.MetadataProps = nil
	m.ProducerName = "somebody"
	return m
}

// Nodes that are out of order make a model all the same.
func TestNodesOutOfOrder(t *testing.T) {
	m := unsigned(t)
	net := func() *network.Network {
		n, _, err := onnx.Unmarshal(encode(t, m))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := net()
	n := m.Graph.Node
	n[0], n[1] = n[1], n[0]
	in := examples(t, want, 3)
	sameBits(t, "out of order", forward(t, net(), in)[0], forward(t, want, in)[0])
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	_, _, err := onnx.Load(filepath.Join(dir, "none.onnx"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.onnx") {
		t.Errorf("a missing file: %v", err)
	}
	for name, content := range map[string]string{
		"empty.onnx": "", "text.onnx": "hello", "zip.onnx": "PK\x03\x04", "one.onnx": "\x08",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := onnx.Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "one.onnx" && !errors.Is(err, onnx.ErrNotONNX) {
			t.Errorf("%s: %v is not ErrNotONNX", name, err)
		}
	}
}
