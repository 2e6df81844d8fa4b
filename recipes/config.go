package recipes

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// Config is a job's settings. The YAML keys are what `--set` and configuration files use.
type Config struct {
	Seed    uint64        `yaml:"seed"`
	Threads int           `yaml:"threads"` // 0: one for each core
	Out     string        `yaml:"out,omitempty"`
	Data    DataConfig    `yaml:"data"`
	Model   ModelConfig   `yaml:"model"`
	Train   TrainConfig   `yaml:"train"`
	Prune   PruneConfig   `yaml:"prune"`
	Compare CompareConfig `yaml:"compare"`
}

// DataConfig says what to learn from.
type DataConfig struct {
	Source    string  `yaml:"source"` // an embedded name, a CSV file or an IDX directory
	TestData  string  `yaml:"test_data,omitempty"`
	Target    string  `yaml:"target,omitempty"` // the last column by default
	Task      string  `yaml:"task"`             // auto, classification, regression
	Impute    string  `yaml:"impute"`           // none, mean, median, most-frequent
	Scaling   string  `yaml:"scaling"`          // auto, none, standardise, standardise-global, minmax, minmax-global
	TestSplit float64 `yaml:"test_split"`       // share held out for testing; data with a test part of its own uses that
	ValSplit  float64 `yaml:"val_split"`        // share of the rest held out for decisions
}

// ModelConfig says what to build.
type ModelConfig struct {
	Name   string         `yaml:"name,omitempty"` // mlp:64,32, lenet-300-100, …
	Layers []models.Layer `yaml:"layers,omitempty"`
}

// TrainConfig says how to train.
type TrainConfig struct {
	Epochs           int            `yaml:"epochs"`
	Batch            int            `yaml:"batch"`
	Optimizer        string         `yaml:"optimizer"`
	LearningRate     float64        `yaml:"lr,omitempty"` // the optimizer's own default if 0
	OptimizerOptions map[string]any `yaml:"optimizer_options,omitempty"`
	Schedule         string         `yaml:"schedule"`
	ScheduleOptions  map[string]any `yaml:"schedule_options,omitempty"`
	Loss             string         `yaml:"loss,omitempty"` // the task's usual one if empty
	LabelSmoothing   float64        `yaml:"label_smoothing,omitempty"`
	HuberDelta       float64        `yaml:"huber_delta,omitempty"`
	ClipNorm         float64        `yaml:"clip_norm,omitempty"` // global norm of the gradient; 0 for no limit
	Monitor          string         `yaml:"monitor"`             // loss, or a metric on the validation rows
	Patience         int            `yaml:"patience"`            // epochs without a better one; 0 never stops early
	MinDelta         float64        `yaml:"min_delta,omitempty"`
}

// PruneConfig says how to prune.
type PruneConfig struct {
	Criterion      string   `yaml:"criterion"`
	Estimator      string   `yaml:"estimator,omitempty"` // plug-in, miller-madow, knn; the criterion's own default if empty
	Bins           int      `yaml:"bins,omitempty"`
	Binning        string   `yaml:"binning,omitempty"` // equal-width, equal-frequency
	Neighbours     int      `yaml:"neighbours,omitempty"`
	Amount         float64  `yaml:"amount"` // share of units
	Scope          string   `yaml:"scope"`  // layer, global
	Normalisation  string   `yaml:"normalisation,omitempty"`
	Method         string   `yaml:"method"`           // mask, remove
	Layers         []string `yaml:"layers,omitempty"` // all if empty
	Floor          int      `yaml:"floor"`            // units that every layer keeps
	Rounds         int      `yaml:"rounds"`
	Schedule       string   `yaml:"schedule"`        // of the amount over rounds: linear, cubic, exponential
	FinetuneEpochs int      `yaml:"finetune_epochs"` // after each round
	FinetuneLR     float64  `yaml:"finetune_lr,omitempty"`
	Calibration    int      `yaml:"calibration"` // at most so many training rows are scored
}

// CompareConfig says what the main job compares.
type CompareConfig struct {
	Criteria []string `yaml:"criteria,flow"`
	Seeds    int      `yaml:"seeds"` // seed, seed+1, …
}

// Default is what holds where nothing else is said.
func Default() Config {
	return Config{
		Seed:  1,
		Data:  DataConfig{Source: "digits", Task: "auto", Impute: "none", Scaling: "auto", TestSplit: 0.2, ValSplit: 0.15},
		Model: ModelConfig{Name: "mlp:64,32"},
		Train: TrainConfig{Epochs: 30, Batch: 32, Optimizer: "adam", Schedule: "constant", Monitor: "loss"},
		Prune: PruneConfig{Criterion: "mutual-information", Amount: 0.5, Scope: "layer", Method: "remove", Floor: 1, Rounds: 1,
			Schedule: "linear", FinetuneEpochs: 10, Calibration: 10000},
		Compare: CompareConfig{Criteria: []string{"mutual-information", "entropy", "l2", "random"}, Seeds: 3},
	}
}

