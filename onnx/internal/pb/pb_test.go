package pb_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The generated file is what go generate makes of onnx.proto, whatever the version of protoc.
func TestGeneratedFileIsUpToDate(t *testing.T) {
	if _, err := exec.LookPath("protoc"); err != nil {
		const remedy = "no protoc on PATH; install protobuf-compiler"
		if os.Getenv("CI") == "true" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	plugin, err := exec.Command("go", "tool", "-n", "protoc-gen-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("protoc", "--plugin=protoc-gen-go="+string(bytes.TrimSpace(plugin)), "--go_out="+dir,
		"--go_opt=paths=source_relative", "onnx/internal/pb/onnx.proto")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	version := regexp.MustCompile(`(?m)^// \tprotoc +v.*$`)
	var files [2][]byte
	for i, path := range []string{"onnx.pb.go", filepath.Join(dir, "onnx", "internal", "pb", "onnx.pb.go")} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = version.ReplaceAll(b, nil)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("onnx.pb.go is not what onnx.proto gives; run go generate ./onnx/...")
	}
}

// Another ONNX library in the same program must not clash with this one in protobuf's global registry.
func TestNamesAreOurs(t *testing.T) {
	var m proto.Message = new(pb.ModelProto)
	d := m.ProtoReflect().Descriptor()
	if got := d.FullName(); got != "gtrain.onnx.ModelProto" {
		t.Errorf("the message is registered as %s", got)
	}
	var file protoreflect.FileDescriptor = d.ParentFile()
	if got := file.Path(); got != "onnx/internal/pb/onnx.proto" {
		t.Errorf("the file is registered as %s", got)
	}
}
