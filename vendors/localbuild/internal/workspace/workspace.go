package workspace

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

const (
	Folder = "builds" // holds all workspaces; it is in the vendor's cache
	// maxWorkspaces is how many bytes all workspaces may hold together.
	maxWorkspaces = 10 << 30
	lockPoll      = 50 * time.Millisecond
)

// Workspace is a folder with the source and the objects of one project, kept so that the next build compiles only what
// changed. It is locked from Open to Close.
type Workspace struct {
	Dir  string
	lock *flock.Flock
}

// Open makes or locks the workspace with this key below cacheDir. If another build holds it, Open calls onWait once and
// waits. Its error is of kind Cancelled if ctx is done.
func Open(ctx context.Context, cacheDir, key string, onWait func()) (*Workspace, error) {
	w := &Workspace{Dir: filepath.Join(cacheDir, Folder, key)}
	if err := os.MkdirAll(filepath.Dir(w.Dir), 0o700); err != nil {
		return nil, failure.Wrap(provisioner.Other, "make build folder", err)
	}
	w.lock = flock.New(w.Dir + ".lock")
	held, err := w.lock.TryLock()
	if err == nil && !held {
		onWait()
		_, err = w.lock.TryLockContext(ctx, lockPoll)
	}
	if stop := failure.Stopped(ctx); stop != nil {
		_ = w.lock.Close()
		return nil, stop
	}
	if err == nil {
		err = os.MkdirAll(w.Dir, 0o700)
	}
	if err != nil {
		_ = w.lock.Close()
		return nil, failure.Wrap(provisioner.Other, "lock build folder", err)
	}
	return w, nil
}

// Close unlocks the workspace. With keep false it is removed; else the least recently used ones may be, to make room.
func (w *Workspace) Close(keep bool) {
	defer w.lock.Close()
	if !keep {
		_ = os.RemoveAll(w.Dir)
		return
	}
	// The time of this file is that of the last use.
	_ = os.WriteFile(w.sizeFile(), []byte(strconv.FormatInt(folderSize(w.Dir), 10)), 0o600)
	removeLeastUsed(filepath.Dir(w.Dir), filepath.Base(w.Dir), maxWorkspaces)
}

func (w *Workspace) sizeFile() string { return w.Dir + ".size" }

// idleWorkspace is a workspace as other builds see it.
type idleWorkspace struct {
	name string
	size int64 // bytes
	used time.Time
}

// removeLeastUsed removes the least recently used workspaces in dir until they hold at most limit bytes. It skips the
// one named keep, and locked ones.
func removeLeastUsed(dir, keep string, limit int64) {
	entries, _ := os.ReadDir(dir)
	var all []idleWorkspace
	var total int64
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		w := newIdle(filepath.Join(dir, entry.Name()))
		all, total = append(all, w), total+w.size
	}
	slices.SortFunc(all, func(a, b idleWorkspace) int {
		return cmp.Or(a.used.Compare(b.used),
			strings.Compare(a.name, b.name))
	})
	for _, w := range all {
		if total <= limit {
			return
		}
		if w.name != keep && removeIfIdle(filepath.Join(dir, w.name)) {
			total -= w.size
		}
	}
}

// newIdle reads the size of a workspace after its last build. If that build was killed, it measures the size.
func newIdle(dir string) idleWorkspace {
	w := idleWorkspace{name: filepath.Base(dir)}
	info, err := os.Stat(dir + ".size")
	if err == nil {
		w.used = info.ModTime()
		text, _ := os.ReadFile(dir + ".size")
		w.size, err = strconv.ParseInt(string(text), 10, 64)
	}
	if err != nil {
		w.size = folderSize(dir)
	}
	return w
}

// removeIfIdle removes a workspace that is not locked. Its lock file stays, because another process may be about to
// lock it.
func removeIfIdle(dir string) bool {
	lock := flock.New(dir + ".lock")
	defer lock.Close()
	if held, err := lock.TryLock(); err != nil || !held {
		return false
	}
	_ = os.Remove(dir + ".size")
	return os.RemoveAll(dir) == nil
}

// folderSize is how many bytes the files below dir hold.
func folderSize(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}
