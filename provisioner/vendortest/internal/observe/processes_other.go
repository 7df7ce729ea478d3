//go:build !linux

package observe

// SeesProcesses reports whether Processes can find any on this platform.
const SeesProcesses = false

// Processes finds nothing on this platform: a process can't read another's environment.
func Processes(string) []string { return nil }
