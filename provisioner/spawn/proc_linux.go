package spawn

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// The fields of /proc/PID/stat that are read, counted from the one behind the name.
const (
	stateField     = 0
	groupField     = 2
	startTimeField = 19 // in ticks since the machine was started
)

// processes lists the processes that run now.
func processes() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat returns a field of a process's stat; empty if there is no such process.
func stat(pid, field int) string {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:]) // the name before may hold anything
	if field >= len(fields) {
		return ""
	}
	return string(fields[field])
}

func startTime(pid int) (ticks uint64, ok bool) {
	ticks, err := strconv.ParseUint(stat(pid, startTimeField), 10, 64)
	return ticks, err == nil
}

// lives reports whether a process group has a member that is no zombie: in a container, often nobody waits for orphans.
func lives(group int) bool {
	for _, pid := range processes() {
		state := stat(pid, stateField)
		if stat(pid, groupField) == strconv.Itoa(group) && state != "Z" && state != "X" {
			return true
		}
	}
	return false
}
