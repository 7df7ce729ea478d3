package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// operation is what a job can do. do returns a sentence on what came of it, and the facts.
type operation struct {
	name     string
	doing    string   // what it does, as a job's first event tells
	fields   []string // that an order may have
	required string   // the one that it must have
	do       func(*server, context.Context, order, func(narration)) (string, any, error)
}

// operations are all that there are, by their names.
var operations = map[string]operation{
	"worker_install": {
		doing: "installing", fields: []string{"worker_type", "version", "refresh", "force"}, required: "worker_type",
		do: (*server).install,
	},
	"worker_spawn": {
		doing: "starting", fields: []string{"worker_type", "version", "refresh", "port", "queen_url", "model", "args"},
		required: "worker_type", do: (*server).spawn,
	},
	"worker_stop":   {doing: "stopping", fields: []string{"id"}, required: "id", do: (*server).stop},
	"worker_remove": {doing: "removing", fields: []string{"id"}, required: "id", do: (*server).remove},
	"worker_list":   {doing: "listing workers", do: (*server).list},
}

// subject is what an order is about.
func (o order) subject() string {
	if o.ID != "" || o.Type == "" {
		return o.ID
	}
	return provisioner.Request{Type: o.Type, Constraint: o.Version}.String()
}

func operationNames() []string { return slices.Sorted(maps.Keys(operations)) }

// install gets the newest worker that fits.
func (s *server) install(ctx context.Context, o order, tell func(narration)) (string, any, error) {
	result, err := s.hive.Provision(ctx, s.hive.request(o, tell))
	if err != nil {
		return "", nil, err
	}
	message := result.Worker.ID + " is installed"
	if result.Reason != "" {
		message += "; " + result.Reason
	}
	return message, describe(result), nil
}

// spawn starts a worker, which runs on when the job is done.
func (s *server) spawn(ctx context.Context, o order, tell func(narration)) (string, any, error) {
	id := newWorkerID(o.Type)
	w, err := s.hive.spawn(ctx, id, o, s.outputOf(id), func(n narration) {
		tell(n)
		if n.Action == "worker_warn" { // of its heartbeats too, when the job has long ended
			s.notices.warning(id + ": " + n.Message)
		}
	})
	if err != nil {
		return "", nil, err
	}
	s.workers.add(w)
	d := w.describe()
	return fmt.Sprintf("%s serves at %s as process %d", d.ID, d.URL, d.PID), d, nil
}

// stop ends a running worker. Cancelling takes away the time that it has to end by itself.
func (s *server) stop(ctx context.Context, o order, _ func(narration)) (string, any, error) {
	w, ok := s.workers.get(o.ID)
	if !ok {
		return "", nil, provisioner.Errorf(provisioner.NotFound, "no worker %q runs here", o.ID)
	}
	if err := w.Stop(ctx); err != nil {
		return "", nil, err
	}
	return o.ID + " is stopped", nil, nil
}

// remove deletes an entry that no worker runs from.
func (s *server) remove(ctx context.Context, o order, tell func(narration)) (string, any, error) {
	err := s.hive.Catalog().Remove(ctx, o.ID, catalog.LockOptions{OnWait: func(holder string) {
		tell(narration{Action: actions[provisioner.ActionWait], Message: "waiting for " + holder, Entry: o.ID})
	}})
	if err != nil {
		return "", nil, err
	}
	return o.ID + " is removed", nil, nil
}

// withHint names the workers that have to be stopped before an entry can be removed or replaced.
func (s *server) withHint(err error) error {
	leased, ok := errors.AsType[*catalog.LeasedError](err)
	if !ok {
		return err
	}
	ids := s.workers.from(leased.ID)
	if len(ids) == 0 {
		return err
	}
	return provisioner.Errorf(provisioner.KindOf(err), "%w", err).WithHint("stop %s first", strings.Join(ids, ", "))
}

func (s *server) list(context.Context, order, func(narration)) (string, any, error) {
	l := s.listing()
	return fmt.Sprintf("%d running, %d installed", len(l.Running), len(l.Installed)), l, nil
}

// listing is what runs and what is installed.
type listing struct {
	Running    []running   `json:"running"`
	Installed  []installed `json:"installed"`
	Unreadable string      `json:"unreadable,omitempty"` // what of the catalog could not be read
}

func (s *server) listing() listing {
	l := listing{Running: s.workers.list()}
	var err error
	if l.Installed, err = s.hive.installed(); err != nil {
		l.Unreadable = err.Error()
	}
	return l
}
