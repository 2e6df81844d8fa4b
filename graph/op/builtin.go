package op

import (
	"github.com/gtrain/gtrain/internal/private"
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
// apart by name, and package private reads their parameters. A function may give an error, where a field is missing.
var builtins = map[string]func(o gorgonia.Op, fields private.Fields) any{
	"elemBinOp":     parseBinary,
	"elemUnaryOp":   parseUnary,
	"linAlgBinOp":   parseLinAlg,
	"sumOp":         parseSum,
	"repeatOp":      parseRepeat,
	"reshapeOp":     parseReshape,
	"sizeOp":        parseSize,
	"softmaxOp":     parseSoftmax,
	"softmaxDiffOp": parseSoftmaxDiff,

	"transposeOp":         parseTranspose,
	"concatOp":            parseConcat,
	"sliceOp":             parseSlice,
	"sliceIncrOp":         parseSliceIncr,
	"maxOp":               parseMax,
	"im2colOp":            parsePatches,
	"maxPoolOp":           parseMaxPool,
	"maxPoolDiffOp":       parseMaxPoolDiff,
	"avgPoolOp":           parseAvgPool,
	"avgPoolDiffOp":       parseAvgPoolDiff,
	"globalAveragePoolOp": parseGlobalAvg,
	"upsampleOp":          parseUpsample,
	"BatchNormOp":         parseBatchNorm,
	"dropoutOp":           parseDropout,
}

func builtin(o gorgonia.Op) any {
	k, _ := builtinOf(o)
	return k
}

// builtinOf is nil for an operation that is not of the table. The error names a field that this version of Gorgonia lacks.
func builtinOf(o gorgonia.Op) (any, error) {
	typ, fields, err := private.Of(o)
	parse := builtins[typ]
	if parse == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	k := parse(o, fields)
	if err, ok := k.(error); ok {
		return nil, err
	}
	return k, nil
}
