package onnx_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

// batchModels gives what becomes of the models of testdata/make_batch.py: the words of the refusal, or nothing for those
// that are read.
var batchModels = map[string]string{
	"cut_behind_a_merge":     `it cuts axis 0 of "h", whose size the batch decides: from 0 to 40`,
	"cut_but_last":           `it cuts axis 0 of "x", whose size the batch decides: from 0 to -1`,
	"cut_every_other":        `it cuts axis 0 of "x", whose size the batch decides: from 0 to 9223372036854775807 by 2`,
	"cut_features":           "",
	"cut_features_by_n":      `what it takes of axis 1 of "x" depends on the batch size: from 0 to N`,
	"cut_first_1000":         `it cuts axis 0 of "x", whose size the batch decides: from 0 to 1000`,
	"cut_first_11":           `it cuts axis 0 of "x", whose size the batch decides: from 0 to 11`,
	"cut_first_13":           `it cuts axis 0 of "x", whose size the batch decides: from 0 to 13`,
	"cut_first_4":            `it cuts axis 0 of "x", whose size the batch decides: from 0 to 4`,
	"cut_first_quarter":      `its input "q" depends on the batch size in a way that is not followed`,
	"cut_from_3":             `it cuts axis 0 of "x", whose size the batch decides: from 3 to 9223372036854775807`,
	"cut_from_n_less_3":      `it cuts axis 0 of "x", whose size the batch decides: from N-3 to 9223372036854775807`,
	"cut_gather_rows":        `it cuts axis 0 of "x", whose size the batch decides`,
	"cut_last_1000":          `it cuts axis 0 of "x", whose size the batch decides: from -1000 to 9223372036854775807`,
	"cut_last_5":             `it cuts axis 0 of "x", whose size the batch decides: from -5 to 9223372036854775807`,
	"cut_reversed":           `it cuts axis 0 of "x", whose size the batch decides: from -1 to -9223372036854775807`,
	"cut_split":              `it cuts axis 0 of "x", whose size the batch decides`,
	"cut_up_to_n_less_1":     `it cuts axis 0 of "x", whose size the batch decides: from 0 to N-1`,
	"expand_all_ones":        "",
	"expand_by_20":           "a value of shape [N 4] is expanded to [20 4], which fits only some batch sizes",
	"expand_by_n":            "",
	"expand_fewer_axes":      "",
	"expand_last":            "",
	"expand_leading_1":       "",
	"expand_more_axes":       `output "y" has shape [2 N 4]; its leading axis must be the batch`,
	"expand_token":           "",
	"fill_2n":                "axis 0 of [2·N 2] follows the batch size, but is not the same",
	"fill_n":                 "",
	"fixed_11_if_n_is_11":    "",
	"fixed_11_positions":     "",
	"fixed_11_reshape":       "",
	"fixed_13_positions":     "",
	"fixed_13_reshape":       "",
	"fixed_1_if_n_is_1":      "",
	"fixed_1_positions":      "",
	"fixed_1_reshape":        "",
	"fixed_1_rows":           "it fits a batch of 1 alone, which the file declares; export the model with an open batch axis",
	"fixed_1_squeeze":        `it drops axis 0 of "x", which is the batch`,
	"fixed_1_squeeze_0":      `it drops axis 0 of "x", which is the batch`,
	"fixed_1_token":          "it fits a batch of 1 alone, which the file declares; export the model with an open batch axis",
	"fixed_20_cut_3":         `it cuts axis 0 of "x", whose size the batch decides: from 0 to 3`,
	"fixed_20_expand":        "",
	"fixed_20_if_n_is_1":     "",
	"fixed_20_if_n_is_20":    "",
	"fixed_20_last_19":       `it cuts axis 0 of "x", whose size the batch decides: from -19 to 2147483647`,
	"fixed_20_last_20":       "",
	"fixed_20_merge":         "dimensions [20 2 4] cannot be reshaped to [40 4] for a batch other than the 20 that the file declares",
	"fixed_20_quarter":       "dimensions [20 4] cannot be reshaped to [5 16] for a batch other than the 20 that the file declares",
	"fixed_20_reshape":       "",
	"fixed_20_rows":          "it fits a batch of 20 alone, which the file declares; export the model with an open batch axis",
	"fixed_20_whole":         "",
	"fixed_2_positions":      "",
	"fixed_2_reshape":        "",
	"fixed_3_positions":      "",
	"fixed_3_reshape":        "",
	"fixed_4_mean":           "along axis 0 of a value of shape [4 4], which is the batch: a mean is taken over it",
	"mix_add_11":             "it fits only some batch sizes, and the file leaves the batch open",
	"mix_add_13":             "it fits only some batch sizes, and the file leaves the batch open",
	"mix_concat":             "along axis 0 of a value of shape [N 4], which is the batch: it is cut, joined or reordered",
	"mix_concat_constant":    "along axis 0 of a value of shape [N 4], which is the batch: it is cut, joined or reordered",
	"mix_differences":        "along axis 0 of a value of shape [N 1 4], which is the batch: every example would meet every other",
	"mix_flatten":            `output "y" has shape [1 4·N]; its leading axis must be the batch`,
	"mix_merge_sum":          "along axis 0 of a value of shape [4·N], which is the batch: it is summed over",
	"mix_norm":               "along axis 1 of a value of shape [4 N], which is the batch: softmax normalises over this axis",
	"mix_pad":                "it pads the leading axis, which is the batch",
	"mix_products":           "along axis 1 of a value of shape [4 N], which is the batch: every example would meet every other",
	"mix_reduce_all":         "along axis 0 of a value of shape [N 4], which is the batch: a mean is taken over it",
	"mix_reduce_l2":          "along axis 0 of a value of shape [N 4], which is the batch: it is summed over",
	"mix_reduce_max":         "along axis 0 of a value of shape [N 4], which is the batch: a maximum is taken over it",
	"mix_reduce_mean":        "along axis 0 of a value of shape [N 4], which is the batch: a mean is taken over it",
	"mix_repeat_row":         `it cuts axis 0 of "x", whose size the batch decides`,
	"mix_reshape":            "it mixes the batch with other axes",
	"mix_reshape_11":         "dimensions [N 4] cannot be reshaped to [11 4] at every batch size",
	"mix_reshape_6":          "dimensions [N 4] cannot be reshaped to [-1 6] at every batch size",
	"mix_softmax":            "along axis 0 of a value of shape [N 4], which is the batch: softmax normalises over it",
	"mix_softmax_opset11":    "it takes axes 0 of shape (N, 4) together, as until opset 12; export for a later opset",
	"mix_square":             "a value of shape [N N] that holds one number everywhere has the batch for 2 of its axes; one is supported",
	"mix_tile_by_expand":     "a value of shape [N N 4] that holds one number everywhere has the batch for 2 of its axes; one is supported",
	"mix_transpose":          `output "y" has shape [4 N]; its leading axis must be the batch`,
	"number_if_n_is_0":       "",
	"number_if_n_is_1":       `it computes on "f", a number that depends on the batch size`,
	"number_if_n_is_1000":    `it computes on "f", a number that depends on the batch size`,
	"number_if_n_is_minus_1": "",
	"number_n":               `it computes on "f", a number that depends on the batch size`,
	"number_n_by_n":          "",
	"number_n_less_n":        "",
	"number_of_each_row":     `it computes on "u", which follows from shapes and is not one number`,
	"number_power":           `it computes on "f", a number that depends on the batch size`,
	"number_quarter":         `it computes on "f", a number that depends on the batch size`,
	"number_root":            `it computes on "h", a number that depends on the batch size`,
	"number_size_by_n":       "",
	"number_thousandth":      `it computes on "f", a number that depends on the batch size`,
	"resize_by_n":            "",
	"resize_fixed_20":        "",
	"resize_fixed_20_to_3":   `its sizes "s" change the batch`,
	"resize_to_2":            `its sizes "s" change the batch`,
	"resize_to_2n":           `its sizes "s" change the batch`,
	"shape_flatten_2":        "",
	"shape_flatten_moved":    "",
	"shape_moved_and_back":   "",
	"shape_moved_and_lost":   "it mixes the batch with other axes",
	"shape_n_and_half":       `its input "k" depends on the batch size in a way that is not followed`,
	"shape_n_halved_doubled": "",
	"shape_n_rest":           "",
	"shape_n_times_3":        "",
	"shape_size_by_n":        "",
	"shape_squeeze_all":      "",
	"shape_squeeze_batch":    `it drops axis 0 of "x", which is the batch`,
	"whole_from_minus_n":     `its input "m" depends on the batch size in a way that is not followed`,
	"whole_to_int_max":       "",
	"whole_to_the_end":       "",
	"whole_up_to_2n":         "",
	"whole_up_to_n":          "",
}

