package training

import (
	"context"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Trainer fits one model to one dataset. It is for one goroutine at a time, and nothing else may use the model meanwhile.
// Trainers of different models may train at the same time, also on one dataset; they share the threads.
type Trainer struct {
	cfg         Config
	model       *models.Model
	net         *network.Network // the model's, in its training form
	data        *data.Dataset
	parts       *data.Parts
	batches     *data.Batches
	programs    map[int]*batchProgram // by batch size
	feed        *feeder
	dropout     dropoutStates
	eval        *Evaluator
	checkpoints *checkpointer // nil without checkpoints
	better      func(a, b float64) bool
	evaluation  optimizers.EvaluationWeights // the optimizer, if it keeps weights of its own to be evaluated; nil otherwise

	second     optimizers.SecondGradient // the optimizer, if it asks for a second gradient in each step; nil otherwise
	statistics []gorgonia.Value          // running statistics, while the second gradient is computed

	rows, structure string // digests, for checkpoints
	run             string // see Config.Run
	notes           []string

	state   progress
	history History
	best    snapshot // weights of the best epoch
	good    snapshot // weights of the last finished epoch
	iterate snapshot // what training goes on from, while the network holds the optimizer's evaluation weights; nil while it does not
	seconds float64
	ending  bool // a callback said ErrStop
}

// progress is where a training stands; a checkpoint holds it.
type progress struct {
	Step     int         `json:"step"`
	Cursor   data.Cursor `json:"cursor"`
	LossSum  float64     `json:"loss_sum"` // of the rows of the epoch so far
	LossRows int         `json:"loss_rows"`
	choice
}

// New prepares the training of a model on the training rows of parts. The rows must have no missing values and fit the
// model's features and classes.
func New(m *models.Model, d *data.Dataset, parts *data.Parts, cfg Config) (*Trainer, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if parts == nil {
		return nil, errors.New("there are no parts (nil): data.Split makes them")
	}
	if err := partsOf(d, parts); err != nil {
		return nil, err
	}
	if err := suits(m, d, parts.Train); err != nil {
		return nil, err
	}
	if cfg.Monitor == "" {
		cfg.Monitor = "loss"
	}
	var err error
	if cfg.Loss, err = lossFor(cfg.Loss, m, d); err != nil {
		return nil, err
	}
	t := &Trainer{cfg: cfg, model: m, data: d, parts: parts, programs: map[int]*batchProgram{}}
	if t.net, err = m.Net.Training(); err != nil {
		return nil, err
	}
	if t.net, err = t.net.OwnDropout(); err != nil {
		return nil, err
	}
	t.dropout = newDropoutStates(t.net, cfg.Seed)
	if len(t.net.States) > len(m.Net.States) { // those of Gorgonia's batch norms are kept and restored like others
		t.model = m.With(t.net)
		m = t.model
	}
	if t.better, err = direction(cfg.Monitor, d.Task, len(parts.Val) > 0); err != nil {
		return nil, err
	}
	if err := Defined(cfg.Monitor, d, parts.Val); err != nil {
		return nil, errors.Wrapf(err, "monitor %q", cfg.Monitor)
	}
	if t.batches, err = data.NewBatches(parts.Train, cfg.Batch, cfg.Seed); err != nil {
		return nil, err
	}
	if t.eval, err = NewEvaluator(m, cfg.Loss); err != nil {
		return nil, err
	}
	if cfg.Checkpoints != "" {
		t.rows, t.structure = rowsDigest(parts), structure(m.Net)
		if t.run = cfg.Run; t.run == "" {
			t.run = t.identity()
		}
		if t.checkpoints, err = newCheckpointer(m, &cfg); err != nil {
			return nil, err
		}
	}
	t.evaluation, _ = optimizers.EvaluationWeightsOf(cfg.Optimizer)
	t.second, _ = optimizers.SecondGradientOf(cfg.Optimizer)
	t.good = take(m.Net)
	t.cfg.MinDelta *= monitorUnit(cfg.Monitor, models.Target(m.Net).Scale)
	return t, t.checkLastBatch()
}

// checkLastBatch says before any work that the last batch of an epoch is too small for the network: batch norm needs two
// values a channel.
func (t *Trainer) checkLastBatch() error {
	last := (len(t.parts.Train)-1)%t.cfg.Batch + 1
	if last != 1 || len(t.net.States) == 0 {
		return nil
	}
	if _, err := t.program(last); err != nil {
		return errors.Errorf("the last batch of an epoch has 1 of %d rows, and batch norm needs 2 values a channel or more: "+
			"choose another batch size than %d", len(t.parts.Train), t.cfg.Batch)
	}
	return nil
}

// History is the record so far.
func (t *Trainer) History() *History { return &t.history }

// Fit trains until the epochs are over, early stopping decides, a callback says so, or the context ends. The network
// then has the weights of the best epoch, unless KeepLast says otherwise or an error is returned.
func (t *Trainer) Fit(ctx context.Context) (*History, error) {
	if ctx == nil {
		return &t.history, errors.New("there is no context (nil): context.Background() never ends")
	}
	if t.state.Step == 0 {
		if err := t.cfg.checkOptimizer(); err != nil {
			return &t.history, err
		}
	}
	if err := t.batches.Seek(t.state.Cursor); err != nil { // an interrupted training had looked one batch ahead
		return &t.history, err
	}
	if t.evaluation != nil && t.state.Step == 0 { // an optimizer that goes on: what is in the network is what it evaluates
		if err := t.evaluation.StoreEvaluationWeights(gorgonia.NodesToValueGrads(t.model.Net.Params)); err != nil {
			return &t.history, err
		}
	}
	t.feed = t.newFeeder()
	options := t.cfg.Optimizer.Options()
	keep := options.KeepGradients
	options.KeepGradients = true // every run writes them anew
	defer func() { options.KeepGradients = keep }()
	var err error
	for err == nil && t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped && !t.ending {
		err = t.epoch(ctx)
	}
	if t.checkpoints != nil {
		if werr := t.checkpoints.flush(); err == nil {
			err = werr
		}
	}
	if err != nil {
		return &t.history, err
	}
	if !t.cfg.KeepLast && t.best != nil {
		t.best.restore(t.model.Net)
	}
	return &t.history, nil
}

func (t *Trainer) epoch(ctx context.Context) error {
	number := t.state.Cursor.Epoch + 1
	if err := t.steps(ctx, number); err != nil {
		return err
	}
	if err := t.finish(number); err != nil {
		return err
	}
	if ctx.Err() != nil && t.state.Cursor.Epoch < t.cfg.Epochs && !t.state.Stopped && !t.ending {
		return t.interrupt(number)
	}
	return nil
}

// steps trains on what is left of an epoch. While a batch is computed the next one is gathered.
func (t *Trainer) steps(ctx context.Context, number int) error {
	t.resumeIterate()
	start := time.Now()
	b, more, err := t.feed.next()
	if err != nil {
		return err
	}
	for more {
		if err := t.feed.wait(); err != nil {
			return err
		}
		now := b
		if b, more, err = t.feed.next(); err != nil {
			return err
		}
		loss, err := t.step(now)
		if err == nil {
			t.state.Cursor = now.after
			err = t.tell(number, loss)
		}
		stop := err != nil || ctx.Err() != nil && t.state.Cursor.Batch < t.batches.Len()
		if stop && more { // the batch that was asked for will not be computed
			if ferr := t.feed.wait(); err == nil {
				err = ferr
			}
		}
		if err != nil {
			return err
		}
		if stop {
			t.seconds += time.Since(start).Seconds()
			return t.interrupt(number)
		}
	}
	t.state.Cursor = t.batches.Cursor()
	t.seconds += time.Since(start).Seconds()
	return nil
}

func (t *Trainer) tell(number int, loss float64) error {
	if t.cfg.OnStep == nil {
		return nil
	}
	return t.heed(t.cfg.OnStep(StepInfo{Epoch: number, Epochs: t.cfg.Epochs, Batch: t.state.Cursor.Batch,
		Batches: t.batches.Len(), Loss: loss}))
}

// heed takes note of a callback's ErrStop.
func (t *Trainer) heed(err error) error {
	if errors.Is(err, ErrStop) {
		t.ending = true
		return nil
	}
	return err
}

func (t *Trainer) interrupt(epoch int) error {
	if name, bad := nonFinite(t.model.Net); bad { // which the next step would have shown
		return t.diverged(epoch, "parameter %q holds a value that is not finite", name)
	}
	if err := t.loadEvaluation(); err != nil {
		return err
	}
	if t.checkpoints != nil {
		t.checkpoints.latest, t.checkpoints.unwritten = t.moment(take(t.model.Net)), true
		if err := t.checkpoints.flush(); err != nil {
			return err
		}
		return errors.Wrapf(ErrInterrupted, "epoch %d, checkpoint written", epoch)
	}
	return errors.Wrapf(ErrInterrupted, "epoch %d", epoch)
}

// program is the one for a batch size.
func (t *Trainer) program(size int) (p *batchProgram, err error) {
	if p = t.programs[size]; p == nil {
		p, err = newBatchProgram(t.net, size, t.cfg.Loss, true, t.dropout)
		t.programs[size] = p
	}
	return p, err
}

// step is forward, backward and update on a batch that has been gathered.
func (t *Trainer) step(b fed) (float64, error) {
	p := b.p
	t.dropout.at(t.state.Step)
	if err := p.use(b.batch); err != nil {
		return 0, err
	}
	if err := p.vm.RunAll(); err != nil {
		return 0, err
	}
	loss := p.cost()
	number := t.state.Cursor.Epoch + 1
	if !finite(loss) {
		return loss, t.diverged(number, "batch %d: the loss is %v", b.after.Batch, loss)
	}
	var err error
	if t.second != nil {
		err = t.secondGradient(p, t.second)
	}
	if err == nil {
		err = t.cfg.Optimizer.Step(p.grads)
	}
	if err != nil {
		if errors.Is(err, optimizers.ErrNonFinite) {
			return loss, t.diverged(number, "batch %d: %v", b.after.Batch, err)
		}
		return loss, err
	}
	t.state.Step++
	t.state.LossSum += loss * float64(len(b.rows))
	t.state.LossRows += len(b.rows)
	return loss, nil
}

func finite(x float64) bool { return x-x == 0 }

// diverged puts the last good weights back.
func (t *Trainer) diverged(epoch int, format string, args ...any) error {
	t.good.restore(t.model.Net)
	t.iterate = nil
	return errors.Wrapf(ErrDiverged, "epoch %d: "+format+"; try a lower learning rate or clipping",
		append([]any{epoch}, args...)...)
}

// finish evaluates an epoch that is over.
func (t *Trainer) finish(number int) error {
	if name, bad := nonFinite(t.model.Net); bad {
		return t.diverged(number, "parameter %q holds a value that is not finite", name)
	}
	info := EpochInfo{Epoch: number, Step: t.state.Step, TrainLoss: t.state.LossSum / float64(t.state.LossRows),
		LearningRate: t.cfg.Optimizer.Rate()}
	if err := t.loadEvaluation(); err != nil {
		return err
	}
	value, loss := info.TrainLoss, info.TrainLoss
	if len(t.parts.Val) > 0 {
		r, err := t.eval.summary(t.data, t.parts.Val)
		if errors.Is(err, metrics.ErrNotFinite) || err == nil && !finite(r.Loss) {
			return t.diverged(number, "the loss on the validation rows is not finite")
		}
		if err != nil {
			return errors.Wrapf(err, "epoch %d, validation", number)
		}
		info.ValLoss, info.Val, loss = &r.Loss, r.Metrics, r.Loss
		if value, err = r.Value(t.cfg.Monitor); err != nil {
			return errors.Wrapf(err, "epoch %d, monitor %q", number, t.cfg.Monitor)
		}
	}
	t.state.LossSum, t.state.LossRows = 0, 0
	t.good = take(t.model.Net)
	if info.Best = t.state.see(number, value, loss, t.history.bestLoss(), t.better, &t.cfg); info.Best {
		t.best = t.good
	}
	t.state.Stopped = !t.state.patient(number, t.cfg.Patience)
	info.Seconds = t.seconds
	t.history.Epochs = append(t.history.Epochs, info)
	t.history.BestEpoch, t.history.Stopped = t.state.BestEpoch, t.state.Stopped
	if t.checkpoints != nil {
		if err := t.checkpoints.keep(t.moment(t.good), info.Best); err != nil {
			return err
		}
	}
	if t.cfg.OnEpoch != nil {
		return t.heed(t.cfg.OnEpoch(info))
	}
	return nil
}

// moment is where training stands; weights are those of now.
func (t *Trainer) moment(weights snapshot) *moment {
	return &moment{record: t.record(), weights: weights, iterate: t.iterate, optimizer: t.cfg.Optimizer.State()}
}

// loadEvaluation puts the evaluation weights of an optimizer that keeps them into the network, in the place of the weights that it
// steps on.
func (t *Trainer) loadEvaluation() error {
	if t.evaluation == nil || t.iterate != nil {
		return nil
	}
	t.iterate = take(t.model.Net)
	return t.evaluation.LoadEvaluationWeights(gorgonia.NodesToValueGrads(t.model.Net.Params))
}

// resumeIterate puts the weights back that training goes on from.
func (t *Trainer) resumeIterate() {
	if t.iterate != nil {
		t.iterate.restore(t.model.Net)
		t.iterate = nil
	}
}
