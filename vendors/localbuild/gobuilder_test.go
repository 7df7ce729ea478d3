package localbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

const printVersion = "package main\n\nvar version string\n\nfunc main() { println(version) }\n"

func TestGoBuilder_buildsInPlaceWithoutWriting(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{"cmd/worker/main.go": printVersion})
	q := query(t, with{"source": "dir", "dir": dir, "package": "cmd/worker", "version": "1.2.3", "jobs": 1})
	q.Binary = "worker"
	exe, fetched := fetch(t, q)
	require.Equal(t, "worker"+exeSuffix(), filepath.Base(exe))
	require.Equal(t, dir, fetched.Details["dir"])
	require.Equal(t, "1.2.3", run(t, exe))
	require.ElementsMatch(t, []string{"go.mod", "cmd"}, namesIn(t, dir))
	require.Equal(t, []string{"main.go"}, namesIn(t, filepath.Join(dir, "cmd", "worker")))
}

func TestGoBuilder_isReproducibleInAnotherFolder(t *testing.T) {
	t.Parallel()
	build := func() (catalog.Digest, string) {
		exe, fetched := fetch(t, query(t, with{"source": "dir", "dir": writeModule(t, files{"main.go": printVersion})}))
		return sum(t, exe), fetched.Details["revision"]
	}
	digest, revision := build()
	again, same := build()
	require.Equal(t, digest, again)
	require.Equal(t, revision, same)
}

func TestGoBuilder_buildsForAnotherPlatform(t *testing.T) {
	t.Parallel()
	q := query(t, with{"source": "dir", "dir": writeModule(t, files{"main.go": printVersion})})
	q.Platform, q.Arch = catalog.Windows, catalog.ARM64
	exe, _ := fetch(t, q)
	require.Equal(t, "cpu-llm-worker-rbee.exe", filepath.Base(exe))
	content, err := os.ReadFile(exe)
	require.NoError(t, err)
	require.Equal(t, "MZ", string(content[:2]))
}

func TestGoBuilder_passesBuildTags(t *testing.T) {
	t.Parallel()
	exe, _ := fetch(t, query(t, with{"source": "dir", "build_tags": []string{"loud"}, "dir": writeModule(t, files{
		"main.go": "package main\n\nvar word = \"quiet\"\n\nfunc main() { println(word) }\n",
		"loud.go": "//go:build loud\n\npackage main\n\nfunc init() { word = \"loud\" }\n",
	})}))
	require.Equal(t, "loud", run(t, exe))
}

func TestGoBuilder_usesCgoOnlyIfConfigured(t *testing.T) {
	t.Parallel()
	needTool(t, toolrun.CCompiler().Name)
	dir := writeModule(t, files{
		"c.go": "package main\n\n// int answer(void) { return 42; }\nimport \"C\"\n\nfunc main() { println(C.answer()) " +
			"}\n",
		"pure.go": "//go:build !cgo\n\npackage main\n\nfunc main() { println(\"no C\") }\n",
	})
	exe, _ := fetch(t, query(t, with{"source": "dir", "dir": dir}))
	require.Equal(t, "no C", run(t, exe))
	exe, _ = fetch(t, query(t, with{"source": "dir", "dir": dir, "cgo": true}))
	require.Equal(t, "42", run(t, exe))
}

func TestGoBuilder_refusesALibrary(t *testing.T) {
	t.Parallel()
	err := fails(t, query(t, with{"source": "dir", "dir": writeModule(t, files{"lib.go": "package lib\n"})}),
		provisioner.BuildFailed)
	require.Contains(t, err.Error(), "no main packages")
}

func TestGoBuilder_reportsAModuleForANewerGo(t *testing.T) {
	t.Parallel()
	dir := write(t, files{"go.mod": "module example.com/worker\n\ngo 1.999\n", "main.go": printVersion})
	err := fails(t, query(t, with{"source": "dir", "dir": dir}), provisioner.MissingTool)
	require.Contains(t, err.Error(), "1.999")
}
