package private

import (
	"reflect"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// typesOf finds Gorgonia's types by name: the exported ones, and others where they lead to or where a small graph has them.
func typesOf() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	add := func(t reflect.Type) {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		types[strings.TrimPrefix(t.String(), "gorgonia.")] = t
	}
	for _, t := range []reflect.Type{reflect.TypeFor[gorgonia.RMSPropSolver](), reflect.TypeFor[gorgonia.AdamSolver](),
		reflect.TypeFor[gorgonia.VanillaSolver](), reflect.TypeFor[gorgonia.Momentum](), reflect.TypeFor[gorgonia.AdamW](),
		reflect.TypeFor[gorgonia.BatchNormOp]()} {
		add(t)
	}
	tape := reflect.TypeOf(gorgonia.NewTapeMachine).Out(0)
	add(tape)
	if p, ok := tape.Elem().FieldByName("p"); ok {
		add(p.Type)
	}
	for _, n := range sample() {
		add(reflect.TypeOf(n.Op()))
	}
	return types
}

// sample has a node of every operation of Gorgonia's whose fields are read.
func sample() (nodes gorgonia.Nodes) {
	g := gorgonia.NewGraph()
	of := func(name string, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	}
	m, x, w := of("m", 2, 2), of("x", 1, 1, 4, 4), of("w", 1, 1, 2, 2)
	two, zero, one := []int{2, 2}, []int{0, 0}, []int{1, 1}
	var into gorgonia.Value
	for _, make := range []func() (*gorgonia.Node, error){
		func() (*gorgonia.Node, error) { return gorgonia.Mul(m, m) },
		func() (*gorgonia.Node, error) { return gorgonia.Sum(m, 0) },
		func() (*gorgonia.Node, error) { return gorgonia.Max(m, 0) },
		func() (*gorgonia.Node, error) { return gorgonia.SizeOf(0, m) },
		func() (*gorgonia.Node, error) { return gorgonia.BroadcastAdd(m, of("row", 1, 2), nil, []byte{0}) },
		func() (*gorgonia.Node, error) { return gorgonia.Reshape(m, tensor.Shape{4}) },
		func() (*gorgonia.Node, error) { return gorgonia.Transpose(m, 1, 0) },
		func() (*gorgonia.Node, error) { return gorgonia.Concat(0, m, m) },
		func() (*gorgonia.Node, error) { return behind(gorgonia.SoftMax(m)) },
		func() (*gorgonia.Node, error) { return behind(gorgonia.Slice(m, gorgonia.S(0))) },
		func() (*gorgonia.Node, error) { return gorgonia.Conv2d(x, w, two, zero, one, one) },
		func() (*gorgonia.Node, error) { return behind(gorgonia.MaxPool2D(x, two, zero, two)) },
		func() (*gorgonia.Node, error) { return behind(gorgonia.AveragePool2D(x, two, zero, two)) },
		func() (*gorgonia.Node, error) { return gorgonia.Upsample2D(x, 2) },
		func() (*gorgonia.Node, error) { return gorgonia.Dropout(m, 0.5) },
		func() (*gorgonia.Node, error) { return gorgonia.Read(m, &into), nil },
	} {
		func() {
			defer func() { _ = recover() }() // what is not made is reported as a type that is missing
			_, _ = make()
		}()
	}
	for _, n := range g.AllNodes() {
		if n.Op() != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// behind adds the gradient of a node, whose operation has a type of its own.
func behind(n *gorgonia.Node, err error) (*gorgonia.Node, error) {
	if err != nil {
		return nil, err
	}
	_, err = n.Op().(gorgonia.SDOp).SymDiff(Children(n), n, n)
	return n, err
}
