package optimizers_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// through sends a state through its file.
func through(t testing.TB, s *optimizers.State) *optimizers.State {
	t.Helper()
	var b bytes.Buffer
	n, err := s.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	back, err := optimizers.ReadState(&b)
	if err != nil || b.Len() != 0 {
		t.Fatalf("%d bytes left: %v", b.Len(), err)
	}
	return back
}

// A run that is stopped at any step, saved and resumed in a new optimizer repeats the uninterrupted one bit for bit.
func TestResumeIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := variants[rapid.IntRange(0, len(variants)-1).Draw(rt, "variant")]
		dt := rapid.SampledFrom([]tensor.Dtype{tensor.Float32, tensor.Float64}).Draw(rt, "dtype")
		stop, more := rapid.IntRange(0, 12).Draw(rt, "stop"), rapid.IntRange(1, 12).Draw(rt, "more")
		schedule := &optimizers.Warmup{Steps: 5, Then: &optimizers.Exponential{Gamma: 0.9}}

		p := newProblem(dt)
		whole := mustNew(t, v.name, v.options)
		whole.Options().Schedule = schedule
		p.steps(t, whole, stop)

		q := newProblem(dt)
		first := mustNew(t, v.name, v.options)
		first.Options().Schedule = schedule
		q.steps(t, first, stop)
		saved := first.State()
		second := mustNew(t, v.name, v.options)
		second.Options().Schedule = schedule
		back := through(t, saved)
		if err := second.SetState(back); err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(saved, second.State()); d != "" {
			rt.Fatalf("round trip (-want +got):\n%s", d)
		}
		p.steps(t, whole, more)
		q.steps(t, second, more)
		if !slices.Equal(p.weights(), q.weights()) {
			rt.Fatalf("weights differ after resuming at step %d: %v and %v", stop, p.weights(), q.weights())
		}
		if d := cmp.Diff(whole.State(), second.State()); d != "" {
			rt.Fatalf("states differ (-want +got):\n%s", d)
		}
	})
}

// State is a copy: neither later steps nor the receiver of SetState change it.
func TestStateIsACopy(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		p, a, b := newProblem(dt), mustNew(t, "adam", nil), mustNew(t, "adam", nil)
		p.steps(t, a, 3)
		s := a.State()
		want := through(t, s)
		if err := b.SetState(s); err != nil {
			t.Fatal(err)
		}
		p.steps(t, b, 2)
		if d := cmp.Diff(want, s); d != "" {
			t.Errorf("%v: changed by the receiver (-want +got):\n%s", dt, d)
		}
		s = a.State()
		p.steps(t, a, 2)
		if d := cmp.Diff(want, s); d != "" {
			t.Errorf("%v: changed by the giver (-want +got):\n%s", dt, d)
		}
	}
}

func TestStateFileIsDeterministic(t *testing.T) {
	var files [2]bytes.Buffer
	for i := range files {
		p, o := newProblem(tensor.Float32), mustNew(t, "nadam", nil)
		if i == 1 { // the other order of parameters
			p.gradient()
			if err := o.Step([]gorgonia.ValueGrad{p.b, p.w}); err != nil {
				t.Fatal(err)
			}
		} else {
			p.steps(t, o, 1)
		}
		if _, err := o.State().WriteTo(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the same state gives different files")
	}
}

// Every single flipped bit and every truncation is noticed.
func TestDamagedState(t *testing.T) {
	p, o := newProblem(tensor.Float32), mustNew(t, "nadam", nil)
	p.steps(t, o, 2)
	var b bytes.Buffer
	if _, err := o.State().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for n := range good {
		if _, err := optimizers.ReadState(bytes.NewReader(good[:n])); !errors.Is(err, optimizers.ErrCorrupt) {
			t.Fatalf("cut off after %d of %d bytes: %v", n, len(good), err)
		}
	}
	for bit := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := optimizers.ReadState(bytes.NewReader(bad)); !errors.Is(err, optimizers.ErrCorrupt) {
			t.Fatalf("bit %d flipped: %v", bit, err)
		}
	}
	broken := io.MultiReader(bytes.NewReader(good[:50]), failing{})
	if _, err := optimizers.ReadState(broken); !errors.Is(err, errDisk) || errors.Is(err, optimizers.ErrCorrupt) {
		t.Errorf("a failing reader: %v", err)
	}
	if _, err := o.State().WriteTo(failing{}); !errors.Is(err, errDisk) {
		t.Errorf("a failing writer: %v", err)
	}
}

var errDisk = errors.New("disk on fire")

type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errDisk }
func (failing) Write([]byte) (int, error) { return 0, errDisk }

func FuzzReadState(f *testing.F) {
	p, o := newProblem(tensor.Float32), mustNew(f, "nadam", nil)
	p.gradient()
	if err := o.Step(p.model()); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := o.State().WriteTo(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("gtropt1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := optimizers.ReadState(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if _, err := s.WriteTo(&again); err != nil {
			t.Fatal(err)
		}
	})
}

