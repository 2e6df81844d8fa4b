package initializers

func table() []Initializer {
	return []Initializer{
		GlorotUniform(), GlorotNormal(), HeUniform(), HeNormal(), LeCunUniform(), LeCunNormal(),
		Orthogonal(), TruncatedNormal(), Constant(), Zeros(),
	}
}
