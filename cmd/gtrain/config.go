package main

import (
	"io"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"
)

func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Write a configuration file, or show the settings that result",
		Example: "  gtrain config init -o gtrain.yaml\n  gtrain config show wine --amount 0.7",
		Args:    a.subcommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.configInitCmd(), a.configShowCmd())
	return cmd
}

func (a *app) configInitCmd() *cobra.Command {
	var force bool
	var in *inputs
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write the default configuration with a comment on every setting",
		Args:  exactly(),
		RunE: func(*cobra.Command, []string) error {
			out := in.text("output")
			if isStdout(out) {
				_, err := a.out.Write(config.Template())
				return errors.Wrap(err, "write result")
			}
			if out == "" {
				out = "gtrain.yaml"
			}
			if err := writeTemplate(out, force); err != nil {
				return err
			}
			done := struct {
				Out string `json:"out"`
			}{out}
			return a.print(done, func(t *table) { t.line("written to %s; use it with --config %s", out, out) })
		},
	}
	in = a.addSettings(cmd, 0)
	in.addShort(cmd, "output", "o", "file", `file to write, - for stdout (default "gtrain.yaml")`, nil)
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing file")
	return cmd
}

func (a *app) configShowCmd() *cobra.Command {
	var in *inputs
	cmd := &cobra.Command{
		Use:   "show [RECIPE]",
		Short: "Print the settings that gtrain run would use, as YAML",
		Long: "Show puts together defaults, RECIPE, --config, the environment and flags as gtrain run does, and prints\n" +
			"what results.",
		Args:      atMost(1),
		ValidArgs: config.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			base, err := recipe(in, args)
			if err != nil {
				return err
			}
			c, err := in.config(base)
			if err != nil {
				return err
			}
			b, err := c.YAML()
			if err != nil {
				return err
			}
			if a.json {
				var all map[string]any
				if err := yaml.Unmarshal(b, &all); err != nil {
					return errors.Wrap(err, "settings")
				}
				return a.print(all, nil)
			}
			_, err = a.out.Write(b)
			return errors.Wrap(err, "write result")
		},
	}
	in = a.addSettings(cmd, config.ForRun)
	return cmd
}

// writeTemplate writes the default configuration to a file, see rundir.CheckFile.
func writeTemplate(path string, force bool) error {
	if err := rundir.CheckFile(path, force); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { _, err := w.Write(config.Template()); return err })
}
