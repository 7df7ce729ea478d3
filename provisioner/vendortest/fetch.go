package vendortest

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
)

// fetch is one Fetch and what was seen of it.
type fetch struct {
	release provisioner.Release
	dir     string
	fetched provisioner.Fetched
	err     error
	took    time.Duration
	log     *progressLog
}

// newDir makes a folder for a fetch, as the host does: nothing but the vendor's files is in it.
func (s *session) newDir() (string, error) {
	s.fetches++
	dir := filepath.Join(s.folder(stageFolder), fmt.Sprint(s.fetches), "fetch")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(filepath.Dir(dir), besideFile), []byte("keep this"), 0o600)
}

// fetchInto has the vendor fetch a release, in a process of this operation's alone.
func (s *session) fetchInto(ctx context.Context, dir string, release provisioner.Release) (*fetch, error) {
	f := &fetch{release: release, dir: dir, log: newProgressLog(dir)}
	watch := s.watchOutside(dir)
	err := s.use(ctx, s.folders(dir), func(v provisioner.Vendor) error {
		f.run(ctx, s, v, s.Query)
		return nil
	})
	s.noteOutside(watch)
	return f, err
}

// run makes the call.
func (f *fetch) run(ctx context.Context, s *session, v provisioner.Vendor, q provisioner.Query) {
	began := time.Now()
	defer func() { f.took = time.Since(began) }()
	f.err = s.bounded(ctx, func(ctx context.Context) (err error) {
		f.fetched, err = v.Fetch(ctx, provisioner.FetchRequest{
			Query: s.query(q), Release: f.release, Dir: f.dir, OnProgress: f.log.note,
		})
		return err
	})
	f.log.end()
}

// whole returns an error unless f brought all that its release promised.
func (f *fetch) whole() error {
	if f.err != nil {
		return failf("%v", f.err)
	}
	if err := f.checkFiles(); err != nil {
		return err
	}
	return f.checkDigests()
}

func checkFetch(ctx context.Context, s *session) error {
	if err := s.needRelease(); err != nil {
		return err
	}
	dir, err := s.newDir()
	if err != nil {
		return err
	}
	f, err := s.fetchInto(ctx, dir, *s.release)
	if err != nil {
		return err
	}
	if f.err != nil {
		if wrong := s.requireKind("fetch", f.err); wrong != nil {
			return wrong
		}
		return hinted(failf("%v", f.err), provisioner.HintOf(f.err))
	}
	s.fetched = f
	return nil
}

func checkFiles(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	return s.fetched.checkFiles()
}

func (f *fetch) checkFiles() error {
	files, promised := f.fetched.Files, f.release.Files
	if len(files) == 0 || len(files) < len(promised) {
		return failf("it promised %d files and brought %q", len(promised), files)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range files {
		if !isBelow(name) {
			return failf("%q is not a path below the folder", name)
		}
		info, err := root.Lstat(filepath.FromSlash(name))
		if err != nil {
			return failf("it brought no %q: %v", name, err)
		}
		if !info.Mode().IsRegular() {
			return failf("%q is not a regular file", name)
		}
	}
	return nil
}

func checkDigests(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	return s.fetched.checkDigests()
}

func (f *fetch) checkDigests() error {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for i, promised := range f.release.Files {
		if i >= len(f.fetched.Files) {
			return nil // told by checkFiles
		}
		name := f.fetched.Files[i]
		if err := compare(root, filepath.FromSlash(name), promised); err != nil {
			return failf("%s: %v", name, err)
		}
	}
	return nil
}

// compare holds a file against what was promised.
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
		return fmt.Errorf("%d bytes were promised, and %d brought", promised.Size, size)
	case promised.Digest != "" && !promised.Digest.Matches(h):
		return fmt.Errorf("%s was promised, and %s:%x brought", promised.Digest, algorithm.Algorithm(), h.Sum(nil))
	default:
		return nil
	}
}

// noDigest stands for the algorithm that is used where none is named.
var noDigest = catalog.Digest("sha256:" + strings.Repeat("0", 64))

func checkDetails(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	for key, value := range s.fetched.fetched.Details {
		if u, err := url.Parse(value); err == nil && u.Host != "" && (u.User != nil || u.RawQuery != "") {
			return failf("the detail %s is an address with a user or a query", key)
		}
	}
	return nil
}

func checkRepeat(ctx context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	f, err := s.fetchInto(ctx, s.fetched.dir, *s.release)
	if err != nil {
		return err
	}
	return f.whole()
}

func checkResume(ctx context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	if s.halved == "" {
		return skipf("no fetch was cancelled on its way")
	}
	f, err := s.fetchInto(ctx, s.halved, *s.release)
	if err != nil {
		return err
	}
	return f.whole()
}

// checkDamaged puts wrong bytes where the vendor may look for its own.
func checkDamaged(ctx context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	if s.release.Integrity != catalog.Published {
		return skipf("no digest is published")
	}
	dir, err := s.newDir()
	if err != nil {
		return err
	}
	for i, promised := range s.release.Files {
		name := filepath.Join(dir, filepath.FromSlash(s.fetched.fetched.Files[i]))
		damaged := []byte(strings.Repeat("?", int(min(max(promised.Size, 1), 1<<20))))
		err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, damaged, 0o644),
			os.WriteFile(name+".part", damaged, 0o644))
		if err != nil {
			return err
		}
	}
	f, err := s.fetchInto(ctx, dir, *s.release)
	if err != nil {
		return err
	}
	return f.whole()
}

// checkUnknown asks for what was never offered, and then whether the vendor still answers.
func checkUnknown(ctx context.Context, s *session) error {
	if err := s.needRelease(); err != nil {
		return err
	}
	dir, err := s.newDir()
	if err != nil {
		return err
	}
	release := *s.release
	release.Version, release.Tag, release.Ref = catalog.MustVersion("999999.0.0"), "no-such-tag", "no such reference"
	f := &fetch{release: release, dir: dir, log: newProgressLog(dir)}
	return s.use(ctx, s.folders(dir), func(v provisioner.Vendor) error {
		f.run(ctx, s, v, s.Query)
		if f.err == nil {
			return nil
		}
		if err := s.requireKind("fetch", f.err); err != nil {
			return err
		}
		if _, err := v.Describe(ctx); err != nil {
			return failf("it failed with %q, and then does not answer any more: %v", f.err, err)
		}
		return nil
	})
}
