package sandbox

import (
	"fmt"
	"strings"
)

// Report tells what a process is limited to.
type Report struct {
	Mode Mode `json:"mode"`
	// ABI is the version of the kernel's Landlock; 0 where there is none.
	ABI int `json:"landlock_abi"`
	// Files tells that it writes to Rules.Write and to WritePaths alone.
	Files bool `json:"files"`
	// WritePaths are those of Rules.ExtraWrite that exist.
	WritePaths []string `json:"write_paths,omitempty"`
	// Reading tells that it reads what is in Rules alone.
	Reading bool `json:"reading"`
	// Network tells that it connects to Ports alone, and listens on none.
	Network bool     `json:"network"`
	Ports   []uint16 `json:"ports,omitempty"`
	// Scope tells that it reaches no process by a signal or an abstract socket but those that it started.
	Scope bool `json:"scope"`
	// Privileges tells that no program which it starts gets more rights than it has.
	Privileges bool `json:"no_new_privileges"`
	// Limits tells that it dumps no core, and writes no file over MaxFileSize.
	Limits bool `json:"limits"`
	// Missing tells, for a person, what the Rules ask for and could not be had, and why.
	Missing []string `json:"missing,omitempty"`
}

// InForce lists for a person what is in force.
func (r Report) InForce() []string {
	if r.Mode == "" || r.Mode == Off {
		return []string{"off"}
	}
	var lines []string
	for _, line := range []struct {
		holds bool
		text  string
	}{
		{r.Files, r.writing()},
		{r.Reading, "reads declared paths alone"},
		{r.Network, r.ports()},
		{r.Scope, "signals its own processes alone"},
		{r.Privileges, "no new privileges"},
		{r.Limits, fmt.Sprintf("no core dumps, files of at most %d GiB", MaxFileSize>>30)},
	} {
		if line.holds {
			lines = append(lines, line.text)
		}
	}
	return lines
}

func (r Report) writing() string {
	if len(r.WritePaths) == 0 {
		return "writes to its own folders alone"
	}
	return "writes to its own folders and " + strings.Join(r.WritePaths, ", ") + " alone"
}

func (r Report) ports() string {
	if len(r.Ports) == 0 {
		return "no TCP"
	}
	return "TCP to ports " + strings.Trim(fmt.Sprint(r.Ports), "[]") + " alone"
}

// require is the error of Rules that require what is missing.
func (r Report) require() error {
	if r.Mode != Require || len(r.Missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnavailable, strings.Join(r.Missing, "; "))
}
