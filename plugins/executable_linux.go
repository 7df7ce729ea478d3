package plugins

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// firstDescriptor is the first that a process inherits beside the standard streams.
const firstDescriptor = 3

// executeFile makes cmd start the file that f has open, whatever stands at its path by then. The process inherits f,
// since the interpreter of a script opens it by the same name.
func executeFile(cmd *exec.Cmd, f *os.File) {
	cmd.Path = fmt.Sprintf("/proc/self/fd/%d", firstDescriptor+len(cmd.ExtraFiles))
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
}

// keepExecutable hides from what this process starts the descriptor that executeFile had it inherit.
func keepExecutable() { syscall.CloseOnExec(firstDescriptor) }
