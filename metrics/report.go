package metrics

import "github.com/pkg/errors"

// Report holds what was measured on a set of rows: the metrics of classification or those of regression; the other
// pointer is nil. In JSON all fields stand in one object, and those of the other task are absent.
type Report struct {
	N int `json:"n"` // rows
	*Classification
	*Regression
}

// Classification holds the metrics of a classifier.
type Classification struct {
	Accuracy float64 `json:"accuracy"`
	LogLoss  float64 `json:"log_loss"` // nats
	// ROCAUC is there for two classes that both occur among the labels.
	ROCAUC *float64 `json:"roc_auc,omitempty"`
	// Top5Accuracy is there for more than five classes.
	Top5Accuracy *float64 `json:"top_5_accuracy,omitempty"`
	Macro        Scores   `json:"macro_avg"`
	Micro        Scores   `json:"micro_avg"`
	Weighted     Scores   `json:"weighted_avg"`
	// What follows grows with the classes and is absent from summaries, such as an epoch's record has.
	PerClass []ClassScores `json:"per_class,omitempty"`
	// ConfusionMatrix (rows: labels, columns: predictions) is there for up to DenseClasses classes, ConfusionCells, the
	// occupied cells of it, for more.
	ConfusionMatrix Confusion       `json:"confusion_matrix,omitempty"`
	ConfusionCells  []ConfusionCell `json:"confusion_cells,omitempty"`
}

// Regression holds the metrics of a single-output regressor.
type Regression struct {
	MSE  float64 `json:"mse"`
	MAE  float64 `json:"mae"`
	RMSE float64 `json:"rmse"`
	// R2 is there for two rows or more.
	R2 *float64 `json:"r2,omitempty"`
}

// ClassificationReport measures predicted probabilities (rows × classes, each row summing to 1) against labels in
// 0…classes-1, classes being at least 2. The predicted class is the most probable, the first among equals.
func ClassificationReport[F Float](labels []int, probs []F, classes int) (*Report, error) {
	c, err := collect(labels, probs, classes)
	if err != nil {
		return nil, err
	}
	return c.Report()
}

func collect[F Float](labels []int, probs []F, classes int) (*Collector[F], error) {
	if err := checkRows(labels, probs, classes); err != nil {
		return nil, err
	}
	c, err := NewCollector[F](labels, classes)
	if err != nil {
		return nil, err
	}
	return c, c.Add(0, probs)
}

// Summary is the report without the scores of each class and the confusion matrix.
func (r *Report) Summary() *Report {
	if r == nil || r.Classification == nil {
		return r
	}
	c := *r.Classification
	c.PerClass, c.ConfusionMatrix, c.ConfusionCells = nil, nil, nil
	return &Report{N: r.N, Classification: &c}
}

// RegressionReport measures predictions of one output against targets.
func RegressionReport[F Float](targets, predictions []F) (*Report, error) {
	r := &Regression{}
	var err error
	if r.MSE, err = MSE(targets, predictions); err != nil {
		return nil, err
	}
	if r.RMSE, err = RMSE(targets, predictions); err != nil {
		return nil, err
	}
	if r.MAE, err = MAE(targets, predictions); err != nil {
		return nil, err
	}
	r2, err := R2(targets, predictions)
	if r.R2, err = defined(r2, err); err != nil {
		return nil, err
	}
	return &Report{N: len(targets), Regression: r}, nil
}

// defined turns ErrUndefined into an absent value.
func defined(x float64, err error) (*float64, error) {
	if errors.Is(err, ErrUndefined) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &x, nil
}

// NameClasses writes the names of the classes into PerClass. There must be one for each.
func (c *Classification) NameClasses(names []string) error {
	if len(names) != len(c.PerClass) {
		return errors.Wrapf(ErrLength, "%d class names for %d classes", len(names), len(c.PerClass))
	}
	for i, name := range names {
		c.PerClass[i].Name = name
	}
	return nil
}
