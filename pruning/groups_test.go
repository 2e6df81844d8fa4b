package pruning

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// Convolutions in groups, whose couplings change when groups go, in rounds.
func TestRoundsOfGroupedConvolutions(t *testing.T) {
	head := []models.Layer{models.GlobalAvgPool()}
	for name, layers := range map[string][]models.Layer{
		"depthwise":          {models.Input(1, 8, 8), models.Conv2D(6, 3, models.ReLU), models.DepthwiseConv2D(3, models.ReLU)},
		"depthwise, twofold": {models.Input(1, 8, 8), models.Conv2D(5, 3, models.ReLU), models.DepthwiseConv2D(3, models.Multiplier(2))},
		"two groups":         {models.Input(1, 8, 8), models.Conv2D(6, 3, models.ReLU), models.Conv2D(8, 3, models.Groups(2), models.ReLU)},
		"three groups":       {models.Input(1, 8, 8), models.Conv2D(6, 3), models.Conv2D(9, 3, models.Groups(3), models.ReLU)},
		"a group a channel":  {models.Input(1, 8, 8), models.Conv2D(4, 3), models.Conv2D(8, 3, models.Groups(4), models.ReLU)},
		"depthwise, flattened": {models.Input(1, 8, 8), models.Conv2D(4, 3, models.ReLU), models.DepthwiseConv2D(3, models.Multiplier(3)),
			models.MaxPool(2), models.Flatten()},
	} {
		if name != "depthwise, flattened" {
			layers = append(layers, head...)
		}
		n := train(t, "digits", tensor.Float32, layers...)
		for _, method := range []Method{MaskUnits, RemoveUnits} {
			for _, rounds := range []int{1, 4} {
				for _, amount := range []float64{0.5, 0.8, 0.95} {
					t.Run(fmt.Sprintf("%s/%s/%d/%v", name, method, rounds, amount), func(t *testing.T) {
						cfg := Config{Criterion: criteria.Named("l2"), Amount: amount, Method: method, Rounds: rounds, Schedule: LinearAmount}
						plain := n.prune(t, cfg)
						near(t, "masked and pruned", n.logits(t, plain.Masked.Net), n.logits(t, plain.Model.Net))
						cfg.Finetune = &training.Config{Epochs: 1, Batch: 256, Optimizer: &optimizers.Adam{}}
						tuned := n.prune(t, cfg)
						near(t, "masked by hand", n.logits(t, n.masked(t, tuned.Units)), n.logits(t, tuned.Masked.Net))
					})
				}
			}
		}
	}
}
