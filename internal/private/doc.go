// Package private reads what Gorgonia keeps in fields that it does not export: the inputs and the name of a node, what is
// bound to it, the parameters of operations, the options of a machine, the rate of a solver.
//
// All of it is in private.go. Its table names every type and field that is read, and what kind each has to be. They are
// looked up once; where another version of Gorgonia lacks one, whatever needs it gets an error that names the version, the
// type and the field, and the rest works on.
package private
