//go:build unix

package files

import "syscall"

// openWithoutWaiting has the opening of a pipe return at once, which else waits for somebody to write to it.
const openWithoutWaiting = syscall.O_NONBLOCK
