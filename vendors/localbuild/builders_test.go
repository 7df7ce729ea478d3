package localbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

const cProgram = "#include <stdio.h>\n#include \"word.h\"\n\nint main(void) { puts(WORD \" \" VERSION); return 0; }\n"

// cFolder has a C program that make and CMake build; both also write into the source.
func cFolder(t *testing.T) string {
	t.Helper()
	skipOnWindows(t)
	return write(t, files{
		"main.c": cProgram,
		"Makefile": "worker: main.o\n\t$(CC) -o $@ $^\nmain.o: main.c word.h\n\t$(CC) -DVERSION='\"$(VERSION)\"' -c " +
			"main.c\n" +
			"word.h:\n\tprintf '#define WORD \"made\"\\n' > $@\n",
		"CMakeLists.txt": "cmake_minimum_required(VERSION 3.15)\nproject(worker C)\n" +
			"file(WRITE ${CMAKE_SOURCE_DIR}/word.h \"#define WORD \\\"configured\\\"\\n\")\nadd_executable(worker main.c)\n" +
			"add_executable(other main.c)\ntarget_compile_definitions(worker PRIVATE VERSION=\"${WORKER_VERSION}\")\n",
	})
}

func TestMakeBuilder_buildsACProgramInACopy(t *testing.T) {
	t.Parallel()
	dir := cFolder(t)
	before := namesIn(t, dir)
	q := query(t, with{"source": "dir", "dir": dir, "builder": "make", "targets": []string{"worker"}, "version": "1.2.3",
		"variables": with{"VERSION": "{version}"}, "jobs": 2})
	exe, fetched := fetch(t, q)
	require.Equal(t, "made 1.2.3", run(t, exe))
	require.Equal(t, before, namesIn(t, dir), "the user's folder is left as it was")
	require.Equal(t, "make", fetched.Details["builder"])
	require.Equal(t, "VERSION=1.2.3 worker", fetched.Details["flags"])
	require.NotEmpty(t, fetched.Details["make"], "its version")

	// The next build compiles what changed, and nothing else.
	object := filepath.Join(onlyWorkspace(t, q), sourceFolder, "main.o")
	first, err := os.Stat(object)
	require.NoError(t, err)
	fetch(t, q)
	same, err := os.Stat(object)
	require.NoError(t, err)
	require.Equal(t, first.ModTime(), same.ModTime())
	writeTo(t, dir, files{"main.c": strings.ReplaceAll(cProgram, "WORD \" \"", "\"newly \"")})
	exe, _ = fetch(t, q)
	require.Equal(t, "newly 1.2.3", run(t, exe))
}

// onlyWorkspace is the folder that is kept for the next build of q.
func onlyWorkspace(t *testing.T, q provisioner.Query) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(q.CacheDir, workspace.Folder, "*", sourceFolder))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return filepath.Dir(found[0])
}

func TestCMakeBuilder_buildsACProgram(t *testing.T) {
	t.Parallel()
	needTool(t, "cmake")
	dir := cFolder(t)
	before := namesIn(t, dir)
	exe, fetched := fetch(t, query(t, with{"source": "dir", "dir": dir, "builder": "cmake", "targets": []string{"worker"},
		"defines": with{"WORKER_VERSION": "{version}"}, "version": "2.0.0"}))
	require.Equal(t, "configured 2.0.0", run(t, exe))
	require.Equal(t, before, namesIn(t, dir))
	require.Equal(t, "-DCMAKE_BUILD_TYPE=Release -DWORKER_VERSION=2.0.0 --target worker", fetched.Details["flags"])
}

func TestCargoBuilder_buildsACrateOfAWorkspace(t *testing.T) {
	t.Parallel()
	needTool(t, "cargo")
	skipOnWindows(t)
	dir := write(t, files{
		"Cargo.toml": "[workspace]\nmembers = [\"crates/worker\"]\nresolver = \"2\"\n",
		"crates/worker/Cargo.toml": "[package]\nname = \"worker\"\nversion = \"0.3.0\"\nedition = \"2021\"\n\n" +
			"[features]\nloud = []\n",
		"crates/worker/src/main.rs": "fn main() { println!(\"{} {}\", env!(\"CARGO_PKG_VERSION\"), if cfg!(feature = " +
			"\"loud\") " +
			"{ \"loud\" } else { \"quiet\" }); }\n",
	})
	exe, fetched := fetch(t, query(t, with{"source": "dir", "dir": dir, "builder": "cargo", "package": "crates/worker",
		"features": []string{"loud"}, "profile": "dev", "version_file": "crates/worker/Cargo.toml"}))
	require.Equal(t, "0.3.0 loud", run(t, exe))
	require.NoFileExists(t, filepath.Join(dir, "Cargo.lock"), "cargo makes one, in the copy")
	require.NotContains(t, fetched.Details["flags"], "--locked", "there was none")
	require.NotEmpty(t, fetched.Details["cargo"])
}

