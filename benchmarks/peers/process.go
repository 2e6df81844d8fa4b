package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
)

// process is a worker from the outside.
type process struct {
	engine  string
	variant string
	cmd     *exec.Cmd
	in      io.WriteCloser
	enc     *json.Encoder
	dec     *json.Decoder
}

func start(e engine, v variant, o options) (*process, error) {
	name, args, env, err := v.command(e, o)
	if err != nil {
		return nil, err
	}
	p := &process{engine: e.name, variant: v.name, cmd: exec.Command(name, args...)}
	p.cmd.Env = env
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.enc, p.dec = json.NewEncoder(p.in), json.NewDecoder(out)
	return p, p.cmd.Start()
}

func (p *process) String() string { return fmt.Sprintf("%s (%s)", p.engine, p.variant) }

func (p *process) ask(r request) (response, error) {
	var a response
	if err := p.enc.Encode(r); err != nil {
		return a, fmt.Errorf("%v: %w", p, err)
	}
	if err := p.dec.Decode(&a); err != nil {
		return a, fmt.Errorf("%v ended: %w", p, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%v: %v: %s", p, r.Work, a.Error)
	}
	return a, nil
}

func (p *process) stop() error {
	p.in.Close()
	return p.cmd.Wait()
}

// agree tells whether a worker's numbers are ours, to within the rounding of float32 in another order of summing.
func agree(got, want []float32, tolerance float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, gtrain gives %d", len(got), len(want))
	}
	var scale float64
	for _, w := range want {
		scale = max(scale, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d <= tolerance*scale) {
			return fmt.Errorf("number %d is %v, gtrain's %v", i, got[i], w)
		}
	}
	return nil
}
