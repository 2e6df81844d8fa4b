package config

import (
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
)

// Model says what to build.
type Model struct {
	Name   string // mlp:64,32, lenet-300-100, …
	Layers []models.Layer
	// Outputs names the layer that the model gives where it is not the last.
	Outputs []string
}

// table are its rows.
func (m *Model) table() []Setting {
	return []Setting{
		flagged(trains, "model", "name", settings.Text("model.name", &m.Name,
			"mlp:64,32 or a named model (gtrain list models)").Or("mlp:64,32")),
		filed(trains, settings.Custom("model.layers", settings.KindList, layers{&m.Layers}, "layer by layer, instead of a name").
			Like("[{type: dense, units: 64, activation: relu}]")),
		filed(trains, settings.Texts("model.outputs", &m.Outputs, "the layer that the model gives, by name").Else("the last").
			Like("[dense2]")),
	}
}
