package private

import (
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Version is the version of Gorgonia that the table describes.
const Version = "v0.9.18"

// row is a field that is read. Kind is its type, or its kind as package reflect names it; "ints" is a slice of int.
type row struct{ typ, field, kind string }

var table = []row{
	{"Node", "children", "gorgonia.Nodes"},
	{"Node", "name", "string"},
	{"Node", "group", "string"},
	{"Node", "boundTo", "gorgonia.Value"},
	{"dualValue", "Value", "gorgonia.Value"}, // a value with its gradient
	{"readOp", "into", "*gorgonia.Value"},

	{"tapeMachine", "p", "ptr"},
	{"tapeMachine", "locMap", "map"},
	{"tapeMachine", "bindNodesDV", "gorgonia.Nodes"},
	{"tapeMachine", "watchNodes", "gorgonia.Nodes"},
	{"tapeMachine", "watchRegs", "slice"},
	{"tapeMachine", "watchNodeIDs", "[]gorgonia.NodeID"},
	{"tapeMachine", "logger", "*log.Logger"},
	{"tapeMachine", "valueFmt", "string"},
	{"tapeMachine", "logFlags", "uint16"},
	{"tapeMachine", "runFlags", "uint16"},
	{"tapeMachine", "evalMode", "bool"},
	{"tapeMachine", "Engine", "tensor.Engine"},
	{"program", "sorted", "gorgonia.Nodes"},

	{"RMSPropSolver", "eta", "float64"},
	{"AdamSolver", "eta", "float64"},
	{"VanillaSolver", "eta", "float64"},
	{"Momentum", "eta", "float64"},
	{"AdamW", "η", "float64"},

	{"linAlgBinOp", "āBinaryOperator", "uint8"},
	{"linAlgBinOp", "transA", "bool"},
	{"linAlgBinOp", "transB", "bool"},
	{"sumOp", "along", "ints"},
	{"maxOp", "along", "ints"},
	{"maxOp", "d", "int"},
	{"repeatOp", "along", "int"},
	{"reshapeOp", "from", "ints"},
	{"reshapeOp", "to", "ints"},
	{"sizeOp", "axis", "int"},
	{"softmaxOp", "axis", "int"},
	{"softmaxOp", "isLog", "bool"},
	{"softmaxDiffOp", "softmaxOp", "ptr"},
	{"transposeOp", "pattern", "ints"},
	{"concatOp", "axis", "int"},
	{"concatOp", "d", "int"},
	{"concatOp", "children", "int"},
	{"sliceOp", "along", "int"},
	{"sliceOp", "d", "int"},
	{"sliceIncrOp", "sliceOp", "ptr"},
	{"im2colOp", "h", "int"},
	{"im2colOp", "w", "int"},
	{"im2colOp", "padH", "int"},
	{"im2colOp", "padW", "int"},
	{"im2colOp", "strideH", "int"},
	{"im2colOp", "strideW", "int"},
	{"im2colOp", "dilationH", "int"},
	{"im2colOp", "dilationW", "int"},
	{"maxPoolOp", "h", "int"},
	{"maxPoolOp", "w", "int"},
	{"maxPoolOp", "padNorth", "int"},
	{"maxPoolOp", "padWest", "int"},
	{"maxPoolOp", "padSouth", "int"},
	{"maxPoolOp", "padEast", "int"},
	{"maxPoolOp", "strideH", "int"},
	{"maxPoolOp", "strideW", "int"},
	{"avgPoolOp", "h", "int"},
	{"avgPoolOp", "w", "int"},
	{"avgPoolOp", "padNorth", "int"},
	{"avgPoolOp", "padWest", "int"},
	{"avgPoolOp", "padSouth", "int"},
	{"avgPoolOp", "padEast", "int"},
	{"avgPoolOp", "strideH", "int"},
	{"avgPoolOp", "strideW", "int"},
	{"maxPoolDiffOp", "maxPoolOp", "struct"},
	{"avgPoolDiffOp", "avgPoolOp", "struct"},
	{"upsampleOp", "stride", "int"},
	{"BatchNormOp", "momentum", "float64"},
	{"BatchNormOp", "epsilon", "float64"},
	{"BatchNormOp", "training", "bool"},
	{"dropoutOp", "probability", "float64"},
}

// layout is where the fields of a type are; err says which of them is missing, or that the type is.
type layout struct {
	typ reflect.Type // nil where it was not found
	at  map[string]reflect.StructField
	err error
}

// lookUp finds every row in the types that there are.
func lookUp(rows []row, types map[string]reflect.Type) map[string]*layout {
	out := map[string]*layout{}
	for _, r := range rows {
		l := out[r.typ]
		if l == nil {
			l = &layout{typ: types[r.typ], at: map[string]reflect.StructField{}}
			out[r.typ] = l
		}
		if l.typ == nil {
			l.err = missing("type gorgonia." + r.typ)
			continue
		}
		f, ok := l.typ.FieldByName(r.field)
		if !ok || !isOf(f.Type, r.kind) {
			if l.err == nil {
				l.err = missing("field " + r.field + " (" + r.kind + ") in type gorgonia." + r.typ)
			}
			continue
		}
		l.at[r.field] = f
	}
	return out
}

func isOf(t reflect.Type, kind string) bool {
	if kind == "ints" {
		return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Int
	}
	return t.String() == kind || t.Kind().String() == kind
}

// ErrMissing is the cause where a type or a field is missing.
var ErrMissing = errors.New("require gorgonia.org/gorgonia " + Version + " in go.mod")

func missing(what string) error {
	return errors.Wrapf(ErrMissing, "Gorgonia %s has no %s, which %s has", built(), what, Version)
}

// built is the version of Gorgonia in this binary.
func built() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "gorgonia.org/gorgonia" {
				if d.Replace != nil {
					d = d.Replace
				}
				return d.Version
			}
		}
	}
	return "of another version"
}

