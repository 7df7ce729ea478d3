package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
)

const spawnHelp = `Start a worker, which is installed first if need be, and look after it until a signal ends it.

  hive spawn cpu-llm --model /models/tiny.gguf
  hive spawn 'cpu-llm@~> 0.17' --port 8080 -- --threads 4

When the worker is ready, one line of JSON is printed on stdout: id, pid, url, port, version, path and more. What the
worker prints goes to stderr. What follows -- is passed on to it. An interrupt, a termination or the end of the
terminal ends the worker; a second signal ends it at once.`

func (a *app) spawnCommand() *cobra.Command {
	var o order
	cmd := &cobra.Command{
		Use:   "spawn TYPE[@CONSTRAINT] [-- ARGUMENT...]",
		Short: "Start a worker and look after it",
		Long:  spawnHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			own := len(args)
			if dash := cmd.ArgsLenAtDash(); dash >= 0 {
				own = dash
			}
			if own != 1 {
				return exit.Usagef("want one worker type, and what the worker gets behind --; see `hive spawn --help`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Args = args[1:]
			return a.spawn(cmd.Context(), args[0], o)
		},
	}
	cmd.Flags().BoolVar(&o.Refresh, "refresh", false,
		"try also sources that are left alone for a while, such as those out of reach")
	cmd.Flags().IntVar(&o.Port, "port", 0, "`port` that the worker listens on (default a free one)")
	cmd.Flags().StringVar(&o.QueenURL, "queen-url", "", "base `URL` of the queen that gets the worker's heartbeats")
	cmd.Flags().StringVar(&o.Model, "model", "", "`path` or name of the model to serve")
	return cmd
}

func (a *app) spawn(ctx context.Context, arg string, o order) error {
	req, err := provisioner.ParseRequest(arg)
	if err != nil {
		return exit.WrongUsage(err)
	}
	o.Type, o.Version = req.Type, req.Constraint
	if err := o.validate(); err != nil {
		return exit.WrongUsage(err)
	}
	h, err := a.openHive()
	if err != nil {
		return err
	}
	reporter := a.newReporter()
	var output io.Writer
	if !a.quiet {
		output = a.stderr
	}
	w, err := h.spawn(ctx, newWorkerID(o.Type), o, output, reporter.tell)
	reporter.conclude(err)
	if err != nil {
		a.tellTail(err)
		return err
	}
	return a.supervise(ctx, w)
}

// supervise tells that a worker is there, and returns when it is gone: after a signal without an error.
func (a *app) supervise(ctx context.Context, w worker) error {
	_, err := a.stdout.Write(line(w.describe()))
	if err == nil {
		select {
		case <-w.Done():
			a.tellTail(w.Err())
			return w.death()
		case <-ctx.Done():
		}
	}
	if err = errors.Join(err, w.Stop(a.clearing)); err == nil {
		a.say("stopped")
	}
	return err
}

// tellTail prints the last lines of a worker that failed, unless they are on stderr already.
func (a *app) tellTail(err error) {
	if a.quiet {
		fmt.Fprint(a.stderr, lines(tailOf(err)))
	}
}

// death tells why a worker ended that nobody stopped.
func (w worker) death() error {
	if err := w.Err(); err != nil {
		return fmt.Errorf("run %s: %w", w.Info().ID, err)
	}
	return fmt.Errorf("run %s: it ended by itself", w.Info().ID)
}

func lines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}
