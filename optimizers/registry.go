package optimizers

import "github.com/gtrain/gtrain/settings"

// Info is what the table of optimizers says of one.
type Info struct {
	Name      string
	Summary   string
	Paper     string
	FullBatch bool // meant to see the gradient of the whole data set at every step
	Options   []settings.Description
	New       func() Optimizer // with its defaults
}

// table lists the optimizers in the order in which help and documentation show them.
var table = settings.NewRegistry("optimizer", func(i Info) string { return i.Name },
	Info{Name: "gd", Summary: "gradient descent on the whole data set", Paper: "Cauchy 1847",
		FullBatch: true, New: func() Optimizer { return new(GD) }},
	Info{Name: "sgd", Summary: "stochastic gradient descent with momentum, dampening, Nesterov and weight decay",
		Paper: "Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013", New: func() Optimizer { return new(SGD) }},
	Info{Name: "adam", Summary: "adaptive moments, optionally AMSGrad",
		Paper: "Kingma & Ba 2015, arXiv:1412.6980", New: func() Optimizer { return new(Adam) }},
	Info{Name: "adamw", Summary: "Adam with decoupled weight decay",
		Paper: "Loshchilov & Hutter 2019, arXiv:1711.05101", New: func() Optimizer { return new(AdamW) }},
	Info{Name: "nadam", Summary: "Adam with Nesterov momentum",
		Paper: "Dozat 2016, ICLR workshop", New: func() Optimizer { return new(NAdam) }},
	Info{Name: "radam", Summary: "Adam with a rectified variance in its first steps",
		Paper: "Liu et al. 2020, arXiv:1908.03265", New: func() Optimizer { return new(RAdam) }},
	Info{Name: "adamax", Summary: "Adam with the infinity norm",
		Paper: "Kingma & Ba 2015, arXiv:1412.6980", New: func() Optimizer { return new(Adamax) }},
	Info{Name: "lamb", Summary: "Adam whose step has, for each parameter, the size of its weights: for large batches",
		Paper: "You et al. 2019, arXiv:1904.00962", New: func() Optimizer { return new(LAMB) }},
	Info{Name: "rmsprop", Summary: "gradient over its running root mean square, optionally centered and with momentum",
		Paper: "Hinton 2012, lecture 6; Graves 2013, arXiv:1308.0850", New: func() Optimizer { return new(RMSProp) }},
	Info{Name: "adagrad", Summary: "gradient over the root of the sum of all its squares",
		Paper: "Duchi, Hazan & Singer 2011, JMLR 12", New: func() Optimizer { return new(Adagrad) }},
	Info{Name: "adadelta", Summary: "Adagrad with windows, and units that match",
		Paper: "Zeiler 2012, arXiv:1212.5701", New: func() Optimizer { return new(Adadelta) }},
	Info{Name: "asgd", Summary: "averaged stochastic gradient descent",
		Paper: "Polyak & Juditsky 1992", New: func() Optimizer { return new(ASGD) }},
	Info{Name: "rprop", Summary: "resilient backpropagation: only the signs of full-batch gradients count",
		Paper: "Riedmiller & Braun 1993", FullBatch: true, New: func() Optimizer { return new(Rprop) }},
)

// All returns the table of optimizers. The caller may change what it gets.
func All() []Info {
	all := table.All()
	for i := range all {
		all[i].Options = rows(settingsOf(all[i].New())).Describe()
	}
	return all
}

// New builds an optimizer from its name and the options that differ from their defaults. An unknown name or option is
// an error that wraps [ErrUnknown] and suggests the nearest known one; a value that makes no sense wraps [ErrInvalid].
func New(name string, o Options) (Optimizer, error) {
	info, err := table.Lookup(name)
	if err != nil {
		return nil, err
	}
	opt := info.New()
	if err := rows(settingsOf(opt)).Assign(name, o); err != nil {
		return nil, err
	}
	return opt, nil
}

// settingsOf are those of an optimizer of the table.
func settingsOf(o Optimizer) []setting {
	e, err := o.(interface{ core() (*engine, error) }).core()
	if err != nil {
		return nil
	}
	return e.settings
}
