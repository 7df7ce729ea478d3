package localbuild

import (
	"os/exec"
	"syscall"
)

// leave makes cmd leave the session, and so the process group.
func leave(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
