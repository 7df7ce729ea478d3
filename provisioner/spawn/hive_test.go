package spawn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const executableName = "llama-server"

// hive is a catalog with one entry, and what was told of its worker.
type hive struct {
	*catalog.WorkerCatalog
	entry provisioner.Result

	mu     sync.Mutex
	events []Event
}

// newHive installs the test binary, to be started by a template with these arguments.
func newHive(t *testing.T, args ...string) *hive {
	t.Helper()
	launch := &catalog.Launch{
		Args: append([]string{"--port", "{port}"}, args...), Env: workerEnv(), Ready: &catalog.Ready{HTTP: "/health"},
	}
	path, err := os.Executable()
	require.NoError(t, err)
	return newHiveOf(t, path, catalog.Provenance{Contract: "none", Launch: launch})
}

// newHiveOf installs an executable.
func newHiveOf(t *testing.T, executable string, p catalog.Provenance) *hive {
	t.Helper()
	c, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	id := catalog.ID{
		Type: catalog.CpuLlm, Version: catalog.MustVersion("1.0.0"), Platform: catalog.Current(), Arch: catalog.CurrentArch(),
	}.String()
	lock, err := c.Lock(t.Context(), id, catalog.LockOptions{})
	require.NoError(t, err)
	staging, err := c.Staging(id)
	require.NoError(t, err)
	staged := filepath.Join(staging, "entry")
	require.NoError(t, os.Mkdir(staged, 0o755))
	name := executableName + exeSuffix()
	place(t, executable, filepath.Join(staged, name))
	info, err := os.Stat(executable)
	require.NoError(t, err)
	p.Vendor, p.Source, p.Executable, p.Integrity = "test", "test {}", name, catalog.Published
	p.Version = catalog.MustVersion("1.0.0")
	p.Files = []catalog.InstalledFile{
		{Path: name, Size: info.Size(), Digest: digestOf(t, executable), Mode: uint32(info.Mode().Perm())},
	}
	require.NoError(t, catalog.WriteProvenance(staged, p))
	dir, err := c.EntryDir(id)
	require.NoError(t, err)
	worker := catalog.NewWorkerBinary(id, catalog.CpuLlm, catalog.Current(), filepath.Join(dir, name), info.Size(),
		"1.0.0")
	require.NoError(t, c.Commit(lock, worker, staged))
	require.NoError(t, lock.Release())
	return &hive{WorkerCatalog: c, entry: provisioner.Result{Entry: catalog.Entry{Worker: worker, Provenance: &p,
		Dir: dir}}}
}

func digestOf(t *testing.T, file string) catalog.Digest {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	require.NoError(t, err)
	return catalog.DigestOf(hash)
}

// place puts a file at a path, without copying it where that can be.
func place(t *testing.T, file, path string) {
	t.Helper()
	if os.Link(file, path) == nil {
		return
	}
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content, 0o755))
}

// start starts the worker; what runs at the test's end is stopped.
func (h *hive) start(t *testing.T, o Options) (*Worker, error) {
	t.Helper()
	return h.startWith(t, t.Context(), o)
}

func (h *hive) startWith(t *testing.T, ctx context.Context, o Options) (*Worker, error) {
	t.Helper()
	o.Catalog, o.Entry = h.WorkerCatalog, h.entry
	handle := o.OnEvent
	o.OnEvent = func(e Event) {
		h.mu.Lock()
		h.events = append(h.events, e)
		h.mu.Unlock()
		if handle != nil {
			handle(e)
		}
	}
	w, err := Start(ctx, o)
	if err == nil {
		t.Cleanup(func() {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			require.NoError(t, w.Stop(over))
		})
	}
	return w, err
}

func (h *hive) mustStart(t *testing.T, o Options) *Worker {
	t.Helper()
	w, err := h.start(t, o)
	require.NoError(t, err)
	return w
}

// told returns the events of an action; of the empty action all.
func (h *hive) told(action Action) []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var events []Event
	for _, e := range h.events {
		if action == "" || e.Action == action {
			events = append(events, e)
		}
	}
	return events
}

// requireFree checks that nothing runs from the entry.
func (h *hive) requireFree(t *testing.T) {
	t.Helper()
	require.NoError(t, h.Leased(h.entry.Worker.ID))
	for _, e := range h.told("") {
		if e.PID != 0 {
			require.False(t, isAlive(e.PID), "process %d", e.PID)
		}
	}
}

// describe asks a worker about itself.
func describe(t *testing.T, w *Worker) self {
	t.Helper()
	response, err := http.Get(w.Info().URL + "/self")
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var s self
	require.NoError(t, json.Unmarshal(content, &s))
	return s
}

// mustExit has a worker end by itself, and returns why it ended.
func mustExit(t *testing.T, w *Worker) *ExitError {
	t.Helper()
	response, err := http.Get(w.Info().URL + "/exit")
	if err == nil {
		response.Body.Close()
	}
	<-w.Done()
	exit, ok := errors.AsType[*ExitError](w.Err())
	require.True(t, ok, "%v", w.Err())
	return exit
}

// childOf reads the number of the worker's child from its output.
func childOf(t *testing.T, out *lines) int {
	t.Helper()
	out.mu.Lock()
	defer out.mu.Unlock()
	_, rest, ok := strings.Cut(string(out.all), "child ")
	require.True(t, ok)
	var pid int
	_, err := fmt.Sscan(rest, &pid)
	require.NoError(t, err)
	return pid
}

// lines is a writer that tells when a text was written.
type lines struct {
	text  string
	mu    sync.Mutex
	all   []byte
	found chan struct{}
}

func awaitText(text string) *lines { return &lines{text: text, found: make(chan struct{})} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	had := bytes.Contains(l.all, []byte(l.text))
	l.all = append(l.all, b...)
	if !had && bytes.Contains(l.all, []byte(l.text)) {
		close(l.found)
	}
	return len(b), nil
}

// relaunch changes the recorded launch template.
func (h *hive) relaunch(t *testing.T, launch *catalog.Launch) {
	t.Helper()
	p := *h.entry.Provenance
	p.Launch = launch
	dir, err := h.EntryDir(h.entry.Worker.ID)
	require.NoError(t, err)
	require.NoError(t, catalog.WriteProvenance(dir, p))
}
