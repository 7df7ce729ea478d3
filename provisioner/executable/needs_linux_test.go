package executable

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

const (
	glibcLoader = "/lib64/ld-linux-x86-64.so.2"
	muslLoader  = "/lib/ld-musl-x86_64.so.1"
)

// link has the C compiler make an ELF file without the system's libraries.
func (e *entry) link(name, source string, args ...string) string {
	e.t.Helper()
	compiler, err := exec.LookPath("cc")
	if err != nil {
		e.t.Skip("without a C compiler there are no executables to check")
	}
	file := e.path(name)
	cmd := exec.Command(compiler, append([]string{"-nostdlib", "-fPIC", "-x", "c", "-", "-o", file, "-x", "none"},
		args...)...)
	cmd.Stdin = strings.NewReader(source)
	out, err := cmd.CombinedOutput()
	require.NoError(e.t, err, "%s", out)
	return file
}

// libc makes a library like glibc's, whose function oldest is as old as the architecture and newest is of version 2.38.
func libc(t *testing.T) string {
	script := filepath.Join(t.TempDir(), "versions")
	require.NoError(t, os.WriteFile(script,
		[]byte("GLIBC_2.2.5 { oldest; };\nGLIBC_2.9 { old; };\nGLIBC_2.38 { newest; };\n"+
			"GLIBC_PRIVATE { own; };\n"), 0o600))
	return newEntry(t).link("libc.so.6", "void oldest(void) {} void old(void) {} void newest(void) {} void own(void) {}",
		"-shared",
		"-Wl,--version-script="+script, "-Wl,-soname,libc.so.6")
}

// calls is a C source that calls functions.
func calls(entryPoint string, functions ...string) string {
	var b strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&b, "void %s(void);\n", f)
	}
	fmt.Fprintf(&b, "void %s(void) {\n", entryPoint)
	for _, f := range functions {
		fmt.Fprintf(&b, "%s();\n", f)
	}
	b.WriteString("}\n")
	return b.String()
}

func TestCheckNeeds_glibcOfTheSymbols(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	e.link("build/llama-server", calls("_start", "oldest", "old", "newest", "own"), libc(t),
		"-Wl,--dynamic-linker="+glibcLoader)
	e.requireUnmet("build/llama-server", map[string]string{"glibc": "2.36"},
		"llama-server needs glibc 2.38, and the machine has 2.36")
	for _, version := range []string{"2.38", "2.39.1", "3.0", "", "unknown"} {
		require.NoError(t, e.check("build/llama-server", map[string]string{"glibc": version, "libc": "glibc"}), version)
	}

	e.link("old", calls("_start", "oldest", "old"), libc(t))
	require.NoError(t, e.check("old", map[string]string{"glibc": "2.17"}), "2.9 is older than 2.17")
	e.requireUnmet("old", map[string]string{"glibc": "2.8"}, "old needs glibc 2.9, and the machine has 2.8")
}

func TestCheckNeeds_ignoresWeakSymbols(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	worker := e.link("worker", calls("_start", "newest"), libc(t))
	host := map[string]string{"glibc": "2.36"}
	require.Error(t, e.check("worker", host))
	makeWeak(t, worker)
	require.NoError(t, e.check("worker", host))
}

