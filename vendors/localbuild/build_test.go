package localbuild

import (
	"bufio"
	"crypto/sha256"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func sum(t *testing.T, path string) catalog.Digest {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	h := sha256.New()
	h.Write(content)
	return catalog.DigestOf(h)
}

func TestTheReferenceWorkerIsBuiltAndServes(t *testing.T) {
	exe, fetched := fetch(t, embedded(t))
	require.Equal(t, "cpu-llm-worker-rbee"+exeSuffix(), filepath.Base(exe))
	require.Equal(t, "embedded", fetched.Details["source"])
	require.True(t, strings.HasPrefix(fetched.Details["go"], "go1."), fetched.Details)
	require.True(t, catalog.Digest(fetched.Details["source_digest"]).Valid(), fetched.Details)
	require.Contains(t, fetched.Details["flags"], "-trimpath")
	require.NoDirExists(t, filepath.Join(filepath.Dir(exe), scratchFolder))
	require.Equal(t, `{"status":"healthy"}`, health(t, exe))

	again, _ := fetch(t, embedded(t))
	require.NotEqual(t, exe, again)
	require.Equal(t, sum(t, exe), sum(t, again), "the same source makes the same bytes, in whatever folder")
}

// health starts the worker and asks it how it is.
func health(t *testing.T, exe string) string {
	t.Helper()
	worker := exec.Command(exe, "--port", "0")
	stdout, err := worker.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, worker.Start())
	defer worker.Wait()
	defer worker.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	response, err := http.Get("http://" + strings.TrimSpace(strings.TrimPrefix(line, "listening on ")) + "/health")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestEveryFileOfTheReferenceWorkerIsEmbedded(t *testing.T) {
	paths, err := filepath.Glob("reference/*.go")
	require.NoError(t, err)
	want := []string{"go.mod"}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			want = append(want, filepath.Base(path))
		}
	}
	dir := filepath.Join(t.TempDir(), "src")
	_, err = writeReference(dir)
	require.NoError(t, err)
	require.ElementsMatch(t, want, namesIn(t, dir))
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

const printVersion = "package main\n\nvar version string\n\nfunc main() { println(version) }\n"

func TestAFolderIsBuiltAndNotWrittenTo(t *testing.T) {
	dir := writeModule(t, map[string]string{"cmd/worker/main.go": printVersion})
	q := query(t, map[string]string{"source": "dir", "dir": dir, "package": "cmd/worker", "version": "1.2.3"})
	q.Binary = "worker"
	exe, fetched := fetch(t, q)
	require.Equal(t, "worker"+exeSuffix(), filepath.Base(exe))
	require.Equal(t, dir, fetched.Details["dir"])
	out, err := exec.Command(exe).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "1.2.3\n", string(out))
	require.ElementsMatch(t, []string{"go.mod", "cmd"}, namesIn(t, dir))
	require.Equal(t, []string{"main.go"}, namesIn(t, filepath.Join(dir, "cmd", "worker")))
}

func TestBuildsForAnotherPlatform(t *testing.T) {
	q := query(t, map[string]string{"source": "dir", "dir": writeModule(t, map[string]string{"main.go": printVersion})})
	q.Platform, q.Arch = catalog.Windows, catalog.ARM64
	exe, _ := fetch(t, q)
	require.Equal(t, "cpu-llm-worker-rbee.exe", filepath.Base(exe))
	content, err := os.ReadFile(exe)
	require.NoError(t, err)
	require.Equal(t, "MZ", string(content[:2]))
}

func TestAnErrorOfTheCompilerIsTold(t *testing.T) {
	dir := writeModule(t, map[string]string{"main.go": "package main\n\nfunc main() { absent() }\n"})
	req := request(t, query(t, map[string]string{"source": "dir", "dir": dir}))
	var told []provisioner.Progress
	req.OnProgress = func(p provisioner.Progress) { told = append(told, p) }
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.BuildFailed, err)
	const line = "main.go:3:15: undefined: absent"
	require.Contains(t, err.Error(), line)
	last := told[len(told)-1]
	require.Equal(t, provisioner.Building, last.Phase)
	require.Contains(t, last.Message, line)
	log, err := os.ReadFile(filepath.Join(req.Dir, logName))
	require.NoError(t, err)
	require.Contains(t, string(log), line)
}

func TestALibraryIsNoWorker(t *testing.T) {
	dir := writeModule(t, map[string]string{"lib.go": "package lib\n"})
	req := request(t, query(t, map[string]string{"source": "dir", "dir": dir}))
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.BuildFailed, err)
	require.Contains(t, err.Error(), "no main packages")
}

func TestAnInterruptedBuildDoesNotSpoilTheNext(t *testing.T) {
	dir := writeModule(t, map[string]string{"main.go": printVersion})
	req := request(t, query(t, map[string]string{"source": "dir", "dir": dir}))
	require.NoError(t, os.MkdirAll(filepath.Join(req.Dir, scratchFolder, "go-build1"), 0o755))
	half := filepath.Join(req.Dir, "cpu-llm-worker-rbee"+exeSuffix())
	require.NoError(t, os.WriteFile(half, []byte("half"), 0o644))
	_, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	content, err := os.ReadFile(half)
	require.NoError(t, err)
	require.NotEqual(t, "half", string(content))
}

func TestTheNameOfTheExecutableStaysInTheFolder(t *testing.T) {
	req := request(t, embedded(t))
	for _, name := range []string{"../x", "a/b", `a\b`, "."} {
		req.Query.Binary = name
		_, err := New().Fetch(t.Context(), req)
		requireKind(t, provisioner.InvalidConfig, err)
	}
}
