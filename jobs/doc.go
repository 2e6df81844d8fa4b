// Package jobs describes whole jobs as data and does them: training, pruning, and the main job that does both and
// compares.
//
// A [Config] is one job's settings. It is filled in layers, later ones winning: [Default] or a named recipe (embedded
// YAML, see [Names]), a file, the environment, flags. [Config.Merge] and [Config.Set] refuse keys that do not exist and
// suggest the nearest that does.
//
// [Train], [Prune] and [Run] do the work, [Eval], [Predict] and [Inspect] use what they made. They print nothing: a
// [Reporter] is told what happens. What a job writes goes into one run directory (see [RunDir]), and nothing is written
// before everything that can be wrong with the settings and the data is known.
//
// [Keys] is the table of settings, [Topics] the table of what can be chosen by name: help, completion, `gtrain list` and
// `gtrain config init` come from them.
package jobs
