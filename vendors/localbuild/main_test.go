package localbuild

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// TestMain lets the test binary play other programs too: a copy of it named go is a toolchain, and with asVendor set it is a
// process that fetches until its stdin ends.
func TestMain(m *testing.M) {
	switch {
	case strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go":
		os.Exit(playGo(filepath.Dir(os.Args[0]), os.Args[1:]))
	case os.Getenv(asVendor) != "":
		os.Exit(playVendor(os.Getenv(asVendor)))
	default:
		os.Exit(m.Run())
	}
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// fakeGo is a go command that answers `go env` with these settings. Its folder is returned with it.
func fakeGo(t *testing.T, settings string) (dir, path string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	content, err := os.ReadFile(self)
	require.NoError(t, err)
	dir = t.TempDir()
	path = filepath.Join(dir, "go"+exeSuffix())
	require.NoError(t, os.WriteFile(path, content, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "env.json"), []byte(settings), 0o644))
	return dir, path
}

func playGo(dir string, args []string) int {
	if args[0] == "build" {
		return playBuild(dir)
	}
	settings, err := os.ReadFile(filepath.Join(dir, "env.json"))
	if err != nil {
		return 1
	}
	os.Stderr.WriteString("go: a warning on stderr\n")
	os.Stdout.Write(settings)
	return 0
}

// playVendor does the errand in the file until stdin ends, and prints the kind of the error.
func playVendor(file string) int {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var e errand
	content, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(content, &e)
	}
	if err == nil {
		_, err = New().Fetch(ctx, provisioner.FetchRequest{Query: e.Query, Release: e.Release, Dir: e.Dir})
	}
	fmt.Println(provisioner.KindOf(err))
	return 0
}

// query asks for cpu-llm on this machine with these options.
func query(t *testing.T, with map[string]string) provisioner.Query {
	t.Helper()
	encoded, err := json.Marshal(with)
	require.NoError(t, err)
	return provisioner.Query{
		Type: catalog.CpuLlm, Platform: catalog.Current(), Arch: catalog.CurrentArch(), With: encoded,
	}
}

func embedded(t *testing.T) provisioner.Query {
	t.Helper()
	return query(t, map[string]string{"source": "embedded"})
}

// request asks for what Resolve offers for q.
func request(t *testing.T, q provisioner.Query) provisioner.FetchRequest {
	t.Helper()
	resolution, err := New().Resolve(t.Context(), q)
	require.NoError(t, err)
	require.Empty(t, resolution.Refused)
	require.Len(t, resolution.Releases, 1)
	return provisioner.FetchRequest{Query: q, Release: resolution.Releases[0], Dir: t.TempDir()}
}

// fetch has q's release built, and returns the path of the executable.
func fetch(t *testing.T, q provisioner.Query) (string, provisioner.Fetched) {
	t.Helper()
	req := request(t, q)
	fetched, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, fetched.Files, 1)
	return filepath.Join(req.Dir, fetched.Files[0]), fetched
}

// writeModule makes a folder with these files, and a go.mod.
func writeModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/worker\n\ngo 1.22\n"), 0o644))
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return dir
}

func requireKind(t *testing.T, want provisioner.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, provisioner.KindOf(err), err.Error())
}
