//go:build unix

package transfer

import (
	"math"

	"golang.org/x/sys/unix"
)

// FreeSpace returns how many bytes this user may still write to the file system of dir.
func FreeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	free := float64(s.Bavail) * float64(s.Bsize) // their types differ by platform
	return int64(min(max(free, 0), math.MaxInt64/2)), nil
}

// outOfSpace returns err, which wraps ENOSPC already if the disk is full.
func outOfSpace(err error) error { return err }
