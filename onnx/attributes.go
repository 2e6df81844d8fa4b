package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// attributes reads a node's attributes. It remembers the first thing that is wrong, and which attributes nobody read:
// an attribute that is not understood is refused, never ignored.
type attributes struct {
	list []*pb.AttributeProto
	read map[string]bool
	err  error
}

func newAttributes(n *pb.NodeProto) *attributes {
	return &attributes{list: n.GetAttribute(), read: map[string]bool{}}
}

func (a *attributes) find(name string, typ pb.AttributeProto_AttributeType) *pb.AttributeProto {
	a.read[name] = true
	var found *pb.AttributeProto
	for _, p := range a.list {
		if p.GetName() != name {
			continue
		}
		switch {
		case found != nil:
			a.fail(invalidf("attribute %q appears twice", name))
		case p.GetRefAttrName() != "":
			a.fail(invalidf("attribute %q refers to a function's attribute outside of a function", name))
		case p.GetType() != typ:
			a.fail(invalidf("attribute %q has type %v where %v is needed", name, p.GetType(), typ))
		}
		found = p
	}
	return found
}

func (a *attributes) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *attributes) integer(name string, otherwise int64) int64 {
	if p := a.find(name, pb.AttributeProto_INT); p != nil {
		return p.GetI()
	}
	return otherwise
}

func (a *attributes) float(name string, otherwise float32) float32 {
	if p := a.find(name, pb.AttributeProto_FLOAT); p != nil {
		return p.GetF()
	}
	return otherwise
}

func (a *attributes) text(name, otherwise string) string {
	if p := a.find(name, pb.AttributeProto_STRING); p != nil {
		return string(p.GetS())
	}
	return otherwise
}

func (a *attributes) tensor(name string) *pb.TensorProto {
	return a.find(name, pb.AttributeProto_TENSOR).GetT()
}

func (a *attributes) integers(name string) []int64 {
	return slices.Clone(a.find(name, pb.AttributeProto_INTS).GetInts())
}

// size reads a number that counts something. It is bounded, so that the arithmetic of shapes does not overflow.
func (a *attributes) size(name string, otherwise int64) (int, error) {
	v := a.integer(name, otherwise)
	if v < 1 || v > maxSize {
		return 0, invalidf("attribute %q is %d", name, v)
	}
	return int(v), nil
}

// fill reads a list of as many sizes as to has, each at least low, and leaves to as it is where there is none.
func (a *attributes) fill(name string, to []int, low int64) error {
	list := a.integers(name)
	if len(list) != 0 && len(list) != len(to) {
		return invalidf("attribute %q is %v; %d numbers are needed", name, list, len(to))
	}
	for i, v := range list {
		if v < low || v > maxSize {
			return invalidf("attribute %q is %v", name, list)
		}
		to[i] = int(v)
	}
	return nil
}

// ignore marks attributes that change nothing in inference.
func (a *attributes) ignore(names ...string) {
	for _, n := range names {
		a.read[n] = true
	}
}

// done returns what was wrong, or an error that names an attribute nobody read.
func (a *attributes) done() error {
	if a.err != nil {
		return a.err
	}
	for _, p := range a.list {
		if !a.read[p.GetName()] {
			return unsupportedf("attribute %q is not known", p.GetName())
		}
	}
	return nil
}
