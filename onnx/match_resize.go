package onnx

import (
	"gorgonia.org/gorgonia"
)

// matchResize is for images (N, C, H, W) that become larger by one whole factor, each pixel repeated: gorgonia.Upsample2D,
// and the nearest neighbour of PyTorch. Of ONNX's ways to find the nearest pixel, those are read that find the same one
// for a whole factor.
func matchResize(im *importer, n *node) (*plan, error) {
	if mode := n.attrs.text("mode", "nearest"); mode != "nearest" {
		return nil, unsupportedf("mode %q; nearest is supported", mode)
	}
	n.attrs.ignore("cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias", "keep_aspect_ratio_policy")
	at, round := n.attrs.text("coordinate_transformation_mode", "half_pixel"), n.attrs.text("nearest_mode", "round_prefer_floor")
	switch {
	case at == "asymmetric" && round == "floor":
	case (at == "half_pixel" || at == "pytorch_half_pixel") && (round == "round_prefer_floor" || round == "round_prefer_ceil"):
		// (i + ½)/s − ½ lies within less than ½ of the whole number ⌊i/s⌋
	default:
		return nil, unsupportedf("nearest pixels by %q and %q; asymmetric and floor, or half_pixel and rounding, are supported",
			at, round)
	}
	if len(n.attrs.integers("axes")) > 0 {
		return nil, unsupportedf("axes are not supported; give scales of all four")
	}
	scales := im.consts[n.in(2)]
	switch {
	case n.in(3) == "" && n.in(2) != "" && scales == nil:
		return nil, unsupportedf("scales that are computed are not supported")
	case n.in(3) == "" && (scales == nil || scales.len() == 0):
		return nil, invalidf("it has neither scales nor sizes")
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		if len(s) != 4 {
			return nil, unsupportedf("a value of %d axes; images (N, C, H, W) are supported", len(s))
		}
		factor := make([]float64, 4)
		switch {
		case n.in(3) != "":
			sizes, err := im.affines(n, 3)
			if err != nil {
				return nil, err
			}
			if len(sizes) != 4 {
				return nil, invalidf("sizes %q: want one for each of 4 axes", n.in(3))
			}
			if b := sizes[0]; b != (affine{per: 1}) && !(im.fixed > 0 && b.is(int64(im.fixed))) {
				return nil, unsupportedf("its sizes %q change the batch", n.in(3))
			}
			factor[0] = 1
			for i, v := range sizes[1:] {
				if v.per != 0 {
					return nil, unsupportedf("its sizes %q depend on the batch size", n.in(3))
				}
				factor[i+1] = float64(v.n) / float64(s[i+1])
			}
		case len(scales.f32) == 4:
			for i, v := range scales.f32 {
				factor[i] = float64(v)
			}
		case len(scales.f64) == 4:
			copy(factor, scales.f64)
		default:
			return nil, invalidf("scales %q: want one for each of 4 axes", n.in(2))
		}
		by := factor[2]
		if factor[0] != 1 || factor[1] != 1 || factor[3] != by || by != float64(int(by)) || by < 1 || by > 64 {
			return nil, unsupportedf("scales %v; one whole factor, up to 64, for height and width is supported", factor)
		}
		if by == 1 {
			return in[0], nil
		}
		return gorgonia.Upsample2D(in[0], int(by))
	}}, nil
}
