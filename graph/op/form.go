package op

import "gorgonia.org/gorgonia"

// Form is a function of x spelled out in ONNX operators: written as such, and recognized in files. Make one of X, FormNumber
// and FormOf: x·σ(x) is
//
//	FormOf("Mul", X, FormOf("Sigmoid", X))
type Form struct {
	Op     string  // operator of one result; empty for x itself and for a number
	Args   []*Form // its inputs; the order of two inputs of Add and Mul does not matter
	Number float64 // where Op is empty and it is not X
}

// X is the input of a Form.
var X = &Form{}

// FormNumber is a constant.
func FormNumber(v float64) *Form { return &Form{Number: v} }

// FormOf is an operator of these inputs.
func FormOf(operator string, args ...*Form) *Form { return &Form{Op: operator, Args: args} }

// Reads counts how often the form reads x.
func (f *Form) Reads() int {
	if f == X {
		return 1
	}
	n := 0
	for _, a := range f.Args {
		n += a.Reads()
	}
	return n
}

// emit writes the form; hint goes into the names of what is between.
func (f *Form) emit(em Emitter, hint, x, out string) {
	in := make([]string, len(f.Args))
	for i, a := range f.Args {
		switch {
		case a == X:
			in[i] = x
		case a.Op == "":
			in[i] = em.Const(hint, gorgonia.NewF64(a.Number))
		default:
			in[i] = em.Temp(hint)
			a.emit(em, hint, x, in[i])
		}
	}
	em.Node(f.Op, in, out)
}
