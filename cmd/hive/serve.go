package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
)

const tokenVariable = "HIVE_TOKEN"

const serveHelp = `Serve jobs over HTTP until a signal ends it and all workers.

  POST   /v1/jobs              begins a job; answers with its job_id and the sse_url to follow it at
  GET    /v1/jobs/{id}/stream  what it does, as server-sent events, to the marker [DONE], [ERROR] or [CANCELLED]
  DELETE /v1/jobs/{id}         cancels it
  GET    /v1/workers           what runs, and what is installed
  GET    /health

One line of JSON with the address is printed on stdout when it listens. Where HIVE_TOKEN is set, each request but a
health check must carry it as a bearer token; to listen beyond the loopback interface it must be set.
The connection is not encrypted.`

// limits of the HTTP server. There is none on the time of an answer: a stream lasts as long as its job.
const (
	headerTimeout   = 5 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 16 << 10
	shutdownTimeout = 5 * time.Second // for readers to take the ends of their streams
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve jobs over HTTP",
		Long:  serveHelp,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exit.Usagef("want no argument; see `hive serve --help`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), listen) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:7835", "`address:port` to listen on; port 0 chooses a free one")
	return cmd
}

func (a *app) serve(ctx context.Context, listen string) error {
	address, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return exit.Usagef("listen on %q: %w", listen, err)
	}
	g := guard{token: os.Getenv(tokenVariable), isLoopback: address.IP.IsLoopback()}
	if !g.isLoopback && g.token == "" {
		return exit.Usagef("listen on %s: beyond the loopback interface %s must hold a token", listen, tokenVariable)
	}
	h, err := a.openHive()
	if err != nil {
		return err
	}
	listener, err := listenAt(address)
	if err != nil {
		return err
	}
	defer listener.Close()
	return a.serveOn(ctx, listener, g, h)
}

// listenAt opens an address and no other: by the name "tcp", 0.0.0.0 would be all of IPv6 too.
func listenAt(address *net.TCPAddr) (net.Listener, error) {
	network := "tcp"
	if address.IP.To4() != nil {
		network = "tcp4"
	}
	listener, err := net.ListenTCP(network, address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, provisioner.Errorf(provisioner.Other, "%w", err).
			WithHint("another hive may run here; use another port with --listen")
	}
	if err != nil {
		return nil, err
	}
	return listener, nil
}

func (a *app) serveOn(ctx context.Context, listener net.Listener, g guard, h *hive) error {
	output := a.stderr
	if a.quiet {
		output = nil
	}
	s := newServer(h, output, notices{death: a.tellDeath, warning: a.say, end: a.tellEnd})
	web := &http.Server{
		Handler: g.wrap(s.routes()), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	address := listener.Addr().String()
	_, err := a.stdout.Write(line(map[string]string{"address": address, "url": "http://" + address}))
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	return errors.Join(err, a.shutDown(s, web))
}

// shutDown cancels what is under way, ends the workers and then the streams.
func (a *app) shutDown(s *server, web *http.Server) error {
	a.say(fmt.Sprintf("stopping, with %d workers", len(s.workers.list())))
	s.jobs.stop()
	err := s.workers.stop(a.clearing)
	patience, cancel := context.WithTimeout(a.clearing, shutdownTimeout)
	defer cancel()
	if web.Shutdown(patience) != nil {
		_ = web.Close() // readers that do not take the end of their stream
	}
	return err
}

// tellDeath tells of a worker that ended by itself.
func (a *app) tellDeath(w worker) {
	err := w.death()
	a.tellTail(err)
	a.report(err)
}

// tellEnd tells how a job ended.
func (a *app) tellEnd(operation, message string, err error) {
	switch {
	case err == nil:
		a.say(operation + ": " + message)
	case provisioner.KindOf(err) == provisioner.Cancelled:
		a.say(operation + ": cancelled")
	default:
		a.report(fmt.Errorf("%s: %w", operation, err))
	}
}

// say tells the log what is no failure.
func (a *app) say(message string) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "hive: %s\n", message)
	}
}

func routeNames(routes map[string]http.HandlerFunc) []string { return slices.Sorted(maps.Keys(routes)) }
