package observe

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
)

// Snapshot describes the files below some folders: path to mode, size and time of change.
type Snapshot map[string]string

// maxFiles limits a Snapshot, so that a large working folder does not slow the suite down.
const maxFiles = 20_000

// Files takes a snapshot of the folders. What is at or below the excluded paths is left out.
func Files(folders []string, excluded ...string) Snapshot {
	s := Snapshot{}
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			switch {
			case slices.Contains(excluded, path):
				return filepath.SkipDir
			case err != nil:
				return nil // it was deleted meanwhile
			case len(s) >= maxFiles:
				return filepath.SkipAll
			}
			if info, err := d.Info(); err == nil {
				s[path] = describe(info)
			}
			return nil
		})
	}
	return s
}

func describe(info fs.FileInfo) string {
	if !info.Mode().IsRegular() {
		return info.Mode().String() // a folder's time changes with each file in it
	}
	return fmt.Sprintf("%s %d bytes of %d", info.Mode(), info.Size(), info.ModTime().UnixNano())
}

// Changes returns the paths that were added, changed or deleted between s and now, sorted.
func (s Snapshot) Changes(now Snapshot) []string {
	all := maps.Clone(s)
	maps.Copy(all, now)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(path string) bool { return s[path] == now[path] })
}
