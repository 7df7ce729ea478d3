package engine

import (
	"context"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Rollback marks the newest installed worker that satisfies a request as bad, so that the one before it serves, and
// returns both. Until catalog.MarkGood the bad one is not used, and the same release is not installed again unless with
// Force; a newer release is. If there is no other worker, nothing is marked, and the error is an *Error of kind
// NotFound.
//
// It asks no vendor. It waits for the lock of the bad one, and publishes an event when it has to.
func (p *Provisioner) Rollback(
	ctx context.Context, req provisioner.Request, reason string,
) (bad, serving provisioner.Result, err error) {
	op, err := p.begin(req)
	if err != nil {
		return bad, serving, err
	}
	if bad, err = op.recoverAndFind(ctx); err == nil && bad.IsZero() {
		err = op.notInstalled()
	}
	if err != nil {
		return provisioner.Result{}, provisioner.Result{}, err
	}
	op.excludeID = bad.Worker.ID
	if serving, err = op.installed(ctx); err == nil && serving.IsZero() {
		err = provisioner.Errorf(provisioner.NotFound, "%s is the only worker for %s on %s: there is none to go back to",
			bad.Worker.ID, op.req, op.req.Target()).
			WithHint("install an older one first, such as `provision '%s@< %s'`", op.req.Type, bad.Worker.Version)
	}
	if err == nil {
		err = p.opts.Catalog.MarkBad(ctx, bad.Worker.ID, reason, catalog.LockOptions{OnWait: func(holder string) {
			op.publish(provisioner.Event{Action: provisioner.ActionWait, ID: bad.Worker.ID,
				Message: "waiting for " + holder + ", which works on " + bad.Worker.ID})
		}})
	}
	if err != nil {
		return provisioner.Result{}, provisioner.Result{}, orCancelled(ctx, err)
	}
	return bad, serving, nil
}

// markedBad returns an error if the same release as a candidate's is installed and marked bad. A build whose source has
// changed since is another release.
func (op *operation) markedBad(c candidate) *provisioner.Error {
	if op.req.Force || op.repairs != nil {
		return nil
	}
	id := c.id(op.req).String()
	w, err := op.opts.Catalog.Get(id)
	if err != nil || !w.Status.IsMarkedBad() {
		return nil
	}
	if c.isRevised(op.opts.Catalog.EntryOf(w).Provenance) {
		return nil
	}
	return provisioner.Errorf(provisioner.MarkedBad, "%s", w.Status.Error).
		WithHint("`provision mark %s --good` removes the mark", id)
}
