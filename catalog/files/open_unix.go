//go:build unix

package files

import "syscall"

// openWithoutWaiting makes opening a named pipe return at once; otherwise it blocks until a writer opens the pipe.
const openWithoutWaiting = syscall.O_NONBLOCK
