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
)

// nvidia-smi comes with the driver. It is the one thing outside the driver's library that tells the compute capability.
var (
	toolPlaces = []string{
		"/usr/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi", "/usr/local/bin/nvidia-smi", "/opt/bin/nvidia-smi",
		"/run/current-system/sw/bin/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi",
	}
	queryGPUs    = []string{"--query-gpu=compute_cap,driver_version,name", "--format=csv,noheader"}
	queryVersion = []string{"--version"}

	// toolCUDA is as in "CUDA Version : 13.0"; newer tools call it "CUDA UMD Version".
	toolCUDA = regexp.MustCompile(`CUDA (?:UMD )?Version\s*:\s*(\d+\.\d+)`)
	// capability is as in "8.9".
	capability = regexp.MustCompile(`^(\d+)\.(\d)$`)
)

// told is what nvidia-smi says.
type told struct {
	tool    string
	problem string // why it says nothing
	version string // of the driver
	newest  string // CUDA
	lowest  int    // compute capability; 0 is unknown
	names   []string
}

// askTool asks two questions at once, and gives up on both together.
func (f finder) askTool(ctx context.Context) told {
	tool := f.tool()
	switch {
	case f.toolLimit == 0:
		return told{problem: "only files were looked at"}
	case tool == "":
		return told{problem: "no nvidia-smi"}
	}
	ctx, cancel := context.WithTimeout(ctx, f.toolLimit)
	defer cancel()
	version := make(chan string, 1)
	go func() {
		text, _ := output(ctx, tool, queryVersion) // an old one does not know the question
		version <- text
	}()
	text, err := output(ctx, tool, queryGPUs)
	t := told{tool: tool}
	if err != nil {
		t.problem = fmt.Sprintf("%s: %v", tool, err)
	}
	t.readGPUs(text)
	if m := toolCUDA.FindStringSubmatch(<-version); m != nil {
		t.newest = m[1]
	}
	return t
}

// tool returns the path of nvidia-smi; empty if it is in none of the usual places.
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
	for _, place := range toolPlaces {
		if f.exists(place) {
			return f.path(f.resolve(place))
		}
	}
	return ""
}

// readGPUs reads a line for each GPU, such as "8.9, 580.65.06, NVIDIA GeForce RTX 4090".
func (t *told) readGPUs(text string) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ", ", 3)
		if len(fields) != 3 {
			continue // a complaint
		}
		if m := capability.FindStringSubmatch(fields[0]); m != nil {
			sm, _ := strconv.Atoi(m[1] + m[2])
			if t.lowest == 0 || sm < t.lowest {
				t.lowest = sm
			}
		}
		if driverVersion.MatchString(fields[1]) {
			t.version = fields[1]
		}
		t.names = append(t.names, fields[2])
	}
}

func (t told) driver() Fact {
	if t.version == "" {
		return unknown(Driver, t.why())
	}
	return known(Driver, t.version, t.tool)
}

// cuda is what the tool says, else what follows from the driver's version.
func (t told) cuda(driver Fact) Fact {
	if t.newest != "" {
		return known(CUDA, t.newest, t.tool)
	}
	return cudaOf(driver.Value)
}

func (t told) capability() Fact {
	if t.lowest == 0 {
		return unknown(SM, t.why())
	}
	return known(SM, strconv.Itoa(t.lowest), t.tool)
}

func (t told) why() string {
	if t.problem != "" {
		return t.problem
	}
	return t.tool + " does not tell"
}

// stuckFor is how long a killed tool may take to end. One that waits in the driver may not end at all.
const stuckFor = 500 * time.Millisecond

// output runs a tool and returns what it prints, until ctx ends; then the tool is killed, with all that it started.
func output(ctx context.Context, tool string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, tool, args...)
	var printed beginning
	cmd.Stdout = &printed
	cmd.WaitDelay = stuckFor
	confine(cmd)
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
		case <-time.After(2 * stuckFor): // what is printed later goes nowhere
		}
	}
	return "", errors.New("no answer in time")
}

// beginning keeps the first maxText bytes that are written to it.
type beginning struct{ bytes.Buffer }

func (b *beginning) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxText-b.Len())])
	return len(p), nil
}
