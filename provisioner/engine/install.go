package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/intake"
	"github.com/rbee-keeper/provision/provisioner/internal/progress"
)

// installation is one candidate on its way into the catalog.
type installation struct {
	*operation
	candidate
	id       catalog.ID
	staging  string                  // the entry's staging folder
	fetchDir string                  // the vendor's folder in it
	vendor   provisioner.Description // of the vendor that fetched
	sandbox  []string                // what its process was limited to
	fetched  provisioner.Fetched     // what it reported as fetched
	contents *intake.Contents        // what was received
	lock     *catalog.Lock           // of the entry; held all along
}

// The folders in an entry's staging folder. Vendors write to the first one only, each source and release below a name
// of its own, so that what a vendor leaves there for its next try is kept apart.
const (
	fetchFolder = "fetch"
	entryFolder = "entry"
	spoolFolder = "spool"
)

// stagingExpiry is how long a partial download is kept for the next try.
const stagingExpiry = 24 * time.Hour

// install makes c an entry of the catalog, under the entry's lock. If another process has just done so, it returns that
// entry. With a plan it only records c.
func (op *operation) install(ctx context.Context, c candidate) (provisioner.Result, error) {
	if op.plan != nil {
		return op.plan.record(c, op.req), nil
	}
	in := &installation{operation: op, candidate: c}
	in.id = c.id(op.req)
	var err error
	in.lock, err = op.opts.Catalog.Lock(ctx, in.id.String(), catalog.LockOptions{
		Limit: op.opts.LockTimeout,
		OnWait: func(holder string) {
			in.publish(provisioner.Event{Action: provisioner.ActionWait, ID: in.id.String(),
				Message: "waiting for " + holder + " to install the same"})
		}})
	if err != nil {
		return provisioner.Result{}, err
	}
	result, err := in.underLock(ctx)
	if releaseErr := in.lock.Release(); releaseErr != nil {
		in.warn(releaseErr, "the lock ends with this process")
	}
	_ = op.opts.Catalog.Sweep(stagingExpiry) // the next installation sweeps what can't be removed now
	return result, err
}

func (in *installation) underLock(ctx context.Context) (provisioner.Result, error) {
	already := in.already
	switch {
	case in.repairs != nil:
		already = in.alreadyRepaired
	case in.req.Force:
		already = func(context.Context) (provisioner.Result, bool, error) { return provisioner.Result{}, false, nil }
	}
	if result, done, err := already(ctx); done || err != nil {
		return result, err
	}
	err := in.opts.Catalog.Leased(in.id.String()) // otherwise it would be reported only after the download
	if err != nil {
		return provisioner.Result{}, err
	}
	if in.staging, err = in.opts.Catalog.Staging(in.id.String()); err != nil {
		return provisioner.Result{}, err
	}
	result, err := in.stageAndCommit(ctx)
	if removeErr := in.clear(err); removeErr != nil {
		in.warn(removeErr, "it is swept later")
	}
	return result, err
}

// clear empties the staging folder after an installation that ended with err. A partial download is kept for the next
// try.
func (in *installation) clear(err error) error {
	switch provisioner.KindOf(err) {
	case provisioner.Unreachable, provisioner.RateLimited, provisioner.Cancelled:
	default: // also success
		return removeAll(in.staging)
	}
	if in.release.Integrity == catalog.Built {
		return removeAll(in.staging)
	}
	for _, dir := range []string{entryFolder, spoolFolder} {
		if err := removeAll(filepath.Join(in.staging, dir)); err != nil {
			return err
		}
	}
	for _, dir := range []string{in.fetchDir, filepath.Dir(in.fetchDir), in.staging} {
		_ = os.Remove(dir) // only if it is empty
	}
	return nil
}

