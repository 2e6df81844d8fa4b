// Package library_test is docs/library.md as programs.
package library_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// points are two features a row and a class: whether their product is positive.
func points(rows int) (x []float32, labels []int) {
	for i := range rows {
		a, b := float32(i%20)-9.5, float32(i/20%20)-9.5
		label := 0
		if a*b > 0 {
			label = 1
		}
		x, labels = append(x, a, b), append(labels, label)
	}
	return x, labels
}

func fit() *training.Fitted {
	x, labels := points(400)
	d, err := data.NewClassification("points", []string{"a", "b"}, x, []string{"differ", "agree"}, labels)
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(16, models.ReLU)), d, training.FitConfig{})
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// Data of your own: numbers row by row, names of the columns, classes.
func Example_data() {
	x, labels := points(400)
	d, err := data.NewClassification("points", []string{"a", "b"}, x, []string{"differ", "agree"}, labels)
	if err != nil {
		log.Fatal(err)
	}
	f, err := training.Fit(context.Background(), models.Sequential(models.Dense(16, models.ReLU)), d, training.FitConfig{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := f.Evaluate("test")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Metrics.N, "test rows, accuracy above 0.9:", result.Metrics.Accuracy > 0.9)
	// Output: 80 test rows, accuracy above 0.9: true
}

// A loop of your own: what training.Fit does at each step.
func Example_loop() {
	spec := models.Sequential(models.Input(2), models.Dense(16, models.ReLU), models.Dense(2), models.Softmax())
	net, err := spec.Build(models.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	const batch = 20
	o, err := net.Objective(batch, network.CrossEntropy(0))
	if err != nil {
		log.Fatal(err)
	}
	program, err := graph.Compile(o.Graph, graph.Outputs(o.Cost))
	if err != nil {
		log.Fatal(err)
	}
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(batch, 2))
	y := tensor.New(tensor.Of(tensor.Int), tensor.WithShape(batch))
	if err := program.Feed(o.Inputs[0], x); err != nil {
		log.Fatal(err)
	}
	if err := program.Feed(o.Target, y); err != nil {
		log.Fatal(err)
	}
	opt := &optimizers.Adam{LearningRate: 0.01}
	params := gorgonia.NodesToValueGrads(o.Params)
	rows, labels := points(400)
	var first, last float32
	for epoch := range 20 {
		for lo := 0; lo < 400; lo += batch {
			for i := range batch {
				k := (lo + i) * 7 % 400 // mixes the rows
				copy(x.Float32s()[2*i:], rows[2*k:2*k+2])
				y.Ints()[i] = labels[k]
			}
			if err := program.RunAll(); err != nil {
				log.Fatal(err)
			}
			if err := opt.Step(params); err != nil {
				log.Fatal(err)
			}
			last = o.Cost.Value().Data().(float32)
			if epoch == 0 && lo == 0 {
				first = last
			}
		}
	}
	fmt.Println("the loss fell to less than half:", last < first/2)
	// Output: the loss fell to less than half: true
}

// Concurrency: one Predictor answers several goroutines.
func Example_concurrency() {
	predictor, err := fit().Model.Predictor()
	if err != nil {
		log.Fatal(err)
	}
	var wait sync.WaitGroup
	answers := make([]string, 4)
	for i, x := range [][]float32{{3, 4}, {-3, 4}, {-5, -5}, {6, -2}} {
		wait.Go(func() {
			classes, err := predictor.Classify(x)
			if err != nil {
				log.Print(err)
				return
			}
			answers[i] = classes[0]
		})
	}
	wait.Wait()
	fmt.Println(answers)
	// Output: [agree differ agree differ]
}

// server answers records such as {"a": "3", "b": "4"} with the class and its probability.
func server(m *models.Model) (http.Handler, error) {
	predictor, err := m.Predictor()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var record map[string]string
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&record); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		x, err := m.Schema.Encode(record)
		if err != nil { // says which column, and what is wrong with it
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p, err := predictor.Predict(x)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		best := 0
		for i := range p {
			if p[i] > p[best] {
				best = i
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"class": m.Classes[best], "sure": p[best] > 0.5})
	}), nil
}

func Example_server() {
	handler, err := server(fit().Model)
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{`{"a": "3", "b": "4"}`, `{"a": "3", "b": "-4"}`, `{"a": "three", "b": "4"}`} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 {"class":"agree","sure":true}
	// 200 {"class":"differ","sure":true}
	// 400 record:1: column "a": "three" is not a number
}
