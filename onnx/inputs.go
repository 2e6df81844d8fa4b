package onnx

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// addInputs makes the network's inputs. An initializer that is listed among the inputs, as IR version 3 demands, is not
// one of them. Integers, which are indices into a table, are taken as numbers of the network's type that hold integers.
func (im *importer) addInputs() error {
	if err := im.inputType(); err != nil {
		return err
	}
	for _, v := range im.pb.GetInput() {
		name := v.GetName()
		if im.consts[name] != nil || im.unread[name] {
			continue
		}
		t := v.GetType().GetTensorType()
		im.integers[name] = isInteger(t.GetElemType())
		shape, err := im.exampleShape(name, t.GetShape())
		if err != nil {
			return err
		}
		switch batch := shape[0]; {
		case im.fixed < 0:
			im.declare(batch)
			if p := t.GetShape().GetDim()[0].GetDimParam(); p != "" {
				im.batchName = brief(p)
			}
		case im.fixed != batch:
			return unsupportedf("input %q has a leading axis of %s and another input one of %s; it is the batch, the same "+
				"for all", name, batchText(batch), batchText(im.fixed))
		}
		for _, t := range im.trials {
			shape[0] = t.batch
			t.values[name] = gorgonia.NewTensor(t.g, im.dt, len(shape), gorgonia.WithName(name),
				gorgonia.WithShape(shape...))
		}
		im.lanes[im.trials[0].values[name]] = &lane{0, 1, 1}
		if err := im.account(name); err != nil {
			return err
		}
	}
	if im.fixed < 0 {
		return unsupportedf("the model has no input")
	}
	return nil
}

// integerType is the type of an input that holds integers.
func integerType(t int32) tensor.Dtype {
	if pb.TensorProto_DataType(t) == pb.TensorProto_INT32 {
		return tensor.Int32
	}
	return tensor.Int64
}

func isInteger(t int32) bool {
	return pb.TensorProto_DataType(t) == pb.TensorProto_INT64 || pb.TensorProto_DataType(t) == pb.TensorProto_INT32
}

func batchText(n int) string {
	if n == 0 {
		return "any size"
	}
	return fmt.Sprint(n)
}

// inputType finds the network's type: that of its inputs or, where these are indices, of its parameters.
func (im *importer) inputType() error {
	im.fixed = -1
	by := ""
	take := func(name string, dt tensor.Dtype) error {
		if by != "" && dt != im.dt {
			return unsupportedf("input %q holds %v and input %q %v; all must have one type", by, im.dt, name, dt)
		}
		by, im.dt = name, dt
		return nil
	}
	for _, v := range im.pb.GetInput() {
		name, elem := v.GetName(), v.GetType().GetTensorType().GetElemType()
		if im.consts[name] != nil || im.unread[name] || isInteger(elem) {
			continue
		}
		var err error
		switch pb.TensorProto_DataType(elem) {
		case pb.TensorProto_FLOAT:
			err = take(name, tensor.Float32)
		case pb.TensorProto_DOUBLE:
			err = take(name, tensor.Float64)
		default:
			err = unsupportedf("input %q holds %s; float32, float64 and integers are supported", name, typeName(elem))
		}
		if err != nil {
			return err
		}
	}
	if by != "" {
		return nil
	}
	im.dt = tensor.Float32
	for _, t := range im.pb.GetInitializer() {
		if c := im.consts[t.GetName()]; c == nil {
			continue
		} else if c.f64 != nil {
			im.dt = tensor.Float64
			break
		} else if c.f32 != nil {
			break
		}
	}
	return nil
}

