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
	"github.com/rbee-keeper/provision/provisioner"
)

// installation is one candidate on its way into the catalog.
type installation struct {
	*operation
	candidate
	id      catalog.ID
	staging string                  // the entry's staging folder
	fetched string                  // the vendor's folder in it
	vendor  provisioner.Description // of the vendor that fetched
	sandbox []string                // what its process was limited to
	brought provisioner.Fetched     // what it said it brought
	payload *payload                // what was found in that
	lock    *catalog.Lock           // of the entry; held all along
}

// The folders in an entry's staging folder. Vendors write to the first alone, each source and release below a name of its own:
// what one left there for its next try is no other's business.
const (
	fetchDir = "fetch"
	entryDir = "entry"
	spoolDir = "spool"
)

// stagingExpiry is how long a partial download is kept for the next try.
const stagingExpiry = 24 * time.Hour

// install makes c an entry of the catalog, under the entry's lock. Where another process has just done so it returns that.
func (op *operation) install(ctx context.Context, c candidate) (provisioner.Result, error) {
	in := &installation{operation: op, candidate: c}
	in.id = c.id(op.req)
	var err error
	in.lock, err = op.opts.Catalog.LockWithin(ctx, in.id.String(), op.opts.LockTimeout, func(holder string) {
		in.tell(provisioner.Event{Action: provisioner.ActionWait, ID: in.id.String(), Message: "waiting for " + holder + " to install the same"})
	})
	if err != nil {
		return provisioner.Result{}, err
	}
	result, err := in.underLock(ctx)
	if releaseErr := in.lock.Release(); releaseErr != nil {
		in.warn(releaseErr, "it ends with this process")
	}
	_ = op.opts.Catalog.Sweep(stagingExpiry) // what can't be swept now is swept by the next installation
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
	err := in.opts.Catalog.Leased(in.id.String()) // else it would be told only after the download
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

// clear empties the staging folder after an installation that ended with err. Half a download is left for the next try.
func (in *installation) clear(err error) error {
	switch provisioner.KindOf(err) {
	case provisioner.Unreachable, provisioner.RateLimited, provisioner.Cancelled:
	default: // also success
		return removeAll(in.staging)
	}
	if in.release.Integrity == catalog.Built {
		return removeAll(in.staging)
	}
	for _, dir := range []string{entryDir, spoolDir} {
		if err := removeAll(filepath.Join(in.staging, dir)); err != nil {
			return err
		}
	}
	for _, dir := range []string{in.fetched, filepath.Dir(in.fetched), in.staging} {
		_ = os.Remove(dir) // if nothing is in it
	}
	return nil
}

// already returns the entry if it is there and whole, and refuses bytes that differ from those it was recorded with.
func (in *installation) already(ctx context.Context) (provisioner.Result, bool, error) {
	recorded, err := in.opts.Catalog.ReadProvenance(in.id.String())
	if err != nil {
		return provisioner.Result{}, false, nil
	}
	if marked := in.markedBad(in.candidate); marked != nil { // since the candidates were looked at
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
	result := provisioner.Result{Worker: worker, Provenance: &recorded}
	return result, in.isIntact(ctx, &result), nil
}

func (in *installation) stageAndCommit(ctx context.Context) (provisioner.Result, error) {
	if err := in.clearUnpacked(); err != nil {
		return provisioner.Result{}, err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", in.source.Key, in.release.Tag, in.release.Version))
	in.fetched = filepath.Join(in.staging, fetchDir, fmt.Sprintf("%x", key[:8]))
	if err := os.MkdirAll(in.fetched, 0o755); err != nil {
		return provisioner.Result{}, fmt.Errorf("make staging: %w", err)
	}
	if err := in.bring(ctx); err != nil {
		return provisioner.Result{}, in.blamedOnBuild(err)
	}
	if err := in.asRecorded(); err != nil {
		return provisioner.Result{}, err
	}
	return in.commit()
}

// blamedOnBuild makes a failure of the build of what no publisher can be blamed for: a build brought what is no use.
func (in *installation) blamedOnBuild(err error) error {
	e, ok := errors.AsType[*provisioner.Error](err)
	if !ok || e.Kind != provisioner.BadPayload || in.release.Integrity != catalog.Built {
		return err
	}
	failed := *e
	failed.Kind = provisioner.BuildFailed
	return &failed
}

// clearUnpacked makes the folders empty that files are unpacked into.
func (in *installation) clearUnpacked() error {
	for _, name := range []string{entryDir, spoolDir} {
		dir := filepath.Join(in.staging, name)
		if err := removeAll(dir); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("make staging: %w", err)
		}
	}
	return nil
}

// bring has the vendor fetch the release, and receives the files while they come.
func (in *installation) bring(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	follow := newFollower(in.fetched, in.release.Files)
	var received error
	done := make(chan struct{})
	go func() {
		defer close(done)
		received = in.receive(ctx, follow)
		if received != nil && provisioner.KindOf(received) == provisioner.Other && !errors.Is(received, errBegunAnew) {
			cancel(received) // this machine can't take it
		}
	}()
	err := in.fetch(ctx, follow)
	follow.end(in.brought.Files, err)
	if err == nil {
		in.tell(provisioner.Event{Action: provisioner.ActionUnpack, Vendor: in.source.Vendor, Version: in.release.Version.String(), ID: in.id.String()})
	}
	<-done
	switch {
	case provisioner.KindOf(err) == provisioner.Cancelled && received != nil && context.Cause(ctx) == received:
		return received
	case err != nil:
		return err
	case errors.Is(received, errBegunAnew):
		if err := in.clearUnpacked(); err != nil {
			return err
		}
		return in.receive(ctx, follow)
	default:
		return received
	}
}

// fetch has the vendor bring the release, in a process that has ended when fetch returns.
func (in *installation) fetch(ctx context.Context, follow *follower) error {
	in.tell(provisioner.Event{Action: provisioner.ActionFetch, Vendor: in.source.Vendor, Version: in.release.Version.String(), ID: in.id.String(),
		Message: in.asset()})
	ctx, touch, stop := withIdleTimeout(ctx, in.opts.IdleTimeout)
	defer stop()
	var told map[string]os.FileInfo
	err := in.withVendor(ctx, in.source, provisioner.Folders{Staging: in.fetched}, func(v provisioner.Vendor, q provisioner.Query) (err error) {
		in.sandbox = in.noteConfinement(v)
		if in.vendor, err = v.Describe(ctx); err != nil {
			return err
		}
		var made headway
		in.brought, err = v.Fetch(ctx, provisioner.FetchRequest{Query: q, Release: in.release, Dir: in.fetched, OnProgress: func(p provisioner.Progress) {
			if made.isMade(p) {
				touch()
			}
			follow.note(p)
			missed, passes := made.passes(p, time.Now())
			in.tellProgress(provisioner.Progress{Phase: p.Phase, Message: missed}, missed != "")
			in.tellProgress(p, passes)
		}})
		missed := made.missed()
		in.tellProgress(provisioner.Progress{Message: missed}, missed != "")
		told = lookAtBrought(in.fetched, in.brought.Files)
		return err
	})
	if err == nil {
		err = in.blamed(mustBeUntouched(told, lookAtBrought(in.fetched, in.brought.Files)))
	}
	return err
}

func (in *installation) tellProgress(p provisioner.Progress, isWorthIt bool) {
	if isWorthIt {
		in.tell(provisioner.Event{Action: provisioner.ActionProgress, Vendor: in.source.Vendor, ID: in.id.String(), Progress: &p})
	}
}

// withIdleTimeout derives a context that ends when touch was not called for d.
func withIdleTimeout(parent context.Context, d time.Duration) (ctx context.Context, touch, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(d, func() { cancel(provisioner.Errorf(provisioner.PluginFault, "no progress for %s", d)) })
	return ctx, func() { timer.Reset(d) }, func() { timer.Stop(); cancel(nil) }
}

// commit records what was received, and makes it the entry.
func (in *installation) commit() (provisioner.Result, error) {
	final, err := in.opts.Catalog.EntryDir(in.id.String())
	if err != nil {
		return provisioner.Result{}, err
	}
	worker := catalog.NewWorkerBinary(in.id.String(), in.req.Type, in.req.Platform,
		filepath.Join(final, filepath.FromSlash(in.payload.executable)), in.payload.size, in.release.Version.String())
	p := in.provenance()
	in.restored(&worker, &p)
	dir := filepath.Join(in.staging, entryDir)
	if err := catalog.WriteProvenance(dir, p); err != nil {
		return provisioner.Result{}, err
	}
	if err := in.opts.Catalog.Commit(in.lock, worker, dir); err != nil {
		return provisioner.Result{}, err
	}
	in.tell(provisioner.Event{Action: provisioner.ActionInstall, Vendor: in.source.Vendor, Version: worker.Version, ID: worker.ID})
	return provisioner.Result{Worker: worker, Provenance: &p, Installed: true}, nil
}

func (in *installation) provenance() catalog.Provenance {
	return catalog.Provenance{
		Vendor: in.source.Vendor, VendorVersion: in.vendor.Version, Source: in.source.Key,
		Version: in.release.Version, Tag: in.release.Tag, Prerelease: in.isPrerelease(),
		Revision: cmp.Or(in.brought.Details[provisioner.RevisionDetail], in.release.Revision), Volatile: in.isVolatile(in.source.Key),
		Fallback: in.source.Fallback, Constraint: in.req.Constraint.String(), Integrity: in.release.Integrity,
		Brought: in.payload.brought, Files: in.payload.files, Executable: in.payload.executable,
		Contract: string(in.source.Contract), Launch: in.source.Launch, Details: withoutSecrets(in.brought.Details),
		Sandbox: in.sandbox, Installer: in.opts.Installer, Installed: time.Now().UTC(),
	}
}

// removeAll deletes a folder of the staging with all in it.
func removeAll(dir string) error {
	if err := catalog.RemoveTree(dir); err != nil {
		return fmt.Errorf("clear staging: %w", err)
	}
	return nil
}