// basic are the layouts of what is read at every node of every graph, and offsets where its fields are.
var (
	basic   = lookUp(table, map[string]reflect.Type{"Node": reflect.TypeFor[gorgonia.Node](), "dualValue": dualType()})
	offsets = offsetsIn(basic["Node"], basic["dualValue"])
)

// nodeOffsets are offsets of fields in a Node, and of the value in a value with its gradient; -1 where one is missing.
type nodeOffsets struct{ children, name, group, boundTo, value int }

func offsetsIn(node, dual *layout) nodeOffsets {
	of := func(l *layout, name string) int {
		if f, ok := l.at[name]; ok {
			return int(f.Offset)
		}
		return -1
	}
	return nodeOffsets{of(node, "children"), of(node, "name"), of(node, "group"), of(node, "boundTo"), of(dual, "Value")}
}

// dualType finds the type of a value with its gradient, by making one.
func dualType() (t reflect.Type) {
	defer func() { _ = recover() }() // t is nil
	n := gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithName("x"), gorgonia.WithValue(0.0))
	gorgonia.WithGrad(0.0)(n)
	return reflect.ValueOf(n).Elem().FieldByName("boundTo").Elem().Type().Elem()
}

// others are the layouts of all other types, found when the first of them is needed.
var others func() map[string]*layout

func init() {
	others = sync.OnceValue(func() map[string]*layout { return lookUp(table, typesOf()) })
}

// broken replaces layouts in tests; see Break.
var broken map[string]*layout

func layoutOf(typ string) *layout {
	if l := broken[typ]; l != nil {
		return l
	}
	if typ == "Node" || typ == "dualValue" {
		return basic[typ]
	}
	return others()[typ]
}

