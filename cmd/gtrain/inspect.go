package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
)

func (a *app) inspectCmd() *cobra.Command {
	var dot, groups, program bool
	cmd := &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Layers, shapes, parameters, MACs, bytes, sparsity",
		Long: `Inspect shows what is in MODEL, an ONNX file or a run directory: every operation of its graph with its output's
shape (N is the batch), parameters, multiply-accumulates of one row, bytes of parameters and constants, and the share of
parameters that are zero.`,
		Example: "  gtrain inspect runs/digits-1\n" +
			"  gtrain inspect runs/digits-1 --groups\n" +
			"  gtrain inspect model.onnx --dot | dot -Tsvg > model.svg",
		Args: exactly("MODEL"),
		RunE: func(_ *cobra.Command, args []string) error {
			if dot && (a.json || groups || program) {
				return usagef("--dot prints a picture and nothing else: leave out --json, --groups and --program")
			}
			path, err := jobs.FindModel(args[0], a.reporter())
			if err != nil {
				return err
			}
			if dot {
				s, err := jobs.Dot(path)
				if err != nil {
					return err
				}
				_, err = io.WriteString(a.out, s)
				return errors.Wrap(err, "write result")
			}
			in, err := jobs.Inspect(path)
			if err != nil {
				return err
			}
			return a.print(in, func(t *table) {
				t.inspection(in, a.verbose)
				if groups {
					t.groups(in)
				}
				if program {
					t.program(in)
				}
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&dot, "dot", false, "print the graph as a Graphviz picture")
	f.BoolVar(&groups, "groups", false, "print what can be pruned, what goes together, and what cannot and why")
	f.BoolVar(&program, "program", false, "print the compiled program, an instruction a line")
	return cmd
}

func (t *table) inspection(in *jobs.Inspection, verbose bool) {
	t.left = texts
	t.row("model", in.Model)
	t.row("task", in.Task)
	if in.Target != "" {
		t.row("target", in.Target)
	}
	if len(in.Classes) > 0 {
		t.row("classes", fmt.Sprintf("%d: %s", len(in.Classes), list(in.Classes, verbose)))
	}
	t.row("features", fmt.Sprintf("%d: %s", len(in.Features), list(in.Features, verbose)))
	for _, x := range in.Inputs {
		t.row("input", fmt.Sprintf("%s %s %s", x.Name, jobs.ShapeText(x.Shape), x.Type))
	}
	for _, x := range in.Outputs {
		t.row("output", fmt.Sprintf("%s %s %s", x.Name, jobs.ShapeText(x.Shape), x.Type))
	}
	if s := in.Split; s != nil {
		own := ""
		if s.OwnTest {
			own = ", the test rows in a part of their own"
		}
		t.row("trained on", fmt.Sprintf("data %.12s: %d rows train, %d validation, %d test%s", s.Fingerprint,
			s.TrainRows, s.ValRows, s.TestRows, own))
	}
	t.row("compiled", fmt.Sprintf("%s, %s of memory for one row", count(len(in.Program), "instruction"),
		count(int(in.Memory), "byte")))
	t.line("")
	t.left = 3
	t.row("layer", "op", "output", "parameters", "MACs", "bytes", "sparsity")
	for _, l := range in.Layers {
		t.row(l.Name, l.Op, jobs.ShapeText(l.Output), l.Params, l.MACs, l.Bytes, num(l.Sparsity))
	}
	t.row("total", "", "", in.Params, in.MACs, in.Bytes, num(in.Sparsity))
	t.flush()
}

// list joins names, the first few of many unless all are asked for.
func list(names []string, all bool) string {
	const some = 6
	if all || len(names) <= some {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:some-1], ", ") + ", … " + names[len(names)-1]
}

func (t *table) groups(in *jobs.Inspection) {
	t.line("\nunits that can be pruned, and what goes with one of them:\n")
	t.left = texts
	for _, g := range in.Groups {
		axes := make([]string, len(g.Axes))
		for i, x := range g.Axes {
			axes[i] = fmt.Sprintf("%s axis %d", x.Tensor, x.Axis)
			if x.PerUnit > 1 {
				axes[i] += fmt.Sprintf(" (%d)", x.PerUnit)
			}
		}
		t.row(g.Name, count(g.Units, "unit"), strings.Join(axes, ", "))
		through := make([]string, len(g.Activations))
		for i, x := range g.Activations {
			through[i] = fmt.Sprintf("%s axis %d", x.Node, x.Axis)
		}
		if len(through) > 0 {
			t.row("", "", "through "+strings.Join(through, ", "))
		}
	}
	t.line("\naxes that cannot, and why:\n")
	t.left = texts
	for _, f := range in.Frozen {
		what := "all"
		if f.Indices < f.Of {
			what = fmt.Sprintf("%d of %d", f.Indices, f.Of)
		}
		t.row(fmt.Sprintf("%s axis %d", f.Tensor, f.Axis), what, f.Why)
	}
	t.flush()
}

func (t *table) program(in *jobs.Inspection) {
	t.line("\nthe compiled program; equal buffers share memory:\n")
	t.left = texts
	t.row("", "node", "op", "shape", "reads", "buffer", "runs")
	for i, l := range in.Program {
		reads := []string{}
		for _, r := range l.Reads {
			if r >= 0 {
				reads = append(reads, fmt.Sprint(r))
			}
		}
		runs := map[bool]string{true: "kernel", false: "the operation itself"}[l.Kernel]
		t.row(i, l.Node, l.Op, fmt.Sprint(l.Shape), strings.Join(reads, ", "), l.Buffer, runs)
	}
	t.flush()
}
