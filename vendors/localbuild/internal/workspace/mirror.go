package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// copiedFile is the entry of a manifest for one file: the source's digest, and the size and time of the copy, which
// show whether the copy was modified.
type copiedFile struct {
	Kind     fileKind  `json:"kind"`
	Digest   string    `json:"digest"`
	Size     int64     `json:"size"` // bytes
	Modified time.Time `json:"modified"`
}

// mirroring is one run of Mirror.
type mirroring struct {
	from, to string
	mu       sync.Mutex
	manifest map[string]copiedFile
}

// manifestName is appended to the path of the copy.
const manifestName = ".manifest.json"

// Mirror makes the folder to a copy of files below from, and keeps what builds added to an earlier copy. Only changed
// files are written, and get the current time, so that make notices them. It returns the fingerprints of the copy.
func Mirror(ctx context.Context, from string, files []string, to string) (Fingerprints, error) {
	m := &mirroring{from: from, to: to, manifest: map[string]copiedFile{}}
	if err := m.open(); err != nil {
		return nil, failure.Wrap(provisioner.Other, "copy source", err)
	}
	m.removeOthers(files)
	sums, err := eachFile(ctx, from, files, m.copyIfChanged)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(m.manifest)
	if err == nil {
		err = os.WriteFile(to+manifestName, data, 0o600)
	}
	if err != nil {
		return nil, failure.Wrap(provisioner.Other, "copy source", err)
	}
	return sums, nil
}

// open reads the manifest and removes it until the copy is complete. A copy without a manifest was interrupted, and is
// made again from scratch.
func (m *mirroring) open() error {
	data, err := os.ReadFile(m.to + manifestName)
	if err != nil || json.Unmarshal(data, &m.manifest) != nil {
		m.manifest = map[string]copiedFile{}
		if err := os.RemoveAll(m.to); err != nil {
			return err
		}
	}
	if err := os.Remove(m.to + manifestName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.MkdirAll(m.to, 0o755)
}

// removeOthers removes copied files that are no longer in the source.
func (m *mirroring) removeOthers(files []string) {
	there := make(map[string]bool, len(files))
	for _, file := range files {
		there[file] = true
	}
	for file := range m.manifest {
		if !there[file] && filepath.IsLocal(filepath.FromSlash(file)) {
			_ = os.Remove(m.path(file))
			delete(m.manifest, file)
		}
	}
}

func (m *mirroring) path(file string) string { return filepath.Join(m.to, filepath.FromSlash(file)) }

// copyIfChanged copies one file, unless the copy is current.
func (m *mirroring) copyIfChanged(file string, info fs.FileInfo) (fileSum, error) {
	sum, err := sumFile(m.from, file, info)
	if err != nil || m.has(sum) {
		return sum, err
	}
	at := m.path(file)
	if err := m.makeRoom(file); err != nil {
		return fileSum{}, err
	}
	if sum.kind == symlink {
		err = m.relink(file)
	} else {
		sum, err = m.copy(sum, at)
	}
	if err != nil {
		return fileSum{}, err
	}
	written, err := os.Lstat(at)
	if err != nil {
		return fileSum{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.manifest[file] = copiedFile{Kind: sum.kind, Digest: sum.digest, Size: written.Size(), Modified: written.ModTime()}
	return sum, nil
}

func (m *mirroring) relink(file string) error {
	target, err := os.Readlink(filepath.Join(m.from, filepath.FromSlash(file)))
	if err != nil {
		return err
	}
	return os.Symlink(target, m.path(file))
}

// has reports whether the copy has this state of a file. Links are always written again.
func (m *mirroring) has(sum fileSum) bool {
	m.mu.Lock()
	known, ok := m.manifest[sum.path]
	m.mu.Unlock()
	info, err := os.Lstat(m.path(sum.path))
	return ok && err == nil && known.Kind == sum.kind && known.Digest == sum.digest &&
		info.Mode().IsRegular() && info.Size() == known.Size && info.ModTime().Equal(known.Modified)
}

// makeRoom removes anything at the path of a file, and makes its folder.
func (m *mirroring) makeRoom(file string) error {
	m.mu.Lock() // a folder may have to go for another file's
	defer m.mu.Unlock()
	if err := os.RemoveAll(m.path(file)); err != nil {
		return err
	}
	dir := filepath.Dir(m.path(file))
	if os.MkdirAll(dir, 0o755) == nil {
		return nil
	}
	for at := dir; at != m.to && len(at) > len(m.to); at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err == nil && !info.IsDir() {
			if err := os.Remove(at); err != nil {
				return err
			}
		}
	}
	return os.MkdirAll(dir, 0o755)
}

// copy writes a file and returns the fingerprint of the bytes that were written.
func (m *mirroring) copy(sum fileSum, to string) (fileSum, error) {
	src, err := os.Open(filepath.Join(m.from, filepath.FromSlash(sum.path)))
	if err != nil {
		return fileSum{}, err
	}
	defer src.Close()
	mode := fs.FileMode(0o644)
	if sum.kind == executableFile {
		mode = 0o755
	}
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fileSum{}, err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, hash), src)
	return newSum(sum.path, sum.kind, hash), errors.Join(err, dst.Close())
}
