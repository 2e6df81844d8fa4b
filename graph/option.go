package graph

import (
	"fmt"
	"log"
	"reflect"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Option changes how a graph is compiled. It is gorgonia.VMOpt, so that the options of an existing program's
// gorgonia.NewTapeMachine and those of this package go into one list; an option of this package panics where it is given
// to a machine of Gorgonia's, as Gorgonia's own do.
type Option = gorgonia.VMOpt

// option makes an Option of this package.
func option(name string, set func(*compilation)) Option {
	return func(vm gorgonia.VM) {
		s, ok := vm.(*settings)
		if !ok {
			panic(fmt.Sprintf("graph.%s is an option of graph.Compile and graph.NewMachine, not of a %T", name, vm))
		}
		s.took = true
		set(s.compilation)
	}
}

// settings is what an Option of ours writes to.
type settings struct {
	*compilation
	took bool
}

// RunAll, Reset and Close make a gorgonia.VM of it.
func (*settings) RunAll() error { return errors.New("not a machine") }
func (*settings) Reset()        {}
func (*settings) Close() error  { return nil }

// EvalMode computes operations that have a training form, such as gorgonia.Dropout and gorgonia.BatchNorm, in their
// evaluation form. It is gorgonia.EvalMode.
func EvalMode() Option { return gorgonia.EvalMode() }

// tapeOptions is what the options of Gorgonia's tapeMachine say.
type tapeOptions struct {
	eval       bool
	accumulate bool           // BindDualValues
	bound      gorgonia.Nodes // its nodes; none are all
	nodes      gorgonia.Nodes // of WithPrecompiled's program; nil without
	nan, inf   bool
	logger     *log.Logger
	format     string
	watchAll   bool
	watched    gorgonia.Nodes
	watchedIDs []gorgonia.NodeID
	trace      bool
	engine     tensor.ConsOpt // gives values that are handed out their engine, Gorgonia's own without WithEngine
}

// apply carries options out: ours on c, Gorgonia's on a tapeMachine that is thrown away, for its fields alone say what
// they mean.
func (c *compilation) apply(opts []Option) (tapeOptions, error) {
	probe := newProbe()
	for i, o := range opts {
		if o == nil {
			return tapeOptions{}, errors.Errorf("option %d is nil", i)
		}
		s := &settings{compilation: c}
		_ = try(func() { o(s) }) // Gorgonia's panic at a machine that they do not know
		if s.took {
			continue
		}
		if err := try(func() { o(probe) }); err != nil {
			return tapeOptions{}, errors.Errorf("option %d is not one of gorgonia.NewTapeMachine: %v", i, err)
		}
	}
	return readProbe(reflect.ValueOf(probe).Elem())
}

// try turns a panic into an error.
func try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	f()
	return nil
}

// newProbe is a tapeMachine with nothing in it.
func newProbe() gorgonia.VM {
	return reflect.New(reflect.TypeOf(gorgonia.NewTapeMachine).Out(0).Elem()).Interface().(gorgonia.VM)
}

// Bits of tapeMachine's flags, in the order of the constants in Gorgonia's vm.go.
const (
	flagNaN = 1 << (iota + 2)
	flagInf
	_ // pointers: values here never share memory that anybody sees
	_ // allocation
	flagTrace
	flagDual
	flagAll
)

// readProbe reads the fields of a tapeMachine (v0.9.18, the newest there is).
func readProbe(m reflect.Value) (t tapeOptions, err error) {
	err = try(func() {
		flags, logs := m.FieldByName("runFlags").Uint(), m.FieldByName("logFlags").Uint()
		t = tapeOptions{
			eval:       m.FieldByName("evalMode").Bool(),
			accumulate: flags&flagDual != 0,
			bound:      field[gorgonia.Nodes](m, "bindNodesDV"),
			nan:        flags&flagNaN != 0,
			inf:        flags&flagInf != 0,
			trace:      flags&flagTrace != 0,
			logger:     field[*log.Logger](m, "logger"),
			format:     m.FieldByName("valueFmt").String(),
			watchAll:   logs&flagAll != 0,
			watched:    field[gorgonia.Nodes](m, "watchNodes"),
			watchedIDs: field[[]gorgonia.NodeID](m, "watchNodeIDs"),
		}
		if m.FieldByName("watchRegs").Len() > 0 {
			panic("WithWatchlist names registers, which only Gorgonia's machine has; name nodes")
		}
		switch e := field[tensor.Engine](m, "Engine").(type) {
		case nil, gorgonia.StandardEngine, tensor.StdEng, tensor.Float32Engine, tensor.Float64Engine: // the same numbers
		default:
			panic(fmt.Sprintf("WithEngine: %T computes elsewhere than on the CPU's own memory; leave it out", e))
		}
		e := field[tensor.Engine](m, "Engine")
		if e == nil {
			e = gorgonia.StandardEngine{}
		}
		t.engine = tensor.WithEngine(e)
		t.nodes = precompiled(m)
	})
	return t, errors.Wrap(err, "options")
}

// precompiled lists the nodes of the program that WithPrecompiled gives; nil without one.
func precompiled(m reflect.Value) gorgonia.Nodes {
	p := access(m, "p")
	if p.IsNil() || access(m, "locMap").IsNil() {
		return nil
	}
	return slices.Clone(field[gorgonia.Nodes](p.Elem(), "sorted"))
}

// beyondCompile names an option that Compile has no use for; empty where there is none.
func (t tapeOptions) beyondCompile() string {
	switch {
	case t.accumulate:
		return "gorgonia.BindDualValues"
	case t.nodes != nil:
		return "gorgonia.WithPrecompiled"
	case t.nan:
		return "gorgonia.WithNaNWatch"
	case t.inf:
		return "gorgonia.WithInfWatch"
	case t.logger != nil:
		return "gorgonia.WithLogger"
	case t.trace:
		return "gorgonia.TraceExec"
	case t.watchAll, t.watched != nil, t.watchedIDs != nil:
		return "gorgonia.WithWatchlist"
	}
	return ""
}

// access reads a field that is not exported.
func access(of reflect.Value, name string) reflect.Value {
	f := of.FieldByName(name)
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

func field[T any](of reflect.Value, name string) (t T) {
	t, _ = access(of, name).Interface().(T)
	return t
}
