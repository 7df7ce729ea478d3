package files

import "golang.org/x/sys/unix"

// Exchange swaps two folders in one step.
func Exchange(a, b string) error {
	return unix.RenameatxNp(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_SWAP)
}
