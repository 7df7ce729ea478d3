package vendortest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const seesProcesses = true

// running lists the processes that have a variable in their environment, and so were started by who was given it, whatever group
// they moved to. It does not see one that was started with another environment.
func running(variable string) []string {
	var list []string
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		data, err := os.ReadFile(path)
		if err != nil || !slices.ContainsFunc(bytes.Split(data, []byte{0}), func(v []byte) bool { return string(v) == variable }) {
			continue
		}
		dir := filepath.Dir(path)
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		_, state, _ := strings.Cut(string(stat), ") ")
		if err != nil || strings.HasPrefix(state, "Z") || strings.HasPrefix(state, "X") {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		list = append(list, fmt.Sprintf("process %s (%s)", filepath.Base(dir),
			strings.TrimSpace(string(bytes.ReplaceAll(command, []byte{0}, []byte(" "))))))
	}
	return list
}
