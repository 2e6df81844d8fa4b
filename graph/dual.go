package graph

import (
	"reflect"
	"unsafe"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// What is bound to a node is a field that is not exported, and Node's own methods check shapes, or hide a dualValue: a
// value with its gradient, as BindDualValues and gorgonia.WithGrad leave it.
var (
	boundOffset = fieldOf(reflect.TypeFor[gorgonia.Node](), "boundTo").Offset
	dualType    = bindDual()
	valueOffset = fieldOf(dualType.Elem(), "Value").Offset
)

func fieldOf(t reflect.Type, name string) reflect.StructField {
	f, ok := t.FieldByName(name)
	if !ok || f.Type != reflect.TypeFor[gorgonia.Value]() {
		panic("graph: this version of gorgonia is not v0.9.18: " + t.String() + " has no value " + name)
	}
	return f
}

// bindDual finds the type of a value with its gradient, by making one.
func bindDual() reflect.Type {
	n := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("x"), gorgonia.WithValue(0.0))
	gorgonia.WithGrad(0.0)(n)
	return reflect.TypeOf(*boundTo(n))
}

func boundTo(n *gorgonia.Node) *gorgonia.Value {
	return (*gorgonia.Value)(unsafe.Add(unsafe.Pointer(n), boundOffset))
}

// bindValue binds a value of whatever shape to a node, as Gorgonia's machines do.
func bindValue(n *gorgonia.Node, v gorgonia.Value) {
	at := boundTo(n)
	if *at != nil && reflect.TypeOf(*at) == dualType {
		at = (*gorgonia.Value)(unsafe.Add(reflect.ValueOf(*at).UnsafePointer(), valueOffset))
	}
	*at = v
}

// dualOf is the gradient that hangs on a node itself; nil where Node.Grad shows the value of the node's derivative.
func dualOf(n *gorgonia.Node) gorgonia.Value {
	if at := boundTo(n); *at == nil || reflect.TypeOf(*at) != dualType {
		return nil
	}
	g, err := n.Grad()
	if err != nil {
		return nil
	}
	return g
}

// zeroLike is a zero of a value's type and shape.
func zeroLike(v gorgonia.Value) (gorgonia.Value, error) {
	c, err := gorgonia.CloneValue(v)
	if err != nil {
		return nil, err
	}
	return gorgonia.ZeroValue(c), nil
}

// addTo adds a derivative to a gradient, in place.
func addTo(sum, d gorgonia.Value) error {
	switch sum.Dtype() {
	case tensor.Float32:
		return addFloats[float32](sum, d)
	case tensor.Float64:
		return addFloats[float64](sum, d)
	}
	return errors.Errorf("gradients of %v do not add up", sum.Dtype())
}

func addFloats[T kernels.Float](sum, d gorgonia.Value) error {
	to, err := op.Floats[T](sum)
	if err != nil {
		return err
	}
	from, err := op.Floats[T](d)
	if err != nil {
		return err
	}
	if len(to) != len(from) {
		return errors.Errorf("a derivative of %v does not fit a gradient of %v", d.Shape(), sum.Shape())
	}
	kernels.Add(to, to, from)
	return nil
}
