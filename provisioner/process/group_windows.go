package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Group is a job object: a process and everything that it started since it was put there. The system kills all of it
// when the last handle is closed, so also when this process is killed.
type Group struct {
	leader *os.Process
	job    windows.Handle
}

// Lead gives cmd, which is not started yet, a console group of its own: Ctrl-C does not reach it, and Ctrl-Break can be
// sent to it alone.
func Lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// NewGroup puts a started process into a new job object.
func NewGroup(leader *os.Process) (Group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return Group{}, fmt.Errorf("create job object: %w", err)
	}
	g := Group{leader, job}
	if err := g.adopt(); err != nil {
		_ = windows.CloseHandle(job)
		return Group{}, err
	}
	return g, nil
}

func (g Group) adopt() error {
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

// Terminate sends Ctrl-Break, which works only where this process has a console.
func (g Group) Terminate() error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(g.leader.Pid))
}

// Kill kills the group. It must not be called after AwaitEnd.
func (g Group) Kill() { _ = windows.TerminateJobObject(g.job, 1) }

// AwaitEnd releases the job object. It does not wait: what a job contains ends with it.
func (g Group) AwaitEnd(time.Duration) { _ = windows.CloseHandle(g.job) }

// AwaitExit waits for the end of a process.
func AwaitExit(pid int) error {
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }()
	_, err = windows.WaitForSingleObject(process, windows.INFINITE)
	return err
}

// Signal returns an empty string: no signal ends a process on Windows.
func Signal(*os.ProcessState) string { return "" }

// Contains returns false: it is not known here.
func (g Group) Contains(int) bool { return false }

// Confine keeps a window from opening. The end of cmd's context ends cmd alone.
func Confine(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }

// ExitGroup ends the calling process with exit code 1. The job object of the process that started it ends the rest.
func ExitGroup() { os.Exit(1) }
