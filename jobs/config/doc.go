// Package config holds the settings of jobs.
//
// [Config] is one job's settings. It is filled in layers, later ones winning: [Default] or a named recipe (embedded YAML, see
// [Names]), a file, the environment, flags. [Config.Merge] and [Config.Set] refuse keys that do not exist and suggest the
// nearest that does, and values that a setting does not take.
//
// [Config.Table] is the table of settings: flags, environment, files, help, completion, the template of `gtrain config init` and
// the checks come from its rows. A setting is a field with its row, and what uses it.
//
// [Config.Resolve] makes a [Plan] of the settings, which is what jobs work by: values in the place of names, and every
// condition on several settings asked. What the data decides, such as a length that nobody has set, [Plan.Settle] puts in.
package config