// Every model that computes with its batch size gives what ONNX Runtime gives, at every batch size that the file allows,
// or is refused as not supported: all of them are valid.
func TestBatchModels(t *testing.T) {
	paths, err := filepath.Glob("testdata/batch/*.onnx")
	if err != nil || len(paths) != len(batchModels) {
		t.Errorf("%d models of %d, %v", len(paths), len(batchModels), err)
	}
	var run batchRun
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		net, _, err := onnx.Load(path)
		want := batchModels[name]
		switch {
		case err == nil && want == "":
			run.add(t, name, path, net)
			run.add(t, name+", saved", save(t, net, onnx.Meta{}), net)
		case err == nil:
			t.Errorf("%s: read, want %q", name, want)
		case want == "" || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", name, err, want)
		case !errors.Is(err, onnx.ErrUnsupported) || errors.Is(err, onnx.ErrInvalid):
			t.Errorf("%s: %v is not of the kind %v", name, err, onnx.ErrUnsupported)
		}
	}
	run.check(t)
}

// batchRun compares with ONNX Runtime at many batch sizes, in one process.
type batchRun struct {
	jobs  []ortcheck.Job
	names []string
	ours  [][][]*tensor.Dense
}

var manyBatches = []int{1, 2, 3, 5, 10, 64}