// already returns the entry if it is installed and intact, and refuses bytes that differ from those it was recorded
// with.
func (in *installation) already(ctx context.Context) (provisioner.Result, bool, error) {
	recorded, err := in.opts.Catalog.ReadProvenance(in.id.String())
	if err != nil {
		return provisioner.Result{}, false, nil
	}
	if marked := in.markedBad(in.candidate); marked != nil { // since the candidates were resolved
		return provisioner.Result{}, false, marked.WithVendor(in.source.Vendor)
	}
	if changed := in.changedSince(&recorded); changed != nil {
		return provisioner.Result{}, false, changed.WithVendor(in.source.Vendor)
	}
	match := in.match()
	match.Accept = func(w catalog.WorkerBinary) bool { return w.ID == in.id.String() }
	worker, err := in.opts.Catalog.Find(match)
	if err != nil || recorded.Source != in.source.Key || in.isRevised(&recorded) {
		return provisioner.Result{}, false, nil
	}
	result := provisioner.Result{Entry: catalog.Entry{Worker: worker, Provenance: &recorded,
		Dir: in.opts.Catalog.WorkerPath(worker.ID)}}
	return result, in.isIntact(ctx, &result), nil
}

func (in *installation) stageAndCommit(ctx context.Context) (provisioner.Result, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", in.source.Key, in.release.Tag, in.release.Version))
	in.fetchDir = filepath.Join(in.staging, fetchFolder, fmt.Sprintf("%x", key[:8]))
	if err := os.MkdirAll(in.fetchDir, 0o755); err != nil {
		return provisioner.Result{}, fmt.Errorf("make staging: %w", err)
	}
	var err error
	if in.contents, err = in.delivery().Receive(ctx, in.fetch); err != nil {
		return provisioner.Result{}, in.asBuildFailure(in.nameVendor(err))
	}
	if err := in.asRecorded(); err != nil {
		return provisioner.Result{}, err
	}
	return in.commit()
}

// delivery describes the release to package intake.
func (in *installation) delivery() intake.Delivery {
	return intake.Delivery{
		Release: in.release, Type: in.req.Type, Platform: in.req.Platform, Arch: in.req.Arch,
		Binary: in.source.Binary, Host: in.host(),
		FetchDir: in.fetchDir, EntryDir: filepath.Join(in.staging, entryFolder),
		SpoolDir:  filepath.Join(in.staging, spoolFolder),
		Verifiers: verifiers, ThirdParty: in.opts.ThirdParty != nil && in.opts.ThirdParty(in.source.Vendor),
	}
}

// verifiers see every file of every release, in this order.
var verifiers = []intake.Verifier{intake.Digest}

// nameVendor names the vendor in an error about what it fetched. Failures of this machine are left as they are.
func (in *installation) nameVendor(err error) error {
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return e.WithVendor(in.source.Vendor)
	}
	return err
}

// asBuildFailure turns BadPayload into BuildFailed for what was built here: no publisher is to blame for it.
func (in *installation) asBuildFailure(err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	if !ok || e.Kind != provisioner.BadPayload || in.release.Integrity != catalog.Built {
		return err
	}
	failed := *e
	failed.Kind = provisioner.BuildFailed
	return &failed
}

// fetch has the vendor fetch the release, in a process that has ended when fetch returns. It implements intake.Fetch.
func (in *installation) fetch(ctx context.Context, report func(provisioner.Progress)) ([]string, error) {
	in.publishStep(provisioner.ActionFetch, in.asset())
	ctx, touch, stop := withIdleTimeout(ctx, in.opts.IdleTimeout)
	defer stop()
	var complete intake.Snapshot
	folders := provisioner.Folders{Staging: in.fetchDir}
	err := in.withVendor(ctx, in.source, folders, func(v provisioner.Vendor, q provisioner.Query) (err error) {
		in.sandbox = in.warnUnconfined(v)
		if in.vendor, err = v.Describe(ctx); err != nil {
			return err
		}
		var filter progress.StallFilter
		in.fetched, err = v.Fetch(ctx, provisioner.FetchRequest{
			Query: q, Release: in.release, Dir: in.fetchDir,
			OnProgress: func(p provisioner.Progress) {
				if filter.IsAdvance(p) {
					touch()
				}
				report(p)
				notice, ok := filter.Pass(p, time.Now())
				in.publishProgress(provisioner.Progress{Phase: p.Phase, Message: notice}, notice != "")
				in.publishProgress(p, ok)
			},
		})
		notice := filter.Suppressed()
		in.publishProgress(provisioner.Progress{Message: notice}, notice != "")
		complete = intake.TakeSnapshot(in.fetchDir, in.fetched.Files)
		return err
	})
	if err == nil {
		err = in.nameVendor(complete.RequireUnchanged(intake.TakeSnapshot(in.fetchDir, in.fetched.Files)))
	}
	if err == nil {
		in.publishStep(provisioner.ActionUnpack, "")
	}
	return in.fetched.Files, err
}

