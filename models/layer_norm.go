package models

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// The norms. N is the batch, C channels.
const (
	KindBatchNorm Kind = "batch_norm" // (N, C, …): each channel over batch and space
	KindLayerNorm Kind = "layer_norm" // (N, …, features): each row or token over its last axis
)

// The defaults of norms, as PyTorch's.
const (
	DefaultEps      = 1e-5
	DefaultMomentum = 0.1
)

// BatchNorm normalises each channel of (N, C), (N, C, L) or (N, C, H, W), y = γ·(x − mean)/√(variance + ε) + β: by the
// statistics of the batch while training, by running ones otherwise, which move by the momentum m at each step,
// running ← (1−m)·running + m·batch. Parameters: weight γ and bias β (C); states: running_mean and running_var (C).
// Options: Eps (1e-5), Momentum (0.1). Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
func BatchNorm(opts ...LayerOption) Layer { return Layer{Kind: KindBatchNorm}.with(opts) }

// LayerNorm normalises each row over its features, the last axis, y = γ·(x − mean)/√(variance + ε) + β. Parameters:
// weight γ and bias β, of the axis' size. Option: Eps (1e-5). Source: Ba et al. 2016, arXiv:1607.06450.
func LayerNorm(opts ...LayerOption) Layer { return Layer{Kind: KindLayerNorm}.with(opts) }

// Eps sets the ε of a norm.
func Eps(eps float64) LayerOption { return optionFunc(func(l *Layer) { l.Eps = eps }) }

// Momentum sets the share of a batch in a batch norm's running statistics.
func Momentum(m float64) LayerOption { return optionFunc(func(l *Layer) { l.Momentum = m }) }

var normKinds = []LayerType{
	{Kind: KindBatchNorm, Summary: "normalises each channel by the batch, or by running statistics",
		Keys: "eps momentum", Check: checkNorm, Build: buildBatchNorm},
	{Kind: KindLayerNorm, Summary: "normalises each row or token", Keys: "eps", Check: checkNorm,
		Build: buildLayerNorm},
}

func checkNorm(l Layer) error {
	if !(l.Eps >= 0 && l.Eps < 1) {
		return errors.Errorf("eps %v: must lie in (0, 1)", l.Eps)
	}
	if !(l.Momentum >= 0 && l.Momentum <= 1) {
		return errors.Errorf("momentum %v: must lie in (0, 1]", l.Momentum)
	}
	return nil
}

// orDefault is v, or what holds where nothing was said.
func orDefault(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// scaleAndShift adds γ and β.
func (b *Builder) scaleAndShift(name string, size int) (gamma, beta *gorgonia.Node, err error) {
	if gamma, err = b.Param(name+".weight", filled(size, 1), size); err != nil {
		return nil, nil, err
	}
	beta, err = b.Param(name+".bias", filled(size, 0), size)
	return gamma, beta, err
}

func buildBatchNorm(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], "rows of features, or channels of values", 2, 3, 4); err != nil {
		return nil, err
	}
	size := in[0].Shape()[1]
	gamma, beta, err := b.scaleAndShift(l.Name, size)
	if err != nil {
		return nil, err
	}
	mean, err := b.State(l.Name+".running_mean", filled(size, 0))
	if err != nil {
		return nil, err
	}
	variance, err := b.State(l.Name+".running_var", filled(size, 1))
	if err != nil {
		return nil, err
	}
	return one(op.BatchNorm(in[0], gamma, beta, mean, variance, orDefault(l.Eps, DefaultEps),
		orDefault(l.Momentum, DefaultMomentum)))
}

func buildLayerNorm(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if err := wantRank(in[0], "rows or tokens of features", 2, 3); err != nil {
		return nil, err
	}
	axis := len(in[0].Shape()) - 1
	gamma, beta, err := b.scaleAndShift(l.Name, in[0].Shape()[axis])
	if err != nil {
		return nil, err
	}
	return one(op.LayerNorm(in[0], gamma, beta, axis, orDefault(l.Eps, DefaultEps)))
}
