package workspace

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// fileSum is the state of one file.
type fileSum struct {
	path   string // slash-separated, below the root
	kind   fileKind
	digest string // of the content, or of the target of a link
}

type fileKind string

const (
	plainFile      fileKind = "file"
	executableFile fileKind = "exec"
	symlink        fileKind = "link"
)

// Fingerprints are the states of a source's files, sorted by path.
type Fingerprints []fileSum

// Revision is one digest of all names, modes and contents. Times do not count.
func (f Fingerprints) Revision() string {
	sum := sha256.New()
	for _, file := range f {
		fmt.Fprintf(sum, "%q %s %s\n", file.path, file.kind, file.digest)
	}
	return catalog.DigestOf(sum).String()
}

// FirstChange returns the path of the first file that differs in now, or "" if none does.
func (f Fingerprints) FirstChange(now Fingerprints) string {
	for i, file := range f {
		if i >= len(now) || now[i].path > file.path {
			return file.path
		}
		if now[i] != file {
			return now[i].path
		}
	}
	if len(now) > len(f) {
		return now[len(f)].path
	}
	return ""
}

// Fingerprint reads files below root, several at once. It skips files that no longer exist, and everything that is
// neither a file nor a symbolic link.
func Fingerprint(ctx context.Context, root string, files []string) (Fingerprints, error) {
	return eachFile(ctx, root, files, func(file string, info fs.FileInfo) (fileSum, error) {
		return sumFile(root, file, info)
	})
}

// eachFile calls do for the files and links, several at once, and returns the results in their order.
func eachFile(ctx context.Context, root string, files []string,
	do func(string, fs.FileInfo) (fileSum, error)) (Fingerprints, error) {
	sums, errs := make(Fingerprints, len(files)), make([]error, len(files))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 2*runtime.GOMAXPROCS(0))
	for i, file := range files {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = failure.Stopped(ctx); errs[i] != nil {
				return
			}
			info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(file)))
			if err == nil && (info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0) {
				sums[i], err = do(file, info)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		if stop := failure.Stopped(ctx); stop != nil {
			return nil, stop
		}
		return nil, failure.Wrap(provisioner.BuildFailed, "read source", err)
	}
	there := sums[:0]
	for _, s := range sums {
		if s.path != "" {
			there = append(there, s)
		}
	}
	return there, nil
}

func sumFile(root, file string, info fs.FileInfo) (fileSum, error) {
	at := filepath.Join(root, filepath.FromSlash(file))
	sum := sha256.New()
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(at)
		io.WriteString(sum, target)
		return newSum(file, symlink, sum), err
	}
	content, err := os.Open(at)
	if err != nil {
		return fileSum{}, err
	}
	defer content.Close()
	_, err = io.Copy(sum, content)
	return newSum(file, kindOf(info), sum), err
}

// kindOf returns whether a file is executable. On Windows no mode says so.
func kindOf(info fs.FileInfo) fileKind {
	if info.Mode()&0o111 != 0 && runtime.GOOS != "windows" {
		return executableFile
	}
	return plainFile
}

func newSum(path string, kind fileKind, sum hash.Hash) fileSum {
	return fileSum{path: path, kind: kind, digest: fmt.Sprintf("%x", sum.Sum(nil))}
}
