package graph

import (
	"fmt"
	"log"
	"slices"

	"github.com/gtrain/gtrain/internal/private"
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
	probe, used := private.NewTape(), false
	for i, o := range opts {
		if o == nil {
			return tapeOptions{}, errors.Errorf("option %d is nil", i)
		}
		s := &settings{compilation: c}
		_ = try(func() { o(s) }) // Gorgonia's panic at a machine that they do not know
		if s.took {
			continue
		}
		used = true
		if err := try(func() { o(probe) }); err != nil {
			return tapeOptions{}, errors.Errorf("option %d is not one of gorgonia.NewTapeMachine: %v", i, err)
		}
	}
	if !used {
		return tapeOptions{engine: tensor.WithEngine(gorgonia.StandardEngine{})}, nil
	}
	m, err := private.Tape(probe)
	if err != nil {
		return tapeOptions{}, errors.Wrap(err, "options")
	}
	return readProbe(m)
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

// readProbe reads what the options have left in the fields of a tapeMachine.
func readProbe(m private.Fields) (t tapeOptions, err error) {
	err = try(func() {
		flags, logs := m.Uint("runFlags"), m.Uint("logFlags")
		t = tapeOptions{
			eval:       m.Bool("evalMode"),
			accumulate: flags&private.FlagDual != 0,
			bound:      private.Get[gorgonia.Nodes](m, "bindNodesDV"),
			nan:        flags&private.FlagNaN != 0,
			inf:        flags&private.FlagInf != 0,
			trace:      flags&private.FlagTrace != 0,
			logger:     private.Get[*log.Logger](m, "logger"),
			format:     m.Text("valueFmt"),
			watchAll:   logs&private.FlagAll != 0,
			watched:    private.Get[gorgonia.Nodes](m, "watchNodes"),
			watchedIDs: private.Get[[]gorgonia.NodeID](m, "watchNodeIDs"),
		}
		if m.Len("watchRegs") > 0 {
			panic("WithWatchlist names registers, which only Gorgonia's machine has; name nodes")
		}
		switch e := private.Get[tensor.Engine](m, "Engine").(type) {
		case nil, gorgonia.StandardEngine, tensor.StdEng, tensor.Float32Engine, tensor.Float64Engine: // the same numbers
		default:
			panic(fmt.Sprintf("WithEngine: %T computes elsewhere than on the CPU's own memory; leave it out", e))
		}
		e := private.Get[tensor.Engine](m, "Engine")
		if e == nil {
			e = gorgonia.StandardEngine{}
		}
		t.engine = tensor.WithEngine(e)
	})
	if err == nil {
		t.nodes, err = precompiled(m)
	}
	return t, errors.Wrap(err, "options")
}

// precompiled lists the nodes of the program that WithPrecompiled gives; nil without one.
func precompiled(m private.Fields) (gorgonia.Nodes, error) {
	if m.IsNil("p") || m.IsNil("locMap") {
		return nil, nil
	}
	p, err := m.Inside("p")
	if err != nil {
		return nil, err
	}
	return slices.Clone(private.Get[gorgonia.Nodes](p, "sorted")), nil
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
