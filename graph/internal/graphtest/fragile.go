package graphtest

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Fragile is an op from outside that panics, or fails.
type Fragile struct{ Err error }

func (Fragile) Arity() int    { return 1 }
func (Fragile) Type() hm.Type { a := hm.TypeVariable('a'); return hm.NewFnType(a, a) }
func (Fragile) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape), nil
}
func (f Fragile) Do(...gorgonia.Value) (gorgonia.Value, error) {
	if f.Err != nil {
		return nil, f.Err
	}
	panic("index out of range [7]")
}
func (Fragile) ReturnsPtr() bool        { return true }
func (Fragile) CallsExtern() bool       { return false }
func (Fragile) OverwritesInput() int    { return -1 }
func (f Fragile) WriteHash(h hash.Hash) { fmt.Fprintf(h, "fragile %v", f.Err) }
func (Fragile) Hashcode() uint32        { return 7 }
func (Fragile) String() string          { return "fragile" }