// Break has a field of a type of Gorgonia's be missing, until restore is called. It is for tests, which must not run side by
// side with others.
func Break(typ, field string) (restore func()) {
	rows := append([]row(nil), table...)
	for i := range rows {
		if rows[i].typ == typ && rows[i].field == field {
			rows[i].field = "no " + field
		}
	}
	was, at := broken, offsets
	broken = map[string]*layout{typ: lookUp(rows, map[string]reflect.Type{typ: layoutOf(typ).typ})[typ]}
	offsets = offsetsIn(layoutOf("Node"), layoutOf("dualValue"))
	return func() { broken, offsets = was, at }
}

// Err says which field of a type of Gorgonia's, such as "Node", is missing; nil where none is, or none is read.
func Err(typ string) error {
	if l := layoutOf(typ); l != nil {
		return l.err
	}
	return nil
}

func at(n *gorgonia.Node, offset int) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(n), offset) }

// Children are a node's inputs in order, duplicates kept. The slice must not be changed.
func Children(n *gorgonia.Node) gorgonia.Nodes {
	if offsets.children < 0 {
		return nil
	}
	return *(*gorgonia.Nodes)(at(n, offsets.children))
}

// Name is the name that somebody gave to a node, or empty.
func Name(n *gorgonia.Node) string {
	if offsets.name < 0 {
		return ""
	}
	return *(*string)(at(n, offsets.name))
}

// Group is the group of a node in a drawing of its graph.
func Group(n *gorgonia.Node) string {
	if offsets.group < 0 {
		return ""
	}
	return *(*string)(at(n, offsets.group))
}

// Bind binds a value of whatever shape to a node, as Gorgonia's machines do. A gradient that hangs there stays.
func Bind(n *gorgonia.Node, v gorgonia.Value) error {
	if offsets.boundTo < 0 || offsets.value < 0 {
		return errors.Wrapf(firstOf(Err("Node"), Err("dualValue")), "bind a value to node %q", n.Name())
	}
	to := (*gorgonia.Value)(at(n, offsets.boundTo))
	if isDual(*to) {
		to = (*gorgonia.Value)(unsafe.Add(reflect.ValueOf(*to).UnsafePointer(), offsets.value))
	}
	*to = v
	return nil
}

// HasDual tells whether a gradient hangs on the value of a node itself.
func HasDual(n *gorgonia.Node) bool {
	return offsets.boundTo >= 0 && isDual(*(*gorgonia.Value)(at(n, offsets.boundTo)))
}

func isDual(v gorgonia.Value) bool { return v != nil && reflect.TypeOf(v) == dualPointer }

var dualPointer = func() reflect.Type {
	if t := basic["dualValue"].typ; t != nil {
		return reflect.PointerTo(t)
	}
	return reflect.TypeFor[nothing]()
}()

// nothing is the type of no value.
type nothing struct{}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Fields reads the fields of a value of one of Gorgonia's types. All that are asked for are rows of the table.
type Fields struct {
	v reflect.Value
	l *layout
}

// Of is the name of an operation's type and its fields. The error names a field that is missing. A type of which nothing is
// read has no fields.
func Of(o gorgonia.Op) (typ string, f Fields, err error) {
	v := reflect.ValueOf(o)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", f, nil
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return "", f, nil
	}
	typ, ours := strings.CutPrefix(v.Type().String(), "gorgonia.")
	if !ours {
		return "", f, nil
	}
	l := layoutOf(typ)
	if l == nil {
		return typ, Fields{v: v}, nil
	}
	return typ, Fields{v, l}, l.err
}

func (f Fields) field(name string) reflect.Value { return f.v.FieldByIndex(f.l.at[name].Index) }

// Int, Uint, Float, Bool, Text, Len and Ints read a field.
func (f Fields) Int(name string) int       { return int(f.field(name).Int()) }
func (f Fields) Uint(name string) int      { return int(f.field(name).Uint()) }
func (f Fields) Float(name string) float64 { return f.field(name).Float() }
func (f Fields) Bool(name string) bool     { return f.field(name).Bool() }
func (f Fields) Text(name string) string   { return f.field(name).String() }
func (f Fields) Len(name string) int       { return f.field(name).Len() }
func (f Fields) IsNil(name string) bool    { return f.field(name).IsNil() }