// exampleShape is the declared shape. Only the leading axis may be left open, which is then 0. Nothing is allocated by
// it: memory is taken where weights, which are there, ask for it.
func (im *importer) exampleShape(name string, s *pb.TensorShapeProto) (tensor.Shape, error) {
	if len(s.GetDim()) == 0 {
		return nil, unsupportedf("input %q has no declared shape with a leading batch axis", name)
	}
	if len(s.GetDim()) > maxRank {
		return nil, unsupportedf("input %q has %d axes; up to %d are supported", name, len(s.GetDim()), maxRank)
	}
	var shape tensor.Shape
	size := int64(1)
	for i, d := range s.GetDim() {
		n := max(d.GetDimValue(), 0) // −1 is how some exporters write an open axis
		if i == 0 {
			if n > maxBytes {
				return nil, unsupportedf("input %q: dimension 0 is %d", name, n)
			}
			shape = append(shape, int(n)) // 0: open
			continue
		}
		if n == 0 {
			return nil, unsupportedf("input %q: dimension %d is not fixed; only the leading one, the batch, may be open",
				name, i)
		}
		if n > im.limits.input || size > im.limits.input/n {
			return nil, unsupportedf("input %q has shape %s: one example has more than %d numbers, too many for a file of %d bytes",
				name, shapeText(s), im.limits.input, im.limits.file)
		}
		size *= n
		shape = append(shape, int(n))
	}
	return shape, nil
}

// checkShapes compares what the file declares with what was built, but for axes that the batch size decides in a file
// that leaves it open. The leading axis of an output must be the batch.
func (im *importer) checkShapes() error {
	for _, o := range im.pb.GetOutput() {
		if im.at.values[o.GetName()] == nil {
			continue
		}
		if err := im.checkOutput(o.GetName()); err != nil {
			return err
		}
	}
	for _, list := range [][]*pb.ValueInfoProto{im.pb.GetOutput(), im.pb.GetValueInfo()} {
		for _, v := range list {
			declared := v.GetType().GetTensorType().GetShape()
			if im.at.values[v.GetName()] == nil || declared == nil {
				continue
			}
			got, err := im.sizes(v.GetName())
			if err != nil {
				return err
			}
			fits := len(declared.GetDim()) == len(got)
			for i := 0; fits && i < len(got); i++ {
				d := declared.GetDim()[i].GetDimValue()
				fits = d <= 0 || im.fixed == 0 && got[i].per != 0 || d == got[i].at(im.fixed)
			}
			if !fits {
				return invalidf("value %q is declared with shape %s, but has %s", v.GetName(), shapeText(declared),
					im.declaredText(got))
			}
		}
	}
	return nil
}

// checkInitializers refuses an initializer that contradicts what the file declares of it, as an input or as a value.
func (im *importer) checkInitializers() error {
	types := map[string]int32{}
	for _, t := range im.pb.GetInitializer() {
		types[t.GetName()] = t.GetDataType()
	}
	for _, list := range [][]*pb.ValueInfoProto{im.pb.GetInput(), im.pb.GetValueInfo(), im.pb.GetOutput()} {
		for _, v := range list {
			c, t := im.consts[v.GetName()], v.GetType().GetTensorType()
			if c == nil || t == nil {
				continue
			}
			if elem := t.GetElemType(); elem != 0 && elem != types[c.name] {
				return invalidf("the initializer %q holds %s and is declared as %s", c.name, typeName(types[c.name]), typeName(elem))
			}
			if t.GetShape() == nil {
				continue
			}
			dims := t.GetShape().GetDim()
			fits := len(dims) == len(c.dims)
			for i := 0; fits && i < len(dims); i++ {
				d := dims[i].GetDimValue()
				fits = d <= 0 || d == int64(c.dims[i])
			}
			if !fits {
				return invalidf("the initializer %q has dimensions %v and is declared with shape %s", c.name, c.dims,
					shapeText(t.GetShape()))
			}
		}
	}
	return nil
}

func shapeText(s *pb.TensorShapeProto) string {
	var dims []string
	for _, d := range s.GetDim() {
		switch v := d.GetValue().(type) {
		case *pb.TensorShapeProto_Dimension_DimValue:
			dims = append(dims, fmt.Sprint(v.DimValue))
		case *pb.TensorShapeProto_Dimension_DimParam:
			dims = append(dims, v.DimParam)
		default:
			dims = append(dims, "?")
		}
	}
	return "(" + strings.Join(dims, ", ") + ")"
}
