package plugins

import (
	"os"

	"golang.org/x/sys/unix"
)

// The system kills a vendor whose host was killed. Serve sees to that itself, at the end of stdin, and takes the time to kill what
// the vendor started and to clear up. The request is the main thread's, on which nothing but an init surely runs.
func init() {
	if os.Getenv(MagicCookieKey) == MagicCookieValue {
		_ = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
	}
}
