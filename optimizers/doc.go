// Package optimizers holds gradient-based optimizers and learning rate schedules for Gorgonia.
//
// Every optimizer is a gorgonia.Solver, for use with any gorgonia.VM:
//
//	opt := &optimizers.AdamW{LearningRate: 1e-3}
//	opt.Schedule = &optimizers.Warmup{Steps: 100, Then: &optimizers.Cosine{Steps: 900}}
//	opt.Clip.GlobalNorm = 1
//	opt.Groups = []optimizers.ParamGroup{optimizers.NoDecay(isBias)}
//	...
//	err := opt.Step(gorgonia.NodesToValueGrads(params))
//
// or by name, with the options of a configuration file: New("adamw", Options{"lr": 1e-3}). [All] and [Schedules] are
// the tables behind the names; help texts and documentation come from them too.
//
// # Options
//
// A field's zero value means its default, which its comment and the table give; [Zero] stands for a literal 0. Options
// may be changed between steps. They are checked at every Step.
//
// The updates are those of PyTorch 1.13 where it has the method; the comment of each type gives the formula and says
// where the variants of the literature part: epsilon inside or outside the root, weight decay coupled or not and
// multiplied by the rate or not, which Nesterov. Moments have the parameter's dtype; bias corrections are computed in
// float64.
//
// # State
//
// Slots (momenta, moments) are kept under the parameter's name. [Optimizer].State and SetState save and resume exactly,
// [State.WriteTo] and [ReadState] give it a file, and Cut makes the slots follow a parameter that loses units. A
// parameter that appears later begins with fresh slots and a step count of its own, which the bias correction uses;
// PyTorch does the same. A slot that the present options do not use (AMSGrad's, after it was switched off) is dropped.
//
// # Schedules
//
// A [Schedule] is a pure function of the number of steps taken and multiplies the base rate, so absolute rates of other
// libraries become ratios: eta_min = 1e-5 at a base rate of 1e-3 is Final = 0.01. The first step uses Factor(0), as
// when PyTorch's scheduler.step() is called after each optimizer.step().
//
// # A Step, in order
//
// Everything is checked; masked gradients are zeroed; non-finite gradients are looked for; gradients are clipped by
// value, by norm, by global norm; the parameters are updated; masked weights are zeroed; gradients are zeroed; the
// schedule moves on. If an error is returned, weights and state are as before, and gradients at most masked and
// clipped.
//
// Any other gorgonia.Solver gets the same by [Wrap].
//
// # Chains and wrappers
//
// An optimizer is a list of transforms (package transform). [Chain] makes one of any list, also with transforms of one's
// own. [SAM], [Lookahead] and [EMA] wrap an optimizer; what they keep is in its state. [EvaluationWeights] are weights that
// are evaluated in the place of those that are stepped on; [SecondGradient] is for a loop of one's own around SAM.
//
// What gorgonia.Grad returns as a parameter's gradient may be an input or a constant of the graph, even one that the
// whole process shares (the derivative of w + 2 is Gorgonia's own constant 1), or one node for several parameters. Such
// a gradient is copied before it is masked or clipped, and inputs and constants are not zeroed.
package optimizers
