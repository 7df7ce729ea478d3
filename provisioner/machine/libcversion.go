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

// maxRodata bounds what is read of a library's constants; they are a fraction of a megabyte.
const maxRodata = 4 << 20

var (
	// glibcBanner is what libc.so.6 prints when it is run.
	glibcBanner = regexp.MustCompile(`GNU C Library [^\n]*?version (\d+\.\d+)`)
	muslVersion = regexp.MustCompile(`\x00(1\.\d+\.\d+)(?:-git-[0-9a-z-]+)?\x00`)
)

// glibc reads the version of the library that lies beside a loader.
func (f finder) glibc(loader string) Fact {
	for _, dir := range f.libraryDirs(loader) {
		name := path.Join(dir, "libc.so.6")
		if version := f.glibcVersion(name); version != "" {
			return known(Glibc, version, name)
		}
	}
	return unknown(Glibc, "no libc.so.6 that tells its version beside "+loader)
}

// libraryDirs are where the libc of a loader may lie, the nearest first.
func (f finder) libraryDirs(loader string) []string {
	triplet := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[f.arch]
	return []string{path.Dir(f.resolve(loader)), "/lib64", "/usr/lib64", "/lib/" + triplet, "/usr/lib/" + triplet, "/lib", "/usr/lib"}
}

// glibcVersion is the newer of what a libc.so.6 calls itself and the newest version of which it defines symbols: not every
// release adds any, and distributions bring some of a newer release to an older one.
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
		newest = max(newest, minorOf2(strings.TrimPrefix(d.Name, "GLIBC_")))
	}
	if m := glibcBanner.FindSubmatch(constants(e)); m != nil {
		newest = max(newest, minorOf2(string(m[1])))
	}
	if newest == 0 {
		return ""
	}
	return fmt.Sprintf("2.%d", newest)
}

// minorOf2 returns 36 for "2.36" and "2.36.1", and 0 for what is no version of the form; glibc has been at 2 since 1997.
func minorOf2(version string) int {
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

// musl reads the version out of the loader, which is the library too. No other constant of it looks like one; if that ever
// changes, the version is unknown.
func (f finder) musl(loader string) Fact {
	file, err := f.open(loader)
	if err != nil {
		return unknown(Musl, loader+" can't be read")
	}
	defer file.Close()
	e, err := elf.NewFile(file)
	if err != nil {
		return unknown(Musl, loader+" can't be read")
	}
	found := muslVersion.FindAllSubmatch(constants(e), 2)
	if len(found) == 0 || len(found) == 2 && !bytes.Equal(found[0][1], found[1][1]) {
		return unknown(Musl, loader+" does not tell its version")
	}
	return known(Musl, string(found[0][1]), loader)
}

// constants are what a library has in .rodata.
func constants(e *elf.File) []byte {
	section := e.Section(".rodata")
	if section == nil {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(section.Open(), maxRodata))
	return data
}
