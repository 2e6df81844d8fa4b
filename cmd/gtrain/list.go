package main

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/spf13/cobra"
)

func (a *app) listCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "list [" + strings.Join(jobs.TopicNames(), "|") + "]",
		Short: "What there is, one line each; options and sources with -v",
		Example: "  gtrain list criteria\n" +
			"  gtrain list optimizers -v",
		Args:      atMost(1),
		ValidArgs: jobs.TopicNames(),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				topics := jobs.Topics()
				all := struct {
					Topics []jobs.Topic `json:"topics"`
				}{topics}
				return a.print(all, func(t *table) {
					t.left = texts
					for _, topic := range topics {
						t.row("gtrain list "+topic.Name, new(inputs).flags(topic.Summary))
					}
				})
			}
			topic, err := jobs.LookupTopic(args[0])
			if err != nil {
				return err
			}
			all := struct {
				Topic   string       `json:"topic"`
				Entries []jobs.Entry `json:"entries"`
			}{topic.Name, topic.Entries()}
			return a.print(all, func(t *table) { t.entries(all.Entries, a.verbose) })
		},
	}
}

func (t *table) entries(entries []jobs.Entry, verbose bool) {
	t.left = texts
	for _, e := range entries {
		if !verbose {
			t.row(e.Name, e.Summary)
			continue
		}
		t.line("%s: %s", e.Name, e.Summary)
		for _, d := range e.Details {
			t.line("    %s", d)
		}
		t.left = texts
		for _, o := range e.Options {
			def := "has to be given"
			switch {
			case o.Default != nil:
				def = "default " + defaultText(o.Default)
			case o.Otherwise != "":
				def = "default: " + o.Otherwise
			}
			t.row("    "+o.Name, strings.TrimSpace(o.Kind+" "+o.Range), def, o.Help)
		}
		t.flush()
	}
}

func defaultText(v any) string {
	if list, ok := v.([]int); ok {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
	}
	return fmt.Sprint(v)
}
