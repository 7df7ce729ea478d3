//go:build !linux

package plugins

import (
	"os"
	"os/exec"
)

// executeFile does nothing: only Linux starts an open file. Command.Check finds out if another was started.
func executeFile(*exec.Cmd, *os.File) {}

func keepExecutable() {}
