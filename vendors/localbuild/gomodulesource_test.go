package localbuild

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// moduleProxy makes this user's go command get modules from a folder, which is a proxy with these versions of one
// module.
func moduleProxy(t *testing.T, versions ...string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "example.com", "worker", "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	for _, v := range versions {
		writeTo(t, at, files{v + ".info": `{"Version": "` + v + `"}`, v + ".mod": goMod})
		archive, err := os.Create(filepath.Join(at, v+".zip"))
		require.NoError(t, err)
		z := zip.NewWriter(archive)
		for name, content := range map[string]string{"go.mod": goMod, "cmd/worker/main.go": mainPrinting(v)["main.go"]} {
			w, err := z.Create("example.com/worker@" + v + "/" + name)
			require.NoError(t, err)
			_, err = w.Write([]byte(content))
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		require.NoError(t, archive.Close())
	}
	writeTo(t, at, files{"list": strings.Join(versions, "\n") + "\n"})
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(dir))
	t.Setenv("GONOSUMDB", "example.com")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Cleanup(func() { makeWritable(os.Getenv("GOMODCACHE")) })
	return at
}

// makeWritable lets a module cache be removed.
func makeWritable(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o755)
		}
		return nil
	})
}

func TestGoModuleSource_buildsAVersion(t *testing.T) {
	moduleProxy(t, "v1.0.0", "v1.2.0", "v2.0.0-rc.1", "v0.9.0")
	q := query(t, with{"source": "go_module", "module": "example.com/worker", "package": "cmd/worker"})
	resolution := resolve(t, q)
	require.False(t, resolution.Volatile)
	require.Equal(t, "1.2.0", resolution.Releases[0].Version.String())
	require.Equal(t, "a prerelease; see `prereleases`", resolution.Rejected[0].Reason)

	exe, fetched := fetch(t, q)
	require.Equal(t, "1.2.0 v1.2.0", run(t, exe))
	require.Equal(t, "example.com/worker@v1.2.0", fetched.Details["module"])
	require.True(t, strings.HasPrefix(fetched.Details["module_sum"], "h1:"), fetched.Details)

	q.Constraint = catalog.MustConstraint("< 1")
	q.Platform, q.Arch = catalog.Windows, catalog.ARM64
	exe, _ = fetch(t, q)
	content, err := os.ReadFile(exe)
	require.NoError(t, err)
	require.Equal(t, "MZ", string(content[:2]), "for another platform the go command puts it elsewhere")
}

func TestGoModuleSource_asksTheUsersChecksumDatabase(t *testing.T) {
	moduleProxy(t, "v1.0.0")
	t.Setenv("GONOSUMDB", "")
	t.Setenv("GOSUMDB", "sum.golang.org http://127.0.0.1:1")
	_, err := New().Resolve(t.Context(), query(t, with{"source": "go_module", "module": "example.com/worker"}))
	requireKind(t, provisioner.Unreachable, err)
	require.Contains(t, err.Error(), "verifying")
}

func TestGoModuleSource_refusesAWrongChecksum(t *testing.T) {
	const said = "go: example.com/x@v1.0.0: verifying module: checksum mismatch\nSECURITY ERROR"
	require.Equal(t, provisioner.DigestMismatch, failure.ClassifyStderr(said, provisioner.BuildFailed))
	require.Equal(t, provisioner.BuildFailed, failure.ClassifyStderr("undefined: x", provisioner.BuildFailed))
}

func TestGoModuleSource_reportsTheKindOfFailure(t *testing.T) {
	moduleProxy(t, "v1.0.0")
	_, err := New().Resolve(t.Context(), query(t, with{"source": "go_module", "module": "example.com/absent"}))
	requireKind(t, provisioner.NotFound, err)
	require.Contains(t, err.Error(), "example.com/absent")

	err = fails(t, query(t, with{"source": "go_module", "module": "example.com/worker", "package": "cmd/absent"}),
		provisioner.BuildFailed)
	require.Contains(t, err.Error(), "cmd/absent")

	t.Setenv("GOPROXY", "http://127.0.0.1:1")
	_, err = New().Resolve(t.Context(), query(t, with{"source": "go_module", "module": "example.com/worker"}))
	requireKind(t, provisioner.Unreachable, err)
}

func TestGoModuleSource_buildsAPublicModule(t *testing.T) {
	t.Parallel()
	q := query(t, with{"source": "go_module", "module": "golang.org/x/tools", "package": "cmd/goyacc"})
	q.Constraint = catalog.MustConstraint("0.49.0")
	_, err := New().Resolve(t.Context(), q)
	if kind := provisioner.KindOf(err); err != nil && (kind == provisioner.Unreachable ||
		kind == provisioner.Unauthorized) {
		t.Skipf("there is no module proxy: %v", err)
	}
	exe, fetched := fetch(t, q)
	require.FileExists(t, exe)
	require.Equal(t, "h1:3NI7VXzL9+1WZD52Dx2ttoPwD5DWrFGpl9mFZDlmisI=", fetched.Details["module_sum"])
}
