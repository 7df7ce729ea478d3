//go:build unix

package machine

import (
	"os/exec"
	"syscall"
)

// confine makes the end of cmd's context the end of all that cmd started.
func confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
