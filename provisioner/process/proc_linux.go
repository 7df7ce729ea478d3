package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The fields of /proc/PID/stat that are read, counted from the one behind the name.
const (
	stateField     = 0
	groupField     = 2
	threadsField   = 17
	startTimeField = 19 // in ticks since the machine was started
)

// List returns the numbers of the processes that run now.
func List() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat returns the fields of a process's stat; nil if there is no such process.
func stat(pid int) []string {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:])) // the name before may hold anything
	if len(fields) <= startTimeField {
		return nil
	}
	return fields
}

// StartTime returns when a process was started, in clock ticks since the machine was (proc_pid_stat(5)).
func StartTime(pid int) (ticks uint64, ok bool) {
	fields := stat(pid)
	if fields == nil {
		return 0, false
	}
	ticks, err := strconv.ParseUint(fields[startTimeField], 10, 64)
	return ticks, err == nil
}

// isAlive reports whether a process group has a member that is not dead.
func isAlive(group int) bool {
	for _, pid := range List() {
		if fields := stat(pid); fields != nil && fields[groupField] == strconv.Itoa(group) && !isDead(fields) {
			return true
		}
	}
	return false
}

// isDead reports whether nothing of a process runs. In a container often nobody reaps orphans, so that zombies remain.
// A process is a zombie as soon as its first thread has ended; while other threads run, its files are open.
func isDead(fields []string) bool {
	threads, err := strconv.Atoi(fields[threadsField])
	return fields[stateField] == "X" || fields[stateField] == "Z" && (err != nil || threads <= 1)
}
