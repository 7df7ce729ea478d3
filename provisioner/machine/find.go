package machine

import (
	"context"
	"runtime"
	"strings"
	"time"
)

// Options say where to look. The zero value looks at this machine.
type Options struct {
	// Root is the folder that stands for "/", such as a mounted image. Empty is the machine's own. No program of another root is
	// run, and the processor is always this machine's.
	Root string
	// FilesOnly runs no program at all. It leaves unknown what no file tells: the compute capability of NVIDIA's GPUs.
	FilesOnly bool
}

// Find looks at the machine. It takes a millisecond or two; where there is an NVIDIA driver it asks NVIDIA's own tool too, for at
// most three seconds, less if ctx ends.
func Find(ctx context.Context, opts Options) Facts {
	f := finder{tree: tree(opts.Root), os: runtime.GOOS, arch: runtime.GOARCH, toolLimit: 3 * time.Second}
	if opts.FilesOnly || opts.Root != "" {
		f.toolLimit = 0
	}
	return f.find(ctx)
}

// finder looks at a machine of an operating system and an architecture, by their names in Go.
type finder struct {
	tree
	os, arch  string
	toolLimit time.Duration // how long a tool may take; 0 runs none
}

// find leaves out what machines with other operating systems have.
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

// gpus tells the names that drivers give their GPUs.
func gpus(names []string) Fact {
	if len(names) == 0 {
		return unknown(GPUs, "no driver for computing tells of any")
	}
	return known(GPUs, strings.Join(names, ", "), "the drivers")
}
