package spawn

import "golang.org/x/sys/windows"

// isAlive reports whether a process runs.
func isAlive(pid int) bool {
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(process) }()
	event, err := windows.WaitForSingleObject(process, 0)
	return err == nil && event != windows.WAIT_OBJECT_0
}
