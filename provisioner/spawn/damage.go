package spawn

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// check returns a *DamagedError unless the executable has the recorded size, mode and format. Of an entry that another program
// made too little is recorded: its executable must be there.
func (e *entry) check() error {
	if e.provenance == nil {
		return e.checkForeign()
	}
	root, err := os.OpenRoot(e.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range e.provenance.Files {
		if f.Path != e.provenance.Executable {
			continue
		}
		if err := e.checkFile(root, f); err != nil {
			return err
		}
		break
	}
	err = provisioner.CheckExecutable(root, e.provenance.Executable, e.worker.Platform, e.worker.Arch())
	if err != nil {
		return e.damaged(e.provenance.Executable, fmt.Sprintf("is no executable: %v", err))
	}
	return nil
}

func (e *entry) checkForeign() error {
	info, err := os.Stat(e.worker.Path)
	switch {
	case err != nil:
		return &DamagedError{e.worker.ID, e.worker.Path, reasonOf(err)}
	case !info.Mode().IsRegular():
		return &DamagedError{e.worker.ID, e.worker.Path, "is not a file"}
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return &DamagedError{e.worker.ID, e.worker.Path, "is not executable"}
	default:
		return nil
	}
}

// checkFile compares what can be seen of a file from outside.
func (e *entry) checkFile(root *os.Root, f catalog.InstalledFile) error {
	name := filepath.FromSlash(f.Path)
	info, err := root.Lstat(name)
	if err != nil {
		return e.damaged(f.Path, reasonOf(err))
	}
	if f.Link != "" {
		if target, err := root.Readlink(name); err != nil || filepath.ToSlash(target) != f.Link {
			return e.damaged(f.Path, "is not the link that was installed")
		}
		return nil
	}
	switch {
	case !info.Mode().IsRegular():
		return e.damaged(f.Path, "is not a file")
	case info.Size() != f.Size:
		return e.damaged(f.Path, fmt.Sprintf("has %d bytes where %d were installed", info.Size(), f.Size))
	case runtime.GOOS != "windows" && !isModeKept(info.Mode(), fs.FileMode(f.Mode)):
		return e.damaged(f.Path, fmt.Sprintf("has mode %s where %s was installed", info.Mode().Perm(), fs.FileMode(f.Mode)))
	default:
		return nil
	}
}

// isModeKept reports whether a file can be executed by those who could, and changed by nobody else. A copy that was made
// read-only is as good as the original.
func isModeKept(mode, installed fs.FileMode) bool {
	return mode&0o111 == installed&0o111 && mode&0o022&^installed == 0
}

// verify reads every file of the entry and returns a *DamagedError unless it has the recorded digest.
func (e *entry) verify(ctx context.Context) error {
	if e.provenance == nil {
		return provisioner.Errorf(provisioner.Unverified, "entry %q can't be verified: another program made it", e.worker.ID)
	}
	root, err := os.OpenRoot(e.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range e.provenance.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.checkFile(root, f); err != nil {
			return err
		}
		if err := e.checkContent(root, f); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) checkContent(root *os.Root, f catalog.InstalledFile) error {
	if f.Link != "" {
		return nil
	}
	if !f.Digest.Valid() {
		return e.damaged(f.Path, "has no digest on record")
	}
	file, err := root.Open(filepath.FromSlash(f.Path))
	if err != nil {
		return e.damaged(f.Path, reasonOf(err))
	}
	defer file.Close()
	hash := f.Digest.Hash()
	if _, err := io.Copy(hash, io.LimitReader(file, f.Size+1)); err != nil {
		return e.damaged(f.Path, reasonOf(err))
	}
	if !f.Digest.Matches(hash) {
		return e.damaged(f.Path, "has another digest than what was installed")
	}
	return nil
}

func (e *entry) damaged(path, reason string) error {
	return &DamagedError{e.worker.ID, filepath.Join(e.dir, filepath.FromSlash(path)), reason}
}

// reasonOf says what an error is, without the path that it names.
func reasonOf(err error) string {
	if path, ok := err.(*fs.PathError); ok {
		err = path.Err
	}
	return "can't be read: " + err.Error()
}