// publishStep publishes that the installation has come to its next step.
func (in *installation) publishStep(action provisioner.Action, message string) {
	in.publish(provisioner.Event{Action: action, Vendor: in.source.Vendor, Version: in.release.Version.String(),
		ID: in.id.String(), Message: message})
}

func (in *installation) publishProgress(p provisioner.Progress, isWanted bool) {
	if isWanted {
		in.publish(provisioner.Event{Action: provisioner.ActionProgress, Vendor: in.source.Vendor, ID: in.id.String(),
			Progress: &p})
	}
}

// withIdleTimeout derives a context that ends when touch has not been called for d.
func withIdleTimeout(parent context.Context, d time.Duration) (ctx context.Context, touch, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(d, func() { cancel(provisioner.Errorf(provisioner.PluginFault, "no progress for %s", d)) })
	return ctx, func() { timer.Reset(d) }, func() { timer.Stop(); cancel(nil) }
}

// commit writes the records of what was received, and makes the staged folder the entry.
func (in *installation) commit() (provisioner.Result, error) {
	final, err := in.opts.Catalog.EntryDir(in.id.String())
	if err != nil {
		return provisioner.Result{}, err
	}
	worker := catalog.NewWorkerBinary(in.id.String(), in.req.Type, in.req.Platform,
		filepath.Join(final, filepath.FromSlash(in.contents.Executable)), in.contents.Size, in.release.Version.String())
	p := in.provenance()
	in.restored(&worker, &p)
	dir := filepath.Join(in.staging, entryFolder)
	if err := catalog.WriteProvenance(dir, p); err != nil {
		return provisioner.Result{}, err
	}
	if err := in.opts.Catalog.Commit(in.lock, worker, dir); err != nil {
		return provisioner.Result{}, err
	}
	in.publishStep(provisioner.ActionInstall, "")
	return provisioner.Result{Entry: catalog.Entry{Worker: worker, Provenance: &p, Dir: final}, Installed: true}, nil
}

func (in *installation) provenance() catalog.Provenance {
	return catalog.Provenance{
		Vendor: in.source.Vendor, VendorVersion: in.vendor.Version, Source: in.source.Key,
		Version: in.release.Version, Tag: in.release.Tag, Prerelease: in.isPrerelease(),
		Revision: cmp.Or(in.fetched.Details[provisioner.RevisionDetail], in.release.Revision),
		Volatile: in.isVolatile(in.source.Key),
		Fallback: in.source.Fallback, Constraint: in.req.Constraint.String(), Integrity: in.release.Integrity,
		Brought: in.contents.Fetched, Files: in.contents.Files, Executable: in.contents.Executable,
		Contract: string(in.source.Contract), Launch: in.source.Launch, Details: withoutSecrets(in.fetched.Details),
		Sandbox: in.sandbox, Installer: in.opts.Installer, Installed: time.Now().UTC(),
	}
}

// removeAll deletes a staging folder with everything in it.
func removeAll(dir string) error {
	if err := files.RemoveTree(dir); err != nil {
		return fmt.Errorf("clear staging: %w", err)
	}
	return nil
}
