package toolrun

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is a job object: a command and all that it started since it was put there.
type group struct {
	leader *os.Process
	job    windows.Handle // 0 where there is none
}

// confine lowers the priority of cmd, and keeps the console's Ctrl-C from it: its end is for this process to bring.
func confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.BELOW_NORMAL_PRIORITY_CLASS | windows.CREATE_NEW_PROCESS_GROUP,
	}
}

// newGroup puts a command into a job of its own, which the system ends with this process. Where that can't be done, the
// job that a host has put this process into ends the rest.
func newGroup(leader *os.Process, _ string) group {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return group{leader: leader}
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, _ = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	if process, err := windows.OpenProcess(access, false, uint32(leader.Pid)); err == nil {
		_ = windows.AssignProcessToJobObject(job, process)
		_ = windows.CloseHandle(process)
	}
	return group{leader, job}
}

// end kills what runs of the group.
func (g group) end() {
	if g.job != 0 {
		_ = windows.TerminateJobObject(g.job, 1)
		_ = windows.CloseHandle(g.job)
	}
	_ = g.leader.Kill() // if it still runs
}
