package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/provisioner/process"
)

// nvidia-smi is a part of the driver. Only it and the library of the driver know the compute capability. `nvidia-smi
// --help-query-gpu` describes its fields.
var (
	smiPaths = []string{
		"/usr/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi", "/usr/local/bin/nvidia-smi", "/opt/bin/nvidia-smi",
		"/run/current-system/sw/bin/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi",
	}
	queryGPUs    = []string{"--query-gpu=compute_cap,driver_version,name", "--format=csv,noheader"}
	queryVersion = []string{"--version"}

	// smiCUDA matches "CUDA Version : 13.0"; newer tools print "CUDA UMD Version".
	smiCUDA = regexp.MustCompile(`CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)`)
	// capability matches "8.9".
	capability = regexp.MustCompile(`^(\d+)\.(\d)$`)
)

// smiAnswer is what nvidia-smi printed.
type smiAnswer struct {
	tool    string // the path of nvidia-smi
	problem string // why there is no answer; empty if there is one
	version string // of the driver
	newest  string // CUDA
	lowest  int    // compute capability; 0 is unknown
	names   []string
}

// askSMI runs nvidia-smi twice at the same time, once for each query. One time limit applies to both.
func (f finder) askSMI(ctx context.Context) smiAnswer {
	tool := f.tool()
	switch {
	case f.toolLimit == 0:
		return smiAnswer{problem: "no program may be run"}
	case tool == "":
		return smiAnswer{problem: "no nvidia-smi"}
	}
	ctx, cancel := context.WithTimeout(ctx, f.toolLimit)
	defer cancel()
	version := make(chan string, 1)
	go func() {
		text, _ := output(ctx, tool, queryVersion) // an old one does not know --version
		version <- text
	}()
	text, err := output(ctx, tool, queryGPUs)
	a := smiAnswer{tool: tool}
	if err != nil {
		a.problem = fmt.Sprintf("%s: %v", tool, err)
	}
	a.readGPUs(text)
	if m := smiCUDA.FindStringSubmatch(<-version); m != nil {
		a.newest = m[1]
	}
	return a
}

// tool returns the path of nvidia-smi, or "" if it is not in a usual place.
func (f finder) tool() string {
	if f.os == "windows" {
		for _, place := range []string{
			filepath.Join(os.Getenv("SystemRoot"), "System32", "nvidia-smi.exe"),
			filepath.Join(os.Getenv("ProgramFiles"), "NVIDIA Corporation", "NVSMI", "nvidia-smi.exe"),
		} {
			if _, err := os.Stat(place); err == nil && filepath.IsAbs(place) {
				return place
			}
		}
		return ""
	}
	for _, place := range smiPaths {
		if f.exists(place) {
			return f.path(f.resolve(place))
		}
	}
	return ""
}

// readGPUs reads one line for each GPU, for example "8.9, 580.65.06, NVIDIA GeForce RTX 4090".
func (a *smiAnswer) readGPUs(text string) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ", ", 3)
		if len(fields) != 3 {
			continue // an error message
		}
		if m := capability.FindStringSubmatch(fields[0]); m != nil {
			sm, _ := strconv.Atoi(m[1] + m[2])
			if a.lowest == 0 || sm < a.lowest {
				a.lowest = sm
			}
		}
		if driverVersion.MatchString(fields[1]) {
			a.version = fields[1]
		}
		a.names = append(a.names, fields[2])
	}
}

func (a smiAnswer) driver() Fact {
	if a.version == "" {
		return unknown(Driver, a.why())
	}
	return known(Driver, a.version, a.tool)
}

// cuda returns the version that nvidia-smi prints, or else the one that the driver's version implies.
func (a smiAnswer) cuda(driver Fact) Fact {
	if a.newest != "" {
		return known(CUDA, a.newest, a.tool)
	}
	return cudaOf(driver.Value)
}

func (a smiAnswer) capability() Fact {
	if a.lowest == 0 {
		return unknown(SM, a.why())
	}
	return known(SM, strconv.Itoa(a.lowest), a.tool)
}

func (a smiAnswer) why() string {
	if a.problem != "" {
		return a.problem
	}
	return a.tool + " does not print it"
}

// exitDelay is how long a killed tool may take to end. One that waits for the driver may never end.
const exitDelay = 500 * time.Millisecond

// output runs a tool and returns what it printed. When ctx ends, it kills the tool and all its children.
func output(ctx context.Context, tool string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, tool, args...)
	var printed prefix
	cmd.Stdout = &printed
	cmd.WaitDelay = exitDelay
	process.Confine(cmd)
	done := make(chan error, 1)
	go func() { done <- cmd.Run() }()
	select {
	case err := <-done:
		if ctx.Err() == nil {
			return printed.String(), err
		}
	case <-ctx.Done():
		select {
		case <-done:
		case <-time.After(2 * exitDelay): // later output is lost
		}
	}
	return "", errors.New("no answer in time")
}

// prefix keeps the first maxText bytes that are written to it.
type prefix struct{ bytes.Buffer }

func (b *prefix) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxText-b.Len())])
	return len(p), nil
}
