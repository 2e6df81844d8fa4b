package onnx

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// The checksum covers what the model computes and says: operator sets, graph, initializers, and the metadata under
// keys that begin with "gtrain.". It is taken of the decoded content, not of the file's bytes, so that another tool may
// decode the file, add documentation or properties of its own, and encode it again. Protobuf itself has no checksum: a
// flipped bit in a weight is a valid file.

const checksumPrefix = "sha256:"

// verifyChecksum compares the model with the checksum it carries, if it carries one.
func verifyChecksum(m *pb.ModelProto) error {
	for _, p := range m.GetMetadataProps() {
		if p.GetKey() == keyChecksum && p.GetValue() != checksum(m) {
			return faultf(ErrDamaged, "the file is damaged: its content does not match its checksum; take another copy "+
				"(if a tool changed the model on purpose, remove the metadata property %s)", keyChecksum)
		}
	}
	return nil
}

func checksum(m *pb.ModelProto) string {
	h := hasher{h: sha256.New()}
	h.text("gtrain checksum 1")
	h.size(len(m.GetOpsetImport()))
	for _, o := range m.GetOpsetImport() {
		h.text(o.GetDomain())
		h.num(o.GetVersion())
	}
	props := map[string]string{}
	for _, p := range m.GetMetadataProps() {
		if k := p.GetKey(); strings.HasPrefix(k, "gtrain.") && k != keyChecksum {
			props[k] = p.GetValue()
		}
	}
	h.size(len(props))
	for _, k := range slices.Sorted(maps.Keys(props)) {
		h.text(k)
		h.text(props[k])
	}
	h.graph(m.GetGraph())
	return checksumPrefix + hex.EncodeToString(h.h.Sum(nil))
}

// hasher writes every item with its length in front, so that no two contents give the same bytes.
type hasher struct {
	h   hash.Hash
	buf []byte
}

func (h *hasher) num(i int64) {
	h.buf = binary.LittleEndian.AppendUint64(h.buf[:0], uint64(i))
	h.h.Write(h.buf)
}

func (h *hasher) size(n int) { h.num(int64(n)) }

func (h *hasher) text(s string) {
	h.size(len(s))
	h.h.Write([]byte(s))
}

func (h *hasher) bytes(b []byte) {
	h.size(len(b))
	h.h.Write(b)
}

func hashList[T any](h *hasher, list []T, item func(T)) {
	h.size(len(list))
	for _, v := range list {
		item(v)
	}
}

func (h *hasher) graph(g *pb.GraphProto) {
	hashList(h, g.GetInput(), h.value)
	hashList(h, g.GetOutput(), h.value)
	hashList(h, g.GetInitializer(), h.tensor)
	hashList(h, g.GetSparseInitializer(), h.bytes)
	hashList(h, g.GetNode(), h.node)
}

func (h *hasher) value(v *pb.ValueInfoProto) {
	h.text(v.GetName())
	t := v.GetType().GetTensorType()
	h.num(int64(t.GetElemType()))
	hashList(h, t.GetShape().GetDim(), func(d *pb.TensorShapeProto_Dimension) {
		h.num(d.GetDimValue())
		h.text(d.GetDimParam())
	})
}

func (h *hasher) node(n *pb.NodeProto) {
	h.text(n.GetName())
	h.text(n.GetOpType())
	h.text(n.GetDomain())
	hashList(h, n.GetInput(), h.text)
	hashList(h, n.GetOutput(), h.text)
	hashList(h, n.GetAttribute(), func(a *pb.AttributeProto) {
		h.text(a.GetName())
		h.num(int64(a.GetType()))
		h.text(a.GetRefAttrName())
		h.num(int64(math.Float32bits(a.GetF())))
		h.num(a.GetI())
		h.bytes(a.GetS())
		h.tensor(a.GetT())
		hashList(h, a.GetFloats(), func(f float32) { h.num(int64(math.Float32bits(f))) })
		hashList(h, a.GetInts(), h.num)
		hashList(h, a.GetStrings(), h.bytes)
	})
}

func (h *hasher) tensor(t *pb.TensorProto) {
	h.text(t.GetName())
	h.num(int64(t.GetDataType()))
	h.num(int64(t.GetDataLocation()))
	hashList(h, t.GetDims(), h.num)
	h.bytes(t.GetRawData())
	hashList(h, t.GetFloatData(), func(f float32) { h.num(int64(math.Float32bits(f))) })
	hashList(h, t.GetDoubleData(), func(f float64) { h.num(int64(math.Float64bits(f))) })
	hashList(h, t.GetInt32Data(), func(i int32) { h.num(int64(i)) })
	hashList(h, t.GetInt64Data(), h.num)
	hashList(h, t.GetExternalData(), func(e *pb.StringStringEntryProto) {
		h.text(e.GetKey())
		h.text(e.GetValue())
	})
}
