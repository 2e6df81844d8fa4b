package randnet

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"gorgonia.org/tensor"
)

// Of makes the network of a seed as the campaign tries it: every fourth is one of layers.
func Of(seed uint64, steps int, dt tensor.Dtype) (*Net, error) {
	if seed%4 == 3 {
		return Layers(seed, steps, dt)
	}
	return New(seed, steps, dt)
}

// Model is the network as a classifier, or as a regression where it gives one number that is no probability.
func (n *Net) Model() *models.Model {
	m := &models.Model{Net: n.Network, Task: data.Classification}
	if width := n.Network.Outputs[0].Shape()[1]; width == 1 && !models.IsSigmoid(n.Network) {
		m.Task = data.Regression
	} else {
		for k := range max(2, width) {
			m.Classes = append(m.Classes, strconv.Itoa(k))
		}
	}
	for k := range models.InputWidth(n.Network) {
		m.Features = append(m.Features, fmt.Sprint("f", k))
	}
	return m
}

// CSV writes rows of input as a file that the model's predictions can be made from.
func (n *Net) CSV(x []float32) []byte {
	var b bytes.Buffer
	width := models.InputWidth(n.Network)
	for k := range width {
		if k > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, "f", k)
	}
	for i, v := range x {
		if i%width == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	b.WriteByte('\n')
	return b.Bytes()
}
