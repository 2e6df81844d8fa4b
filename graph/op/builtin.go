package op

import (
	"reflect"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Binder is an entry of the table that has kernels of ours; others run through their own Do.
type Binder interface {
	Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error)
}

// ErrNoKernel is returned by Bind where an operation must run through its own Do.
var ErrNoKernel = errors.New("no kernel")

// builtins says, by type, what is known of Gorgonia's own operations. The types are not exported, so they are told
// apart by name, and their parameters are read by reflection (v0.9.18, the newest there is).
var builtins = map[string]func(o gorgonia.Op, fields reflect.Value) any{
	"gorgonia.elemBinOp":     parseBinary,
	"gorgonia.elemUnaryOp":   parseUnary,
	"gorgonia.linAlgBinOp":   parseLinAlg,
	"gorgonia.sumOp":         parseSum,
	"gorgonia.repeatOp":      parseRepeat,
	"gorgonia.reshapeOp":     parseReshape,
	"gorgonia.sizeOp":        parseSize,
	"gorgonia.softmaxOp":     parseSoftmax,
	"gorgonia.softmaxDiffOp": parseSoftmaxDiff,

	"gorgonia.transposeOp":         parseTranspose,
	"gorgonia.concatOp":            parseConcat,
	"gorgonia.sliceOp":             parseSlice,
	"gorgonia.sliceIncrOp":         parseSliceIncr,
	"gorgonia.maxOp":               parseMax,
	"gorgonia.im2colOp":            parsePatches,
	"gorgonia.maxPoolOp":           parseMaxPool,
	"gorgonia.maxPoolDiffOp":       parseMaxPoolDiff,
	"gorgonia.avgPoolOp":           parseAvgPool,
	"gorgonia.avgPoolDiffOp":       parseAvgPoolDiff,
	"gorgonia.globalAveragePoolOp": parseGlobalAvg,
	"gorgonia.upsampleOp":          parseUpsample,
	"gorgonia.BatchNormOp":         parseBatchNorm,
	"gorgonia.dropoutOp":           parseDropout,
}

func builtin(o gorgonia.Op) any {
	v := reflect.ValueOf(o)
	if !v.IsValid() {
		return nil
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	parse, ok := builtins[v.Type().String()]
	if !ok {
		return nil
	}
	return parse(o, v)
}

func ints(v reflect.Value) []int {
	r := make([]int, v.Len())
	for i := range r {
		r[i] = int(v.Index(i).Int())
	}
	return r
}
