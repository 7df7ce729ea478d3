package localbuild

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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
	var state string
	// The name before it, in parentheses, may itself hold anything.
	rest := stat[bytes.LastIndexByte(stat, ')')+1:]
	if _, err := fmt.Sscan(string(rest), &state, &p.parent, &p.group); err != nil {
		return process{}, false
	}
	p.isDead = state == "Z" || state == "X"
	if mark != "" {
		environ, _ := os.ReadFile(filepath.Join(dir, "environ")) // another user's can't be read
		p.isMarked = bytes.Contains(append([]byte{0}, environ...), []byte("\x00"+mark+"\x00"))
	}
	return p, true
}
