package onnx

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// Meta is what a model file says beside the network. It is stored in the model's metadata_props, which ONNX Runtime
// shows as the custom metadata map.
type Meta struct {
	// Task is what the model is for, for example "classification" or "regression"; key gtrain.task.
	Task string
	// Classes names the columns of a classifier's output; key gtrain.classes, a JSON list.
	Classes []string
	// Features names the columns of the input; key gtrain.features, a JSON list.
	Features []string
	// InputOffset and InputScale make a file that takes double although the network does not: the network is fed
	// (x − InputOffset)/InputScale, which is taken in double, one number for each feature. Both or none; Load gives them
	// with the option WithOffsets.
	InputOffset, InputScale []float64
	// Properties is everything else, stored under its own keys: what a caller wants to travel with the model, and what
	// other programs wrote. Values under keys that begin with "gtrain." are covered by the file's checksum.
	Properties map[string]string
}

// Keys of metadata_props that this package owns.
const (
	keyTask     = "gtrain.task"
	keyClasses  = "gtrain.classes"
	keyFeatures = "gtrain.features"
	keyChecksum = "gtrain.checksum"
	// keyConstants lists the initializers that are not trained, which ONNX does not tell apart. Every file of ours has
	// it, and is known by it.
	keyConstants = "gtrain.constants"
)

// encode lists the properties, and the names of the initializers that are not trained, in the order of their keys.
func (m Meta) encode(untrained []string) ([]*pb.StringStringEntryProto, error) {
	all := make(map[string]string, len(m.Properties)+3)
	for k, v := range m.Properties {
		switch k {
		case keyTask, keyClasses, keyFeatures, keyConstants, keyChecksum:
			return nil, invalidf("metadata key %q is reserved; use the field of Meta", k)
		case "":
			return nil, invalidf("a metadata key is empty")
		}
		all[k] = v
	}
	if m.Task != "" {
		all[keyTask] = m.Task
	}
	if untrained == nil {
		untrained = []string{}
	}
	lists := map[string][]string{keyClasses: m.Classes, keyFeatures: m.Features, keyConstants: untrained}
	for key, list := range lists {
		if list == nil {
			continue
		}
		for _, s := range list {
			if !utf8.ValidString(s) { // JSON would replace the bytes in silence
				return nil, invalidf("metadata %q: the name %q is not valid UTF-8", key, s)
			}
		}
		b, err := json.Marshal(list)
		if err != nil {
			return nil, invalidf("metadata %q: %v", key, err)
		}
		all[key] = string(b)
	}
	var out []*pb.StringStringEntryProto
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if !utf8.ValidString(k) || !utf8.ValidString(all[k]) {
			return nil, invalidf("metadata %q is not valid UTF-8", k)
		}
		out = append(out, &pb.StringStringEntryProto{Key: k, Value: all[k]})
	}
	return out, nil
}

func decodeMeta(props []*pb.StringStringEntryProto) (*Meta, error) {
	m := &Meta{}
	seen := map[string]bool{}
	for _, p := range props {
		k, v := p.GetKey(), p.GetValue()
		if seen[k] {
			return nil, invalidf("metadata key %q appears twice", k)
		}
		seen[k] = true
		var err error
		switch k {
		case keyChecksum, keyConstants: // verified before; read by the importer
		case keyTask:
			m.Task = v
		case keyClasses:
			m.Classes, err = decodeList(k, v)
		case keyFeatures:
			m.Features, err = decodeList(k, v)
		default:
			if m.Properties == nil {
				m.Properties = map[string]string{}
			}
			m.Properties[k] = v
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func decodeList(key, value string) ([]string, error) {
	var list []string
	d := json.NewDecoder(strings.NewReader(value))
	if err := d.Decode(&list); err != nil || d.More() {
		return nil, invalidf("metadata %q is no JSON list of names", key)
	}
	return list, nil
}
