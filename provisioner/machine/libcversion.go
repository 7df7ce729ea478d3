package machine

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// maxRodata limits how much of the constants of a library is read, in bytes. They have less than a megabyte.
const maxRodata = 4 << 20

var (
	// glibcBanner is the text that libc.so.6 prints when it is run.
	glibcBanner = regexp.MustCompile(`GNU C Library [^\n]*?version (\d+\.\d+)`)
	// muslVersion is the string that musl's loader prints as its version. `git describe` may add a suffix.
	muslVersion = regexp.MustCompile(`\x00(1\.\d+\.\d+)(?:-git-[0-9a-z-]+)?\x00`)
)

// glibc returns the version of the libc.so.6 that belongs to a loader.
func (f finder) glibc(loader string) Fact {
	for _, dir := range f.libraryDirs(loader) {
		name := path.Join(dir, "libc.so.6")
		if version := f.glibcVersion(name); version != "" {
			return known(Glibc, version, name)
		}
	}
	return unknown(Glibc, "no libc.so.6 with a version near "+loader)
}

// libraryDirs returns the folders that may contain the libc of a loader, the nearest first.
func (f finder) libraryDirs(loader string) []string {
	triplet := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[f.arch]
	beside := path.Dir(f.resolve(loader))
	return []string{beside, "/lib64", "/usr/lib64", "/lib/" + triplet, "/usr/lib/" + triplet, "/lib", "/usr/lib"}
}

// glibcVersion returns the newer of two versions of a libc.so.6, or "":
//   - the version in its banner, since not every release adds symbols.
//   - the newest version of a symbol that it defines (GLIBC_2.36 in .gnu.version_d), since distributions add symbols
//     of a newer release to an older one.
func (f finder) glibcVersion(name string) string {
	file, err := f.open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	e, err := elf.NewFile(file)
	if err != nil || e.Machine != elfMachines[f.arch] {
		return ""
	}
	newest := 0
	defined, _ := e.DynamicVersions()
	for _, d := range defined {
		newest = max(newest, glibcMinor(strings.TrimPrefix(d.Name, "GLIBC_")))
	}
	if m := glibcBanner.FindSubmatch(constants(e)); m != nil {
		newest = max(newest, glibcMinor(string(m[1])))
	}
	if newest == 0 {
		return ""
	}
	return fmt.Sprintf("2.%d", newest)
}

// glibcMinor returns 36 for "2.36" and "2.36.1", and 0 for any other form. The first number of glibc has been 2 since
// 1997.
func glibcMinor(version string) int {
	minor, ok := strings.CutPrefix(version, "2.")
	if !ok {
		return 0
	}
	minor, _, _ = strings.Cut(minor, ".")
	n, err := strconv.Atoi(minor)
	if err != nil {
		return 0
	}
	return n
}

// musl returns the version in the constants of the loader, which is also the library. No other constant has the form
// of a version; if that changes, the version is unknown.
func (f finder) musl(loader string) Fact {
	file, err := f.open(loader)
	if err != nil {
		return unknown(Musl, loader+" cannot be read")
	}
	defer file.Close()
	e, err := elf.NewFile(file)
	if err != nil {
		return unknown(Musl, loader+" cannot be read")
	}
	found := muslVersion.FindAllSubmatch(constants(e), 2)
	if len(found) == 0 || len(found) == 2 && !bytes.Equal(found[0][1], found[1][1]) {
		return unknown(Musl, loader+" contains no version, or several")
	}
	return known(Musl, string(found[0][1]), loader)
}

// constants returns the section .rodata of a library.
func constants(e *elf.File) []byte {
	section := e.Section(".rodata")
	if section == nil {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(section.Open(), maxRodata))
	return data
}
