package metrics_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/metrics"
)

// R² and errors of predicted numbers.
func ExampleRegressionReport() {
	r, err := metrics.RegressionReport([]float64{1, 2, 3, 4}, []float64{1, 2, 3, 6})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("RMSE %.1f, MAE %.1f, R² %.1f\n", r.Regression.RMSE, r.Regression.MAE, *r.Regression.R2)
	// Output: RMSE 1.0, MAE 0.5, R² 0.2
}
