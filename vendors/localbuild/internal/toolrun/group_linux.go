package toolrun

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The fields of /proc/PID/stat that are read, counted from the one behind the name.
const (
	stateField   = 0
	parentField  = 1
	groupField   = 2
	threadsField = 17
)

// processes lists those of this machine, as far as /proc shows them. A mark of "" marks none.
func processes(mark string) []process {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	var all []process
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := readProcess(pid, mark); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

func readProcess(pid int, mark string) (process, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return process{}, false
	}
	p := process{pid: pid}
	// The name before it, in parentheses, may itself hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= threadsField {
		return process{}, false
	}
	p.parent, _ = strconv.Atoi(fields[parentField])
	p.group, _ = strconv.Atoi(fields[groupField])
	threads, _ := strconv.Atoi(fields[threadsField])
	// A process is a zombie as soon as its first thread has ended; the others may still write.
	p.isDead = fields[stateField] == "X" || fields[stateField] == "Z" && threads <= 1
	if mark != "" {
		environ, _ := os.ReadFile(filepath.Join(dir, "environ")) // another user's can't be read
		p.isMarked = bytes.Contains(append([]byte{0}, environ...), []byte("\x00"+mark+"\x00"))
	}
	return p, true
}
