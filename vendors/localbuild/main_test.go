package localbuild

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/buildlog"
)

// TestMain lets the test binary play other programs too: under the name go it is a toolchain, with asVendor set a
// process that fetches until its stdin ends, and with asBuilder set a build.
func TestMain(m *testing.M) {
	switch {
	case strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go":
		os.Exit(playGo(filepath.Dir(os.Args[0])))
	case os.Getenv(asVendor) != "":
		os.Exit(playVendor(os.Getenv(asVendor)))
	case os.Getenv(asBuilder) != "":
		os.Exit(playBuilder(os.Getenv(asBuilder)))
	default:
		os.Exit(m.Run())
	}
}

func exeSuffix() string { return withExe("", catalog.Current()) }

// fakeGo is a go command that answers `go env` with these settings.
func fakeGo(t *testing.T, settings string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "go"+exeSuffix())
	if err := os.Symlink(self, path); err != nil {
		content, err := os.ReadFile(self)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, content, 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "env.json"), []byte(settings), 0o644))
	return path
}

func playGo(dir string) int {
	settings, err := os.ReadFile(filepath.Join(dir, "env.json"))
	if err != nil {
		return 1
	}
	os.Stderr.WriteString("go: a warning on stderr\n")
	os.Stdout.Write(settings)
	return 0
}

// asVendor names the file with the errand of playVendor.
const asVendor = "PROVISION_TEST_AS_VENDOR"

// errand is a FetchRequest that can be written down.
type errand struct {
	Query   provisioner.Query
	Release provisioner.Release
	Dir     string
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
	if err != nil {
		fmt.Println(provisioner.KindOf(err))
	} else {
		fmt.Println("built")
	}
	return 0
}

// with are the options of a source.
type with map[string]any

// query asks for cpu-llm on this machine with these options. Logs and builds are kept below a folder of the test's.
func query(t *testing.T, options with) provisioner.Query {
	t.Helper()
	encoded, err := json.Marshal(options)
	require.NoError(t, err)
	return provisioner.Query{
		Type: catalog.CpuLlm, Platform: catalog.Current(), Arch: catalog.CurrentArch(), With: encoded, CacheDir: t.TempDir(),
	}
}

func referenceWorker(t *testing.T) provisioner.Query {
	t.Helper()
	return query(t, with{"source": "embedded"})
}

// resolve returns what is offered for q.
func resolve(t *testing.T, q provisioner.Query) provisioner.Resolution {
	t.Helper()
	resolution, err := New().Resolve(t.Context(), q)
	require.NoError(t, err)
	return resolution
}

// request asks for the newest of what Resolve offers for q.
func request(t *testing.T, q provisioner.Query) provisioner.FetchRequest {
	t.Helper()
	resolution := resolve(t, q)
	require.NotEmpty(t, resolution.Releases, "%v", resolution.Rejected)
	return provisioner.FetchRequest{Query: q, Release: resolution.Releases[0], Dir: t.TempDir()}
}

// fetch has q's newest release built, and returns the path of the executable.
func fetch(t *testing.T, q provisioner.Query) (string, provisioner.Fetched) {
	t.Helper()
	req := request(t, q)
	fetched, err := New().Fetch(t.Context(), req)
	require.NoError(t, err, provisioner.HintOf(err))
	require.Len(t, fetched.Files, 1)
	left := namesIn(t, req.Dir)
	require.Equal(t, fetched.Files, left, "nothing else is left in the folder")
	return filepath.Join(req.Dir, fetched.Files[0]), fetched
}

// fails has q's newest release built in vain: nothing is left in the folder then, and the log tells what happened.
func fails(t *testing.T, q provisioner.Query, want provisioner.Kind) error {
	t.Helper()
	req := request(t, q)
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, want, err)
	require.Empty(t, namesIn(t, req.Dir))
	logs, globErr := filepath.Glob(filepath.Join(q.CacheDir, buildlog.Folder, "*.log"))
	require.NoError(t, globErr)
	require.NotEmpty(t, logs)
	require.Contains(t, provisioner.HintOf(err), logs[len(logs)-1])
	return err
}

// run runs an executable and returns what it prints.
func run(t *testing.T, exe string) string {
	t.Helper()
	out, err := exec.Command(exe).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// files are the contents of a folder, by path.
type files map[string]string

// write makes a new folder with these files.
func write(t *testing.T, content files) string {
	t.Helper()
	dir := t.TempDir()
	writeTo(t, dir, content)
	return dir
}

func writeTo(t *testing.T, dir string, content files) {
	t.Helper()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

const goMod = "module example.com/worker\n\ngo 1.22\n"

// writeModule makes a new folder with these files, and a go.mod.
func writeModule(t *testing.T, content files) string {
	t.Helper()
	dir := write(t, content)
	writeTo(t, dir, files{"go.mod": goMod})
	return dir
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func requireKind(t *testing.T, want provisioner.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, want, provisioner.KindOf(err), err.Error())
}

// needTool skips a test where a tool is missing that not everybody has.
func needTool(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command(name, "--version").CombinedOutput(); err != nil {
		t.Skipf("%s is not installed, or not set up: %v: %s", name, err, out)
	}
}

// skipOnWindows is for what needs a C compiler, or files that are programs by their mode.
func skipOnWindows(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows comes without make and a C compiler")
	}
}
