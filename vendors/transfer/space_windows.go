package transfer

import (
	"errors"
	"fmt"
	"math"
	"syscall"

	"golang.org/x/sys/windows"
)

// FreeSpace returns how many bytes this user may still write to the volume of dir.
func FreeSpace(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(free, math.MaxInt64)), nil
}

// outOfSpace makes the error of a full disk wrap ENOSPC, as it does on other platforms.
func outOfSpace(err error) error {
	if errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) {
		return fmt.Errorf("%w (%w)", syscall.ENOSPC, err)
	}
	return err
}
