package verify

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
)

// Inspect compares the files of an entry with its provenance, and returns what differs. It
// does not look for leftovers; see Verify. For an entry that another program made, only the executable is checked, at
// every level: more is not recorded. The error is that of ctx, or of the folder.
func Inspect(ctx context.Context, e catalog.Entry, level provisioner.VerifyLevel) ([]Problem, error) {
	if e.Provenance == nil {
		return nonNil(inspectForeign(e.Dir, e.Worker)), nil
	}
	root, err := os.OpenRoot(e.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	i := &inspector{root: root, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	return i.inspect(ctx, e.Provenance, e.Worker.Platform, e.Worker.Arch(), level)
}

// inspector verifies one entry.
type inspector struct {
	root  *os.Root
	slots chan struct{} // one for each file that may be read at a time, shared with other entries
}

// inspect verifies all recorded files, and the format of the executable if the platform is known.
func (i *inspector) inspect(
	ctx context.Context, p *catalog.Provenance, platform catalog.Platform, arch catalog.Arch,
	level provisioner.VerifyLevel,
) ([]Problem, error) {
	found := make([]*Problem, len(p.Files)+1)
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(cap(i.slots))
	for n, f := range p.Files {
		if found[n] = i.checkFile(f); found[n] != nil || level != provisioner.VerifyDigest || f.Link != "" {
			continue
		}
		reading.Go(func() (err error) {
			found[n], err = i.checkContent(ctx, f)
			return err
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	problems := nonNil(found...)
	if platform.Valid() {
		problems = append(problems, nonNil(i.checkExecutable(p, platform, arch, problems))...)
	}
	return problems, nil
}

// nonNil returns the problems that are not nil.
func nonNil(found ...*Problem) []Problem {
	var problems []Problem
	for _, p := range found {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// checkFile compares everything about a file but its content.
func (i *inspector) checkFile(f catalog.InstalledFile) *Problem {
	name := filepath.FromSlash(f.Path)
	if !filepath.IsLocal(name) {
		return problemf(ProblemProvenance, catalog.ProvenanceFile, "names the file %q, which is outside the entry", f.Path)
	}
	info, err := i.root.Lstat(name)
	if err != nil {
		return readProblem(f.Path, err)
	}
	if f.Link != "" {
		if target, err := i.root.Readlink(name); err != nil || filepath.ToSlash(target) != f.Link {
			return problemf(ProblemLink, f.Path, "is not the link that was installed")
		}
		return nil
	}
	switch {
	case !info.Mode().IsRegular():
		return problemf(ProblemType, f.Path, "is not a file")
	case info.Size() != f.Size:
		return problemf(ProblemSize, f.Path, "has %d bytes where %d were installed", info.Size(), f.Size)
	case runtime.GOOS != "windows" && !isModeKept(info.Mode(), fs.FileMode(f.Mode)):
		return problemf(ProblemMode, f.Path, "has mode %s where %s was installed", info.Mode().Perm(), fs.FileMode(f.Mode))
	default:
		return nil
	}
}

// isModeKept reports whether the same users can execute the file as when it was installed, and no others can change it.
// A read-only copy is accepted.
func isModeKept(mode, installed fs.FileMode) bool {
	return mode&0o111 == installed&0o111 && mode&0o022&^installed == 0
}

// readSize is how much of a file is read at a time, in bytes.
const readSize = 1 << 20

// checkContent reads a file and compares its digest. The error is that of ctx.
func (i *inspector) checkContent(ctx context.Context, f catalog.InstalledFile) (*Problem, error) {
	select {
	case i.slots <- struct{}{}:
		defer func() { <-i.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if !f.Digest.Valid() {
		return problemf(ProblemProvenance, f.Path, "has no digest on record"), nil
	}
	file, err := i.root.Open(filepath.FromSlash(f.Path))
	if err != nil {
		return readProblem(f.Path, err), nil
	}
	defer file.Close()
	hash := f.Digest.Hash()
	buf := make([]byte, min(f.Size+1, readSize))
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := file.Read(buf)
		hash.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return readProblem(f.Path, err), nil
		}
	}
	if !f.Digest.Matches(hash) {
		return problemf(ProblemDigest, f.Path, "has a different digest than when it was installed"), nil
	}
	return nil, nil
}

// checkExecutable reads the header of the executable, unless the file has another problem already.
func (i *inspector) checkExecutable(p *catalog.Provenance, platform catalog.Platform, arch catalog.Arch,
	known []Problem) *Problem {
	isListed := slices.ContainsFunc(p.Files, func(f catalog.InstalledFile) bool {
		return f.Path == p.Executable &&
			f.Link == ""
	})
	if !isListed {
		return problemf(ProblemProvenance, catalog.ProvenanceFile, "names the executable %q but does not list that file",
			p.Executable)
	}
	if slices.ContainsFunc(known, func(k Problem) bool { return k.Path == p.Executable && k.Kind != ProblemMode }) {
		return nil
	}
	if err := executable.Check(i.root, filepath.FromSlash(p.Executable), platform, arch); err != nil {
		return problemf(ProblemFormat, p.Executable, "is not a usable executable: %v", err)
	}
	return nil
}

// inspectForeign checks the executable of an entry that another program made, wherever it is.
func inspectForeign(dir string, w catalog.WorkerBinary) *Problem {
	path := w.Path
	if within, err := filepath.Rel(dir, w.Path); err == nil && filepath.IsLocal(within) {
		path = filepath.ToSlash(within)
	}
	info, err := os.Stat(w.Path)
	switch {
	case err != nil:
		return readProblem(path, err)
	case !info.Mode().IsRegular():
		return problemf(ProblemType, path, "is not a file")
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return problemf(ProblemMode, path, "is not executable")
	default:
		return nil
	}
}

// isAbsent reports whether an error says that a file is not there.
func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
