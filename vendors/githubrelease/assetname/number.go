package assetname

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// flush applies the numbers that were read to the word before them.
func (r *reader) flush() {
	number, s := strings.TrimPrefix(strings.Join(r.numbers, "."), "v"), r.lastMeaning
	r.numbers, r.lastMeaning = nil, meaning{}
	switch {
	case number == "":
	case s.backend != "" && !s.isPart && !r.isReleases(number):
		r.noteBackendVersion(s.backend, number)
	case s.distro != "":
		r.noteDistro(s.distro, number)
	case s.os != "" && (number == "64" || number == "32"):
		r.weakArch = words[number+"bit"].arch
	case s.os == string(catalog.MacOS) && !r.tag[number]:
		r.osVersion = number
	case s.libc == "glibc" && s.os == "" && strings.Contains(number, "."):
		r.glibc = number
	}
}

// isReleases reports whether a number is the release's own version, as in tool-cuda-0.1.0 of v0.1.0.
func (r *reader) isReleases(number string) bool {
	return strings.Contains(number, ".") && r.tag[number]
}

var tightCUDA = lazyregexp.New(`^(\d\d)(\d)\d?$`) // cuda132 is CUDA 13.2, cu1241 is 12.4.1

func (r *reader) noteBackendVersion(backend, number string) {
	if backend == "cuda" {
		if m := tightCUDA().FindStringSubmatch(number); m != nil {
			number = m[1] + "." + m[2]
		}
		if major, _, _ := strings.Cut(number, "."); len(major) > 2 || compareNumbers(major, "8") < 0 {
			return // it is the version of something else
		}
	}
	if r.backendVersion == "" || strings.Contains(number, ".") {
		r.backendVersion = number
	}
}

// finish reads the deferred words, and derives what no word names.
func (r *reader) finish() {
	r.flush()
	r.program = strings.Join(r.leading, "-")
	isMac := isOnly(r.os, string(catalog.MacOS))
	for _, word := range r.deferred {
		s, isMacWord := macWords[word]
		brand, isBrand := brandWords[word]
		plain, isPlain := words[word]
		hasGPU := len(r.backend) > 0 && !isOnly(r.backend, "cpu")
		switch {
		case isMacWord && isMac:
			r.add(s)
		case isBrand && !hasGPU:
			r.add(brand)
		case isBrand:
		case isPlain:
			r.add(plain)
		default:
			r.noteUnknown(word)
		}
	}
	if implied := r.impliedBackend(); len(r.backend) == 0 && implied != "" {
		r.backend[implied] = true
	}
	if len(r.arch) == 0 && r.weakArch != "" {
		r.arch[r.weakArch] = true
	}
	slices.Sort(r.unknown)
}

// glibcOf holds the glibc versions of distributions. A program that was built on one may need that version.
var glibcOf = map[string]string{
	"ubuntu-18.04": "2.27", "ubuntu-20.04": "2.31", "ubuntu-22.04": "2.35", "ubuntu-24.04": "2.39", "ubuntu-25.04": "2.41",
	"ubuntu-25.10": "2.42", "ubuntu-26.04": "2.43", "debian-10": "2.28", "debian-11": "2.31", "debian-12": "2.36",
	"debian-13": "2.41", "el-6": "2.12", "el-7": "2.17", "el-8": "2.28", "el-9": "2.34", "el-10": "2.39", "amzn-2": "2.26",
	"amzn-2023": "2.34", "fedora-40": "2.39", "fedora-41": "2.40", "fedora-42": "2.41", "fedora-43": "2.42",
	"manylinux-1": "2.5", "manylinux-2010": "2.12", "manylinux-2014": "2.17",
}

var tightUbuntu = lazyregexp.New(`^(\d\d)(\d\d)$`)

// noteDistro notes a distribution, and the glibc version that it has.
func (info *assetInfo) noteDistro(distro, number string) {
	switch {
	case number == "":
	case distro == "ubuntu" && tightUbuntu().MatchString(number):
		number = number[:2] + "." + number[2:]
	case distro == "ubuntu" && !strings.Contains(number, "."):
		number += ".04"
	case distro == "el" || distro == "debian":
		number, _, _ = strings.Cut(number, ".")
	}
	if number != "" {
		distro += "-" + number
	}
	if glibc := glibcOf[distro]; glibc != "" {
		info.glibc = glibc
	}
	family, at, _ := strings.Cut(distro, "-")
	if family != "manylinux" {
		info.distro = distro
	} else if glibcOf[distro] == "" && strings.HasPrefix(at, "2.") {
		info.glibc = at
	}
}

// hostDistro returns a host's distribution in the form of assetInfo, and its version of glibc.
func hostDistro(text string) (distro, glibc string) {
	name, number, _ := strings.Cut(strings.ToLower(text), "-")
	s, ok := words[name]
	if !ok || s.distro == "" {
		return strings.ToLower(text), ""
	}
	var info assetInfo
	info.noteDistro(s.distro, number)
	return info.distro, info.glibc
}

// compareNumbers orders versions like "13" and "12.4.0"; an empty one comes first.
func compareNumbers(a, b string) int {
	va, _ := catalog.ParseVersion(a)
	vb, _ := catalog.ParseVersion(b)
	return va.Compare(vb)
}

// digits reads the digits of a text like "8.9" or "sm_89" as one number; 0 if there are none.
func digits(text string) int {
	n, _ := strconv.Atoi(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text))
	return n
}
