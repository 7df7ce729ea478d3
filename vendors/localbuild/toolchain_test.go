package localbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestFindTools_hintsAtAMissingGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := New().Resolve(t.Context(), referenceWorker(t))
	requireKind(t, provisioner.MissingTool, err)
	require.Equal(t, "install Go 1.22 or newer from https://go.dev/dl and put it in PATH", provisioner.HintOf(err))
}

func TestFindTools_namesAllMissingTools(t *testing.T) {
	q := query(t, with{"source": "git", "url": "https://example.com/x", "builder": "cmake",
		"tools": with{"nvcc": "12", "ninja": ""}})
	t.Setenv("PATH", t.TempDir())
	_, err := New().Resolve(t.Context(), q)
	requireKind(t, provisioner.MissingTool, err)
	require.Equal(t, "git: it is not in PATH; cmake: it is not in PATH; ninja: it is not in PATH; nvcc: it is not in PATH",
		err.Error())
	for _, hint := range []string{"git 2.30 or newer", "CMake 3.15 or newer", "install ninja",
		"install nvcc 12 or newer"} {
		require.Contains(t, provisioner.HintOf(err), hint)
	}
}

func TestFindTools_refusesAnOldTool(t *testing.T) {
	_, err := New().Resolve(t.Context(), played(t, "make made x", with{"tools": with{"git": "999.1", "go": ""}}))
	requireKind(t, provisioner.MissingTool, err)
	require.Regexp(t, `git: .* is too old: it is \d+\.\d+.*, and 999.1 is needed`, err.Error())
}

func TestFindTools_refusesAToolWithoutAVersion(t *testing.T) {
	skipOnWindows(t)
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for answer, told := range map[string]string{
		"echo no toolchain is chosen >&2; echo and more >&2; exit 1": "" +
			"picky does not print its version, but: no toolchain is chosen",
		"exit 1": "" +
			"picky does not print its version",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "picky"), []byte("#!/bin/sh\n"+answer+"\n"), 0o755))
		_, err := New().Resolve(t.Context(), played(t, "make made x", with{"tools": with{"picky": "1.0"}}))
		requireKind(t, provisioner.MissingTool, err)
		require.Equal(t, "picky: "+filepath.Join(dir, told), err.Error())
	}
}

func TestFindTools_reportsAMissingGoExecutable(t *testing.T) {
	q := query(t, with{"source": "embedded", "go": filepath.Join(t.TempDir(), "go")})
	_, err := New().Resolve(t.Context(), q)
	requireKind(t, provisioner.MissingTool, err)
}

func TestFindTools_refusesUnsuitableToolchains(t *testing.T) {
	for settings, want := range map[string]string{
		`{"GOVERSION": "go1.21.13"}`: "too old",
		`{"GOVERSION": "go1.9"}`:     "too old",
		`{}`:                         "too old",
		`no JSON`:                    "decode the output",
	} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			path := fakeGo(t, settings)
			_, err := New().Resolve(t.Context(), query(t, with{"source": "embedded", "go": path}))
			requireKind(t, provisioner.MissingTool, err)
			require.Contains(t, err.Error(), want)
			require.NotEmpty(t, provisioner.HintOf(err))
		})
	}
}

func TestFindTools_usesTheConfiguredToolchain(t *testing.T) {
	path := fakeGo(t, `{"GOVERSION": "go1.22.0"}`)
	t.Setenv("PATH", "")
	request(t, query(t, with{"source": "embedded", "go": path}))
}
