package assetname

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// machine holds the facts about the computer that the worker is for. Empty facts are unknown.
type machine struct {
	os, arch string
	libc     string   // "glibc" or "musl"
	glibc    string   // its version, such as "2.36"
	distro   string   // such as "ubuntu-24.04"
	macos    string   // version, such as "15.1"
	level    int      // of the processor, as in levels
	cuda     string   // newest CUDA that the driver runs, such as "13.4"
	driver   string   // NVIDIA's, such as "580.65.06"
	sm       int      // compute capability, such as 89; the lowest of several GPUs'
	gfx      []string // AMD's processors, such as "gfx1151"
}

// levels orders what processors of one architecture can do. A build without a level needs usualLevel.
var levels = map[string]int{
	"sse": 1, "x86-64-v1": 1, "sse4": 2, "x86-64-v2": 2, "avx": 3, "avx2": 4, "x86-64-v3": 4, "avx512": 5, "x86-64-v4": 5,
	"amx": 6, beyondV4: 6,
	"armv8.0": 1, "armv8.1": 2, "armv8.2": 4, "armv8.3": 4, "armv8.4": 4, "armv8.5": 4, "armv8.6": 5, "armv8.7": 5,
	"armv8.8": 5,
	"armv8.9": 5, "armv9.0": 6, "armv9.1": 6, "armv9.2": 7, "armv9.3": 7, "armv9.4": 7,
}

const usualLevel = 4

// newMachine reads the facts of the host. It is the only place that does.
func newMachine(c Criteria) machine {
	h := c.Host
	m := machine{
		os: string(c.Platform), arch: string(c.Arch), libc: h.Libc, glibc: h.Glibc, macos: h.MacOS, cuda: h.CUDA,
		driver: h.Driver, gfx: listOf(strings.ToLower(h.GFX)), level: cmp.Or(levels[strings.ToLower(h.CPU)], usualLevel),
	}
	for _, text := range listOf(h.SM) {
		if sm := digits(text); m.sm == 0 || sm < m.sm {
			m.sm = sm
		}
	}
	var glibc string
	m.distro, glibc = hostDistro(h.Distro)
	if m.glibc == "" || glibc != "" && compareNumbers(glibc, m.glibc) < 0 {
		m.glibc = glibc
	}
	return m
}

// NVIDIA's tables, by the major version of CUDA: the major number of the oldest driver that runs it, and the lowest
// compute capability that it supports.
var (
	driverFor = map[int]int{11: 450, 12: 525, 13: 580}
	oldestSM  = map[int]int{11: 35, 12: 50, 13: 75}
)

// knowsDriver reports whether anything is known of NVIDIA's driver.
func (m machine) knowsDriver() bool { return m.cuda != "" || m.driver != "" }

// runsCUDA reports whether the driver runs builds for a version of CUDA:
//
//   - one up to the driver's own version of CUDA, surely;
//   - one of a major version that the driver is new enough for, not surely: it does not compile code for GPUs that the
//     build has no code for;
//   - any, if the driver or the version is unknown.
func (m machine) runsCUDA(version string) (isSure, runs bool) {
	if version == "" || !m.knowsDriver() {
		return true, true
	}
	majorText, _, hasMinor := strings.Cut(version, ".")
	if m.cuda != "" {
		newest := m.cuda
		if !hasMinor {
			newest, _, _ = strings.Cut(m.cuda, ".")
		}
		if compareNumbers(version, newest) <= 0 {
			return true, true
		}
	}
	major, _ := strconv.Atoi(majorText)
	driverText, _, _ := strings.Cut(m.driver, ".")
	driver, err := strconv.Atoi(driverText)
	oldest, known := driverFor[major]
	return m.cuda == "", err == nil && known && driver >= oldest
}

// hasDropped reports whether a version of CUDA no longer supports the GPU.
func (m machine) hasDropped(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	return m.sm > 0 && m.sm < oldestSM[digits(major)]
}

// runsSM reports whether the GPU runs code for a compute capability: its own, or an earlier one of the same major
// number.
func (m machine) runsSM(sm int) bool { return sm/10 == m.sm/10 && sm <= m.sm }

// runsGFX reports whether a pattern such as gfx110x matches every GPU of the machine.
func (m machine) runsGFX(pattern string) bool {
	digits := strings.ReplaceAll(strings.TrimPrefix(pattern, "gfx"), "x", "[0-9a-f]")
	re, err := regexp.Compile("^gfx" + digits + "$")
	return err == nil && !slices.ContainsFunc(m.gfx, func(gfx string) bool { return !re.MatchString(gfx) })
}

// listOf splits a fact that may describe several devices.
func listOf(fact string) []string {
	return strings.FieldsFunc(fact, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}
