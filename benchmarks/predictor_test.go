package benchmarks

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/models"
)

// BenchmarkPredictor times calls of one predictor from several goroutines at the same time: ns/op is the time divided by
// the calls of all of them, so with two goroutines on two cores half of that with one is the best there can be.
func BenchmarkPredictor(b *testing.B) {
	for _, n := range Networks() {
		for _, batch := range n.Batches {
			for _, goroutines := range []int{1, 2, 4} {
				b.Run(fmt.Sprintf("%s/batch=%d/goroutines=%d", n.Name, batch, goroutines), func(b *testing.B) {
					net, err := n.Build()
					if err != nil {
						b.Fatal(err)
					}
					m := &models.Model{Net: net, Classes: make([]string, n.Classes), Features: make([]string, n.Features())}
					p, err := m.Predictor()
					if err != nil {
						b.Fatal(err)
					}
					run := func(calls int) {
						x := make([]float32, batch*n.Features())
						for range calls {
							if _, err := p.Predict(x); err != nil {
								b.Error(err)
								return
							}
						}
					}
					all := func(calls int) {
						var callers sync.WaitGroup
						for g := range goroutines {
							callers.Go(func() { run(calls*(g+1)/goroutines - calls*g/goroutines) })
						}
						callers.Wait()
					}
					all(4 * goroutines)
					b.ReportAllocs()
					b.ResetTimer()
					all(b.N)
				})
			}
		}
	}
}
