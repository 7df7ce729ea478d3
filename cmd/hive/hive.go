package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/spawn"
)

// hive installs workers and starts them.
type hive struct {
	*engine.Provisioner
	host         string // address that workers listen on
	offline      bool
	readyTimeout time.Duration
}

// order is what is asked for: a worker to be installed or started, or one of those that are there.
type order struct {
	ID       string             `json:"id"` // of a running worker, or of an installed one
	Type     catalog.WorkerType `json:"worker_type"`
	Version  catalog.Constraint `json:"version"`
	Refresh  bool               `json:"refresh"` // ask the sources again, whenever they were asked last
	Force    bool               `json:"force"`   // install again what is installed
	Port     int                `json:"port"`    // 0 chooses a free one
	QueenURL string             `json:"queen_url"`
	Model    string             `json:"model"`
	Args     []string           `json:"args"`
}

// worker is one that was started, and the entry that it runs from.
type worker struct {
	*spawn.Worker
	entry provisioner.Result
}

func (h *hive) request(o order, tell func(narration)) provisioner.Request {
	return provisioner.Request{
		Type: o.Type, Constraint: o.Version, Offline: h.offline, Refresh: o.Refresh, Force: o.Force,
		Verify:  provisioner.VerifySize, // start looks closer, where that is asked, when nobody can change the entry any more
		OnEvent: (&narrator{tell: tell}).event,
	}
}

// newWorkerID makes an ID that no other worker has, on whatever machine.
func newWorkerID(t catalog.WorkerType) string {
	return t.String() + "-" + strings.ToLower(rand.Text()[:12])
}

// spawn starts a worker, which it installs if need be, and returns when it is ready. An executable that was damaged or
// deleted since it was installed is installed again, once; otherwise nothing is tried twice.
func (h *hive) spawn(ctx context.Context, id string, o order, output io.Writer, tell func(narration)) (worker, error) {
	entry, err := h.ensure(ctx, o, tell)
	if err != nil {
		return worker{}, err
	}
	w, err := h.start(ctx, id, o, entry, output, tell)
	if err == nil || ctx.Err() != nil || !isDamaged(entry, err) {
		return w, err
	}
	if h.offline {
		return worker{}, provisioner.Errorf(provisioner.KindOf(err), "%w", err).
			WithHint("without --offline it is installed again")
	}
	tell(narration{Action: "worker_repair", Message: err.Error() + "; installing it again"})
	o.Force = true
	repaired, repairErr := h.ensure(ctx, o, tell)
	if repairErr == nil {
		return h.start(ctx, id, o, repaired, output, tell)
	}
	if _, ok := errors.AsType[*catalog.LeasedError](repairErr); !ok {
		return worker{}, repairErr
	}
	// Another start may have repaired it since we looked, and runs from it now.
	w, err = h.start(ctx, id, o, entry, output, tell)
	if err != nil && isDamaged(entry, err) {
		err = repairErr
	}
	return w, err
}

func (h *hive) ensure(ctx context.Context, o order, tell func(narration)) (provisioner.Result, error) {
	entry, err := h.Ensure(ctx, h.request(o, tell))
	if err == nil && entry.Fallback {
		tell(narration{Action: "fallback", Message: "using a fallback, " + entry.Worker.ID})
	}
	return entry, err
}

func (h *hive) start(ctx context.Context, id string, o order, entry provisioner.Result, output io.Writer,
	tell func(narration)) (worker, error) {
	w, err := spawn.Start(ctx, spawn.Options{
		Catalog: h.Catalog(), Entry: entry, WorkerID: id, Host: h.host, Port: o.Port, QueenURL: o.QueenURL, Model: o.Model,
		Args: o.Args, Verify: h.VerifyLevel() == provisioner.VerifyDigest && entry.Provenance != nil, Output: output,
		ReadyTimeout: h.readyTimeout, OnEvent: func(e spawn.Event) { tell(narrateSpawn(e)) },
	})
	return worker{w, entry}, err
}

// isDamaged reports whether a start failed because the entry is no longer what was installed.
func isDamaged(entry provisioner.Result, err error) bool {
	if _, ok := errors.AsType[*spawn.DamagedError](err); ok || errors.Is(err, catalog.ErrNotFound) {
		return true
	}
	_, err = os.Stat(entry.Worker.Path)
	return errors.Is(err, fs.ErrNotExist)
}

// tailOf returns the last lines that a worker printed before it failed with err.
func tailOf(err error) []string {
	if e, ok := errors.AsType[*spawn.ExitError](err); ok {
		return e.Tail
	}
	if e, ok := errors.AsType[*spawn.NotReadyError](err); ok {
		return e.Tail
	}
	return nil
}
