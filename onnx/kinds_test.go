package onnx_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/tensor"
)

// kinds gives what becomes of the models of testdata/make_kinds.py: the words of the refusal, or nothing for those that are
// read. Those that begin with bad contradict themselves; all others are valid.
var kinds = map[string]string{
	"bad_axis":                    "axis 2 of a value of 2 axes",
	"bad_broadcast":               `"x" of shape [N 4] and "w" of shape [3] cannot be broadcast`,
	"bad_channels":                `"x" of shape [N 4 5 5] and "w" of dimensions [2 3 1 1] do not fit`,
	"bad_gemm":                    `"x" of shape [N 4] and the weight "w" of dimensions [4 5] do not fit`,
	"bad_inner_size":              `"x" of shape [N 4] and the weight "w" of dimensions [5 2] do not fit`,
	"bad_input_rank":              `initializer "w" has dimensions [4] and is declared with shape (1, 4)`,
	"bad_input_size":              `initializer "w" has dimensions [4] and is declared with shape (5)`,
	"bad_input_type":              `initializer "w" holds FLOAT and is declared as DOUBLE`,
	"bad_norm":                    `"x" of shape [N 4] and "g" of dimensions [3] do not fit`,
	"bad_output":                  `"y" is declared with shape (N, 5), but has (N, 4)`,
	"bad_perm":                    "axis 0 is listed twice",
	"bad_reshape":                 "dimensions [N 4] cannot be reshaped to [0 3]",
	"bad_reshape_negative":        "dimensions [N 4] cannot be reshaped to [0 -2]",
	"bad_value_info":              `initializer "w" has dimensions [4] and is declared with shape (3)`,
	"bad_value_info_rank":         `initializer "w" has dimensions [4] and is declared with shape ()`,
	"batch_norm_outputs":          "",
	"channels_at_one_batch":       "inner dimensions of (4, N) and (5, 2) differ",
	"constant_output":             `output "version" does not depend on any input`,
	"dead_initializer":            "",
	"dead_operator":               "",
	"double_inside":               "a cast to DOUBLE in a model of float32",
	"dropout_mask_left_out":       "",
	"empty_added":                 `the constant "e" has dimensions [0 1 1]: no elements`,
	"empty_axes":                  "",
	"empty_constant_node":         "",
	"empty_initializer":           "",
	"empty_shape_part":            "",
	"empty_slice":                 "",
	"half_precision":              "a cast to FLOAT16 in a model of float32",
	"initializer_as_input":        "",
	"initializer_with_value_info": "",
	"int_32":                      "",
	"int_added":                   `it computes on the integers of input "x"`,
	"int_and_float":               "",
	"int_cast":                    "",
	"int_cast_and_table":          "",
	"int_embedding":               "",
	"int_mean":                    "",
	"int_reshaped":                `it computes on the integers of input "x"`,
	"int_tied":                    "",
	"int_two_inputs":              "",
	"layer_norm_broadcast":        "shapes (1) and (4) differ",
	"layer_norm_no_bias":          "",
	"layer_norm_no_bias_axis_1":   "",
	"layer_norms_of_one_weight":   "",
	"lstm":                        `the node that makes "h" (LSTM): operator LSTM of opset 17 is not supported`,
	"normalizer":                  "operator Normalizer of domain ai.onnx.ml is not supported",
	"product_with_a_vector":       "",
	"random_output":               "operator RandomNormalLike of opset 17 is not supported",
	"resize":                      "",
	"resize_asymmetric":           "",
	"resize_chain":                "",
	"resize_channels":             "one whole factor",
	"resize_half":                 `nearest pixels by "asymmetric" and "round_prefer_floor"`,
	"resize_linear":               `mode "linear"`,
	"resize_sizes":                "",
	"resize_sizes_followed":       "",
	"resize_sizes_of_a_batch":     `its sizes "s" change the batch`,
	"resize_smaller":              "one whole factor",
	"resize_two_factors":          "one whole factor",
	"scaler":                      "operator Scaler of domain ai.onnx.ml is not supported",
	"sizes_of_minus_1":            "",
	"split_first_left_out":        "",
	"table_of_three_axes":         "table (5, 2, 2) and ids (N, 2) do not fit",
	"tied_gemm":                   "",
	"tied_matmul":                 "",
	"tied_scaled":                 `the initializer "w" is used in two ways that need different layouts`,
	"tied_table":                  "",
	"tied_three_times":            "",
	"where_computed_mask":         `its condition "m" is computed; a constant one is supported`,
	"where_constant_mask":         "",
	"where_infinite":              "",
	"where_of_two":                "",
	"where_otherwise":             "",
	"where_rows":                  "",
	"where_softmax":               "",
	"where_wider":                 "",
}

