//go:build !linux

package sandbox

import (
	"os/exec"
	"runtime"
)

// Start starts cmd. See the package's doc: here nothing is limited.
func Start(cmd *exec.Cmd, rules Rules, _ <-chan struct{}) (Report, error) {
	report := Available(rules)
	if err := report.require(); err != nil {
		return report, err
	}
	return report, cmd.Start()
}

// Available tells what Start can limit a process to on this system.
func Available(rules Rules) Report {
	report := Report{Mode: rules.Mode}
	if rules.Mode != "" && rules.Mode != Off {
		report.Missing = []string{"there is no sandbox on " + runtime.GOOS}
	}
	return report
}