// A state that does not fit is refused and changes nothing.
func TestSetStateRefuses(t *testing.T) {
	p, o := newProblem(tensor.Float64), mustNew(t, "adam", nil)
	p.steps(t, o, 3)
	before := o.State()
	for name, spoil := range map[string]func(s *optimizers.State){
		"other optimizer": func(s *optimizers.State) { s.Optimizer = "sgd" },
		"negative step":   func(s *optimizers.State) { s.Step = -1 },
		"twice":           func(s *optimizers.State) { s.Params[1].Name = s.Params[0].Name },
		"no name":         func(s *optimizers.State) { s.Params[0].Name = "" },
		"no step":         func(s *optimizers.State) { s.Params[1].Step = 0 },
		"dtype":           func(s *optimizers.State) { s.Params[1].DType = "int" },
		"wrong dtype":     func(s *optimizers.State) { s.Params[1].DType = "float32" },
		"shape":           func(s *optimizers.State) { s.Params[1].Shape[0]++ },
		"negative shape":  func(s *optimizers.State) { s.Params[1].Shape[0] = -3 },
		"huge shape":      func(s *optimizers.State) { s.Params[1].Shape = []int{1 << 40, 1 << 40} },
		"missing slot":    func(s *optimizers.State) { s.Params[1].Slots = s.Params[1].Slots[:1] },
		"unknown slot":    func(s *optimizers.State) { s.Params[1].Slots[0].Name = "velocity" },
		"one slot too many": func(s *optimizers.State) {
			s.Params[1].Slots = append(s.Params[1].Slots, s.Params[1].Slots[0])
		},
		"short slot": func(s *optimizers.State) { s.Params[1].Slots[0].F64 = s.Params[1].Slots[0].F64[1:] },
		"number":     func(s *optimizers.State) { s.Params[1].Numbers = []optimizers.Number{{Name: "x"}} },
	} {
		bad := o.State()
		spoil(bad)
		if err := o.SetState(bad); !errors.Is(err, optimizers.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(before, o.State()); d != "" {
			t.Fatalf("%s: changed:\n%s", name, d)
		}
	}
	if err := o.SetState(nil); !errors.Is(err, optimizers.ErrState) {
		t.Errorf("nil: %v", err)
	}
	n := mustNew(t, "nadam", nil)
	newProblem(tensor.Float64).steps(t, n, 1)
	s := n.State()
	s.Params[0].Numbers = nil
	if err := n.SetState(s); !errors.Is(err, optimizers.ErrState) {
		t.Errorf("missing number: %v", err)
	}
}

// An imported state of another shape is refused by the next Step, which names the parameter and changes nothing.
func TestStepRefusesStateOfAnotherShape(t *testing.T) {
	p, o := newProblem(tensor.Float64), mustNew(t, "adam", nil)
	p.steps(t, o, 2)
	for _, other := range []*param{
		newParam("b", tensor.Float64, []int{5, 1}, make([]float64, 5)), // a loose comparison would let it pass
		newParam("b", tensor.Float64, []int{4}, make([]float64, 4)),
		newParam("b", tensor.Float32, []int{5}, make([]float64, 5)),
	} {
		p.gradient()
		was := p.weights()
		err := o.Step([]gorgonia.ValueGrad{p.w, other})
		if !errors.Is(err, optimizers.ErrState) || !strings.Contains(err.Error(), `"b"`) {
			t.Errorf("%v: %v", other.w.Shape(), err)
		}
		if !slices.Equal(was, p.weights()) || o.StepCount() != 2 {
			t.Error("the step was half done")
		}
	}
	o.Forget("b")
	if err := o.Step([]gorgonia.ValueGrad{p.w, newParam("b", tensor.Float64, []int{4}, make([]float64, 4))}); err != nil {
		t.Errorf("after Forget: %v", err)
	}
}

// A parameter that comes later starts with a step count of its own: it moves as it would have in a run of its own.
func TestLateParameter(t *testing.T) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			late, alone := mustNew(t, v.name, v.options), mustNew(t, v.name, v.options)
			p, q := newProblem(tensor.Float64), newProblem(tensor.Float64)
			for i := range 9 {
				p.gradient()
				model := p.model()
				if i < 4 {
					model = model[:1]
				}
				if err := late.Step(model); err != nil {
					t.Fatal(err)
				}
				if i < 4 {
					q.t++ // the noise goes on
					continue
				}
				q.gradient()
				if err := alone.Step([]gorgonia.ValueGrad{q.b}); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := p.b.data(nil, false), q.b.data(nil, false); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			s := late.State()
			if s.Step != 9 || s.Param("w").Step != 9 || s.Param("b").Step != 5 || s.Param("x") != nil {
				t.Errorf("steps %d, w %d, b %d", s.Step, s.Param("w").Step, s.Param("b").Step)
			}
		})
	}
}
