package intake

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/rbee-keeper/provision/provisioner"
)

// A follower reads what a vendor fetches while it is still arriving, as far as the vendor reports it as settled. A
// wrong report makes no difference to what is installed: the bytes that are read here are those that are hashed and
// written.
type follower struct {
	dir string // that the vendor writes to

	mu      sync.Mutex
	changed *sync.Cond
	growing map[string]growth // by the names of the release's files
	ended   bool
	paths   []string // of all files; known once ended
	err     error    // why nothing more arrives; only once ended
}

// growth is how far one file is.
type growth struct {
	path      string
	settled   int64
	restarted bool // after something had settled
}

// errRestarted reports that bytes which were read already are no longer those of the file.
var errRestarted = errors.New("the file was started again")

func newFollower(dir string, files []provisioner.File) *follower {
	f := &follower{dir: dir, growing: map[string]growth{}}
	for _, file := range files {
		f.growing[file.Name] = growth{}
	}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// report takes what a vendor reports about the release's files.
func (f *follower) report(p provisioner.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g, known := f.growing[p.File]
	if !known || p.Path == "" {
		return
	}
	g.restarted = g.restarted || g.path != "" && (g.path != p.Path || p.Settled < g.settled)
	g.path, g.settled = p.Path, p.Settled
	f.growing[p.File] = g
	f.changed.Broadcast()
}

// end records that the vendor has ended: the files are complete at these paths, or err is why they are not.
func (f *follower) end(paths []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended, f.paths, f.err = true, paths, err
	f.changed.Broadcast()
}

// await waits for the end of the vendor and returns the paths of the files.
func (f *follower) await() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.ended {
		f.changed.Wait()
	}
	return f.paths, f.err
}

// open opens the i-th file of the release by its name: as soon as something of it has settled, or else at the end.
func (f *follower) open(i int, expected provisioner.File) (*followedFile, error) {
	name := expected.Name
	f.mu.Lock()
	for !f.ended && f.growing[name].settled == 0 {
		f.changed.Wait()
	}
	ended, path, err := f.ended, f.growing[name].path, f.err
	f.mu.Unlock()
	if ended && err != nil {
		return nil, err
	}
	if !ended {
		if file, err := openFetched(f.dir, path); err == nil {
			return &followedFile{follower: f, File: expected, index: i, file: file}, nil
		}
		if _, err := f.await(); err != nil { // the file has its final name already, or will have
			return nil, err
		}
	}
	if i >= len(f.paths) {
		return nil, notDelivered(name)
	}
	file, err := openFetched(f.dir, f.paths[i])
	return &followedFile{follower: f, File: expected, index: i, file: file, complete: true, openedComplete: true}, err
}

// followedFile is one file that is read while it grows.
type followedFile struct {
	*follower
	provisioner.File
	index          int
	file           *os.File
	read           int64 // bytes
	complete       bool  // it grows no further
	openedComplete bool  // it was complete when it was opened
	abandoned      bool  // nobody wants more of it
}

// Read implements io.Reader. It waits for bytes that have not settled yet.
func (r *followedFile) Read(p []byte) (int, error) {
	if !r.complete {
		settled, err := r.awaitSettled()
		if err != nil {
			return 0, err
		}
		if !r.complete {
			p = p[:min(int64(len(p)), settled-r.read)]
		}
	}
	n, err := r.file.Read(p)
	r.read += int64(n)
	if errors.Is(err, io.EOF) && !r.complete {
		return n, provisioner.Errorf(provisioner.PluginFault, "%s is shorter than the vendor reported", r.Name)
	}
	return n, err
}

// abandon ends a Read that waits.
func (r *followedFile) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
	r.changed.Broadcast()
}

// awaitSettled waits for bytes after those that were read, and returns how many bytes have settled.
func (r *followedFile) awaitSettled() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		g := r.growing[r.Name]
		switch {
		case r.abandoned:
			return 0, os.ErrClosed
		case g.restarted:
			return 0, errRestarted
		case r.Digest != "" && r.Size > 0 && r.read >= r.Size: // it can be verified without waiting for the other files
			return 0, io.EOF
		case g.settled > r.read:
			return g.settled, nil
		case r.ended && r.err != nil:
			return 0, r.err
		case r.ended:
			r.complete = true
			return 0, r.checkDelivered()
		}
		r.changed.Wait()
	}
}

func notDelivered(name string) error {
	return provisioner.Errorf(provisioner.PluginFault, "the vendor offered %s and did not deliver it", name)
}

// confirm is called if something is wrong with what was read. It waits for the end of the vendor. If the file was read
// while it grew, confirm returns errRestarted to ask for a second reading: what the vendor reported meanwhile does not
// count, and it may have started the file again.
func (r *followedFile) confirm() error {
	if _, err := r.await(); err != nil || r.openedComplete {
		return err
	}
	return errRestarted
}

// checkDelivered returns errRestarted unless the file that was followed is the one that was delivered.
func (r *followedFile) checkDelivered() error {
	if r.index >= len(r.paths) {
		return notDelivered(r.Name)
	}
	final, err := os.Lstat(filepath.Join(r.dir, filepath.FromSlash(r.paths[r.index])))
	if err != nil {
		return notOpened(r.paths[r.index], err)
	}
	have, err := r.file.Stat()
	if err == nil && !os.SameFile(have, final) {
		err = errRestarted
	}
	return err
}
