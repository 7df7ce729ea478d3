package machine

import (
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The libraries here are tiny ones that the C compiler makes; the real ones tell their versions in the same places.

func (f finder) compile(t *testing.T, name, source string, args ...string) {
	t.Helper()
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("without a C compiler there are no libraries to look at")
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	cmd := exec.Command(compiler, append([]string{"-nostdlib", "-x", "c", "-", "-o", f.path(name)}, args...)...)
	cmd.Stdin = strings.NewReader(source)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// program makes an executable that names a loader.
func (f finder) program(t *testing.T, name, loader string) {
	f.compile(t, name, "void _start(void) {}", "-pie", "-Wl,--dynamic-linker="+loader)
}

// glibcLike makes a libc.so.6 that defines symbols up to a version and calls itself another.
func (f finder) glibcLike(t *testing.T, name, defines, banner string) {
	script := filepath.Join(t.TempDir(), "versions")
	require.NoError(t, os.WriteFile(script, []byte("GLIBC_2.2.5 { f; };\nGLIBC_2.9 { g; } GLIBC_2.2.5;\n"+
		"GLIBC_"+defines+" { h; } GLIBC_2.9;\nGLIBC_PRIVATE { i; };\n"), 0o600))
	functions := "void f(void) {} void g(void) {} void h(void) {} void i(void) {} "
	f.compile(t, name, functions+`const char banner[] = "`+banner+`";`,
		"-shared", "-Wl,--version-script="+script, "-Wl,-soname,libc.so.6")
}

// muslLike makes what is loader and library at once.
func (f finder) muslLike(t *testing.T, name, constants string) {
	f.compile(t, name, "const char constants[] = "+constants+";", "-shared")
}

const (
	glibcLoader = 0
	muslLoader  = 1
)

func (f finder) loader(i int) string { return usualLoaders[f.arch][i] }

func requireLibc(t *testing.T, f finder, want map[string]string) {
	t.Helper()
	have := f.libc().Host().Facts()
	require.Equal(t, want, have)
}

func TestLibc_readsThatOfUbuntu(t *testing.T) {
	t.Parallel()
	f := aTree(t, "ubuntu-nvidia")
	dir := "/usr/lib/x86_64-linux-gnu"
	f.link(t, "/bin", "usr/bin")
	f.link(t, "/lib", "usr/lib")
	f.link(t, "/lib64", "usr/lib64")
	f.program(t, "/usr/bin/dash", f.loader(glibcLoader))
	f.link(t, "/usr/bin/sh", "dash")
	f.write(t, dir+"/ld-linux.so", "")
	f.link(t, path.Join("/usr", f.loader(glibcLoader)), dir+"/ld-linux.so")
	f.glibcLike(t, dir+"/libc.so.6", "2.38",
		`GNU C Library (Ubuntu GLIBC 2.39-0ubuntu8.6) stable release version 2.39.\n`)
	requireLibc(t, f, map[string]string{Libc: "glibc", Glibc: "2.39", Loaders: f.loader(glibcLoader)})
	require.Equal(t, known(Glibc, "2.39", dir+"/libc.so.6"), f.libc()[1])
}

func TestLibc_countsSymbolsThatWereAddedToAnOlderGlibc(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.program(t, "/bin/sh", f.loader(glibcLoader))
	f.write(t, f.loader(glibcLoader), "")
	f.glibcLike(t, "/lib64/libc.so.6", "2.35", "GNU C Library (GNU libc) stable release version 2.34.")
	requireLibc(t, f, map[string]string{Libc: "glibc", Glibc: "2.35", Loaders: f.loader(glibcLoader)})
}

func TestLibc_readsThatOfAlpine(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.program(t, "/bin/busybox", f.loader(muslLoader))
	f.link(t, "/bin/sh", "/bin/busybox")
	f.muslLike(t, f.loader(muslLoader), `"Dynamic Program Loader\0001.2.5\0x"`)
	requireLibc(t, f, map[string]string{Libc: "musl", Musl: "1.2.5", Loaders: f.loader(muslLoader)})
}

func TestLibc_reportsAnUnclearVersionOfMuslAsUnknown(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.muslLike(t, f.loader(muslLoader), `"x\0001.2.5\000y\0001.3.0\000"`)
	requireLibc(t, f, map[string]string{Libc: "musl", Loaders: f.loader(muslLoader)})
}

func TestLibc_isTheOneOfTheSystemsProgramsWhereThereAreTwo(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.program(t, "/bin/sh", f.loader(muslLoader))
	f.muslLike(t, f.loader(muslLoader), `"x\0001.2.5\000"`)
	f.write(t, f.loader(glibcLoader), "gcompat")
	requireLibc(t, f, map[string]string{
		Libc: "musl", Musl: "1.2.5", Loaders: f.loader(glibcLoader) + " " + f.loader(muslLoader),
	})
}

func TestLibc_isFoundInTheStoreOfNixOS(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	store := "/nix/store/wn7v2vhyyyi6clcyn0s9ixvl7d4d87ic-glibc-2.40-66/lib"
	loader := store + "/" + path.Base(f.loader(glibcLoader))
	f.program(t, "/nix/store/xy4jjgw87sbgwylm5kn047d9gkbhsr9x-bash-5.2p37/bin/bash", loader)
	f.link(t, "/bin/sh", "/nix/store/xy4jjgw87sbgwylm5kn047d9gkbhsr9x-bash-5.2p37/bin/bash")
	f.write(t, loader, "")
	f.write(t, "/nix/store/0c0mzs2jkj1sl6lqcjgsdgzqvvgdgzrx-stub-ld-x86_64-unknown-linux-musl/bin/stub-ld", "")
	const stub = "/nix/store/0c0mzs2jkj1sl6lqcjgsdgzqvvgdgzrx-stub-ld-x86_64-unknown-linux-musl/bin/stub-ld"
	f.link(t, f.loader(glibcLoader), stub)
	f.glibcLike(t, store+"/libc.so.6", "2.38", "GNU C Library (GNU libc) stable release version 2.40.")
	requireLibc(t, f, map[string]string{Libc: "glibc", Glibc: "2.40", Loaders: loader})
}

func TestLibc_isFoundByItsLoaderWithoutAShell(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.write(t, f.loader(glibcLoader), "")
	f.glibcLike(t, "/lib64/libc.so.6", "2.36", "")
	requireLibc(t, f, map[string]string{Libc: "glibc", Glibc: "2.36", Loaders: f.loader(glibcLoader)})
}

func TestLibc_ignoresStaticPrograms(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.compile(t, "/bin/sh", "void _start(void) {}", "-static")
	requireLibc(t, f, map[string]string{})
}

// It compares the finder with what glibc itself prints.
func TestLibc_readsThatOfThisMachine(t *testing.T) {
	t.Parallel()
	printed, err := exec.Command("getconf", "GNU_LIBC_VERSION").Output()
	if err != nil {
		t.Skip("this machine has no glibc, or no getconf to tell its version")
	}
	version := strings.TrimSpace(strings.TrimPrefix(string(printed), "glibc "))
	facts := Find(context.Background(), Options{FilesOnly: true}).Host().Facts()
	require.Equal(t, "glibc", facts[Libc])
	require.Equal(t, version, facts[Glibc])
}
