package machine

import (
	"os/exec"
	"syscall"
)

// confine keeps a window from opening; the end of cmd's context ends cmd alone, and nvidia-smi starts nothing.
func confine(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }
