// Package settings describes options: what each is called, what values it takes, what holds where it is left out, and
// which field of a program it sets.
//
// A [Row] is one option, bound to a field by a pointer:
//
//	type Options struct {
//		Rate  float64 // 0 means 0.1
//		Depth int
//		Mode  string
//	}
//
//	func (o *Options) Rows() settings.Rows {
//		return settings.Rows{
//			settings.Number("rate", &o.Rate, "share that is dropped").In(settings.Fraction).Or(0.1),
//			settings.Count("depth", &o.Depth, "levels").In(settings.AtLeast(1)),
//			settings.Choice("mode", &o.Mode, "how levels are joined", "sum", "concat").Or("sum"),
//		}
//	}
//
// From the rows follow: setting an option by name from a value of a configuration file or from the text of a flag
// ([Rows.Assign], [Row.Set]), its default, its checks ([Rows.Resolve]), and its documentation ([Rows.Describe]). A field's
// zero value means that the option was not given; [Row.ZeroAs] names a value that stands for a literal 0, and [Row.Into] a
// second variable for the value to use, where the field itself is to stay as the caller left it.
//
// A [Registry] is a table of things that are chosen by name; [Registry.Lookup] suggests the nearest name for one that it
// does not hold. [Choices] is such a table of the values of a string type.
//
// Errors are one line, and errors.Is finds [ErrInvalid] or [ErrUnknown] in them; errors.As finds the [*Error] with the name of
// the option.
package settings
