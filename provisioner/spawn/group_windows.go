package spawn

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
// handle, so also when this process is killed.
type group struct {
	leader *os.Process
	job    windows.Handle
}

// prepare gives cmd a group, which Ctrl-Break can be sent to alone. Files are not inherited here: a lease ends with
// this process, and so does the worker.
func prepare(cmd *exec.Cmd, _ []*os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func newGroup(leader *os.Process) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return group{}, fmt.Errorf("create job object: %w", err)
	}
	g := group{leader, job}
	if err := g.adopt(); err != nil {
		_ = windows.CloseHandle(job)
		return group{}, err
	}
	return g, nil
}

func (g group) adopt() error {
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return fmt.Errorf("limit job object: %w", err)
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	process, err := windows.OpenProcess(access, false, uint32(g.leader.Pid))
	if err != nil {
		return fmt.Errorf("open process %d: %w", g.leader.Pid, err)
	}
	defer func() { _ = windows.CloseHandle(process) }()
	if err := windows.AssignProcessToJobObject(g.job, process); err != nil {
		return fmt.Errorf("assign process %d to job: %w", g.leader.Pid, err)
	}
	return nil
}

// terminate sends Ctrl-Break, which works only where this process has a console.
func (g group) terminate() error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(g.leader.Pid))
}

func (g group) kill() { _ = windows.TerminateJobObject(g.job, 1) }

// awaitEnd has nothing to wait for: what a job held ends with it.
func (g group) awaitEnd(time.Duration) { _ = windows.CloseHandle(g.job) }

// awaitExit waits for the end of a process.
func awaitExit(pid int) error {
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	_, err = windows.WaitForSingleObject(process, windows.INFINITE)
	return err
}

// signalOf is empty: no signal ends a process here.
func signalOf(*os.ProcessState) string { return "" }
