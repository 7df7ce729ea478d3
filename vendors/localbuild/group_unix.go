//go:build unix

package localbuild

import (
	"os"
	"os/exec"
	"syscall"
)

// confine makes the end of cmd's context the end of all that cmd started.
func confine(cmd *exec.Cmd) {
	if syscall.Getpgrp() == os.Getpid() {
		// This process leads its group, as a plugin does: its host kills that group, and what had left it would live on. The
		// go command, asked to stop, waits for the compilers under way and starts no more.
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
