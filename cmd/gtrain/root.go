package main

import (
	"context"
	stderrors "errors"
	"fmt"
	"io"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDiverged    = 3
	exitTarget      = 4
	exitInterrupted = 130
)

// streams are the process's surroundings, so that tests can give their own.
type streams struct {
	out, err io.Writer
	env      []string
}

// app is what all commands share.
type app struct {
	streams
	json, quiet, verbose bool
	in                   *inputs // of the command that runs
}

// errTarget is the cause where --require is not met.
var errTarget = stderrors.New("target not met")

// usageError marks what is wrong with the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{errors.Errorf(format, args...)} }

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(s.err, "gtrain: %s\n", a.inputs().message(err))
	return codeOf(ctx, err)
}

func codeOf(ctx context.Context, err error) int {
	var usage usageError
	switch {
	case errors.Is(err, training.ErrInterrupted), errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, training.ErrDiverged):
		return exitDiverged
	case errors.Is(err, errTarget):
		return exitTarget
	case errors.As(err, &usage), errors.Is(err, config.ErrConfig), errors.Is(err, suggest.ErrUnknown):
		return exitUsage
	}
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gtrain",
		Short: "Train, shrink and ship neural networks",
		Long: `gtrain trains neural networks on the CPU, removes the units that know least, proves that the smaller network
computes what the masked one did, and writes one ONNX file.

Settings come from, later ones winning: the defaults or a recipe, --config FILE, the environment (GTRAIN_EPOCHS for
--epochs, and so on), flags, --set KEY=VALUE. "gtrain config show" prints what results.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 diverged, 4 target not met, 130 interrupted.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args:              a.subcommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "print one JSON object on stdout and nothing else there")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no notes on stderr")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "more progress, more detail")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{flagError(cmd, err)}
	})
	for _, c := range commands {
		root.AddCommand(c(a))
	}
	root.SetHelpCommand(a.helpCmd(root))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // cobra's own prints its help for a shell that it does not know
			c.Args, c.RunE = a.subcommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// subcommand refuses a word that is none of a command's own.
func (a *app) subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	kind := "command"
	if cmd.HasParent() {
		kind = cmd.CommandPath() + " command"
	}
	return usageError{suggest.Unknown(kind, args[0], names)}
}

func (a *app) helpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = a.subcommand(cmd, rest)
			}
			if err != nil {
				return usageError{err}
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// commands is the table of commands, in the order of the help.
var commands = []func(*app) *cobra.Command{
	(*app).runCmd,
	(*app).trainCmd,
	(*app).evalCmd,
	(*app).predictCmd,
	(*app).pruneCmd,
	(*app).inspectCmd,
	(*app).benchCmd,
	(*app).listCmd,
	(*app).configCmd,
	(*app).versionCmd,
}

// atMost is cobra.MaximumNArgs with an error that names what is too much.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("%s: unexpected argument %q", cmd.CommandPath(), args[n])
		}
		return nil
	}
}

// exactly is cobra.ExactArgs with an error that says what is missing.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s needs %s; see %[1]s --help", cmd.CommandPath(), strings.Join(names[len(args):], " and "))
		case len(args) > len(names):
			return usagef("%s: unexpected argument %q", cmd.CommandPath(), args[len(names)])
		}
		return nil
	}
}

// flagError suggests the nearest flag where one is unknown.
func flagError(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		return errors.Errorf("--%s %q: %v", bad.GetFlag().Name, bad.GetValue(), bad.Unwrap())
	}
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	near, ok := suggest.Nearest(name, known)
	if !ok {
		return errors.Errorf("unknown flag --%s; see %s --help", name, cmd.CommandPath())
	}
	return errors.Errorf("unknown flag --%s: did you mean --%s?", name, near)
}