func (r *batchRun) add(t *testing.T, name, path string, net *network.Network) {
	t.Helper()
	r.addWith(t, name, path, net, func(t *testing.T, net *network.Network, batch int) map[string]*tensor.Dense {
		return examples(t, net, batch)
	})
}

func (r *batchRun) addWith(t *testing.T, name, path string, net *network.Network,
	draw func(t *testing.T, net *network.Network, batch int) map[string]*tensor.Dense) {
	t.Helper()
	batches := manyBatches
	if d := decode(t, read(t, path)).Graph.Input[0].Type.GetTensorType().Shape.Dim[0].GetDimValue(); d > 0 {
		batches = []int{int(d)}
	}
	job := ortcheck.Job{Path: path}
	var ours [][]*tensor.Dense
	for _, b := range batches {
		in := draw(t, net, b)
		job.Inputs = append(job.Inputs, feedOf(net, in))
		ours = append(ours, forward(t, net, in))
	}
	r.jobs, r.names, r.ours = append(r.jobs, job), append(r.names, name), append(r.ours, ours)
}

// feedOf is ortValues with integers for the inputs that the file declares as such.
func feedOf(net *network.Network, in map[string]*tensor.Dense) ortcheck.Values {
	feed := ortValues(in)
	for name := range net.Integers {
		feed[name] = integers(feed[name])
	}
	return feed
}

// integers is a tensor as int64.
func integers(v ortcheck.Tensor) ortcheck.Tensor {
	out := ortcheck.Tensor{Dims: v.Dims, Int64: []int64{}}
	for _, x := range ortFloats(v) {
		out.Int64 = append(out.Int64, int64(x))
	}
	return out
}

func (r *batchRun) check(t *testing.T) {
	t.Helper()
	for i, theirs := range ortcheck.RunAll(t, r.jobs...) {
		if theirs.Err != nil {
			t.Errorf("%s: ONNX Runtime: %v", r.names[i], theirs.Err)
			continue
		}
		names := outputNames(t, r.jobs[i].Path)
		for b, values := range theirs.Outputs {
			for j, name := range names {
				got, want := r.ours[i][b][j], values[name]
				what := fmt.Sprintf("%s, run %d", r.names[i], b)
				if fmt.Sprint([]int(got.Shape())) != fmt.Sprint(want.Dims) && !(r.squeezes(i) && want.Dims[0] != got.Shape()[0]) {
					t.Errorf("%s: shape %v, want %v", what, got.Shape(), want.Dims)
				}
				agree(t, what, float64s(got), ortFloats(want), 1e-5)
			}
		}
	}
}

// squeezes: a Squeeze of all axes of size 1 leaves the batch, which ONNX Runtime drops at batch size 1.
func (r *batchRun) squeezes(i int) bool { return strings.Contains(r.names[i], "squeeze_all") }
