package training

import (
	"encoding/json"
	"io"
	"math"

	"github.com/gtrain/gtrain/metrics"
	"github.com/pkg/errors"
)

// EpochInfo is one epoch's record. Its JSON names are stable. Its size does not depend on the number of classes, for all
// epochs are held in memory, in the log and in every checkpoint: Val has no scores of each class and no confusion matrix,
// which Evaluator.Evaluate gives of the trained model.
type EpochInfo struct {
	Epoch        int             `json:"epoch"` // from 1
	Step         int             `json:"step"`  // optimizer steps so far
	TrainLoss    float64         `json:"train_loss"`
	ValLoss      *float64        `json:"val_loss,omitempty"`
	Val          *metrics.Report `json:"val,omitempty"`
	LearningRate float64         `json:"learning_rate"` // of the next step
	Best         bool            `json:"best"`          // better than all before
	Seconds      float64         `json:"seconds"`       // of training so far, evaluation not counted
}

// History is the record of a training.
type History struct {
	Epochs    []EpochInfo `json:"epochs"`
	BestEpoch int         `json:"best_epoch"` // from 1
	Stopped   bool        `json:"stopped"`    // by early stopping
}

// summarise drops what epochs recorded of each class, as checkpoints of earlier versions have it.
func (h *History) summarise() {
	for i := range h.Epochs {
		h.Epochs[i].Val = h.Epochs[i].Val.Summary()
	}
}

// Last is the last epoch's record, nil before the first.
func (h *History) Last() *EpochInfo {
	if len(h.Epochs) == 0 {
		return nil
	}
	return &h.Epochs[len(h.Epochs)-1]
}

// bestLoss is the best epoch's loss on the validation rows, or on the training rows where there are none; infinite before
// the first epoch.
func (h *History) bestLoss() float64 {
	if h.BestEpoch < 1 || h.BestEpoch > len(h.Epochs) {
		return math.Inf(1)
	}
	e := &h.Epochs[h.BestEpoch-1]
	if e.ValLoss != nil {
		return *e.ValLoss
	}
	return e.TrainLoss
}

// WriteJSONL writes one line of JSON for each epoch.
func (h *History) WriteJSONL(w io.Writer) error {
	enc := json.NewEncoder(w)
	for i := range h.Epochs {
		if err := enc.Encode(&h.Epochs[i]); err != nil {
			return errors.Wrap(err, "write history")
		}
	}
	return nil
}
