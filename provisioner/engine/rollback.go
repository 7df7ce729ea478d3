package engine

import (
	"context"

	"github.com/rbee-keeper/provision/provisioner"
)

// Rollback marks the newest installed worker that satisfies a request as bad, so that the one before serves: it returns both. Until
// catalog.MarkGood the marked one is passed over and the same release is not installed again, unless it is forced; a newer one is.
// If there is none to go back to, nothing is marked, and the error is an *Error of kind NotFound. It asks no vendor. It waits for the
// marked one's lock, and tells that as an event.
func (p *Provisioner) Rollback(ctx context.Context, req provisioner.Request, reason string) (bad, serving provisioner.Result, err error) {
	op, err := p.begin(req)
	if err != nil {
		return bad, serving, err
	}
	if bad, err = op.present(ctx); err == nil && bad.IsZero() {
		err = op.notInstalled()
	}
	if err != nil {
		return provisioner.Result{}, provisioner.Result{}, err
	}
	op.without = bad.Worker.ID
	if serving, err = op.installed(ctx); err == nil && serving.IsZero() {
		err = provisioner.Errorf(provisioner.NotFound, "there is no other worker for %s on %s than %s to go back to", op.req, op.req.Target(), bad.Worker.ID).
			WithHint("install an older one first, such as `provision '%s@< %s'`", op.req.Type, bad.Worker.Version)
	}
	if err == nil {
		err = p.opts.Catalog.MarkBad(ctx, bad.Worker.ID, reason, func(holder string) {
			op.publish(provisioner.Event{Action: provisioner.ActionWait, ID: bad.Worker.ID, Message: "waiting for " + holder + ", which works on " + bad.Worker.ID})
		})
	}
	if err != nil {
		return provisioner.Result{}, provisioner.Result{}, orCancelled(ctx, err)
	}
	return bad, serving, nil
}

// markedBad tells why a candidate is not to be installed: the same release is there, and was marked bad. A build whose source was
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
	if p, err := op.opts.Catalog.ReadProvenance(id); err == nil && c.isRevised(&p) {
		return nil
	}
	return provisioner.Errorf(provisioner.MarkedBad, "%s", w.Status.Error).WithHint("`provision mark %s --good` takes the mark off", id)
}
