package spawn

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/process"
)

// maxAttempts bounds how many ports are tried where others keep taking them.
const maxAttempts = 5

// launcher is one call of Start.
type launcher struct {
	Options
	entry    *leasedEntry
	events   *events
	template catalog.Launch
	limit    time.Duration // for readiness
	queen    *url.URL      // to post heartbeats to; nil where the worker posts its own, or there is none
	beats    *heartbeat    // nil without a queen, and before there is a process
}

// Start launches a worker and returns when it is ready. Cancelling ctx before that kills it and all it started;
// afterwards ctx has no effect. Errors are *DamagedError, *PortError, *ExitError, *NotReadyError, ErrNoModel,
// ErrModelNeeded and catalog.ErrNotFound among others; none leaves a process or a lease behind.
//
// If this process is killed outright, the worker ends with it on Windows. Elsewhere it goes on, unsupervised, and holds
// the lease as long as it runs; most programs then end when they next print something, since nobody reads it.
func Start(ctx context.Context, o Options) (*Worker, error) {
	w, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start worker %s: %w", o.Entry.Worker.ID, err)
	}
	return w, nil
}

func start(ctx context.Context, o Options) (*Worker, error) {
	o, queen, err := o.complete()
	if err != nil {
		return nil, err
	}
	l := &launcher{Options: o, queen: queen, events: &events{handle: o.OnEvent}}
	l.tell(Event{Action: ActionStarting, Message: "starting " + o.Entry.Worker.ID})
	if l.entry, err = openEntry(o.Catalog, o.Entry.Worker.ID, l.warn); err != nil {
		return nil, err
	}
	var w *Worker
	if err = l.prepare(ctx); err == nil {
		w, err = l.run(ctx)
	}
	if err != nil {
		l.entry.release()
		l.beats.end()
		if ctx.Err() != nil {
			err = ctx.Err() // whatever came of it
		}
	}
	return w, err
}

// prepare checks all that needs no process.
func (l *launcher) prepare(ctx context.Context) error {
	if err := l.entry.check(ctx, l.Verify); err != nil {
		return err
	}
	switch postsItself, err := l.entry.postsItself(); {
	case err != nil:
		return err
	case postsItself:
		l.queen = nil
	}
	l.template = l.entry.launch()
	l.limit = l.readyTimeout(l.template.Ready)
	return l.checkTemplate()
}

// run tries ports until the worker is ready. Another one is tried only where the port was to be chosen, and somebody
// else has taken it.
func (l *launcher) run(ctx context.Context) (*Worker, error) {
	for attempt := 1; ; attempt++ {
		w, isTaken, err := l.attempt(ctx)
		if err == nil || !isTaken || l.Port != 0 || attempt == maxAttempts || ctx.Err() != nil {
			return w, err
		}
		l.tell(Event{Action: ActionRetry, Message: fmt.Sprintf("another process took the port, trying another one: %v", err)})
	}
}

// attempt starts the worker at one port. A failure tells whether somebody else has taken that.
func (l *launcher) attempt(ctx context.Context) (w *Worker, isTaken bool, err error) {
	port, err := openPort(l.Host, l.Port)
	if err != nil {
		return nil, false, err
	}
	defer port.release()
	if l.template.Uses("{socket}") {
		if err := port.listen(); err != nil {
			return nil, true, err
		}
	}
	l.tell(Event{Action: ActionPort, Port: port.number, Message: "to listen at " + port.address()})
	c, err := l.command(port)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, false, err
	}
	w = &Worker{launch: l, out: &process.Tail{Copy: l.Output}}
	if w.process, err = l.spawn(c, w.out, port); err != nil {
		return nil, false, err
	}
	port.handedOver()
	l.announce(port)
	w.info = l.info(w.process, port)
	w.tell(ActionWaiting, "waiting for "+w.info.URL)
	if err := w.awaitReady(ctx, newQuestion(port.reachable(), l.template.Ready)); err != nil {
		isTaken, err = w.giveUp(port, err)
		return nil, isTaken, err
	}
	w.serve()
	return w, false, nil
}

// announce tells the queen of a worker that starts.
func (l *launcher) announce(p *port) {
	switch {
	case l.queen == nil:
	case l.beats == nil:
		l.beats = newHeartbeat(l.queen, l, p.number, beatInterval)
		go l.beats.beat()
	default:
		l.beats.tell(starting, p.number)
	}
}

// giveUp ends a worker that is not ready because of err, and reports whether somebody else has taken its port.
func (w *Worker) giveUp(p *port, err error) (isTaken bool, _ error) {
	if killErr := w.process.kill(); killErr != nil {
		w.launch.warn(killErr.Error())
		return false, err
	}
	if errors.Is(err, errStranger) {
		return true, &PortError{p.host, p.number, err}
	}
	_, hasExited := errors.AsType[*ExitError](err)
	return hasExited && p.look() != nil, err
}

// spawn starts the process, which inherits the lease, and the socket if it takes one.
func (l *launcher) spawn(c command, out *process.Tail, at *port) (*child, error) {
	p, err := startProcess(c, out, l.files(at))
	if err == nil && l.entry.lease != nil {
		l.entry.lease.Sign(p.cmd.Process.Pid)
	}
	return p, err
}

func (l *launcher) tell(e Event) {
	e.Worker, e.Entry = l.WorkerID, l.Entry.Worker.ID
	l.events.tell(e)
}

func (l *launcher) warn(message string) { l.tell(Event{Action: ActionWarn, Message: message}) }
