package surgery

import (
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/internal/networktest"
)

type maker = graphtest.Maker

var (
	newMaker     = graphtest.New
	must         = graphtest.Must
	newDense     = graphtest.NewDense
	fill         = graphtest.Fill
	numbers      = graphtest.Numbers
	equal        = graphtest.Equal
	equalOutputs = graphtest.EqualOutputs
	tolerance    = graphtest.Tolerance
	run          = graphtest.Run
	grad         = graphtest.Grad
	step         = graphtest.Step
	pad1         = graphtest.Pad1
	narrow       = graphtest.Narrow
	widened      = graphtest.Widened
	foldable     = graphtest.Foldable

	networks    = networktest.Networks
	done        = networktest.Done
	mlp         = networktest.MLP
	normNet     = networktest.NormNet
	rowsFor     = networktest.RowsFor
	referenceOf = networktest.ReferenceOf
	compile     = networktest.Compile
	ops         = networktest.Ops
	eval        = networktest.Eval
	objective   = networktest.Objective
	setBatch    = networktest.SetBatch
	rebatch     = networktest.Rebatch
	runner      = networktest.Runner
	predicted   = networktest.Predicted
	sameNames   = networktest.SameNames
)
