package machine

import (
	"context"
	"runtime"
	"strings"
	"time"
)

// Options select the machine to look at. The zero value is this machine.
type Options struct {
	// Root is the folder to read in place of "/", for example a mounted image. No program of another root is run, and
	// the processor is always the one of this machine. Empty means "/".
	Root string
	// FilesOnly runs no program. The compute capability of NVIDIA's GPUs is unknown then, since no file contains it.
	FilesOnly bool
}

// Find returns the facts of the machine. It takes one or two milliseconds. If there is an NVIDIA driver, it also runs
// nvidia-smi, for at most three seconds or until ctx ends.
func Find(ctx context.Context, opts Options) Facts {
	f := finder{tree: tree(opts.Root), os: runtime.GOOS, arch: runtime.GOARCH, toolLimit: 3 * time.Second}
	if opts.FilesOnly || opts.Root != "" {
		f.toolLimit = 0
	}
	return f.find(ctx)
}

// finder looks at a machine with an operating system and an architecture, which have the names of GOOS and GOARCH.
type finder struct {
	tree
	os, arch  string
	toolLimit time.Duration // how long a tool may take; 0 runs none
}

// find returns the facts that a machine with this operating system can have.
func (f finder) find(ctx context.Context) Facts {
	switch f.os {
	case "linux":
		facts := append(f.libc(), cpu())
		nvidia, names := f.nvidia(ctx)
		gfx, more := f.amd()
		facts = append(append(facts, nvidia...), gfx)
		return append(facts, gpus(append(names, more...)), f.distro())
	case "windows":
		nvidia, names := f.nvidia(ctx)
		return append(append(Facts{cpu()}, nvidia...), gpus(names))
	case "darwin":
		return Facts{cpu(), f.macOS()}
	default:
		return Facts{cpu()}
	}
}

// gpus returns the names of the GPUs, as their drivers report them.
func gpus(names []string) Fact {
	if len(names) == 0 {
		return unknown(GPUs, "no driver for computing reports a GPU")
	}
	return known(GPUs, strings.Join(names, ", "), "the drivers")
}
