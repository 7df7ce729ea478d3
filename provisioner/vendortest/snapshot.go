package vendortest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// snapshot is what is below a folder: what each path is, as text.
type snapshot map[string]string

// maxSeen bounds how much of a folder is looked at, in files.
const maxSeen = 20_000

// snapshotOf looks at a folder, but not below some of its folders.
func snapshotOf(dir string, but ...string) snapshot {
	seen := snapshot{}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case slices.Contains(but, path):
			return filepath.SkipDir
		case err != nil:
			return nil
		case len(seen) >= maxSeen:
			return filepath.SkipAll
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		seen[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			seen[path] += fmt.Sprintf(" %d bytes of %d", info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return seen
}

// changes are the paths that are not in now as they were.
func (s snapshot) changes(now snapshot) []string {
	var paths []string
	for path, what := range now {
		if s[path] != what {
			paths = append(paths, path)
		}
	}
	for path := range s {
		if _, ok := now[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// watch is what was outside of a vendor's folders before it was asked.
type watch struct {
	but    []string
	before map[string]snapshot // by folder
}

// watchOutside looks at what is beside the folders of a fetch, and at the working folder.
func (s *session) watchOutside(dir string) watch {
	w := watch{but: []string{dir, s.folder(cacheFolder), s.folder(tempFolder)}, before: map[string]snapshot{}}
	folders := []string{s.root}
	if wd, err := os.Getwd(); err == nil && !s.isProcess() && !strings.HasPrefix(s.root, wd+string(filepath.Separator)) {
		folders = append(folders, wd)
	}
	for _, folder := range folders {
		w.before[folder] = snapshotOf(folder, w.but...)
	}
	return w
}

// noteOutside remembers what changed outside of a vendor's folders meanwhile.
func (s *session) noteOutside(w watch) {
	for folder, before := range w.before {
		if changed := before.changes(snapshotOf(folder, w.but...)); len(changed) > 0 && s.outside == nil {
			s.outside = failf("it changed %s", strings.Join(changed, ", "))
		}
	}
}

func checkOutside(_ context.Context, s *session) error {
	if err := s.needFetch(); err != nil {
		return err
	}
	return s.outside
}