// Ints copies a slice.
func (f Fields) Ints(name string) []int {
	v := f.field(name)
	r := make([]int, v.Len())
	for i := range r {
		r[i] = int(v.Index(i).Int())
	}
	return r
}

// Inside are the fields of a struct, or of what a pointer points to, in a field.
func (f Fields) Inside(name string) (Fields, error) {
	v := f.field(name)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	l := layoutOf(strings.TrimPrefix(v.Type().String(), "gorgonia."))
	return Fields{v, l}, l.err
}

// Get is a field of any type. The value that Fields is of can be addressed, as that of a pointer can.
func Get[T any](f Fields, name string) (t T) {
	v := f.field(name)
	t, _ = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().Interface().(T)
	return t
}

// ReadTarget is where a gorgonia.Read writes.
func ReadTarget(o gorgonia.Op) (*gorgonia.Value, error) {
	typ, f, err := Of(o)
	if err != nil || typ != "readOp" {
		return nil, errors.Wrap(err, "gorgonia.Read")
	}
	v := reflect.New(f.v.Type()).Elem() // a copy that has an address
	v.Set(f.v)
	return Get[*gorgonia.Value](Fields{v, f.l}, "into"), nil
}

// Rate is the learning rate of one of Gorgonia's solvers; ok is false for one whose rate is not known.
func Rate(s gorgonia.Solver) (rate float64, ok bool, err error) {
	field := "eta"
	switch s.(type) {
	case *gorgonia.RMSPropSolver, *gorgonia.AdamSolver, *gorgonia.VanillaSolver, *gorgonia.Momentum:
	case *gorgonia.AdamW:
		field = "η"
	default:
		return 0, false, nil
	}
	v := reflect.ValueOf(s).Elem()
	l := layoutOf(strings.TrimPrefix(v.Type().String(), "gorgonia."))
	if l.err != nil {
		return 0, false, l.err
	}
	return Fields{v, l}.Float(field), true, nil
}

// NewTape is a tapeMachine with nothing in it, which Gorgonia's options can be given to.
func NewTape() gorgonia.VM {
	return reflect.New(reflect.TypeOf(gorgonia.NewTapeMachine).Out(0).Elem()).Interface().(gorgonia.VM)
}

// Tape are the fields of such a machine.
func Tape(vm gorgonia.VM) (Fields, error) {
	l := layoutOf("tapeMachine")
	if err := firstOf(l.err, Err("program"), flagsErr()); err != nil {
		return Fields{}, err
	}
	return Fields{reflect.ValueOf(vm).Elem(), l}, nil
}

// Bits of tapeMachine's flags, in the order of the constants in Gorgonia's vm.go.
const (
	FlagNaN = 1 << (iota + 2)
	FlagInf
	_ // pointers: values here never share memory that anybody sees
	_ // allocation
	FlagTrace
	FlagDual
	FlagAll
)

// flagsErr checks what the bits mean, by setting them with Gorgonia's options.
var flagsErr = sync.OnceValue(func() error {
	for _, c := range []struct {
		name, field string
		option      gorgonia.VMOpt
		bit         int
	}{
		{"WithNaNWatch", "runFlags", gorgonia.WithNaNWatch(), FlagNaN},
		{"WithInfWatch", "runFlags", gorgonia.WithInfWatch(), FlagInf},
		{"TraceExec", "runFlags", gorgonia.TraceExec(), FlagTrace},
		{"BindDualValues", "runFlags", gorgonia.BindDualValues(), FlagDual},
		{"WithWatchlist", "logFlags", gorgonia.WithWatchlist(), FlagAll},
	} {
		vm := NewTape()
		c.option(vm)
		if (Fields{reflect.ValueOf(vm).Elem(), layoutOf("tapeMachine")}).Uint(c.field) != c.bit {
			return missing("bit of " + c.name + " in tapeMachine." + c.field)
		}
	}
	return nil
})
