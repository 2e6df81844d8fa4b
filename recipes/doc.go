// Package recipes describes whole jobs as data and does them: training, pruning, and the main job that does both and
// compares.
//
// A [Config] is one job's settings. It is filled in layers, later ones winning: [Default] or a named recipe (embedded
// YAML, see [Names]), a file, the environment, flags. [Config.Merge] and [Config.Set] refuse keys that do not exist and
// suggest the nearest that does.
//
// [Train], [Prune] and [Run] do the work. They print nothing: a [Reporter] is told what happens. What a job writes goes
// into one run directory (see [RunDir]).
package recipes
