package githubrelease

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What is kept of the API's answers is bounded: a page of a hundred full releases is about half a megabyte compressed.
const (
	maxKeptFile  = 8 << 20  // bytes of one answer
	maxKeptBytes = 32 << 20 // of all
	maxKeptCount = 64

	asideSuffix = ".aside"
	asideFor    = time.Hour // after which a file that was written aside belongs to a process that was killed
	useNoted    = time.Hour // how exactly the last use is noted
)

// noteUse lets an answer outlive those that nobody asks for.
func noteUse(file string) {
	info, err := os.Stat(file)
	if now := time.Now(); err == nil && now.Sub(info.ModTime()) > useNoted {
		_ = os.Chtimes(file, time.Time{}, now)
	}
}

// prune removes the answers that were used longest ago, as long as there are too many, and what killed processes left.
func prune(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var kept []os.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasSuffix(e.Name(), asideSuffix) && now.Sub(info.ModTime()) < asideFor: // someone is at it
		case strings.HasSuffix(e.Name(), asideSuffix), info.Size() > maxKeptFile:
			_ = os.Remove(filepath.Join(dir, e.Name()))
		default:
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var count, bytes int64
	for _, info := range kept {
		count, bytes = count+1, bytes+info.Size()
		if count > maxKeptCount || bytes > maxKeptBytes {
			_ = os.Remove(filepath.Join(dir, info.Name()))
		}
	}
}
