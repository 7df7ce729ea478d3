package transfer

import (
	"fmt"
	"syscall"

	"github.com/rbee-keeper/provision/provisioner"
)

// checkSpace returns an error if the disk cannot hold need more bytes. It returns nil if the free space is unknown.
func checkSpace(req Request, need int64) error {
	free, err := FreeSpace(req.Dir)
	if err != nil || need <= free {
		return nil
	}
	return provisioner.Errorf(provisioner.Other, "write %s: %s are needed in %s, %s are free: %w", req.Name,
		inMegabytes(need), req.Dir, inMegabytes(free), syscall.ENOSPC).
		WithHint("free some space, then run again: the download resumes")
}

func inMegabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
