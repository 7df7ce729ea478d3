package spawn

import (
	"context"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/process"
)

// Worker is a worker that was ready, and may have ended since.
type Worker struct {
	launch  *launcher
	process *child
	out     *process.Tail
	info    Info
	done    chan struct{}

	mu         sync.Mutex // of the next two
	isStopping bool
	err        error
}

// Info describes a running worker.
type Info struct {
	ID      string             `json:"id"`
	EntryID string             `json:"entry_id"` // in the catalog
	Type    catalog.WorkerType `json:"worker_type"`
	Version string             `json:"version"`
	PID     int                `json:"pid"`
	Host    string             `json:"host"` // that it listens at
	Port    int                `json:"port"`
	URL     string             `json:"url"` // that this machine reaches it at
	Started time.Time          `json:"started"`
}

func (l *launcher) info(p *child, port *port) Info {
	return Info{
		ID: l.WorkerID, EntryID: l.entry.Worker.ID, Type: l.entry.Worker.WorkerType, Version: l.entry.Worker.Version,
		PID:  p.cmd.Process.Pid,
		Host: l.Host, Port: port.number, URL: "http://" + port.reachable(), Started: time.Now().UTC(),
	}
}

// serve looks after the worker from now on.
func (w *Worker) serve() {
	w.done = make(chan struct{})
	w.launch.beats.tell(ready, w.info.Port)
	w.tell(ActionReady, "ready at "+w.info.URL)
	go w.watch()
}

func (w *Worker) watch() {
	<-w.process.gone
	w.launch.entry.release()
	w.mu.Lock()
	message := "stopped"
	if !w.isStopping {
		w.err = w.exitError(true)
		message = w.err.Error()
	}
	w.mu.Unlock()
	w.launch.beats.end()
	w.tell(ActionExited, message)
	close(w.done)
}

// exitError tells how a worker ended that nobody stopped. It waits until its tree is gone, so that its output is whole.
func (w *Worker) exitError(wasReady bool) error {
	<-w.process.gone
	state := w.process.cmd.ProcessState
	return &ExitError{Code: state.ExitCode(), Signal: process.Signal(state), Ready: wasReady, Tail: w.out.Lines()}
}

// Info describes the worker.
func (w *Worker) Info() Info { return w.info }

// Done is closed when the process and its tree are gone, the lease is released, and the queen was told or did not
// listen.
func (w *Worker) Done() <-chan struct{} { return w.done }

// Err tells why the worker ended, as an *ExitError; nil while it runs and after Stop.
func (w *Worker) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Tail returns the last lines of the worker's output, without control characters.
func (w *Worker) Tail() []string { return w.out.Lines() }

// Stop asks the worker to end, kills it with all that it started after the grace, and waits until they are gone. When
// ctx is done the grace is over. It returns an error only if the worker still runs. A worker that has ended is left at
// that.
func (w *Worker) Stop(ctx context.Context) error {
	grace := time.NewTimer(w.launch.Grace)
	defer grace.Stop()
	if !w.ask() {
		grace.Reset(0)
	}
	select {
	case <-w.done:
		return nil
	case <-w.process.exited:
	case <-grace.C:
	case <-ctx.Done():
	}
	if err := w.process.kill(); err != nil {
		return err
	}
	<-w.done
	return nil
}

// ask sends the signal, but only the first time: many programs take the second one for impatience. It reports whether
// the worker can have got it.
func (w *Worker) ask() bool {
	w.mu.Lock()
	isFirst := !w.isStopping && !w.process.hasExited()
	w.isStopping = w.isStopping || isFirst
	w.mu.Unlock()
	if !isFirst {
		return true
	}
	w.tell(ActionStopping, "stopping")
	w.launch.beats.tell(stopping, w.info.Port)
	return w.process.group.Terminate() == nil
}

// tell tells of this worker.
func (w *Worker) tell(action Action, message string) {
	w.launch.tell(Event{Action: action, PID: w.info.PID, Port: w.info.Port, Message: message})
}
