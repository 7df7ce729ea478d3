package machine

import (
	"debug/elf"
	"io"
	"path"
	"slices"
	"strings"
)

// An executable contains the path of its loader (the program header PT_INTERP, see elf(5)), and gets the libc that
// belongs to this loader. So the executables of the system show which libc it uses. If there is none, as in a bare
// container, the loaders in their usual places show it. Their paths are from the ABIs of glibc and musl.
var (
	systemBinaries = []string{"/bin/sh", "/usr/bin/env", "/bin/busybox", "/bin/ls", "/usr/bin/ld.so"}
	usualLoaders   = map[string][]string{
		"amd64": {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"},
		"arm64": {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"},
	}
	elfMachines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
)

// stubLoader is in the path of the program that NixOS has at the usual place of a loader. It only prints that there is
// no loader.
const stubLoader = "stub-ld"

// libc returns the C library, its version and the loaders.
func (f finder) libc() Facts {
	var loaders []string
	for _, loader := range usualLoaders[f.arch] {
		if f.isLoader(loader) {
			loaders = append(loaders, loader)
		}
	}
	loader, source := f.systemLoader()
	switch {
	case loader != "" && !slices.Contains(loaders, loader):
		loaders = append(loaders, loader)
	case loader == "" && len(loaders) > 0:
		loader, source = loaders[0], loaders[0]
	}
	facts := f.versions(loader, source)
	if len(loaders) == 0 {
		return append(facts, unknown(Loaders, "none is in its usual place"))
	}
	return append(facts, known(Loaders, strings.Join(loaders, " "), "their usual places"))
}

// versions returns the facts about the libc of a loader. The name of a loader shows which libc it is.
func (f finder) versions(loader, source string) Facts {
	switch {
	case strings.HasPrefix(path.Base(loader), "ld-linux"):
		return Facts{known(Libc, "glibc", source), f.glibc(loader), unknown(Musl, "libc is glibc")}
	case strings.HasPrefix(path.Base(loader), "ld-musl"):
		return Facts{known(Libc, "musl", source), unknown(Glibc, "libc is musl"), f.musl(loader)}
	default:
		const why = "no program of the system and no loader is in its usual place"
		return Facts{unknown(Libc, why), unknown(Glibc, "libc is unknown"), unknown(Musl, "libc is unknown")}
	}
}

// systemLoader returns the loader of the system's programs, and where it was read.
func (f finder) systemLoader() (loader, source string) {
	for _, name := range systemBinaries {
		if loader := f.interpreter(name); loader != "" && f.isLoader(loader) {
			return loader, name + ", loaded by " + loader
		}
	}
	return "", ""
}

// isLoader reports whether a loader exists at name.
func (f finder) isLoader(name string) bool {
	return f.exists(name) && !strings.Contains(f.resolve(name), stubLoader)
}

// interpreter returns the path of the loader in an executable. It returns "" for a static executable, for one of
// another architecture and for a file that is not an executable.
func (f finder) interpreter(name string) string {
	file, err := f.open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	e, err := elf.NewFile(file)
	if err != nil || e.Machine != elfMachines[f.arch] {
		return ""
	}
	for _, p := range e.Progs {
		if p.Type == elf.PT_INTERP {
			data, _ := io.ReadAll(io.LimitReader(p.Open(), maxText))
			return strings.TrimRight(string(data), "\x00")
		}
	}
	return ""
}
