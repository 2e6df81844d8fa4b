package onnx

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// elemType is ONNX's number for a type; UNDEFINED for a type that is not written.
func elemType(dt tensor.Dtype) pb.TensorProto_DataType {
	switch dt {
	case tensor.Float32:
		return pb.TensorProto_FLOAT
	case tensor.Float64:
		return pb.TensorProto_DOUBLE
	case tensor.Int64, tensor.Int:
		return pb.TensorProto_INT64
	case tensor.Int32:
		return pb.TensorProto_INT32
	}
	return pb.TensorProto_UNDEFINED
}

// encodeValue copies a value's numbers, row-major and little-endian, into a tensor without a name.
func encodeValue(v gorgonia.Value) (*pb.TensorProto, error) {
	if v == nil {
		return nil, invalidf("a value is missing")
	}
	t := &pb.TensorProto{DataType: int32(elemType(v.Dtype()))}
	switch v := v.(type) {
	case *gorgonia.F32:
		t.RawData = binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(*v)))
		return t, nil
	case *gorgonia.F64:
		t.RawData = binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(*v)))
		return t, nil
	case *gorgonia.I:
		t.RawData = binary.LittleEndian.AppendUint64(nil, uint64(*v))
		return t, nil
	case *gorgonia.I64:
		t.RawData = binary.LittleEndian.AppendUint64(nil, uint64(*v))
		return t, nil
	case *tensor.Dense:
		for _, d := range v.Shape() {
			t.Dims = append(t.Dims, int64(d))
		}
		data, err := rowMajor(v)
		if err != nil {
			return nil, err
		}
		t.RawData, err = appendNumbers(nil, data)
		return t, err
	}
	return nil, unsupportedf("a value of type %T cannot be stored", v)
}

// rowMajor gives the numbers of a tensor as a slice, copied only if they do not lie in order.
func rowMajor(d *tensor.Dense) (any, error) {
	if op.Contiguous(d) {
		return d.Data(), nil
	}
	flat, ok := d.Materialize().(*tensor.Dense)
	if !ok || !op.Contiguous(flat) {
		return nil, unsupportedf("a tensor of shape %v with strides %v cannot be stored", d.Shape(), d.Strides())
	}
	return flat.Data(), nil
}

func appendNumbers(b []byte, data any) ([]byte, error) {
	switch x := data.(type) {
	case []float32:
		b = slices.Grow(b, 4*len(x))
		for _, v := range x {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	case []float64:
		b = slices.Grow(b, 8*len(x))
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	case []int64:
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
	case []int:
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
	case float32: // the data of a scalar tensor
		return appendNumbers(b, []float32{x})
	case float64:
		return appendNumbers(b, []float64{x})
	default:
		return nil, unsupportedf("numbers of type %T cannot be stored", data)
	}
	return b, nil
}

// convert changes a constant between float32 and float64; integers stay.
func convert(t *pb.TensorProto, dt tensor.Dtype) (*pb.TensorProto, error) {
	c, err := decodeConstant(t, nil)
	if err != nil || c.i64 != nil {
		return t, err
	}
	t.DataType = int32(elemType(dt))
	t.RawData, err = appendNumbers(nil, c.floats(dt))
	return t, err
}

// floats gives the numbers of a float constant as a new []float32 or []float64.
func (c *constant) floats(dt tensor.Dtype) any {
	if dt == tensor.Float64 {
		out := make([]float64, 0, c.len())
		for _, v := range c.f32 {
			out = append(out, float64(v))
		}
		return append(out, c.f64...)
	}
	out := make([]float32, 0, c.len())
	for _, v := range c.f64 {
		out = append(out, float32(v))
	}
	return append(out, c.f32...)
}
