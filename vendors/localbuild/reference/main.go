// Command cpu-llm-worker-rbee is the reference worker: it speaks the contract between a worker, its hive and the queen,
// and runs no model. It shows what an author of a real worker has to do, and stands in for one where none can be had.
//
// It serves GET /health on the loopback address and posts heartbeats to the queen. It needs Go 1.22 and its standard
// library alone, so that it can be built wherever there is a Go toolchain.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const name = "cpu-llm-worker-rbee"

// version is stamped by the linker.
var version = "0.1.0"

// workerIDVariable holds the ID that the hive gave this worker, where the command line doesn't.
const workerIDVariable = "RBEE_WORKER_ID"

const about = "reference worker %s: it speaks the worker contract and runs no model\n"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends it at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 after an orderly end, 1 if it can't serve, 2 for a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case o.showVersion:
		fmt.Fprintln(stdout, name, version)
		return 0
	}
	fmt.Fprintf(stderr, about, version)
	logger := log.New(stderr, name+": ", log.LstdFlags|log.LUTC|log.Lmsgprefix)
	if err := serve(ctx, o, stdout, logger); err != nil {
		logger.Print(err)
		return 1
	}
	return 0
}

type options struct {
	port        int
	socket      int      // number of the open file to serve on; 0 is none
	queen       *url.URL // nil without a queen
	workerID    string   // empty makes one
	interval    time.Duration
	showVersion bool
}

// parse reads the command line; what is wrong with it is told on stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.port, "port", 0, "`port` to serve on, at 127.0.0.1; 0 picks a free one")
	flags.IntVar(&o.socket, "socket", 0,
		"`number` of an open socket to serve on in place of a port, as a hive hands it over")
	flags.Func("queen-url", "base `url` of the queen; without it, or with an empty one, no heartbeats are posted",
		o.setQueen)
	flags.StringVar(&o.workerID, "worker-id", os.Getenv(workerIDVariable),
		"`id` in the heartbeats (default: $"+workerIDVariable+
			", else a random one)")
	flags.DurationVar(&o.interval, "heartbeat-interval", 30*time.Second, "`time` between heartbeats")
	flags.BoolVar(&o.showVersion, "version", false, "print the version and exit")
	flags.Func("model", "refused: there is no `model` to run", func(string) error {
		return errors.New("the reference worker runs no model; provision a worker with an engine for that")
	})
	flags.Usage = func() {
		fmt.Fprintf(stderr, about+"\nusage: %s --port PORT [--queen-url URL]\n", version, name)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if err := o.check(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return o, err
	}
	return o, nil
}

func (o *options) setQueen(s string) error {
	if s == "" {
		o.queen = nil
		return nil
	}
	queen, err := url.Parse(s)
	if err != nil || queen.Host == "" || (queen.Scheme != "http" && queen.Scheme != "https") {
		return errors.New("want a URL such as http://127.0.0.1:7833")
	}
	o.queen = queen
	return nil
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.port < 0 || o.port > 65535:
		return fmt.Errorf("port %d is not between 0 and 65535", o.port)
	case o.socket < 0:
		return fmt.Errorf("socket %d is no open file", o.socket)
	case o.interval <= 0:
		return fmt.Errorf("heartbeat interval %s is not positive", o.interval)
	default:
		return nil
	}
}
