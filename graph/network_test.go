package graph_test

import (
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
)

func init() {
	losses := map[string]*network.Loss{"mse": network.MSE(), "cross-entropy": network.CrossEntropy(0),
		"smoothed": network.CrossEntropy(0.1), "bce": network.BinaryCrossEntropy(), "huber": network.Huber(1)}
	graph.ObjectiveOf = func(net *graphtest.Net, batch int, loss string) (*graphtest.Objective, error) {
		o, err := (*network.Network)(net).Objective(batch, losses[loss])
		if err != nil {
			return nil, err
		}
		return &graphtest.Objective{Net: (*graphtest.Net)(o.Network), Target: o.Target, Cost: o.Cost, Grads: o.Grads}, nil
	}
	graph.InferenceOf = func(net *graphtest.Net) (*graphtest.Net, error) {
		n, err := (*network.Network)(net).Inference()
		return (*graphtest.Net)(n), err
	}
	graph.RebatchOf = func(net *graphtest.Net, batch int) (*graphtest.Net, error) {
		n, err := (*network.Network)(net).Rebatch(batch)
		return (*graphtest.Net)(n), err
	}
}
