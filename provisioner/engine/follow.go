package engine

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/rbee-keeper/provision/provisioner"
)

// A follower reads what a vendor brings while it is still on its way, as far as the vendor says that it is settled. What it says
// wrongly makes no difference to what is installed: the bytes that are read here are those that are hashed and written.
type follower struct {
	dir string // that the vendor writes to

	mu      sync.Mutex
	changed *sync.Cond
	growing map[string]growth // by the names of the release's files
	ended   bool
	brought []string // paths of all files; known once ended
	err     error    // why there is nothing more to come; only once ended
}

// growth is how far one file is.
type growth struct {
	path    string
	settled int64
	anew    bool // it was begun anew after something had settled
}

// errBegunAnew tells that bytes which were read already are not the file's any more.
var errBegunAnew = errors.New("the file was begun anew")

func newFollower(dir string, files []provisioner.File) *follower {
	f := &follower{dir: dir, growing: map[string]growth{}}
	for _, file := range files {
		f.growing[file.Name] = growth{}
	}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// note takes what a vendor reports of the release's files.
func (f *follower) note(p provisioner.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g, known := f.growing[p.File]
	if !known || p.Path == "" {
		return
	}
	g.anew = g.anew || g.path != "" && (g.path != p.Path || p.Settled < g.settled)
	g.path, g.settled = p.Path, p.Settled
	f.growing[p.File] = g
	f.changed.Broadcast()
}

// end tells that the vendor is gone: what it brought is there and grows no further, or err is why it isn't.
func (f *follower) end(brought []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended, f.brought, f.err = true, brought, err
	f.changed.Broadcast()
}

// await waits until nothing more is to come.
func (f *follower) await() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.ended {
		f.changed.Wait()
	}
	return f.brought, f.err
}

// open opens the i-th file that is brought, by its name in the release: as soon as something of it has settled, or else at the end.
func (f *follower) open(i int, promised provisioner.File) (*followed, error) {
	name := promised.Name
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
		if file, err := openBrought(f.dir, path); err == nil {
			return &followed{follower: f, File: promised, index: i, file: file}, nil
		}
		if _, err := f.await(); err != nil { // it has its final name already, or will have
			return nil, err
		}
	}
	if i >= len(f.brought) {
		return nil, notBrought(name)
	}
	file, err := openBrought(f.dir, f.brought[i])
	return &followed{follower: f, File: promised, index: i, file: file, whole: true, opened: true}, err
}

// followed is one file that is read while it grows.
type followed struct {
	*follower
	provisioner.File
	index  int
	file   *os.File
	read   int64
	whole  bool // it grows no further
	opened bool // it was whole when it was opened

	abandoned bool // nobody wants more of it
}

// Read implements io.Reader. It waits for what has not settled yet.
func (r *followed) Read(p []byte) (int, error) {
	if !r.whole {
		settled, err := r.settled()
		if err != nil {
			return 0, err
		}
		if !r.whole {
			p = p[:min(int64(len(p)), settled-r.read)]
		}
	}
	n, err := r.file.Read(p)
	r.read += int64(n)
	if errors.Is(err, io.EOF) && !r.whole {
		return n, provisioner.Errorf(provisioner.PluginFault, "%s is shorter than the vendor said", r.Name)
	}
	return n, err
}

// abandon ends a Read that waits.
func (r *followed) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
	r.changed.Broadcast()
}

// settled waits for bytes behind those that were read.
func (r *followed) settled() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		g := r.growing[r.Name]
		switch {
		case r.abandoned:
			return 0, os.ErrClosed
		case g.anew:
			return 0, errBegunAnew
		case r.Digest != "" && r.Size > 0 && r.read >= r.Size: // it can be checked without waiting for the other files
			return 0, io.EOF
		case g.settled > r.read:
			return g.settled, nil
		case r.ended && r.err != nil:
			return 0, r.err
		case r.ended:
			r.whole = true
			return 0, r.isBrought()
		}
		r.changed.Wait()
	}
}

func notBrought(name string) error {
	return provisioner.Errorf(provisioner.PluginFault, "%s was promised, and not brought", name)
}

// confirm is called where something is wrong with what was read. It waits for the end, and asks with errBegunAnew for another look if
// the file was read while it grew: what was said of it meanwhile counts for nothing, and a vendor may begin anew.
func (r *followed) confirm() error {
	if _, err := r.await(); err != nil || r.opened {
		return err
	}
	return errBegunAnew
}

// isBrought returns errBegunAnew unless the file that was followed is the one that was brought in the end.
func (r *followed) isBrought() error {
	if r.index >= len(r.brought) {
		return notBrought(r.Name)
	}
	final, err := os.Lstat(filepath.Join(r.dir, filepath.FromSlash(r.brought[r.index])))
	if err != nil {
		return notOpened(r.brought[r.index], err)
	}
	have, err := r.file.Stat()
	if err == nil && !os.SameFile(have, final) {
		err = errBegunAnew
	}
	return err
}
