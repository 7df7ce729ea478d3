package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
)

func (c *Filesystem[T]) dir() string { return filepath.Join(c.home, c.kind) }

func (c *Filesystem[T]) entryDir(folder string) string { return filepath.Join(c.dir(), folder) }

// lookup maps an ID to a folder's name. It refuses only what can't be the name of an entry, since other programs add
// entries too; what we create is checked with ValidateID.
func (c *Filesystem[T]) lookup(id string) (string, error) {
	folder := c.folderOf(id)
	if !isSafeName(folder) {
		return "", fmt.Errorf("%w %q: it is not the name of a folder", ErrInvalidID, id)
	}
	return folder, nil
}

// isSafeName reports whether name is one element of a path, on every platform, and not hidden.
func isSafeName(name string) bool {
	return filepath.IsLocal(name) && !isHidden(name) && !strings.ContainsAny(name, "/\\\x00")
}

// open opens the catalog's folder, which may be absent, and lists the folders in it by name.
func (c *Filesystem[T]) open() (*os.Root, []string, error) {
	root, entries, err := openReading(c.dir(), (*os.File).ReadDir)
	var folders []string
	for _, e := range entries {
		if e.IsDir() && !isHidden(e.Name()) {
			folders = append(folders, e.Name())
		}
	}
	slices.Sort(folders)
	return root, folders, err
}

// openNames opens the catalog's folder, which may be absent, and lists all names in it, in no order. It is cheaper than
// open, for callers that check themselves whether a name is that of a folder.
func (c *Filesystem[T]) openNames() (*os.Root, []string, error) {
	root, names, err := openReading(c.dir(), (*os.File).Readdirnames)
	return root, slices.DeleteFunc(names, isHidden), err
}

// openReading opens a folder and reads all of it with a method of os.File. It does not read through the root, because
// os.Root examines each file again.
func openReading[E any](dir string, read func(*os.File, int) ([]E, error)) (*os.Root, []E, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	entries, err := read(f, -1)
	if err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(dir)
	return root, entries, err
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// load returns the artifact in a folder, or a *RecordError.
func (c *Filesystem[T]) load(root *os.Root, folder string) (T, error) {
	var artifact T
	err := readStable(root, folder, func() (err error) {
		artifact, err = c.read(root, folder)
		return err
	})
	if err != nil {
		return artifact, &RecordError{Dir: c.entryDir(folder), Err: err}
	}
	return artifact, nil
}

// loadListed is load for a folder that has just been listed. It examines the folder only if reading fails.
func (c *Filesystem[T]) loadListed(root *os.Root, folder string) (T, error) {
	artifact, err := c.read(root, folder)
	if err != nil {
		return c.load(root, folder)
	}
	return artifact, nil
}

// loadAll loads many folders, on all processors: what load returns for each, in their order.
func loadAll[T any](folders []string, load func(folder string) (T, error)) ([]T, []error) {
	loaded, errs := make([]T, len(folders)), make([]error, len(folders))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(folders)/foldersPerLoader+1) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(folders)); i = next.Add(1) - 1 {
				loaded[i], errs[i] = load(folders[i])
			}
		})
	}
	wg.Wait()
	return loaded, errs
}

// foldersPerLoader is the number of folders for which another goroutine is started.
const foldersPerLoader = 32

// maxReadings bounds how often a reader starts again because somebody writes meanwhile.
const maxReadings = 100

// readStable runs read, and again if it missed a file because the folder was replaced meanwhile: a reader that has
// opened the old folder finds it empty. It does so also while another program writes the record: the Rust hive writes
// in place. A link to a folder is refused.
func readStable(root *os.Root, folder string, read func() error) error {
	var err error
	for range maxReadings {
		before, statErr := root.Lstat(folder)
		if statErr != nil {
			return statErr
		}
		if !before.IsDir() {
			return errors.New("it is not a folder")
		}
		if err = read(); isHalf(err) && isBeingWritten(root, filepath.Join(folder, RecordFile)) {
			time.Sleep(writingPause)
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		after, statErr := root.Lstat(folder)
		if statErr != nil || isUntouched(before, after) {
			return err
		}
	}
	return err
}

// A record counts as being written for writingTime after its last change.
const (
	writingTime  = 100 * time.Millisecond
	writingPause = 5 * time.Millisecond
)

// isHalf reports whether a record could not be read because it may be half written.
func isHalf(err error) bool {
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	return isSyntax || errors.Is(err, io.ErrUnexpectedEOF)
}

func isBeingWritten(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err == nil && time.Since(info.ModTime()).Abs() < writingTime
}

// isUntouched reports whether a path held the same folder with the same names at two moments. The time is compared too,
// because a file system soon reuses the number of a folder.
func isUntouched(before, after fs.FileInfo) bool {
	return os.SameFile(before, after) && before.ModTime().Equal(after.ModTime())
}

// read reads the record in a folder. The record's ID decides whose folder it is, and must map to the folder's name.
func (c *Filesystem[T]) read(root *os.Root, folder string) (artifact T, err error) {
	data, err := files.Read(root, filepath.Join(folder, RecordFile), record.MaxSize)
	if err != nil {
		return artifact, err
	}
	if artifact, err = decodeRecord[T](data); err != nil {
		return artifact, err
	}
	if own, err := c.lookup(artifact.ArtifactID()); err != nil || own != folder {
		return artifact, collision(artifact)
	}
	recorded := artifact.ArtifactPath()
	if recorded == "" {
		return artifact, nil
	}
	if path := c.locate(root, folder, recorded); path != recorded {
		return decodeRecordAt[T](data, path)
	}
	return artifact, nil
}

// locate returns where the file of a recorded path is: at that path, or else in the entry's folder under the name in
// provenance.json or under its base name. If there is none it returns the recorded path.
func (c *Filesystem[T]) locate(root *os.Root, folder, recorded string) string {
	if filepath.IsAbs(recorded) {
		if _, err := os.Stat(recorded); err == nil {
			return recorded
		}
	}
	base := recorded[strings.LastIndexAny(recorded, `/\`)+1:] // of a Windows path too
	for _, name := range []string{filepath.FromSlash(executableOf(root, folder)), base} {
		if name == "." || !filepath.IsLocal(name) {
			continue
		}
		if _, err := root.Stat(filepath.Join(folder, name)); err == nil {
			return filepath.Join(c.entryDir(folder), name)
		}
	}
	if base == folder { // a model's path is its folder
		return c.entryDir(folder)
	}
	return recorded
}

// executableOf returns the executable that an entry's provenance names; empty without provenance.
func executableOf(root *os.Root, folder string) string {
	data, err := files.Read(root, filepath.Join(folder, ProvenanceFile), maxProvenanceSize)
	if err != nil {
		return ""
	}
	var p struct {
		Executable string `json:"executable"`
	}
	if json.Unmarshal(data, &p) != nil {
		return ""
	}
	return p.Executable
}