// ErrConfig is the cause of every error in settings: exit code 2.
var ErrConfig = errors.New("configuration")

// configError carries the cause without repeating it in the text.
type configError struct{ error }

func (e configError) Is(target error) bool { return target == ErrConfig }
func (e configError) Unwrap() error        { return e.error }

func configErr(err error) error {
	if err == nil {
		return nil
	}
	return configError{err}
}

// Merge puts the settings of a YAML document over c's. A key that does not exist is an error that names the source and
// the line and suggests the nearest key.
func (c *Config) Merge(doc []byte, source string) error {
	var root yaml.Node
	if err := yaml.Unmarshal(doc, &root); err != nil {
		return configErr(errors.Wrap(err, source))
	}
	if len(root.Content) == 0 {
		return nil
	}
	return c.merge(root.Content[0], source)
}

func (c *Config) merge(n *yaml.Node, source string) error {
	if err := checkKeys(n, reflect.TypeOf(*c), ""); err != nil {
		return configErr(errors.Wrap(err, source))
	}
	if hasKey(n, "model", "layers") { // layers replace a name, and a name replaces layers
		c.Model = ModelConfig{}
	} else if hasKey(n, "model", "name") {
		c.Model.Layers = nil
	}
	if err := n.Decode(c); err != nil {
		return configErr(errors.Errorf("%s: %s", source, strings.TrimPrefix(oneLine(err), "yaml: ")))
	}
	return nil
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "unmarshal errors:\n", "")), " ")
}

func hasKey(n *yaml.Node, path ...string) bool {
	for len(path) > 0 {
		var next *yaml.Node
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == path[0] {
				next = n.Content[i+1]
			}
		}
		if next == nil {
			return false
		}
		n, path = next, path[1:]
	}
	return true
}

// checkKeys compares the keys of a mapping with the yaml tags of a struct.
func checkKeys(n *yaml.Node, t reflect.Type, prefix string) error {
	if n.Kind != yaml.MappingNode {
		where := "the document"
		if prefix != "" {
			where = strings.TrimSuffix(prefix, ".")
		}
		return errors.Errorf("line %d: %s must be a mapping of keys to values", n.Line, where)
	}
	fields := map[string]reflect.Type{}
	var known []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		fields[name] = t.Field(i).Type
		known = append(known, prefix+name)
	}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		ft, ok := fields[key.Value]
		if !ok {
			return errors.Wrapf(suggest.Unknown("setting", prefix+key.Value, known), "line %d", key.Line)
		}
		if ft.Kind() == reflect.Struct {
			if err := checkKeys(n.Content[i+1], ft, prefix+key.Value+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

// Set changes one setting: key is a dotted path (train.epochs), value its text as in YAML. source says in errors where
// it came from, "--epochs" for example.
func (c *Config) Set(key, value, source string) error {
	var v yaml.Node
	if err := yaml.Unmarshal([]byte(value), &v); err != nil || len(v.Content) != 1 {
		v = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: value}}}
	}
	node := v.Content[0]
	path := strings.Split(key, ".")
	for i := len(path) - 1; i >= 0; i-- {
		node = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: path[i]}, node}}
	}
	before := *c
	if err := c.mergeFlag(node); err != nil {
		*c = before
		var unknown interface{ Is(error) bool }
		if errors.As(err, &unknown) && unknown.Is(suggest.ErrUnknown) {
			return configErr(errors.Wrap(err, source))
		}
		return configErr(errors.Errorf("%s: %q is not a value for %s (%s)", source, value, key, kindOf(key)))
	}
	return nil
}

// mergeFlag is merge without a document's line numbers.
func (c *Config) mergeFlag(n *yaml.Node) error {
	if err := checkKeys(n, reflect.TypeOf(*c), ""); err != nil {
		return errors.Cause(err)
	}
	if hasKey(n, "model", "layers") {
		c.Model = ModelConfig{}
	} else if hasKey(n, "model", "name") {
		c.Model.Layers = nil
	}
	return n.Decode(c)
}

// kindOf says what kind of value a key takes.
func kindOf(key string) string {
	t := reflect.TypeOf(Config{})
	for _, part := range strings.Split(key, ".") {
		if t.Kind() != reflect.Struct {
			return "text"
		}
		found := false
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name == part {
				t, found = t.Field(i).Type, true
				break
			}
		}
		if !found {
			return "text"
		}
	}
	switch t.Kind() {
	case reflect.Int, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a group of settings"
	}
	return "text"
}

// YAML writes the settings as a document.
func (c *Config) YAML() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c); err != nil {
		return nil, errors.Wrap(err, "write settings")
	}
	return b.Bytes(), enc.Close()
}