func TestCargoBuilder_usesTheLockFile(t *testing.T) {
	t.Parallel()
	needTool(t, "cargo")
	dir := write(t, files{
		"Cargo.toml": "[package]\nname = \"worker\"\nversion = \"0.3.0\"\nedition = \"2021\"\n\n[dependencies]\ndep = " +
			"{path = \"dep\"}\n",
		"Cargo.lock":     "version = 3\n\n[[package]]\nname = \"worker\"\nversion = \"0.3.0\"\n",
		"src/main.rs":    "fn main() {}\n",
		"dep/Cargo.toml": "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"dep/src/lib.rs": "",
	})
	err := fails(t, query(t, with{"source": "dir", "dir": dir, "builder": "cargo"}), provisioner.BuildFailed)
	require.Contains(t, err.Error(), "--locked")
}

func TestCargoBuilder_choosesTheRequestedBinary(t *testing.T) {
	t.Parallel()
	needTool(t, "cargo")
	dir := write(t, files{
		"Cargo.toml":      "[package]\nname = \"tools\"\nversion = \"0.3.0\"\nedition = \"2021\"\n",
		"src/bin/one.rs":  "fn main() { println!(\"one\"); }\n",
		"src/bin/two.rs":  "fn main() { println!(\"two\"); }\n",
		"examples/abc.rs": "fn main() {}\n",
	})
	q := query(t, with{"source": "dir", "dir": dir, "builder": "cargo", "profile": "dev"})
	err := fails(t, q, provisioner.BuildFailed)
	require.Regexp(t, "made 2 binaries where one is wanted: (one, two|two, one)", err.Error())
	require.Contains(t, provisioner.HintOf(err), "`bin`")
	q.Binary = "two"
	exe, _ := fetch(t, q)
	require.Equal(t, "two", run(t, exe))
	q = query(t, with{"source": "dir", "dir": dir, "builder": "cargo", "profile": "dev", "bin": "one"})
	exe, _ = fetch(t, q)
	require.Equal(t, "one", run(t, exe))
}

func TestCommandBuilder_runsTheLinesInOrder(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	dir := write(t, files{"configure": "#!/bin/sh\necho \"$1\" > made.c\n", "tail.c": "int main(void) { return 0; }\n"})
	require.NoError(t, os.Chmod(filepath.Join(dir, "configure"), 0o755))
	exe, fetched := fetch(t, query(t, with{"source": "dir", "dir": dir, "builder": "command", "output": "out/worker",
		"commands": []string{
			`./configure '/* it is "{version}"; no shell reads $HOME | this */'`, "mkdir -p out",
			"cc -o out/worker made.c tail.c",
		}}))
	require.Empty(t, run(t, exe))
	require.Contains(t, fetched.Details["commands"], "mkdir -p out\ncc -o out/worker")
}

func TestCommandBuilder_refusesALineForAShell(t *testing.T) {
	for _, line := range []string{"a | b", "a > b", "a; b", "a && b", "a 'b", "", "   ", "a &"} {
		_, err := New().Resolve(t.Context(), played(t, "make made x", with{"commands": []string{line}}))
		requireKind(t, provisioner.InvalidConfig, err)
	}
}

func TestBuilder_recommendsAnotherByItsMarker(t *testing.T) {
	for file, want := range map[string]string{
		"Cargo.toml": "builder: cargo", "CMakeLists.txt": "builder: cmake", "Makefile": "builder: make",
		"main.py": "go mod init",
	} {
		_, err := New().Resolve(t.Context(), query(t, with{"source": "dir", "dir": write(t, files{file: ""})}))
		requireKind(t, provisioner.BuildFailed, err)
		require.Contains(t, provisioner.HintOf(err), want)
	}
	_, err := New().Resolve(t.Context(), query(t, with{"source": "dir", "dir": writeModule(t, nil), "builder": "make"}))
	requireKind(t, provisioner.BuildFailed, err)
	require.Contains(t, provisioner.HintOf(err), "builder: go")
}
