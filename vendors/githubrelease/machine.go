package githubrelease

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// machine is what the query tells of the computer that the worker is for. Empty facts are unknown.
type machine struct {
	os, arch string
	libc     string // "glibc" or "musl"
	level    int    // of the processor, as in levels
	cuda     string // newest CUDA that the driver runs, such as "13.4"
	driver   string // NVIDIA's, such as "580.65"
	sm       int    // compute capability, such as 89
	gfx      string // AMD's processor, such as "gfx1151"
}

// levels orders what processors of one architecture can do; a build without a level is for usualLevel.
var levels = map[string]int{
	"sse": 1, "sse2": 1, "sse4": 1, "x86-64-v1": 1, "x86-64-v2": 1, "armv8.0": 1,
	"avx": 2, "avx2": 3, "x86-64-v3": 3, "avx512": 4, "x86-64-v4": 4,
}

const usualLevel = 3

func newMachine(p catalog.Platform, a catalog.Arch, host map[string]string) machine {
	m := machine{os: string(p), arch: string(a), libc: host["libc"], cuda: host["cuda"], driver: host["driver"], gfx: host["gfx"]}
	m.sm, _ = strconv.Atoi(strings.ReplaceAll(strings.TrimPrefix(host["sm"], "sm_"), ".", ""))
	m.level = usualLevel
	if level := levels[strings.ToLower(host["cpu"])]; level > 0 {
		m.level = level
	}
	return m
}

// driverFor gives the oldest driver, by its major number, that runs each major CUDA version. It is NVIDIA's table.
var driverFor = map[int]int{11: 450, 12: 525, 13: 580}

// runsCUDA reports whether the driver runs builds for a version of CUDA: one that it knows, or one of a major version that it
// is new enough for. Nothing known of the driver, or no version named, speaks against nothing.
func (m machine) runsCUDA(version string) bool {
	if version == "" || m.cuda == "" && m.driver == "" {
		return true
	}
	major, _, hasMinor := strings.Cut(version, ".")
	if m.cuda != "" {
		newest := m.cuda
		if !hasMinor {
			newest, _, _ = strings.Cut(m.cuda, ".")
		}
		if compareNumbers(version, newest) <= 0 {
			return true
		}
	}
	wantMajor, _ := strconv.Atoi(major)
	driver, _, _ := strings.Cut(m.driver, ".")
	have, err := strconv.Atoi(driver)
	oldest, known := driverFor[wantMajor]
	return err == nil && known && have >= oldest
}

// runsSM reports whether the GPU runs code for a compute capability: its own, or an earlier one of the same major number.
func (m machine) runsSM(sm int) bool { return sm/10 == m.sm/10 && sm <= m.sm }

// runsGFX reports whether a pattern such as gfx110x is that of the GPU.
func (m machine) runsGFX(pattern string) bool {
	digits := strings.ReplaceAll(regexp.QuoteMeta(pattern), "x", "[0-9a-f]")
	digits = strings.Replace(digits, "gf[0-9a-f]", "gfx", 1)
	ok, err := regexp.MatchString("^"+digits+"$", strings.ToLower(m.gfx))
	return err == nil && ok
}

// compareNumbers orders versions such as "13" and "12.4.0"; an empty one comes first.
func compareNumbers(a, b string) int {
	va, _ := catalog.ParseVersion(a)
	vb, _ := catalog.ParseVersion(b)
	return va.Compare(vb)
}
