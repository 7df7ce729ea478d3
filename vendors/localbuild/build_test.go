package localbuild

import (
	"bufio"
	"context"
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
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/buildlog"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/workspace"
)

func sum(t *testing.T, path string) catalog.Digest {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	h := sha256.New()
	h.Write(content)
	return catalog.DigestOf(h)
}

func TestFetch_buildsAReferenceWorkerThatServes(t *testing.T) {
	t.Parallel()
	exe, fetched := fetch(t, referenceWorker(t))
	require.Equal(t, "cpu-llm-worker-rbee"+exeSuffix(), filepath.Base(exe))
	require.Equal(t, "embedded", fetched.Details["source"])
	require.True(t, strings.HasPrefix(fetched.Details["go"], "go1."), fetched.Details)
	require.True(t, catalog.Digest(fetched.Details["source_digest"]).Valid(), fetched.Details)
	require.Contains(t, fetched.Details["flags"], "-trimpath")
	require.Equal(t, `{"status":"healthy"}`, health(t, exe))

	again, _ := fetch(t, referenceWorker(t))
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

func TestWriteReference_writesEveryFile(t *testing.T) {
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

func TestFetch_reportsAnErrorOfTheCompiler(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{"main.go": "package main\n\nfunc main() { absent() }\n"})
	req := request(t, query(t, with{"source": "dir", "dir": dir}))
	var told []provisioner.Progress
	req.OnProgress = func(p provisioner.Progress) { told = append(told, p) }
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.BuildFailed, err)
	const line = "main.go:3:15: undefined: absent"
	require.Contains(t, err.Error(), line)
	last := told[len(told)-1]
	require.Equal(t, provisioner.Building, last.Phase)
	require.Contains(t, last.Message, line)
	_, log, ok := strings.Cut(provisioner.HintOf(err), "the whole output is in ")
	require.True(t, ok)
	content, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(content), line)
	require.Contains(t, string(content), "go build -trimpath", "the command is told too")
}

func TestFetch_succeedsAfterAnInterruptedBuild(t *testing.T) {
	t.Parallel()
	dir := writeModule(t, files{"main.go": printVersion})
	req := request(t, query(t, with{"source": "dir", "dir": dir}))
	require.NoError(t, os.MkdirAll(filepath.Join(req.Dir, scratchFolder, "go-build1"), 0o755))
	half := filepath.Join(req.Dir, "cpu-llm-worker-rbee"+exeSuffix())
	require.NoError(t, os.WriteFile(half, []byte("half"), 0o644))
	_, err := New().Fetch(t.Context(), req)
	require.NoError(t, err)
	content, err := os.ReadFile(half)
	require.NoError(t, err)
	require.NotEqual(t, "half", string(content))
}

func TestFetch_refusesAPathAsBinary(t *testing.T) {
	req := request(t, referenceWorker(t))
	for _, name := range []string{"../x", "a/b", `a\b`, "."} {
		req.Query.Binary = name
		_, err := New().Fetch(t.Context(), req)
		requireKind(t, provisioner.InvalidConfig, err)
	}
}

func TestFetch_stopsWhenCancelled(t *testing.T) {
	t.Setenv("GOCACHE", t.TempDir()) // there is much to compile
	req := request(t, referenceWorker(t))
	ctx, cancel := context.WithCancel(t.Context())
	req.OnProgress = func(p provisioner.Progress) {
		if p.File != "" {
			cancel()
		}
	}
	_, err := New().Fetch(ctx, req)
	requireKind(t, provisioner.Cancelled, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, namesIn(t, req.Dir))
}

func TestResolve_reportsCancellationInsteadOfAMissingTool(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New().Resolve(ctx, referenceWorker(t))
	requireKind(t, provisioner.Cancelled, err)
}

func TestFetch_endsABuildAtItsTimeout(t *testing.T) {
	t.Parallel()
	err := fails(t, played(t, "sleep", with{"timeout": "300ms"}), provisioner.BuildFailed)
	require.Contains(t, err.Error(), "did not end within 300ms")
}

func TestFetch_reportsAFullDisk(t *testing.T) {
	t.Parallel()
	for said, query := range map[string]provisioner.Query{
		"no space left on device": played(t, "fill", nil),
		"disk quota exceeded":     played(t, "print write: disk quota exceeded", nil),
	} {
		err := fails(t, query, provisioner.BuildFailed)
		require.Contains(t, err.Error(), "the disk is full")
		require.Contains(t, err.Error(), said)
		require.Contains(t, provisioner.HintOf(err), "make room")
		left, globErr := filepath.Glob(filepath.Join(query.CacheDir, workspace.Folder, "*", "*"))
		require.NoError(t, globErr)
		require.Empty(t, left, "which would keep it full")
	}
}

func TestFetch_refusesAnOutputThatIsNotAnExecutable(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	const makefile = "worker:\n"
	for recipe, want := range map[string]string{
		"true":                      "there is no worker in ",
		"mkdir -p worker":           "worker is a folder",
		": > worker":                "worker is empty",
		"echo '#!/bin/sh' > worker": "worker is a script",
		"ln -s /etc/passwd worker":  "escapes",
		"mkfifo worker":             "worker is not a regular file",
		"echo '!<arch>' > worker":   "worker is not an executable of a known format",
	} {
		dir := write(t, files{"Makefile": makefile + "\t" + recipe + "\n"})
		q := query(t, with{"source": "dir", "dir": dir, "builder": "make", "output": "worker"})
		err := fails(t, q, provisioner.BuildFailed)
		require.Contains(t, err.Error(), want)
		require.Contains(t, provisioner.HintOf(err), "`output`")
	}
}

func TestFetch_neverReturnsTheOutputOfAnEarlierBuild(t *testing.T) {
	t.Parallel()
	dir := write(t, files{"source": "executable"})
	q := played(t, "copy source made", with{"dir": dir})
	fetch(t, q)
	require.NoError(t, os.Remove(filepath.Join(dir, "source")))
	err := fails(t, q, provisioner.BuildFailed)
	require.Contains(t, err.Error(), "there is no made")
}

func TestFetch_acceptsAFileOfTheSourceAsOutput(t *testing.T) {
	t.Parallel()
	q := played(t, "print", with{"commands": []string{"git --version"}, "output": "source"})
	fetch(t, q)
	exe, _ := fetch(t, q)
	content, err := os.ReadFile(exe)
	require.NoError(t, err)
	require.Equal(t, "source", string(content))
}

func TestStepError_reportsALogOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	o := &buildlog.Output{Log: full, Report: func(provisioner.Progress) {}}
	_, err = io.WriteString(o, "x\n")
	requireKind(t, provisioner.BuildFailed, stepError(t.Context(), step{name: "make"}, err, o))
	require.ErrorContains(t, stepError(t.Context(), step{name: "make"}, err, o), "the disk is full")
}
