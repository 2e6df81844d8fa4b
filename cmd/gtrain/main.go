// Command gtrain trains, shrinks and ships neural networks.
//
// Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed, 2 usage or configuration,
// 3 diverged, 4 target not met, 130 interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(mainCode()) }

func mainCode() int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals // the first lets the step finish and a checkpoint be written
		cancel()
		<-signals // the second does not
		os.Exit(exitInterrupted)
	}()
	return execute(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr, env: os.Environ()})
}
