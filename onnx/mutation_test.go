package onnx_test

import (
	"encoding/binary"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/tensor"
)

// Models that are well-formed protobuf and wrong in any other way are refused in one line, or load and can be saved
// and loaded again.
func TestMutatedModels(t *testing.T) {
	var seeds []*pb.ModelProto
	for _, path := range append(foreignModels(t), torchModels(t)...) {
		seeds = append(seeds, decode(t, read(t, path)))
	}
	for _, name := range slices.Sorted(maps.Keys(versions())) { // in one order, so that the mutations are always the same
		seeds = append(seeds, versions()[name].ModelProto)
	}
	for _, e := range networks() {
		b, err := onnx.Marshal(e.build(newBuilder(t, tensor.Float32)), onnx.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, b)
		m.MetadataProps = nil
		seeds = append(seeds, m)
	}
	r := random.New(1, "mutations")
	loaded, refused := 0, 0
	for range 10000 {
		m := proto.Clone(seeds[r.IntN(len(seeds))]).(*pb.ModelProto)
		for range 1 + r.IntN(3) {
			mutate(r, m)
		}
		file := encode(t, m)
		var net *network.Network
		var meta *onnx.Meta
		var err error
		bounded(t, file, func() { net, meta, err = onnx.Unmarshal(file) })
		if err != nil {
			refused++
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			continue
		}
		loaded++
		b, err := onnx.Marshal(net, *meta)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			continue
		}
		if _, _, err := onnx.Unmarshal(b); err != nil {
			t.Fatalf("what was saved cannot be read: %v", err)
		}
	}
	if loaded < 500 || refused < 500 {
		t.Errorf("%d loaded and %d refused: the mutations try too little", loaded, refused)
	}
}

// mutate changes one thing.
func mutate(r *rand.Rand, m *pb.ModelProto) {
	g := m.Graph
	if len(g.Node) == 0 || len(g.Initializer) == 0 || len(g.Input) == 0 || len(g.Output) == 0 {
		return
	}
	n, init := pick(r, g.Node), pick(r, g.Initializer)
	size := pick(r, []int64{-1, 0, 1, 2, 3, 5, 1 << 20, 1 << 31, math.MaxInt64})
	name := anyName(r, g)
	switch r.IntN(17) {
	case 0:
		n.OpType = pick(r, pick(r, [][]string{allOps, {pick(r, g.Node).OpType}}))
	case 1:
		if len(n.Input) > 0 {
			n.Input[r.IntN(len(n.Input))] = name
		}
	case 2:
		n.Input = append(n.Input, name)
	case 3:
		if len(n.Input) > 0 {
			n.Input = n.Input[:len(n.Input)-1]
		}
	case 4:
		n.Output = pick(r, [][]string{nil, {name}, {"", name}, {"fresh"}})
	case 5:
		init.Dims = append(init.Dims, size)
	case 6:
		if len(init.Dims) > 0 {
			init.Dims[r.IntN(len(init.Dims))] = size
		}
	case 7:
		init.Dims = nil
	case 8:
		init.DataType = int32(r.IntN(18))
	case 9:
		v := pick(r, [][]*pb.ValueInfoProto{g.Input, g.Output})[0]
		if dims := len(v.GetType().GetTensorType().GetShape().GetDim()); dims > 0 {
			setDim(v, r.IntN(dims), size)
		}
	case 10:
		shape := pick(r, [][]*pb.ValueInfoProto{g.Input, g.Output})[0].GetType().GetTensorType().GetShape()
		dims := shape.GetDim()
		if shape == nil {
			return
		}
		shape.Dim = pick(r, [][]*pb.TensorShapeProto_Dimension{nil, append(dims, dims...), dims[:min(1, len(dims))]})
	case 11:
		n.Attribute = append(n.Attribute, &pb.AttributeProto{
			Name: pick(r, attributeNames),
			Type: pb.AttributeProto_AttributeType(r.IntN(8)), I: size, F: float32(r.NormFloat64()), S: []byte(name),
			Ints: []int64{size}, T: init,
		})
	case 12:
		g.Output[0].Name = name
	case 13:
		i, j := r.IntN(len(g.Node)), r.IntN(len(g.Node))
		g.Node[i].Input, g.Node[j].Input = g.Node[j].Input, g.Node[i].Input
	case 14:
		if len(n.Attribute) > 0 {
			a := pick(r, n.Attribute)
			a.I = size
			if len(a.Ints) > 0 {
				a.Ints[r.IntN(len(a.Ints))] = size
			}
		}
	case 15:
		for _, i := range g.Initializer { // what shapes are computed with
			if len(i.Int64Data) > 0 && r.IntN(3) == 0 {
				i.Int64Data[r.IntN(len(i.Int64Data))] = size
			}
			if i.DataType == 7 && len(i.RawData) >= 8 && r.IntN(3) == 0 {
				binary.LittleEndian.PutUint64(i.RawData, uint64(size))
			}
		}
	case 16:
		m.OpsetImport[0].Version = pick(r, []int64{7, 9, 11, 13, 17, 18, 25})
	}
}

var allOps = append(onnx.Operators(), "Einsum")

var attributeNames = strings.Fields(`axis axes alpha beta transA transB perm to value min max approximate kernel_shape pads
	strides dilations group auto_pad ceil_mode count_include_pad epsilon momentum training_mode keepdims split num_outputs
	starts ends steps mode allowzero noop_with_empty_axes start end`)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func anyName(r *rand.Rand, g *pb.GraphProto) string {
	switch r.IntN(4) {
	case 0:
		return pick(r, g.Initializer).Name
	case 1:
		return pick(r, g.Input).Name
	case 2:
		if out := pick(r, g.Node).Output; len(out) > 0 {
			return out[0]
		}
	}
	return pick(r, []string{"", "nowhere", "%x", "output"})
}
