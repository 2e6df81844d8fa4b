package jobs

import "github.com/gtrain/gtrain/training"

// Reporter is told what a job does. All methods are called from one goroutine.
type Reporter interface {
	// Note is one line for the user's eyes.
	Note(format string, args ...any)
	// Begin opens a stage of so many steps; Step moves on by one; End closes it.
	Begin(stage string, steps int)
	Step(loss float64)
	Epoch(stage string, e training.EpochInfo, epochs int)
	End()
}

// Silent is a Reporter that says nothing.
type Silent struct{}

// Note implements Reporter.
func (Silent) Note(string, ...any) {}

// Begin implements Reporter.
func (Silent) Begin(string, int) {}

// Step implements Reporter.
func (Silent) Step(float64) {}

// Epoch implements Reporter.
func (Silent) Epoch(string, training.EpochInfo, int) {}

// End implements Reporter.
func (Silent) End() {}
