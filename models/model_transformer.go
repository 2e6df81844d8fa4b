package models

import "fmt"

var transformerMini = Info{"transformer-mini", "an encoder of two pre-norm blocks, 32 wide, with 4 heads: a row of an " +
	"image is a token, of other data every feature is one",
	"Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745 (pre-norm)",
	func() []Layer { return encoder(2, 32, 4, 64) }}

// encoder has so many blocks of width, heads and units between a learned position for every token and the mean over
// tokens.
func encoder(blocks, width, heads, units int) []Layer {
	layers := []Layer{Dense(width, Named("embed")), PositionalEmbedding(Named("position"))}
	last := "position"
	for i := range blocks {
		in := func(part string) string { return fmt.Sprintf("block%d.%s", i+1, part) }
		layers = append(layers,
			LayerNorm(Named(in("norm1"))),
			Attention(heads, Named(in("attention"))),
			Add([]string{last, in("attention")}, Named(in("add1"))),
			LayerNorm(Named(in("norm2"))),
			Dense(units, GELU, Named(in("dense1"))),
			Dense(width, Named(in("dense2"))),
			Add([]string{in("add1"), in("dense2")}, Named(in("add2"))),
		)
		last = in("add2")
	}
	return append(layers, LayerNorm(Named("norm")), Mean())
}
