package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func (c *Filesystem[T]) dir() string { return filepath.Join(c.home, c.kind) }

func (c *Filesystem[T]) entryDir(folder string) string { return filepath.Join(c.dir(), folder) }

// lookup maps an ID to a folder's name. It refuses only what is no name of an entry, since other programs add entries too;
// what we create is checked with ValidateID.
func (c *Filesystem[T]) lookup(id string) (string, error) {
	folder := c.folderOf(id)
	if !isElement(folder) {
		return "", fmt.Errorf("%w %q: it is not the name of a folder", ErrInvalidID, id)
	}
	return folder, nil
}

// isElement reports whether name is one element of a path, on any platform, and not hidden.
func isElement(name string) bool {
	return filepath.IsLocal(name) && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, "/\\\x00")
}

// open opens the catalog's folder, which may be absent, and lists the folders in it.
func (c *Filesystem[T]) open() (*os.Root, []string, error) {
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(c.dir())
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders = append(folders, e.Name())
		}
	}
	return root, folders, nil
}

// load returns the artifact that a folder holds, or a *RecordError.
func (c *Filesystem[T]) load(root *os.Root, folder string) (T, error) {
	var artifact T
	err := steady(root, folder, func() (err error) {
		artifact, err = c.read(root, folder)
		return err
	})
	if err != nil {
		return artifact, &RecordError{Dir: c.entryDir(folder), Err: err}
	}
	return artifact, nil
}

// maxReplacements bounds how often a reader starts again because an entry was replaced under it.
const maxReplacements = 100

// steady runs read, and again if it missed a file because the folder was replaced meanwhile: a reader that has opened the old
// folder finds it emptied.
func steady(root *os.Root, folder string, read func() error) error {
	var err error
	for range maxReplacements {
		before, statErr := root.Lstat(folder)
		if statErr != nil {
			return statErr
		}
		if !before.IsDir() {
			return errors.New("it is not a folder")
		}
		if err = read(); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		after, statErr := root.Lstat(folder)
		if statErr != nil || isUntouched(before, after) {
			return err
		}
	}
	return err
}

// isUntouched reports whether two looks at a path saw the same folder with the same names in it. Its time counts beside its
// number, which a file system soon gives to another folder.
func isUntouched(before, after fs.FileInfo) bool {
	return os.SameFile(before, after) && before.ModTime().Equal(after.ModTime())
}

// read reads the record in a folder. Whose folder it is, the record's ID decides; the folder's name must follow from it.
func (c *Filesystem[T]) read(root *os.Root, folder string) (artifact T, err error) {
	data, err := readFile(root, filepath.Join(folder, RecordFile), maxRecordSize)
	if err != nil {
		return artifact, err
	}
	fields, err := parseRecord(data)
	if err != nil {
		return artifact, err
	}
	if path := fields.path(); path != "" {
		if err := fields.setPath(c.locate(root, folder, path)); err != nil {
			return artifact, err
		}
	}
	artifact, err = decodeArtifact[T](fields)
	if err != nil {
		return artifact, err
	}
	if own, err := c.lookup(artifact.ArtifactID()); err != nil || own != folder {
		return artifact, collision(artifact)
	}
	return artifact, nil
}

// locate returns where the file of a recorded path is: there, or within the entry's folder by what provenance.json says or
// by its base name. If it is nowhere, that is the recorded path.
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

// executableOf is the executable that an entry's provenance names; empty if there is none.
func executableOf(root *os.Root, folder string) string {
	data, err := readFile(root, filepath.Join(folder, ProvenanceFile), maxProvenanceSize)
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
