package pruning

import "github.com/gtrain/gtrain/settings"

// Method is what happens to the units that are chosen.
type Method string

// The methods.
const (
	MaskUnits   Method = "mask"   // they stay and are multiplied by zero
	RemoveUnits Method = "remove" // they go: the graph is rewritten with smaller tensors
)

// Methods is the table of methods.
var Methods = settings.NewChoices("method",
	settings.Named[Method]{Name: MaskUnits, Doc: "units stay and are multiplied by zero"},
	settings.Named[Method]{Name: RemoveUnits, Doc: "units go: the graph is rewritten with smaller tensors"})
