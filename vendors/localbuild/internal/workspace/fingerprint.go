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

// fileSum is what tells one state of a file from another.
type fileSum struct {
	path   string // slash-separated, below the root
	kind   fileKind
	digest string // of the content, or of what a link points to
}

type fileKind string

const (
	plainFile      fileKind = "file"
	executableFile fileKind = "exec"
	symlink        fileKind = "link"
)

// fingerprints are the files of a source, in order.
type Fingerprints []fileSum

// revision is one text for all of them: names, modes and contents. Times do not count.
func (f Fingerprints) Revision() string {
	sum := sha256.New()
	for _, file := range f {
		fmt.Fprintf(sum, "%q %s %s\n", file.path, file.kind, file.digest)
	}
	return catalog.DigestOf(sum).String()
}

// firstChange is the path of a file that is not the same in now; empty if all are.
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

// fingerprint reads files below root, several at once. What is neither file nor link does not count, nor what is gone
// by now.
func Fingerprint(ctx context.Context, root string, files []string) (Fingerprints, error) {
	return eachFile(ctx, root, files, func(file string, info fs.FileInfo) (fileSum, error) {
		return sumFile(root, file, info)
	})
}

// eachFile calls do for the files and links among files, several at once, and returns what it makes of them, in their
// order.
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

// kindOf tells a program from another file; on Windows their modes are the same.
func kindOf(info fs.FileInfo) fileKind {
	if info.Mode()&0o111 != 0 && runtime.GOOS != "windows" {
		return executableFile
	}
	return plainFile
}

func newSum(path string, kind fileKind, sum hash.Hash) fileSum {
	return fileSum{path: path, kind: kind, digest: fmt.Sprintf("%x", sum.Sum(nil))}
}
