package assetname

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// match is how well an asset suits a machine. Of two matches, the one with the smaller ranks suits better.
type match struct {
	assetInfo
	backendRank, archRank, libcRank, distroRank, levelRank, gpuRank int
	glibcRank, macRank, backendVersionRank                          closeness
}

// compare orders matches, the best first.
func (f match) compare(g match) int {
	return cmp.Or(
		cmp.Compare(f.backendRank, g.backendRank),
		cmp.Compare(f.archRank, g.archRank),
		cmp.Compare(f.libcRank, g.libcRank),
		cmp.Compare(f.levelRank, g.levelRank),
		cmp.Compare(f.gpuRank, g.gpuRank),
		f.backendVersionRank.compare(g.backendVersionRank),
		cmp.Compare(f.distroRank, g.distroRank),
		f.glibcRank.compare(g.glibcRank),
		f.macRank.compare(g.macRank),
	)
}

// matcher compares the assets of a release with a machine.
type matcher struct {
	machine
	backend   string
	binary    []string    // words of the wanted executable's name
	all       []assetInfo // of the release
	isDesktop bool        // the release is that of a desktop application
	// projectBackend is the GPU backend in the name of the project or the tag. The names of its assets may leave it out.
	projectBackend string
}

// match goes through the stages: kind, operating system, architecture, program, libc, backend, processor, GPU. It
// returns the first reason to reject the asset. The kind is NotFound for what is not a worker at all.
func (m matcher) match(info assetInfo) (f match, kind provisioner.Kind, reason string) {
	f = match{assetInfo: info}
	if reason := m.notWorkerReason(info); reason != "" {
		return f, provisioner.NotFound, reason
	}
	for _, stage := range []func(*match) string{
		m.matchOS, m.matchArch, m.matchProgram, m.matchLibc, m.matchBackend, m.matchLevel, m.matchGPU,
	} {
		if reason = stage(&f); reason != "" {
			return f, provisioner.UnsupportedPlatform, reason
		}
	}
	return f, "", ""
}

// notWorkerReason returns why an asset is not a worker for any machine; empty if it may be one.
func (m matcher) notWorkerReason(info assetInfo) string {
	isMacZip := info.pack == zipped && info.os[string(catalog.MacOS)]
	switch {
	case info.rejectReason != "":
		return info.rejectReason
	case m.isDesktop && (strings.HasSuffix(strings.ToLower(info.name), ".exe") || isMacZip):
		return "an installer or a desktop application, as the files beside it show"
	case !info.isNamed && slices.ContainsFunc(m.all, assetInfo.isProgram):
		return "it names no program, and other assets do"
	default:
		return ""
	}
}

func (m matcher) matchOS(f *match) string {
	p := programs[f.program]
	f.macRank = closenessOf(f.osVersion, m.macos)
	switch {
	case len(f.os) == 0 && f.pack == executable && p.raw == anyValue:
		return ""
	case len(f.os) == 0 && f.pack != executable && p.os != "" && p.os == m.os:
		return ""
	case len(f.os) == 0:
		return "it names no operating system"
	case !isOnly(f.os, m.os):
		return "for " + joinSet(f.os)
	default:
		return ""
	}
}

func (m matcher) matchArch(f *match) string {
	p := programs[f.program]
	switch {
	case isOnly(f.arch, m.arch):
		return ""
	case f.arch[anyValue], f.arch[m.arch] && m.os == "macos":
		f.archRank = 1
		return ""
	case len(f.arch) > 0:
		return "for " + joinSet(f.arch)
	case f.pack == executable && p.raw == anyValue, m.os == "macos" && p.macArch == anyValue:
		f.archRank = 1
		return ""
	case m.os == "macos" || m.arch != "amd64":
		return "it names no architecture"
	}
	for _, other := range m.all {
		if (other.arch["amd64"] || other.arch[anyValue]) && isOnly(other.os, m.os) && other.rejectReason == "" {
			return "it names no architecture, and other assets do"
		}
	}
	f.archRank = 1
	return ""
}

func (m matcher) matchBackend(f *match) string {
	p := programs[f.program]
	platform := m.os + "/" + m.arch
	isPlain := len(f.backend) == 0
	switch {
	case isOnly(f.backend, m.backend) && slices.Contains(strings.Fields(p.addOns), m.backend):
		return "an addition to the plain build, without the executable"
	case isOnly(f.backend, m.backend):
		return ""
	case !isPlain:
		return "for " + joinSet(f.backend)
	case m.backend == "cuda" && slices.Contains(p.cuda, platform):
		f.backendRank, f.backendVersion = 1, p.cudaVersions[f.level]
		return ""
	case m.backend == "cpu" && m.projectBackend != "":
		return "its name holds no backend, and the project or its release is named after " + m.projectBackend
	case m.backend == "cpu", m.backend == "metal" && p.metal && platform == "macos/arm64":
		f.backendRank = 1
		return ""
	default:
		return "its name does not say that it uses " + m.backend
	}
}

func (m matcher) matchLevel(f *match) string {
	level := levels[f.level]
	switch {
	case level > m.level:
		return "it needs a processor with " + f.level
	case level > 0:
		f.levelRank = 1 + m.level - level
		return ""
	case m.level >= usualLevel:
		return ""
	}
	for _, other := range m.all {
		if l := levels[other.level]; l > 0 && l < usualLevel && other.rejectReason == "" && isOnly(other.os, m.os) {
			return "there are other builds for processors this old"
		}
	}
	return ""
}

func (m matcher) matchGPU(f *match) string {
	f.backendVersionRank = closeness{version: f.backendVersion}
	if m.backend == "cuda" {
		isSure, runs := m.runsCUDA(f.backendVersion)
		switch {
		case !runs:
			return fmt.Sprintf("it needs a driver for CUDA %s", f.backendVersion)
		case m.hasDropped(f.backendVersion):
			return fmt.Sprintf("CUDA %s no longer supports GPUs of compute capability sm_%d", f.backendVersion, m.sm)
		case !isSure:
			f.backendVersionRank.class = 1
		}
		// With an unknown driver the oldest CUDA is best: a newer one may not start at all.
		f.backendVersionRank.oldestFirst = !m.knowsDriver()
	}
	switch {
	case f.sm == 0 && f.gfx == "":
		f.gpuRank = 100 // a build for this very GPU is better
		return ""
	case f.sm > 0 && m.sm == 0:
		return fmt.Sprintf("for GPUs of compute capability sm_%d, and this machine's is not known", f.sm)
	case f.sm > 0 && !m.runsSM(f.sm):
		return fmt.Sprintf("for GPUs of compute capability sm_%d", f.sm)
	case f.gfx != "" && len(m.gfx) == 0:
		return fmt.Sprintf("for GPUs of type %s, and this machine's is not known", f.gfx)
	case f.gfx != "" && !m.runsGFX(f.gfx):
		return "for GPUs of type " + f.gfx
	}
	f.gpuRank = max(m.sm-f.sm, 0)
	return ""
}
