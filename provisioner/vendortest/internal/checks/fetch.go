package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/observe"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
)

func fetch(ctx context.Context, t *trial.Trial) error {
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	if err := t.Run(ctx, f); err != nil {
		return err
	}
	if f.Err == nil {
		t.Fetched = f
		return nil
	}
	if wrong := t.RequireKind("fetch", f.Err); wrong != nil {
		return wrong
	}
	return trial.Hinted(f.Err, provisioner.HintOf(f.Err))
}

func fetchedFiles(_ context.Context, t *trial.Trial) error { return requireFiles(t.Fetched) }

// requireFiles checks that a fetch brought the files that its release promises.
func requireFiles(f *trial.Fetch) error {
	files, promised := f.Fetched.Files, f.Release.Files
	if len(files) == 0 || len(files) < len(promised) {
		return fmt.Errorf("it promised %d files and brought %q", len(promised), files)
	}
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range files {
		if !observe.IsBelow(name) {
			return fmt.Errorf("%q is not a path below the folder", name)
		}
		info, err := root.Lstat(filepath.FromSlash(name))
		if err != nil {
			return fmt.Errorf("it did not bring %q: %w", name, err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%q is not a regular file", name)
		}
	}
	return nil
}

func fetchedDigests(_ context.Context, t *trial.Trial) error { return requireDigests(t.Fetched) }

// requireDigests checks sizes and digests of the files that a release promises, as far as requireFiles finds them.
func requireDigests(f *trial.Fetch) error {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for i, promised := range f.Release.Files[:min(len(f.Release.Files), len(f.Fetched.Files))] {
		name := f.Fetched.Files[i]
		if err := compare(root, filepath.FromSlash(name), promised); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// compare compares a file with what was promised.
func compare(root *os.Root, name string, promised provisioner.File) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	algorithm := promised.Digest
	if !algorithm.Valid() {
		algorithm = noDigest
	}
	h := algorithm.Hash()
	size, err := io.Copy(h, file)
	switch {
	case err != nil:
		return err
	case promised.Size > 0 && size != promised.Size:
		return fmt.Errorf("it promised %d bytes and brought %d", promised.Size, size)
	case promised.Digest != "" && !promised.Digest.Matches(h):
		return fmt.Errorf("it promised %s and brought %s:%x", promised.Digest, algorithm.Algorithm(), h.Sum(nil))
	default:
		return nil
	}
}

// noDigest names the algorithm that is used where no digest is promised.
var noDigest = catalog.Digest("sha256:" + strings.Repeat("0", 64))

func details(_ context.Context, t *trial.Trial) error {
	for key, value := range t.Fetched.Fetched.Details {
		if u, err := url.Parse(value); err == nil && u.Host != "" && (u.User != nil || u.RawQuery != "") {
			return fmt.Errorf("the detail %s is a URL with a user or a query", key)
		}
	}
	return nil
}

func progress(_ context.Context, t *trial.Trial) error {
	switch s := t.Fetched.Log.Summary(); {
	case s.Wrong != "":
		return errors.New(s.Wrong)
	case s.Events == 0 && s.Took > time.Second:
		return fmt.Errorf("it reports no progress in %s", s.Took.Round(time.Millisecond))
	case s.Late > 0:
		return fmt.Errorf("%d events came after the end of the call", s.Late)
	default:
		return nil
	}
}

// A file may report this many events. The rate is 15 per second, and half of that again for events that were delayed on
// the way.
const (
	firstEvents     = 30
	eventsPerSecond = 15 * 3 / 2
)

// rate is a check for processes only: in Go, plugins.Serve drops events that come too fast.
func rate(_ context.Context, t *trial.Trial) error {
	s := t.Fetched.Log.Summary()
	for file, n := range s.PerFile {
		if limit := firstEvents + int(s.Took.Seconds()*eventsPerSecond); n > limit {
			return fmt.Errorf("%d events of %q in %s", n, file, s.Took.Round(time.Millisecond))
		}
	}
	return nil
}

func outside(_ context.Context, t *trial.Trial) error { return t.Outside }

func repeat(ctx context.Context, t *trial.Trial) error { return fetchAgain(ctx, t, t.Fetched.Dir) }

func resume(ctx context.Context, t *trial.Trial) error {
	if t.Interrupted == "" {
		return trial.Skipf("no fetch was cancelled before its end")
	}
	return fetchAgain(ctx, t, t.Interrupted)
}

// fetchAgain fetches into a folder that is not empty. The vendor must bring all that the release promises.
func fetchAgain(ctx context.Context, t *trial.Trial, dir string) error {
	f := t.FetchInto(dir)
	if err := t.Run(ctx, f); err != nil {
		return err
	}
	if f.Err != nil {
		return f.Err
	}
	if err := requireFiles(f); err != nil {
		return err
	}
	return requireDigests(f)
}

// damaged puts wrong bytes where the vendor may look for its own files.
func damaged(ctx context.Context, t *trial.Trial) error {
	if t.Release.Integrity != catalog.Published {
		return trial.Skipf("no digest is published")
	}
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	for i, promised := range t.Release.Files {
		name := filepath.Join(f.Dir, filepath.FromSlash(t.Fetched.Fetched.Files[i]))
		wrong := []byte(strings.Repeat("?", int(min(max(promised.Size, 1), 1<<20))))
		err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, wrong, 0o644),
			os.WriteFile(name+".part", wrong, 0o644))
		if err != nil {
			return err
		}
	}
	return fetchAgain(ctx, t, f.Dir)
}

// fetchCancel cancels a fetch at its first event, and a fetch that stalls.
func fetchCancel(ctx context.Context, t *trial.Trial) error {
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	interrupted, err := t.CancelFetch(ctx, f)
	if err != nil {
		return err
	}
	if interrupted {
		t.Interrupted = f.Dir
	}
	if t.Stalled != nil && !t.ResolveStall {
		if err := cancelStalled(ctx, t); err != nil {
			return err
		}
	}
	return t.RequireGone()
}

func cancelStalled(ctx context.Context, t *trial.Trial) error {
	resolution, err := t.Resolve(ctx, *t.Stalled)
	if err != nil {
		return fmt.Errorf("resolve the stalled query: %w", err)
	}
	release := newest(resolution.Releases)
	if release == nil {
		return errors.New("nothing is offered for the stalled query")
	}
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	f.Query, f.Release = *t.Stalled, *release
	_, err = t.CancelFetch(ctx, f)
	return err
}

// unknown fetches a release that was never offered, and then checks that the vendor still answers.
func unknown(ctx context.Context, t *trial.Trial) error {
	f, err := t.NewFetch()
	if err != nil {
		return err
	}
	f.Release.Version = catalog.MustVersion("999999.0.0")
	f.Release.Tag, f.Release.Ref = "no-such-tag", "no such reference"
	return t.Use(ctx, t.Folders(f.Dir), func(v provisioner.Vendor) error {
		t.RunWith(ctx, v, f)
		if f.Err == nil {
			return nil
		}
		if err := t.RequireKind("fetch", f.Err); err != nil {
			return err
		}
		if _, err := v.Describe(ctx); err != nil {
			return fmt.Errorf("it failed with %q, and then no longer answers: %w", f.Err, err)
		}
		return nil
	})
}
