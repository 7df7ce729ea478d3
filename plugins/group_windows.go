package plugins

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is a job object: a process and all that it started since it was put there. The system kills it with its last
// handle, so also when the host is killed.
type group struct{ job windows.Handle }

// leadGroup keeps the console's Ctrl-C from cmd.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func newGroup(leader *os.Process) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return group{}, fmt.Errorf("create job object: %w", err)
	}
	g := group{job}
	if err := g.adopt(leader); err != nil {
		_ = windows.CloseHandle(job)
		return group{}, err
	}
	return g, nil
}

func (g group) adopt(leader *os.Process) error {
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return fmt.Errorf("limit job object: %w", err)
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	process, err := windows.OpenProcess(access, false, uint32(leader.Pid))
	if err != nil {
		return fmt.Errorf("open process %d: %w", leader.Pid, err)
	}
	defer func() { _ = windows.CloseHandle(process) }()
	if err := windows.AssignProcessToJobObject(g.job, process); err != nil {
		return fmt.Errorf("assign process %d to job: %w", leader.Pid, err)
	}
	return nil
}

// kill kills the group; it is called once.
func (g group) kill() {
	_ = windows.TerminateJobObject(g.job, 1)
	_ = windows.CloseHandle(g.job)
}

// holds is not asked; see peerOfSocket.
func (g group) holds(int) bool { return false }

func hostPIDs() []int { return nil }

// awaitEnd has nothing to wait for: what a job held ends with it.
func (g group) awaitEnd(time.Duration) {}

// endGroup ends this process; the host's job object ends the rest.
func endGroup() { os.Exit(1) }
