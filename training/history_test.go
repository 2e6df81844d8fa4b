package training

import (
	"bufio"
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

func TestHistoryLines(t *testing.T) {
	var none History
	if none.Last() != nil {
		t.Error("an epoch before the first")
	}
	k := prepare(t, "iris", 40, models.Dense(8, models.ReLU))
	opt := &optimizers.SGD{LearningRate: 0.1, Common: optimizers.Common{Schedule: &optimizers.Cosine{Steps: 9}}}
	_, tr := k.fitted(t, Config{Epochs: 3, Batch: 16, Optimizer: opt})
	h := tr.History()
	var b bytes.Buffer
	if err := h.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	var back []EpochInfo
	for s := bufio.NewScanner(&b); s.Scan(); {
		var e EpochInfo
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"epoch", "step", "train_loss", "val_loss", "val", "learning_rate", "best", "seconds"} {
			if !bytes.Contains(s.Bytes(), []byte(`"`+key+`":`)) {
				t.Errorf("no %q in %s", key, s.Bytes())
			}
		}
		back = append(back, e)
	}
	if !reflect.DeepEqual(back, h.Epochs) {
		t.Errorf("read back %+v", back)
	}
	for i, e := range h.Epochs {
		if e.Epoch != i+1 || e.Step != 3*(i+1) || e.LearningRate != 0.1*opt.Schedule.Factor(e.Step) || e.Seconds <= 0 {
			t.Errorf("epoch %d: %+v", i+1, e)
		}
	}
	broken := errors.New("full")
	if err := h.WriteJSONL(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
