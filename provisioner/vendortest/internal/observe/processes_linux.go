package observe

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SeesProcesses reports whether Processes can find any on this platform.
const SeesProcesses = true

// Processes lists the processes that have a variable, "key=value", in their environment: those that a vendor started,
// whatever process group they moved to. It does not see a process that was started with another environment.
func Processes(variable string) []string {
	var list []string
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		data, err := os.ReadFile(path)
		variables := strings.Split(string(data), "\x00")
		if dir := filepath.Dir(path); err == nil && slices.Contains(variables, variable) && isAlive(dir) {
			command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			command = bytes.TrimSpace(bytes.ReplaceAll(command, []byte{0}, []byte(" ")))
			list = append(list, fmt.Sprintf("process %s (%s)", filepath.Base(dir), command))
		}
	}
	return list
}

// isAlive reports whether the process of a folder in /proc still runs. A zombie (Z) or dead (X) process only waits for
// its parent.
func isAlive(dir string) bool {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}
