// Package pb is the ONNX file format in Go, generated from onnx.proto.
package pb

// The compiler runs at the module's root, so that the path under which the file is registered is ours alone.
//go:generate sh -c "cd ../../.. && protoc --plugin=protoc-gen-go=$(go tool -n protoc-gen-go) --go_out=. --go_opt=paths=source_relative onnx/internal/pb/onnx.proto"
