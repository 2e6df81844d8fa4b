// Command defaults trains with nothing set, on tables of which scikit-learn's results are known on the same rows, and prints
// the table of docs/defaults.md:
//
//	go run ./benchmarks/defaults
//	go run ./benchmarks/defaults -rows | python3 benchmarks/defaults/testdata/sklearn_references.py > benchmarks/defaults/testdata/references.json
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
)

const seeds = 5 // 1 to 5

//go:embed testdata/references.json
var referenceFile []byte

// references are scikit-learn's test scores of each seed, by table and model.
type references struct {
	ScikitLearn string                          `json:"scikit_learn"`
	Tables      map[string]map[string][]float64 `json:"tables"`
}

func readReferences() (r references, err error) {
	err = json.Unmarshal(referenceFile, &r)
	return r, errors.Wrap(err, "references")
}

func main() {
	rows := flag.Bool("rows", false, "write the tables and their splits as JSON, for scikit-learn, and train nothing")
	flag.Parse()
	write := report
	if *rows {
		write = export
	}
	if err := write(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// tables are the data, in the order of the report.
func tables() ([]*data.Dataset, error) {
	var out []*data.Dataset
	for _, name := range []string{"iris", "wine", "breast_cancer", "digits", "diabetes"} {
		d, err := data.Load(name, data.Options{})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	for _, u := range units {
		d, err := houses(u)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// units are the same targets as different people would write them down.
var units = []struct {
	name          string
	scale, offset float64
}{
	{"houses, euro", 1, 0}, {"houses, cents", 100, 0}, {"houses, 100 000 euro", 1e-5, 0}, {"years near 2000", 1e-5, 1995},
	{"concentrations near 5e-7", 1e-12, 0}, {"profits near -5e7", 100, -1e8},
}

// houses are 1500 rows with a price that is nearly linear in the area and bends with the distance.
func houses(u struct {
	name          string
	scale, offset float64
}) (*data.Dataset, error) {
	const n = 1500
	r := random.New(1, "houses")
	x, y := make([]float32, 0, 4*n), make([]float32, 0, n)
	for range n {
		area, rooms := 40+200*r.Float64(), float64(1+r.IntN(6))
		year, km := float64(1900+r.IntN(120)), 25*r.Float64()
		price := 60_000 + 2_200*area + 9_000*rooms + 700*(year-1900) - 9_000*km + 200*km*km + 15_000*r.NormFloat64()
		x = append(x, float32(area), float32(rooms), float32(year), float32(km))
		y = append(y, float32(u.scale*price+u.offset))
	}
	return data.NewRegression(u.name, []string{"area", "rooms", "year", "km_to_centre"}, x, y)
}

func splitOf(d *data.Dataset, seed uint64) (*data.Parts, error) {
	return data.Split(d, data.SplitOptions{Test: data.DefaultTest, Val: data.DefaultVal, Seed: random.Seed(seed, "split")})
}

// score is accuracy or R² on the test rows of a training with nothing set but the seed.
func score(d *data.Dataset, seed uint64) (float64, error) {
	spec, err := models.Parse("mlp:64,32")
	if err != nil {
		return 0, err
	}
	f, err := training.Fit(context.Background(), spec, d, training.FitConfig{Config: training.Config{Seed: seed}})
	if err != nil {
		return 0, err
	}
	r, err := f.Evaluate("test")
	if err != nil {
		return 0, err
	}
	name := "accuracy"
	if d.Task == data.Regression {
		name = "r2"
	}
	m, err := metrics.Lookup(name)
	if err != nil {
		return 0, err
	}
	return m.Of(r.Metrics)
}

func scores(d *data.Dataset) ([]float64, error) {
	out := make([]float64, seeds)
	for i := range out {
		var err error
		if out[i], err = score(d, uint64(i+1)); err != nil {
			return nil, errors.Wrapf(err, "%s, seed %d", d.Name, i+1)
		}
	}
	return out, nil
}

// kinds are scikit-learn's models, as the references name them.
var kinds = []string{"linear", "mlp", "mlp:64,32", "linear, with validation rows", "mlp, with validation rows",
	"mlp:64,32, with validation rows"}

func report(w io.Writer) error {
	refs, err := readReferences()
	if err != nil {
		return err
	}
	all, err := tables()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "| table | gtrain, seeds 1 to %d | mean | linear | mlp | mlp:64,32 | with validation rows: linear | mlp | mlp:64,32 |\n", seeds)
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|")
	for _, d := range all {
		mine, err := scores(d)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "| %s |", d.Name)
		for _, s := range mine {
			fmt.Fprintf(w, " %.3f", s)
		}
		fmt.Fprintf(w, " | **%.4f** |", stat.Mean(mine, nil))
		for _, k := range kinds {
			fmt.Fprintf(w, " %.4f |", stat.Mean(refs.Tables[d.Name][k], nil))
		}
		fmt.Fprintln(w)
	}
	return nil
}

// exported is a table for scikit-learn.
type exported struct {
	Name       string      `json:"name"`
	Regression bool        `json:"regression"`
	X          [][]float32 `json:"x"`
	Labels     []int       `json:"labels,omitempty"`
	Targets    []float32   `json:"targets,omitempty"`
	Splits     []split     `json:"splits"`
}

type split struct {
	Train, Val, Test []int
}

func export(w io.Writer) error {
	all, err := tables()
	if err != nil {
		return err
	}
	var out []exported
	for _, d := range all {
		e := exported{Name: d.Name, Regression: d.Task == data.Regression, Labels: d.Labels, Targets: d.Targets}
		for i := range d.Rows() {
			row := make([]float32, d.Width())
			if err := d.Gather(row, nil, []int{i}); err != nil {
				return err
			}
			e.X = append(e.X, row)
		}
		for seed := range uint64(seeds) {
			p, err := splitOf(d, seed+1)
			if err != nil {
				return err
			}
			e.Splits = append(e.Splits, split{p.Train, p.Val, p.Test})
		}
		out = append(out, e)
	}
	return json.NewEncoder(w).Encode(out)
}
