package optimizers

import (
	"math"
	"reflect"
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/gorgonia"
)

// definition is what makes one optimizer different from the others.
type definition struct {
	name     string
	settings []setting // "lr" among them; they land in the transforms
	links    []transform.Transform
	arrange  func() // puts settings that depend on each other where they belong, once all are resolved; may be nil

	lr int // index of the setting "lr"
}

// definer is an optimizer that says what it is. define is asked once, before the first use; the transforms that it
// returns belong to this optimizer alone.
type definer interface {
	define() (definition, error)
	Options() *Common
}

// method gives a struct T that embeds it, and Common, the methods of [Optimizer]; *T has to be a definer. That is all
// an optimizer consists of, so that a literal of its struct is ready to use.
type method[T any] struct {
	engine
	inside[T]
}

// bind asks for the definition at the first use, and finds copies of an optimizer later.
func (m *method[T]) bind() error {
	if known, err := m.known(m.name); known || err != nil {
		return err
	}
	self := any(m.self()).(definer)
	d, err := self.define()
	if err != nil {
		return err
	}
	c, err := newChain(d.name, d.links)
	if err != nil {
		return err
	}
	d.lr = slices.IndexFunc(d.settings, func(s setting) bool { return s.Name == "lr" })
	m.definition, m.common, m.chain = d, self.Options(), c
	m.baseRate = d.settings[d.lr].value
	m.use()
	return nil
}

// core is what wrappers work on.
func (m *method[T]) core() (*engine, error) { return &m.engine, m.bind() }

// Name is the optimizer's name in the table.
func (m *method[T]) Name() string {
	if m.owner == nil && m.bind() != nil {
		return reflect.TypeFor[T]().Name()
	}
	return m.name
}

// Step changes the parameters by one step; see [Optimizer].
func (m *method[T]) Step(model []gorgonia.ValueGrad) error {
	if err := m.bind(); err != nil {
		return err
	}
	return m.advance(model)
}

// Rate is the learning rate of the next Step, NaN where the options make no sense.
func (m *method[T]) Rate() float64 {
	if m.bind() != nil {
		return math.NaN()
	}
	return m.rate()
}

// State returns a copy of the state.
func (m *method[T]) State() *State {
	if m.bind() != nil {
		return &State{Optimizer: m.Name()}
	}
	return m.export()
}

// SetState replaces the state by a copy of s.
func (m *method[T]) SetState(s *State) error {
	if err := m.bind(); err != nil {
		return err
	}
	return m.restore(s)
}

// Evaluates says whether there are evaluation weights; see [EvaluationWeights].
func (m *method[T]) Evaluates() bool { return m.bind() == nil && m.chain.evaluation > 0 }

// LoadEvaluationWeights copies them into the weights of model; see [EvaluationWeights].
func (m *method[T]) LoadEvaluationWeights(model []gorgonia.ValueGrad) error {
	if err := m.bind(); err != nil {
		return err
	}
	return m.loadEvaluation(model)
}

// StoreEvaluationWeights makes the weights of model the evaluation weights; see [EvaluationWeights].
func (m *method[T]) StoreEvaluationWeights(model []gorgonia.ValueGrad) error {
	if err := m.bind(); err != nil {
		return err
	}
	return m.copyEvaluation(model, true)
}
