package spawn

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const script = "#!/bin/sh\nexit 7\n"

// newScriptHive installs a script that ends at once: what starts it says so.
func newScriptHive(t *testing.T) (h *hive, executable string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a script can't be executed there")
	}
	file := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o755))
	h = newHiveOf(t, file, catalog.Provenance{})
	require.NoError(t, os.Remove(file))
	return h, h.entry.Worker.Path
}

func TestADamagedExecutableIsNotStarted(t *testing.T) {
	t.Parallel()
	replace := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte(content), 0o755)) }
	}
	chmod := func(mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, path string) { require.NoError(t, os.Chmod(path, mode)) }
	}
	for reason, damage := range map[string]func(*testing.T, string){
		"no such file or directory": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"has 3 bytes where 17 were": replace("#!/"),
		"not an executable":         replace("#\\/bin/sh\nexit 7\n"),
		"has mode -rw-r--r--":       chmod(0o644),
		"has mode -rwxr-xrwx":       chmod(0o757),
		"is not a file": func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink("/bin/sh", path))
		},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			h, path := newScriptHive(t)
			damage(t, path)
			_, err := h.start(t, Options{})
			var damaged *DamagedError
			require.ErrorAs(t, err, &damaged)
			require.Equal(t, h.entry.Worker.ID, damaged.ID)
			require.Equal(t, path, damaged.Path)
			require.Contains(t, damaged.Reason, reason)
			require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
			require.Contains(t, provisioner.HintOf(err), "--force")
			h.requireFree(t)
		})
	}
}

func TestAReadOnlyExecutableIsAsGood(t *testing.T) {
	t.Parallel()
	h, path := newScriptHive(t)
	require.NoError(t, os.Chmod(path, 0o555))
	_, err := h.start(t, Options{})
	require.ErrorContains(t, err, "exit code 7")
}

func TestAChangedFileOfTheSameSizeIsSeenByItsDigestAlone(t *testing.T) {
	t.Parallel()
	h, path := newScriptHive(t)
	_, err := h.start(t, Options{Verify: true})
	require.ErrorContains(t, err, "exit code 7", "it is whole")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nexit 8\n"), 0o755))
	_, err = h.start(t, Options{})
	require.ErrorContains(t, err, "exit code 8")
	_, err = h.start(t, Options{Verify: true})
	var damaged *DamagedError
	require.ErrorAs(t, err, &damaged)
	require.Contains(t, damaged.Reason, "different digest")
}

func TestAForeignExecutableMustBeThere(t *testing.T) {
	t.Parallel()
	c, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "worker")
	worker := catalog.NewWorkerBinary("foreign", catalog.CpuLlm, catalog.Current(), path, 42, "1")
	require.NoError(t, c.Add(t.Context(), worker))
	h := &hive{WorkerCatalog: c, entry: provisioner.Result{Entry: catalog.Entry{Worker: worker}}}
	_, err = h.start(t, Options{})
	var damaged *DamagedError
	require.ErrorAs(t, err, &damaged)
	require.NoError(t, os.WriteFile(path, []byte(script), 0o755))
	_, err = h.start(t, Options{Verify: true})
	require.Equal(t, provisioner.Unverified, provisioner.KindOf(err), "%v", err)
}
