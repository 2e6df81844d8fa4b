package jobs

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"gopkg.in/yaml.v3"
)

// Key is a row of the table of settings.
type Key struct {
	Name string // dotted path, as `--set` takes it
	Doc  string // one line
	// Example is a value for a setting that has no default; `config init` writes it commented out.
	Example string
}

// keys is what is known of every setting, in the order of Config: the help of flags and the comments of `config init`
// come from here.
var keys = []Key{
	{"seed", "seed of everything random", ""},
	{"threads", "worker threads, 0 for one a core; results do not depend on it", ""},
	{"out", "run directory (default: runs/NAME-N)", "runs/mine"},
	{"data.source", "embedded name, CSV file, or directory of IDX files", ""},
	{"data.test_data", "test part in a file of its own", "test.csv"},
	{"data.target", "target column (default: the last)", "price"},
	{"data.task", "auto, classification or regression", ""},
	{"data.impute", "missing values: none, mean, median or most-frequent", ""},
	{"data.scaling", "auto, or a name of gtrain list scalings", ""},
	{"data.target_scaling", "of a regression's targets: auto, none or standardise", ""},
	{"data.test_split", "share of the rows held out for testing; data with a test part of its own uses that", ""},
	{"data.val_split", "share of the rest held out for decisions", ""},
	{"model.name", "mlp:64,32 or a named model (gtrain list models)", ""},
	{"model.layers", "layer by layer, instead of a name", "[{type: dense, units: 64, activation: relu}]"},
	{"model.outputs", "the layer that the model gives, by name (default: the last)", "[dense2]"},
	{"train.epochs", "passes over the training rows; auto: by their number", ""},
	{"train.batch", "rows a step; auto: by the number of training rows", ""},
	{"train.optimizer", "gtrain list optimizers", ""},
	{"train.lr", "learning rate (default: adamw's by the number of training rows, others' own)", "0.001"},
	{"train.optimizer_options", "gtrain list optimizers -v; adamw's weight_decay is by the number of training rows", "{weight_decay: 0.1}"},
	{"train.schedule", "of the learning rate: gtrain list schedules", ""},
	{"train.schedule_options", "gtrain list schedules -v", "{final: 0.01}"},
	{"train.loss", "gtrain list losses (default: by task)", "cross-entropy"},
	{"train.label_smoothing", "of cross-entropy, in [0, 1)", "0.1"},
	{"train.huber_delta", "where huber's square turns into a line, in deviations of a scaled target", "1"},
	{"train.clip_norm", "limit of the gradient's global norm, 0 for none", "1"},
	{"train.monitor", "what decides which epoch is best: loss, or a name of gtrain list metrics", ""},
	{"train.patience", "stop after that many epochs without a better one, 0 never; auto: 0 where epochs are given", ""},
	{"train.min_delta", "by how much an epoch must be better to count; of a scaled target in its deviations (loss, mse: variances)",
		"0.001"},
	{"prune.criterion", "gtrain list criteria", ""},
	{"prune.estimator", "plug-in, miller-madow or knn (default: the criterion's own)", "plug-in"},
	{"prune.bins", "bins of plug-in and miller-madow", "16"},
	{"prune.binning", "equal-width or equal-frequency (default: the criterion's own)", "equal-frequency"},
	{"prune.neighbours", "neighbours of knn", "3"},
	{"prune.amount", "share of the units to prune, in [0, 1)", ""},
	{"prune.scope", "layer or global: what the amount is a share of", ""},
	{"prune.normalisation", "of scores before layers are compared, with scope global: none, mean, max or l2 (default: none for taylor and random, else mean)", "mean"},
	{"prune.method", "mask or remove", ""},
	{"prune.layers", "prune only these (default: all)", "[dense1, dense2]"},
	{"prune.floor", "units that every layer keeps; 0 is 1, and with scope global 2% of the layer and at least as many as classes, but at most half of it", ""},
	{"prune.positions", "single positions behind a flatten are units too, beside the channels that they are of", ""},
	{"prune.fold_bias", "move the mean output of removed units into the next bias, where that is exact", ""},
	{"prune.rounds", "prune and fine-tune in so many rounds", ""},
	{"prune.schedule", "of the amount over rounds: cubic, linear or exponential", ""},
	{"prune.finetune_epochs", "epochs of training after each round", ""},
	{"prune.finetune_lr", "learning rate of fine-tuning (default: that of training)", "0.0005"},
	{"prune.calibration", "score units on at most so many training rows", ""},
	{"compare.criteria", "criteria that run compares", ""},
	{"compare.seeds", "seeds to compare over, 0 to compare nothing", ""},
}

// Keys lists the settings in the order of Config.
func Keys() []Key { return append([]Key(nil), keys...) }

// Doc is the line that the table has for a setting, empty for one that does not exist.
func Doc(name string) string {
	for _, k := range keys {
		if k.Name == name {
			return k.Doc
		}
	}
	return ""
}

// Template is the default configuration as a commented YAML file. Settings without a default are commented out.
func Template() []byte {
	var b bytes.Buffer
	b.WriteString("# Settings of gtrain. What is left out keeps its default; GTRAIN_ variables and flags win over it.\n")
	section := ""
	for _, k := range keys {
		group, name, nested := strings.Cut(k.Name, ".")
		indent := ""
		if !nested {
			name = group
		} else {
			indent = "  "
			if group != section {
				fmt.Fprintf(&b, "\n%s:\n", group)
				section = group
			}
		}
		value := DefaultText(k.Name)
		line := indent + name + ": " + value
		if value == "" {
			line = indent + "# " + name + ": " + k.Example
		}
		fmt.Fprintf(&b, "%-36s # %s\n", line, k.Doc)
	}
	return b.Bytes()
}

// WriteTemplate writes Template to a file, see CheckFile.
func WriteTemplate(path string, force bool) error {
	if err := CheckFile(path, force); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { _, err := w.Write(Template()); return err })
}

// DefaultText is a setting's default as YAML on one line, empty where there is none.
func DefaultText(key string) string {
	v := reflect.ValueOf(Default())
	for _, part := range strings.Split(key, ".") {
		next := reflect.Value{}
		for i := 0; v.Kind() == reflect.Struct && i < v.NumField(); i++ {
			if f := v.Type().Field(i); yamlName(f) == part {
				if next = v.Field(i); strings.HasSuffix(f.Tag.Get("yaml"), ",omitempty") && next.IsZero() {
					return ""
				}
			}
		}
		if v = next; !v.IsValid() {
			return ""
		}
	}
	var n yaml.Node
	if n.Encode(v.Interface()) != nil {
		return ""
	}
	n.Style |= yaml.FlowStyle
	out, err := yaml.Marshal(&n)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
