package main

import (
	"github.com/gtrain/gtrain/jobs"
	"github.com/spf13/cobra"
)

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Version, commit, Go, processor",
		Args:  exactly(),
		RunE: func(*cobra.Command, []string) error {
			v := jobs.Build()
			return a.print(v, func(t *table) {
				t.left = texts
				t.row("gtrain", v.Version)
				if v.Commit != "" {
					t.row("commit", v.Commit)
				}
				t.row("go", v.Go)
				t.row("platform", v.OS+"/"+v.Arch)
				t.row("kernels", v.Kernels)
				t.row("cores", v.Cores)
			})
		},
	}
}