// notRun are files that ONNX Runtime is not asked about: it is fed no int32 here, and ends where an empty name stands for
// an output that is left out.
var notRun = map[string]bool{"int_32": true, "batch_norm_outputs": true, "split_first_left_out": true}

func TestKindsOfModels(t *testing.T) {
	paths, err := filepath.Glob("testdata/kinds/*.onnx")
	if err != nil || len(paths) != len(kinds) {
		t.Errorf("%d models of %d, %v", len(paths), len(kinds), err)
	}
	var run batchRun
	var valid []string
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		kind := onnx.ErrUnsupported
		if strings.HasPrefix(name, "bad_") {
			kind = onnx.ErrInvalid
		} else {
			valid = append(valid, path)
		}
		net, _, err := onnx.Load(path)
		want, known := kinds[name]
		switch {
		case !known:
			t.Errorf("%s: %v, and nothing is expected", name, err)
		case err == nil && want == "":
			saved := save(t, net, onnx.Meta{})
			again, _ := load(t, saved)
			if b, err := onnx.Marshal(again, onnx.Meta{}); err != nil || !bytes.Equal(b, read(t, saved)) {
				t.Errorf("%s: load and save changed the bytes, %v", name, err)
			}
			for _, p := range []string{path, saved} {
				again, _ := load(t, p)
				if inputTypes(t, p) != inputTypes(t, path) {
					t.Errorf("%s: saved with inputs %s, want %s", name, inputTypes(t, p), inputTypes(t, path))
				}
				valid = append(valid, p)
				if !notRun[name] || p != path && name != "int_32" {
					run.addWith(t, name, p, again, wholeExamples)
				}
			}
		case err == nil:
			t.Errorf("%s: read, want %q", name, want)
		case want == "" || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", name, err, want)
		case !errors.Is(err, kind):
			t.Errorf("%s: %v is not of the kind %v", name, err, kind)
		}
	}
	run.check(t)
	ortcheck.Validate(t, valid...)
}

// inputTypes writes the names and types of a file's inputs that no initializer gives.
func inputTypes(t *testing.T, path string) (text string) {
	t.Helper()
	g := decode(t, read(t, path)).Graph
	given := map[string]bool{}
	for _, i := range g.Initializer {
		given[i.Name] = true
	}
	for _, v := range g.Input {
		if !given[v.Name] {
			text += fmt.Sprintf("%s %v;", v.Name, pb.TensorProto_DataType(v.GetType().GetTensorType().GetElemType()))
		}
	}
	return text
}

// wholeExamples are whole numbers from −4 to 4, which are indices into a table of 5 rows: negative ones count from its end.
func wholeExamples(_ *testing.T, net *network.Network, batch int) map[string]*tensor.Dense {
	in := map[string]*tensor.Dense{}
	for j, n := range net.Inputs {
		shape := n.Shape().Clone()
		shape[0] = batch
		data := make([]float64, shape.TotalSize())
		for i := range data {
			data[i] = float64((i*7+3*j+1)%9 - 4)
		}
		in[n.Name()] = denseOf(n.Dtype(), data, shape)
	}
	return in
}

// The outputs that one wants are read alone, with what they depend on.
func TestOutputsByName(t *testing.T) {
	for _, c := range []struct{ file, outputs, got, want string }{
		{"constant_output", "y", "y", ""},
		{"random_output", "y", "y", ""},
		{"random_output", "noise", "", "operator RandomNormalLike"},
		{"constant_output", "version", "", `output "version" does not depend on any input`},
		{"constant_output", "z", "", `the model has no output "z", but y, version`},
		{"constant_output", "", "", "no output is asked for; the model has y, version"},
		{"tied_matmul", "r", "r", ""}, // any value that a node makes
		{"tied_matmul", "y h", "y h", ""},
		{"tied_gemm", "x", "", `no output "x"`},
	} {
		net, _, err := onnx.Load("testdata/kinds/"+c.file+".onnx", onnx.Outputs(strings.Fields(c.outputs)...))
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %v, want %q", c.file, c.outputs, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %s: %v", c.file, c.outputs, err)
			continue
		}
		var names []string
		for _, o := range net.Outputs {
			names = append(names, o.Name())
		}
		if got := strings.Join(names, " "); got != c.got {
			t.Errorf("%s, %s: outputs %s", c.file, c.outputs, got)
		}
	}
}
