package optimizers_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

type torchFile struct {
	Torch  string
	Record []int
	Cases  []struct {
		Name            string
		Options         optimizers.Options
		DType           string
		Schedule        string
		ScheduleOptions optimizers.Options `json:"schedule_options"`
		Clip            string
		Limit           float64
		X               [][]float64
	}
	Averages []struct {
		Options optimizers.Options
		DType   string
		X       [][]float64
	}
	Schedules []struct {
		Name    string
		Options optimizers.Options
		Factor  []float64
	}
}

func readTorch(t *testing.T) (f torchFile) {
	t.Helper()
	raw, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	var byHand torchFile // what PyTorch has no optimizer for
	if raw, err = os.ReadFile("testdata/wrappers.json"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &byHand); err != nil {
		t.Fatal(err)
	}
	f.Cases = append(f.Cases, byHand.Cases...)
	return f
}

// Tolerances of the comparison with PyTorch at every recorded one of 200 steps, relative to max(1, |x|). In float64 the
// two differ by the order of a few operations only; in float32 the difference grows along the trajectory.
const (
	torchTol64 = 1e-13
	torchTol32 = 5e-6
)

func TestTrajectoriesEqualPyTorch(t *testing.T) {
	f := readTorch(t)
	seen := map[string]bool{}
	worst := map[string]float64{}
	for _, c := range f.Cases {
		name := fmt.Sprintf("%s/%v/%s%s%s", c.Name, c.Options, c.DType, c.Schedule, c.Clip)
		t.Run(name, func(t *testing.T) {
			opt := mustNew(t, c.Name, c.Options)
			if c.Schedule != "" {
				s, err := optimizers.NewSchedule(c.Schedule, 0, c.ScheduleOptions)
				if err != nil {
					t.Fatal(err)
				}
				opt.Options().Schedule = s
			}
			switch c.Clip {
			case "value":
				opt.Options().Clip.Value = c.Limit
			case "norm":
				opt.Options().Clip.Norm = c.Limit
			case "global_norm":
				opt.Options().Clip.GlobalNorm = c.Limit
			}
			dt, tol := tensor.Float64, torchTol64
			if c.DType == "float32" {
				dt, tol = tensor.Float32, torchTol32
			}
			p := newProblem(dt)
			start := p.weights()
			for i, step := range f.Record {
				p.steps(t, opt, step-p.t)
				d := distance(p.weights(), c.X[i])
				worst[dt.String()] = math.Max(worst[dt.String()], d)
				if !(d <= tol) {
					t.Fatalf("step %d: off by %.3g\n got %v\nwant %v", step, d, p.weights(), c.X[i])
				}
			}
			if distance(p.weights(), start) < 1e-3 {
				t.Fatal("the weights have hardly moved: the comparison says nothing")
			}
		})
		seen[c.Name] = true
	}
	for _, info := range optimizers.All() {
		if !seen[info.Name] {
			t.Errorf("no fixture for %q", info.Name)
		}
	}
	t.Logf("PyTorch %s, largest difference: %.2g in float64, %.2g in float32", f.Torch, worst["float64"], worst["float32"])
}

func TestSchedulesEqualPyTorch(t *testing.T) {
	seen := map[string]bool{"inverse_sqrt": true} // PyTorch has none; see TestInverseSqrt
	for _, c := range readTorch(t).Schedules {
		t.Run(fmt.Sprintf("%s/%v", c.Name, c.Options), func(t *testing.T) {
			s, err := optimizers.NewSchedule(c.Name, 0, c.Options)
			if err != nil {
				t.Fatal(err)
			}
			for step, want := range c.Factor {
				if got := s.Factor(step); math.Abs(got-want) > 1e-13 {
					t.Fatalf("step %d: factor %v, want %v", step, got, want)
				}
			}
		})
		seen[c.Name] = true
	}
	for _, info := range optimizers.Schedules() {
		if !seen[info.Name] {
			t.Errorf("no fixture for %q", info.Name)
		}
	}
}

// In float32 the trajectory stays near that of float64, as rounding alone divides them.
func TestFloat32FollowsFloat64(t *testing.T) {
	for _, v := range variants {
		t.Run(fmt.Sprint(v.name, v.options), func(t *testing.T) {
			a, b := newProblem(tensor.Float64), newProblem(tensor.Float32)
			a.steps(t, mustNew(t, v.name, v.options), 50)
			b.steps(t, mustNew(t, v.name, v.options), 50)
			if d := distance(b.weights(), a.weights()); !(d < 1e-4) {
				t.Errorf("off by %g", d)
			}
		})
	}
}
