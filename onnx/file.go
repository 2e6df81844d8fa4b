package onnx

import (
	"io"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// What is written. Every ONNX Runtime since 1.12 (2022) reads it.
const (
	irVersion    = 8
	opsetVersion = 17
	producer     = "gtrain"
)

// What is read: operators are understood as of these versions of the default operator set.
const (
	minIRVersion = 3 // the first that names its operator sets
	maxIRVersion = 13
	minOpset     = 7 // numpy broadcasting
	maxOpset     = 25
)

// maxBytes is protobuf's limit on a message.
const maxBytes = 1<<31 - 1

// maxSize bounds strides, paddings and the like.
const maxSize = 1 << 24

// encodeModel stamps the model with its checksum and gives its bytes. Equal models give equal bytes.
//
// The graph comes last, after the metadata (a message may be encoded in pieces, in any order), so that a file that is
// cut short anywhere has lost a part of its graph and cannot pass for a model without a checksum.
func encodeModel(m *pb.ModelProto) ([]byte, error) {
	m.MetadataProps = append(m.MetadataProps, &pb.StringStringEntryProto{Key: keyChecksum, Value: checksum(m)})
	if n := proto.Size(m); n > maxBytes {
		return nil, unsupportedf("the model takes %d bytes; a file without external data holds at most %d", n, maxBytes)
	}
	graph := &pb.ModelProto{Graph: m.GetGraph()}
	head := &pb.ModelProto{
		IrVersion: m.GetIrVersion(), ProducerName: m.GetProducerName(),
		OpsetImport: m.GetOpsetImport(), MetadataProps: m.GetMetadataProps(),
	}
	var b []byte
	var err error
	for _, part := range []*pb.ModelProto{head, graph} {
		if b, err = (proto.MarshalOptions{Deterministic: true}).MarshalAppend(b, part); err != nil {
			return nil, invalidf("encode: %v", err)
		}
	}
	return b, nil
}

// decodeModel decodes the bytes, verifies the checksum where there is one, and checks what holds for every ONNX model.
func decodeModel(b []byte) (*pb.ModelProto, error) {
	if len(b) == 0 {
		return nil, faultf(ErrNotONNX, "the file is empty")
	}
	m := new(pb.ModelProto)
	if err := proto.Unmarshal(b, m); err != nil { // its text changes from build to build and says nothing to a user
		return nil, diagnose(b)
	}
	if m.GetIrVersion() <= 0 || m.GetGraph() == nil {
		return nil, faultf(ErrNotONNX, "not an ONNX file: no graph in it")
	}
	if err := verifyChecksum(m); err != nil {
		return nil, err
	}
	return m, validate(m)
}

// diagnose tells a model that is cut short or overwritten from a file of another kind. Every exporter writes the
// ir_version first.
func diagnose(b []byte) error {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != 1 || typ != protowire.VarintType {
		return faultf(ErrNotONNX, "not an ONNX file")
	}
	for len(b) > 0 {
		_, _, n := protowire.ConsumeField(b)
		if protowire.ParseError(n) == io.ErrUnexpectedEOF {
			return faultf(ErrDamaged, "the file is damaged: it is cut short")
		}
		if n < 0 {
			break
		}
		b = b[n:]
	}
	return faultf(ErrDamaged, "the file is damaged: it cannot be decoded as an ONNX model")
}
