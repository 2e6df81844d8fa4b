package onnx

import (
	"encoding/binary"
	"math"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// constant is a tensor from a file: an initializer or the value of a Constant node. Exactly one of the slices is
// set, row-major; no dims mean a scalar.
type constant struct {
	name   string
	origin string // the tensor that this is under other dimensions, if it is one
	dims   []int
	f32    []float32
	f64    []float64
	i64    []int64 // INT64, INT32 and BOOL: shapes, axes and the like
	per    []int64 // by element, how it grows with the batch size (see affine, loose); nil if none does
}

func (c *constant) len() int { return len(c.f32) + len(c.f64) + len(c.i64) }

// decodeConstant reads a tensor. Memory is taken only for data that is there: dims are compared with it first.
func decodeConstant(t *pb.TensorProto, external *externalFiles) (*constant, error) {
	c := &constant{name: t.GetName()}
	size, err := c.setDims(t.GetDims())
	if err != nil {
		return nil, err
	}
	typ := pb.TensorProto_DataType(t.GetDataType())
	raw := t.GetRawData()
	if t.GetDataLocation() == pb.TensorProto_EXTERNAL || len(t.GetExternalData()) > 0 {
		if len(raw) > 0 {
			return nil, invalidf("tensor %q has data both in the file and outside (external data)", c.name)
		}
		if raw, err = external.bytes(t, size*widths[typ]); err != nil {
			return nil, err
		}
	}
	switch typ {
	case pb.TensorProto_FLOAT:
		c.f32, err = elements(c.name, size, t.GetFloatData(), raw, 4, func(b []byte) float32 {
			return math.Float32frombits(binary.LittleEndian.Uint32(b))
		})
	case pb.TensorProto_DOUBLE:
		c.f64, err = elements(c.name, size, t.GetDoubleData(), raw, 8, func(b []byte) float64 {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		})
	case pb.TensorProto_INT64:
		c.i64, err = elements(c.name, size, t.GetInt64Data(), raw, 8, func(b []byte) int64 {
			return int64(binary.LittleEndian.Uint64(b))
		})
	case pb.TensorProto_INT32, pb.TensorProto_BOOL:
		var i32 []int32
		i32, err = elements(c.name, size, t.GetInt32Data(), raw, widths[typ], func(b []byte) int32 {
			if typ == pb.TensorProto_BOOL {
				return int32(b[0])
			}
			return int32(binary.LittleEndian.Uint32(b))
		})
		c.i64 = make([]int64, len(i32))
		for i, v := range i32 {
			c.i64[i] = int64(v)
		}
	default:
		return nil, unsupportedf("tensor %q holds %s; float32, float64, int32, int64 and bool are read", c.name,
			typeName(t.GetDataType()))
	}
	return c, err
}

// widths are the bytes of one number.
var widths = map[pb.TensorProto_DataType]int{
	pb.TensorProto_FLOAT: 4, pb.TensorProto_DOUBLE: 8, pb.TensorProto_INT64: 8, pb.TensorProto_INT32: 4,
	pb.TensorProto_BOOL: 1,
}

// setDims checks the declared dims and returns the number of elements they ask for.
func (c *constant) setDims(dims []int64) (int, error) {
	size := 1
	if len(dims) > maxRank {
		return 0, unsupportedf("tensor %q has %d axes; up to %d are supported", c.name, len(dims), maxRank)
	}
	for _, d := range dims {
		if d < 0 || d > maxBytes {
			return 0, invalidf("tensor %q has dimensions %v", c.name, dims)
		}
		c.dims = append(c.dims, int(d))
		if size *= int(d); size > maxBytes { // both factors are below 2³¹: no overflow
			return 0, unsupportedf("tensor %q has dimensions %v, more elements than are supported", c.name, dims)
		}
	}
	return size, nil
}

// elements takes the numbers from the typed field or from the raw bytes, whichever is used.
func elements[T any](name string, size int, typed []T, raw []byte, width int, at func([]byte) T) ([]T, error) {
	if len(raw) == 0 {
		if len(typed) != size {
			return nil, invalidf("tensor %q has %d numbers where its dimensions ask for %d", name, len(typed), size)
		}
		return append(make([]T, 0, size), typed...), nil // not nil, also where there are none
	}
	if len(typed) != 0 {
		return nil, invalidf("tensor %q has its data twice", name)
	}
	if len(raw) != size*width {
		return nil, invalidf("tensor %q has %d bytes of data where its dimensions ask for %d", name, len(raw), size*width)
	}
	out := make([]T, size)
	for i := range out {
		out[i] = at(raw[i*width:])
	}
	return out, nil
}

func typeName(t int32) string { return pb.TensorProto_DataType(t).String() }