// makeWeak marks the one version that a file needs, as some linkers do where all that need it are weak symbols.
func makeWeak(t *testing.T, name string) {
	t.Helper()
	e, err := elf.Open(name)
	require.NoError(t, err)
	section := e.SectionByType(elf.SHT_GNU_VERNEED)
	require.NoError(t, e.Close())
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	require.NoError(t, err)
	const flags = 16 + 4 // behind the library's record
	_, err = f.WriteAt([]byte{byte(elf.VER_FLG_WEAK), 0}, int64(section.Offset)+flags)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestCheckNeeds_followsBundledLibraries(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	base := e.link("lib/libbase.so.0", calls("base", "newest"), libc(t), "-shared", "-Wl,-soname,libbase.so.0")
	middle := e.link("lib/libmiddle.so", calls("middle", "base"), base, "-shared", "-Wl,-soname,libmiddle.so")
	e.link("bin/worker", calls("_start", "middle"), middle, "-Wl,--allow-shlib-undefined")
	e.requireUnmet("bin/worker", map[string]string{"glibc": "2.36"},
		"worker's libbase.so.0 needs glibc 2.38, and the machine has 2.36")
	require.NoError(t, e.check("bin/worker", map[string]string{"glibc": "2.38"}))
}

func TestCheckNeeds_ignoresLibrariesLoadedLater(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	e.link("libbackend.so", calls("backend", "newest"), libc(t), "-shared")
	e.link("worker", calls("_start", "oldest"), libc(t))
	require.NoError(t, e.check("worker", map[string]string{"glibc": "2.36"}))
}

func TestCheckNeeds_prefersTheLibraryInTheSameFolder(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	for dir, function := range map[string]string{"v1": "oldest", "v2": "newest"} {
		e.link(dir+"/libx.so", calls("x", function), libc(t), "-shared", "-Wl,-soname,libx.so")
		e.link(dir+"/worker", calls("_start", "x"), filepath.Join(e.dir, dir, "libx.so"), "-Wl,--allow-shlib-undefined")
	}
	e.link("bin/worker", calls("_start", "x"), filepath.Join(e.dir, "v2", "libx.so"), "-Wl,--allow-shlib-undefined")
	host := map[string]string{"glibc": "2.36"}
	require.NoError(t, e.check("v1/worker", host))
	require.Error(t, e.check("v2/worker", host))
	require.NoError(t, e.check("bin/worker", host), "which of them it loads is not known")
}

func TestCheckNeeds_loaderOutsideTheSystemHasItsOwnGlibc(t *testing.T) {
	t.Parallel()
	here := filepath.Join(t.TempDir(), "ld-linux-of-a-store.so")
	require.NoError(t, os.WriteFile(here, nil, 0o755))
	e := newEntry(t)
	e.link("worker", calls("_start", "newest"), libc(t), "-Wl,--dynamic-linker="+here)
	require.NoError(t, e.check("worker", map[string]string{"libc": "glibc", "glibc": "2.36", "loaders": glibcLoader}))
	require.Error(t, e.check("worker", map[string]string{"libc": "glibc", "glibc": "2.36", "loaders": here}))
}

func TestCheckNeeds_bundledGlibcIsEnough(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	e.link("worker", calls("_start", "newest"), libc(t))
	e.path("lib/libc.so.6")
	require.NoError(t, e.check("worker", map[string]string{"glibc": "2.36"}))
}

func TestCheckNeeds_loader(t *testing.T) {
	t.Parallel()
	e := newEntry(t)
	for name, loader := range map[string]string{"glibc": glibcLoader, "musl": muslLoader,
		"nix": "/nix/store/none/lib/ld-linux-x86-64.so.2"} {
		e.link(name, "void _start(void) {}", "-pie", "-Wl,--dynamic-linker="+loader)
	}
	here := filepath.Join(t.TempDir(), "ld-linux-of-a-store.so")
	require.NoError(t, os.WriteFile(here, nil, 0o755))
	e.link("store", "void _start(void) {}", "-pie", "-Wl,--dynamic-linker="+here)
	e.link("static", "void _start(void) {}", "-static")

	debian := map[string]string{"libc": "glibc", "loaders": glibcLoader}
	for _, name := range []string{"glibc", "static", "store"} {
		require.NoError(t, e.check(name, debian), name)
	}
	e.requireUnmet("musl", debian, "musl needs the loader "+muslLoader+", which the machine lacks")
	require.Equal(t, "use an asset for glibc, or one that is linked statically",
		provisioner.HintOf(e.check("musl", debian)))
	e.requireUnmet("nix", debian, "nix needs the loader /nix/store/none/lib/ld-linux-x86-64.so.2, which the machine lacks")

	otherMachine := map[string]string{"libc": "musl"}
	for _, name := range []string{"musl", "static"} {
		require.NoError(t, e.check(name, otherMachine), name)
	}
	e.requireUnmet("glibc", otherMachine, "glibc needs the loader "+glibcLoader+", which the machine lacks")
	require.NoError(t, e.check("glibc", map[string]string{"cpu": "x86-64-v3"}), "nothing is known of its loaders")
	require.NoError(t, e.check("glibc", map[string]string{"libc": "musl", "loaders": glibcLoader + " " + muslLoader}),
		"gcompat")
}

func TestCheckNeeds_processorLevel(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("only executables for amd64 tell the processor that they need")
	}
	e := newEntry(t)
	e.link("worker", "void _start(void) {}", "-Wl,-z,x86-64-v3")
	if x86LevelIn(t, filepath.Join(e.dir, "worker")) == 0 {
		t.Skip("this linker does not write the processor's level")
	}
	for _, cpu := range []string{"x86-64-v3", "x86-64-v4", "", "armv8.2"} {
		require.NoError(t, e.check("worker", map[string]string{"cpu": cpu}), cpu)
	}
	e.requireUnmet("worker", map[string]string{"cpu": "x86-64-v2"},
		"worker needs a processor of level x86-64-v3, and the machine has x86-64-v2")
}

func x86LevelIn(t *testing.T, file string) int {
	t.Helper()
	out, err := exec.Command("readelf", "--notes", file).CombinedOutput()
	require.NoError(t, err)
	if !strings.Contains(string(out), "x86 ISA needed") {
		return 0
	}
	return 3
}

// TestCheckNeeds_acceptsProgramsOfThisMachine checks what is certain to run: a false alarm would be worse than none.
func TestCheckNeeds_acceptsProgramsOfThisMachine(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, name := range []string{"sh", "ls", "git", "env", "tar", "python3", "perl"} {
		file, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		e := newEntry(t)
		e.write(name, content)
		require.NoError(t, e.check(name, hostOfThisMachine(t)), name)
		checked++
	}
	require.NotZero(t, checked)
}

// hostOfThisMachine is what getconf tells; the finder is in a package that this one does not know.
func hostOfThisMachine(t *testing.T) map[string]string {
	t.Helper()
	told, err := exec.Command("getconf", "GNU_LIBC_VERSION").Output()
	if err != nil {
		t.Skip("this machine has no glibc, or no getconf to tell its version")
	}
	shell, err := elf.Open("/bin/sh")
	require.NoError(t, err)
	defer shell.Close()
	return map[string]string{
		"libc": "glibc", "glibc": strings.TrimSpace(strings.TrimPrefix(string(told),
			"glibc ")), "loaders": interpreterOf(shell),
	}
}
