package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Start starts cmd under rules; the Report is of what is in force. It is started from a thread of its own, which lasts
// until the channel is closed: that must happen when the process has ended, and not before, since the system kills it
// with the thread, so also when this process is killed. Where rules require what can't be had, nothing is started and
// the error wraps ErrUnavailable.
func Start(cmd *exec.Cmd, rules Rules, until <-chan struct{}) (Report, error) {
	l := &launch{cmd: cmd, report: Available(rules)}
	if err := l.report.require(); err != nil {
		return l.report, err
	}
	if l.limits() {
		rules.Read = readable(cmd, rules)
		set, err := newRuleset(rules, l.report)
		if err != nil {
			l.lose(err)
		} else {
			l.set = set
			defer set.close()
		}
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the limited thread ends with this goroutine
		err := l.start()
		started <- err
		if err == nil {
			<-until
		}
	}()
	err := <-started
	return l.report, err
}

// Available tells what Start can limit a process to on this system.
func Available(rules Rules) Report {
	r := Report{Mode: rules.Mode}
	if r.Mode == "" || r.Mode == Off {
		return r
	}
	r.Privileges, r.Limits = true, true
	abi, err := askKernel()
	if err != nil || abi < abiFiles {
		if err == nil {
			err = errors.New("there is no Landlock")
		}
		r.Missing = []string{err.Error()}
		return r
	}
	r.ABI, r.Scope = abi, abi >= abiScope
	r.Files = abi >= abiRename || !rules.NeedsRename
	if !r.Files {
		r.miss("writing can't be limited for a vendor that moves files between folders, which takes Linux 5.19")
	}
	if abi < abiTruncate {
		r.miss("emptying files can't be limited, which takes Linux 6.2")
	}
	if r.Files {
		r.WritePaths = existing(rules.ExtraWrite)
	}
	r.Reading = r.Files && rules.Read != nil
	if r.Network = abi >= abiNetwork; r.Network {
		r.Ports = rules.Ports
	} else {
		r.miss("TCP ports can't be limited, which takes Linux 6.7")
	}
	return r
}

// existing are the paths that lead to something, and so are granted.
func existing(paths []string) []string {
	var there []string
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil && !slices.Contains(there, path) {
			there = append(there, path)
		}
	}
	return there
}

func (r *Report) miss(what string) {
	r.Missing = append(r.Missing, fmt.Sprintf("%s (Landlock ABI %d)", what, r.ABI))
}

// launch is a process on its way.
type launch struct {
	cmd    *exec.Cmd
	set    *ruleset // nil if there is none
	report Report
}

func (l *launch) limits() bool { return l.report.Files || l.report.Network || l.report.Scope }

// lose notes that nothing is limited by Landlock after all.
func (l *launch) lose(err error) {
	l.report.Files, l.report.Reading, l.report.Network, l.report.Scope = false, false, false, false
	l.report.WritePaths, l.report.Ports = nil, nil
	l.report.Missing = append(l.report.Missing, err.Error())
}

// start limits this thread and starts the process from it.
func (l *launch) start() error {
	if l.report.Privileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			l.report.Privileges = false
			l.lose(fmt.Errorf("set no_new_privs: %w", err))
		} else if l.set != nil {
			if err := l.set.enforce(); err != nil {
				l.lose(err)
			}
		}
	}
	if err := l.report.require(); err != nil {
		return err
	}
	if err := l.cmd.Start(); err != nil {
		return err
	}
	if l.report.Limits {
		l.report.Limits = limit(l.cmd.Process.Pid) == nil
	}
	return nil
}

// limit bounds what a process that has just been started may write. It may not be lowered further down than it is
// already.
func limit(pid int) error {
	for resource, most := range map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: MaxFileSize} {
		var now unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &now); err != nil {
			return err
		}
		lower := unix.Rlimit{Cur: min(now.Cur, most), Max: min(now.Max, most)}
		if err := unix.Prlimit(pid, resource, &lower, nil); err != nil {
			return err
		}
	}
	return nil
}
