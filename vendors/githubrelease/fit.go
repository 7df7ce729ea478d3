package githubrelease

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// fit is how well an asset suits a machine. Of two, the one with the smaller ranks suits better.
type fit struct {
	traits
	backendRank, archRank, libcRank, distroRank, levelRank, gpuRank int
	glibcRank, macRank, backendAtRank                               closeness
}

// compare orders fits, the best first.
func (f fit) compare(g fit) int {
	return cmp.Or(
		cmp.Compare(f.backendRank, g.backendRank),
		cmp.Compare(f.archRank, g.archRank),
		cmp.Compare(f.libcRank, g.libcRank),
		cmp.Compare(f.levelRank, g.levelRank),
		cmp.Compare(f.gpuRank, g.gpuRank),
		f.backendAtRank.compare(g.backendAtRank),
		cmp.Compare(f.distroRank, g.distroRank),
		f.glibcRank.compare(g.glibcRank),
		f.macRank.compare(g.macRank),
	)
}

// judge holds one asset of a release against a machine. The reason tells why it does not fit.
type judge struct {
	machine
	backend   string
	binary    []string // words of the wanted executable's name
	all       []traits // of the release
	isDesktop bool     // the release is that of a desktop application
	// projectBackend is that of a GPU which the project or the tag has in its name, and need not repeat in those of its assets.
	projectBackend string
}

// fits goes through the stages: kind, operating system, architecture, program, libc, backend, processor, GPU. The kind tells an
// asset that is no worker from one for another machine.
func (j judge) fits(t traits) (f fit, kind provisioner.Kind, reason string) {
	f = fit{traits: t}
	if reason := j.isNoWorker(t); reason != "" {
		return f, provisioner.NotFound, reason
	}
	for _, stage := range []func(*fit) string{j.fitOS, j.fitArch, j.fitProgram, j.fitLibc, j.fitBackend, j.fitLevel, j.fitGPU} {
		if reason = stage(&f); reason != "" {
			return f, provisioner.UnsupportedPlatform, reason
		}
	}
	return f, "", ""
}

// isNoWorker tells why an asset is no worker for any machine.
func (j judge) isNoWorker(t traits) string {
	isMacZip := t.pack == zipped && t.os[string(catalog.MacOS)]
	switch {
	case t.drop != "":
		return t.drop
	case j.isDesktop && (strings.HasSuffix(strings.ToLower(t.name), ".exe") || isMacZip):
		return "an installer or a desktop application, as the files beside it tell"
	case !t.isNamed && slices.ContainsFunc(j.all, traits.isProgram):
		return "it names no program, and other assets do"
	default:
		return ""
	}
}

func (j judge) fitOS(f *fit) string {
	p := programs[f.program]
	f.macRank = closeTo(f.osAt, j.macos)
	switch {
	case len(f.os) == 0 && f.pack == executable && p.raw == anyValue:
		return ""
	case len(f.os) == 0 && f.pack != executable && p.os != "" && p.os == j.os:
		return ""
	case len(f.os) == 0:
		return "it names no operating system"
	case !only(f.os, j.os):
		return "for " + listed(f.os)
	default:
		return ""
	}
}

func (j judge) fitArch(f *fit) string {
	p := programs[f.program]
	switch {
	case only(f.arch, j.arch):
		return ""
	case f.arch[anyValue], f.arch[j.arch] && j.os == "macos":
		f.archRank = 1
		return ""
	case len(f.arch) > 0:
		return "for " + listed(f.arch)
	case f.pack == executable && p.raw == anyValue, j.os == "macos" && p.macArch == anyValue:
		f.archRank = 1
		return ""
	case j.os == "macos" || j.arch != "amd64":
		return "it names no architecture"
	}
	for _, other := range j.all {
		if (other.arch["amd64"] || other.arch[anyValue]) && only(other.os, j.os) && other.drop == "" {
			return "it names no architecture, and other assets do"
		}
	}
	f.archRank = 1
	return ""
}

func (j judge) fitBackend(f *fit) string {
	p := programs[f.program]
	platform := j.os + "/" + j.arch
	isPlain := len(f.backend) == 0
	switch {
	case only(f.backend, j.backend) && slices.Contains(strings.Fields(p.addOns), j.backend):
		return "an addition to the plain build, without the executable"
	case only(f.backend, j.backend):
		return ""
	case !isPlain:
		return "for " + listed(f.backend)
	case j.backend == "cuda" && slices.Contains(p.cuda, platform):
		f.backendRank, f.backendAt = 1, p.cudaAt[f.level]
		return ""
	case j.backend == "cpu" && j.projectBackend != "":
		return "its name tells no backend, and the project or its release is named after " + j.projectBackend
	case j.backend == "cpu", j.backend == "metal" && p.metal && platform == "macos/arm64":
		f.backendRank = 1
		return ""
	default:
		return "its name does not tell that it uses " + j.backend
	}
}

func (j judge) fitLevel(f *fit) string {
	level := levels[f.level]
	switch {
	case level > j.level:
		return "it needs a processor with " + f.level
	case level > 0:
		f.levelRank = 1 + j.level - level
		return ""
	case j.level >= usualLevel:
		return ""
	}
	for _, other := range j.all {
		if l := levels[other.level]; l > 0 && l < usualLevel && other.drop == "" && only(other.os, j.os) {
			return "there are other builds for processors this old"
		}
	}
	return ""
}

func (j judge) fitGPU(f *fit) string {
	f.backendAtRank = closeness{at: f.backendAt}
	if j.backend == "cuda" {
		isSure, runs := j.runsCUDA(f.backendAt)
		switch {
		case !runs:
			return fmt.Sprintf("it needs a driver for CUDA %s", f.backendAt)
		case j.hasLeftOut(f.backendAt):
			return fmt.Sprintf("CUDA %s has left out GPUs of compute capability sm_%d", f.backendAt, j.sm)
		case !isSure:
			f.backendAtRank.class = 1
		}
		// Of a driver that is not known, the oldest CUDA asks least: a newer one may not start at all.
		f.backendAtRank.isOldFirst = !j.knowsDriver()
	}
	switch {
	case f.sm == 0 && f.gfx == "":
		f.gpuRank = 100 // a build for this very GPU goes before
		return ""
	case f.sm > 0 && j.sm == 0:
		return fmt.Sprintf("for GPUs of compute capability sm_%d, and this machine's is not known", f.sm)
	case f.sm > 0 && !j.runsSM(f.sm):
		return fmt.Sprintf("for GPUs of compute capability sm_%d", f.sm)
	case f.gfx != "" && len(j.gfx) == 0:
		return fmt.Sprintf("for GPUs of type %s, and this machine's is not known", f.gfx)
	case f.gfx != "" && !j.runsGFX(f.gfx):
		return "for GPUs of type " + f.gfx
	}
	f.gpuRank = max(j.sm-f.sm, 0)
	return ""
}
